"""Charts in a real Chromium under the portal's content security policy."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest

from foundation import charts
from foundation.charts import figure_json

from .conftest import Gallery, Site, Watch, open_and_draw, render_sample_page

pytestmark = pytest.mark.browser

ENTRY = (Path(__file__).resolve().parents[2] / "scripts" / "plotly-entry.cjs").read_text()
REGISTERED = ["scatter", *re.findall(r'require\("plotly.js/lib/(\w+)"\),', ENTRY)]
TYPES = """[...document.querySelectorAll('figure.chart .chart-plot')].map(plot => ({
  asked: plot.data.map(trace => trace.type), drawn: plot._fullData.map(trace => trace.type)}))"""


def test_every_chart_is_drawn_as_its_own_type(drawn: Any) -> None:
    kinds = drawn.evaluate(TYPES)
    assert {kind for one in kinds for kind in one["asked"]} == {
        "scatterpolar",
        "scatter",
        "bar",
        "waterfall",
        "heatmap",
    }
    assert all(one["asked"] == one["drawn"] for one in kinds)


def test_the_bundle_knows_every_trace_it_is_meant_for(drawn: Any) -> None:
    """With a missing trace plotly draws a scatter and says nothing."""
    known = drawn.evaluate(
        "kinds => kinds.filter(kind => Plotly.validate([{type: kind}], {}) === undefined "
        "|| !Plotly.validate([{type: kind}], {}).some(one => one.path.includes('type')))",
        REGISTERED,
    )
    assert known == REGISTERED
    unknown = drawn.evaluate("Plotly.validate([{type: 'scatter3d'}], {}).map(one => one.code)")
    assert unknown


def test_the_page_breaks_no_content_policy_and_complains_of_nothing(gallery: Gallery) -> None:
    drawn = gallery.page
    drawn.hover("#sample-history .chart-plot")
    drawn.wait_for_timeout(300)
    assert gallery.watch.complaints == []


def test_no_other_host_is_asked(gallery: Gallery) -> None:
    assert gallery.watch.hosts == {gallery.site.address.removeprefix("http://")}
    config = gallery.page.evaluate("document.querySelector('#sample-radar .chart-plot')._context")
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""


def test_months_are_written_in_figures(drawn: Any) -> None:
    labels = drawn.evaluate(
        "[...document.querySelectorAll('#sample-history .xtick text')].map(text => text.textContent)"
    )
    assert labels[0].startswith("1月")
    assert "2026年" in labels[0]


def test_a_provisional_point_is_hollow(drawn: Any) -> None:
    fills = drawn.evaluate(
        "(() => { const traces = document.querySelectorAll('#sample-history .scatterlayer .trace');"
        " return [...traces].map(trace => [...trace.querySelectorAll('.point')].at(-1).style.fill) })()"
    )
    assert fills == ["rgb(47, 127, 121)", "rgb(255, 255, 255)"]


def test_the_table_behind_a_chart_holds_its_figures(drawn: Any) -> None:
    drawn.click("#sample-bars summary")
    rows = drawn.eval_on_selector_all(
        "#sample-bars tbody tr", "rows => rows.map(row => row.innerText.split('\\t'))"
    )
    assert rows[0] == ["周巷镇", "1,530"]
    assert drawn.inner_text("#sample-bars thead th:last-child") == "企业（家）"


def test_the_caption_names_source_day_and_version(drawn: Any) -> None:
    caption = drawn.inner_text("#sample-radar figcaption")
    assert "来源：示例数据" in caption
    assert "截至 2026-11-22" in caption
    assert "版本 样例 1.0" in caption


def test_the_figures_can_be_saved_as_csv_for_a_spreadsheet(drawn: Any, tmp_path: Path) -> None:
    with drawn.expect_download() as waiting:
        drawn.click("#sample-waterfall [data-chart-csv]")
    waiting.value.save_as(tmp_path / "saved.csv")
    text = (tmp_path / "saved.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.decode("utf-8-sig").splitlines()[:2] == ["项目,数值,性质", "上月,549,合计"]
    assert waiting.value.suggested_filename == "本月评分变化.csv"


def test_a_picture_can_be_saved(drawn: Any, tmp_path: Path, gallery: Gallery) -> None:
    with drawn.expect_download() as waiting:
        drawn.click("#sample-radar [data-chart-png]")
    waiting.value.save_as(tmp_path / "saved.png")
    assert (tmp_path / "saved.png").read_bytes().startswith(b"\x89PNG")
    assert waiting.value.suggested_filename == "五力与同业中位数.png"
    assert gallery.watch.complaints == []


def test_the_dark_theme_repaints_the_charts(drawn: Any) -> None:
    colour = "getComputedStyle(document.querySelector('#sample-bars .main-svg')).backgroundColor"
    before = drawn.evaluate(colour)
    drawn.click(".topbar [data-theme-toggle]")
    drawn.wait_for_timeout(600)
    assert drawn.get_attribute("html", "data-bs-theme") == "dark"
    dark = drawn.evaluate(colour)
    drawn.click(".topbar [data-theme-toggle]")
    drawn.wait_for_timeout(600)
    assert (before, dark) == ("rgb(255, 255, 255)", "rgb(26, 35, 36)")
    assert drawn.evaluate(colour) == before


def test_a_chart_can_fetch_its_figure(browser_page: Any, site: Site, watch: Watch) -> None:
    figure = charts.bars(["甲", "乙"], [charts.Series("企业", [1, None])], unit="家")
    caption = charts.ChartCaption("人民法院", dt.date(2026, 11, 22), "2.1")
    site.put("/figure.json", figure_json(figure, caption), "application/json")
    site.put("/one/", fetched_page("/figure.json"))
    open_and_draw(browser_page, f"{site.address}/one/")
    assert browser_page.get_attribute("#fetched", "data-drawn") == "yes"
    assert "来源：人民法院" in browser_page.inner_text("#fetched figcaption")
    assert watch.complaints == []


def test_a_figure_that_cannot_be_fetched_offers_another_try(browser_page: Any, site: Site) -> None:
    site.put("/one/", fetched_page("/missing.json"))
    open_and_draw(browser_page, f"{site.address}/one/")
    assert "图表数据未能取得" in browser_page.inner_text("#fetched .chart-plot")
    site.put_json("/missing.json", charts.bars(["甲"], [charts.Series("企业", [1])]))
    browser_page.click("#fetched .chart-plot button")
    browser_page.wait_for_selector("#fetched[data-drawn=yes]")


def test_a_name_with_markup_is_shown_as_text(browser_page: Any, site: Site, watch: Watch) -> None:
    name = "</script><b>某</b>&lt;公司"
    figure = charts.bars([name], [charts.Series("企业", [3])], horizontal=True)
    sample = {"id": "odd", "title": "样例", "figure": figure, "size": "", "caption": None}
    site.put("/odd/", render_sample_page(charts=[sample]))
    open_and_draw(browser_page, f"{site.address}/odd/")
    assert browser_page.text_content("#odd .ytick text") == name
    assert watch.complaints == []


def fetched_page(source: str) -> str:
    page = render_sample_page(charts=[])
    card = (
        f'<figure class="chart" id="fetched" data-src={json.dumps(source)}>'
        '<div class="chart-plot"></div><figcaption></figcaption>'
        '<details><summary>查看数据</summary><div class="table-wrap"></div></details></figure>'
    )
    return page.replace('<div class="stats">', f'{card}<div class="stats">')

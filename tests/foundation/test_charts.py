"""Figures as plain dicts that plotly accepts and JSON can carry."""

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import charts, ui_samples
from foundation.charts import ChartCaption, Series, Step, Threshold, UnableToBuildChart

SAMPLES = {one["id"]: one["figure"] for one in ui_samples.sample_charts()}
AXES = ("资本实力", "运营能力", "盈利能力", "偿付能力", "发展潜力")


@pytest.mark.parametrize("figure", SAMPLES.values(), ids=SAMPLES.keys())
def test_plotly_accepts_every_figure(figure: dict[str, Any]) -> None:
    go.Figure({"data": figure["data"], "layout": figure["layout"]})


@pytest.mark.parametrize("figure", SAMPLES.values(), ids=SAMPLES.keys())
def test_every_figure_brings_its_own_table(figure: dict[str, Any]) -> None:
    table = figure["table"]
    assert table["rows"]
    assert {len(row) for row in table["rows"]} == {len(table["columns"])}


@pytest.mark.parametrize("figure", SAMPLES.values(), ids=SAMPLES.keys())
def test_no_label_holds_a_tag_that_would_need_a_style(figure: dict[str, Any]) -> None:
    text = json.dumps(figure, ensure_ascii=False, default=str)
    assert not set("".join(text.replace("<br>", "").replace("<extra>", "").replace("</extra>", ""))) & {"<"}


@pytest.mark.parametrize("figure", SAMPLES.values(), ids=SAMPLES.keys())
def test_colours_are_named_by_token(figure: dict[str, Any]) -> None:
    assert "#" not in json.dumps([figure["data"], figure["layout"]])


def test_a_radar_closes_its_ring_and_lays_the_peers_below() -> None:
    figure = charts.radar(AXES, Series("本企业", [60, 70, 40, 30, 80]), Series("同业", [50] * 5))
    peer, own = figure["data"]
    assert own["r"] == [60, 70, 40, 30, 80, 60]
    assert own["theta"][0] == own["theta"][-1] == "资本实力"
    assert (peer["name"], own["fill"]) == ("同业", "toself")
    assert figure["layout"]["polar"]["radialaxis"]["range"] == [0, 100]


def test_a_provisional_tail_is_a_dotted_line_from_the_last_certain_point() -> None:
    figure = charts.history_line(
        ["2026-01-01", "2026-02-01", "2026-03-01"], [Series("评分", [1, 2, 3], [False, False, True])]
    )
    certain, loose = figure["data"]
    assert certain["y"] == [1, 2, None]
    assert loose["y"] == [None, 2, 3]
    assert loose["line"]["dash"] == "dot"
    assert loose["marker"]["size"] == [8, 0, 8]
    assert loose["marker"]["color"] == "var(--surface)"
    assert figure["table"]["rows"][-1] == ["2026-03-01", 3, "暂定"]


def test_a_history_without_provisional_points_is_one_trace() -> None:
    figure = charts.history_line([dt.date(2026, 1, 1)], [Series("评分", [1])])
    assert len(figure["data"]) == 1
    assert figure["table"]["columns"] == ["日期", "评分"]


def test_a_threshold_is_a_line_with_its_name() -> None:
    figure = charts.history_line(["2026-01-01"], [Series("评分", [1])], thresholds=[Threshold(550, "BBB")])
    assert figure["layout"]["shapes"][0]["y0"] == 550
    assert figure["layout"]["annotations"][0]["text"] == "BBB"


def test_single_bars_write_their_figures_and_leave_room_for_them() -> None:
    figure = charts.bars(["甲", "乙"], [Series("家", [1000, -20])], decimals=1)
    assert figure["data"][0]["text"] == ["1,000.0", "−20.0"]
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < -20
    assert high > 1000


def test_a_highlighted_bar_stands_out_from_grey_ones() -> None:
    figure = charts.bars(["甲", "乙"], [Series("家", [1, 2])], highlight="乙")
    assert figure["data"][0]["marker"]["color"] == ["var(--chart-context)", "var(--chart-1)"]


def test_a_ninth_colour_is_refused() -> None:
    with pytest.raises(UnableToBuildChart):
        charts.bars(["甲"], [Series(str(place), [1]) for place in range(9)])


def test_a_series_of_another_length_is_refused() -> None:
    with pytest.raises(UnableToBuildChart):
        charts.radar(AXES, Series("本企业", [1, 2]))
    with pytest.raises(UnableToBuildChart):
        charts.history_line(["2026-01-01"], [Series("评分", [1], [True, False])])
    with pytest.raises(UnableToBuildChart):
        charts.heat_map(["甲"], ["乙", "丙"], [[1]])


def test_a_waterfall_starts_at_its_first_total() -> None:
    figure = charts.waterfall(
        ["上月", "变动", "本月"], [500, -20.5, 479.5], [Step.TOTAL, Step.CHANGE, Step.TOTAL]
    )
    assert figure["data"][0]["measure"] == ["absolute", "relative", "absolute"]
    assert figure["data"][0]["text"] == ["500.0", "−20.5", "479.5"]


def test_a_waterfall_whose_total_contradicts_its_steps_is_refused() -> None:
    with pytest.raises(UnableToBuildChart, match="not the sum"):
        charts.waterfall(["上月", "变动", "本月"], [500, -20, 490], [Step.TOTAL, Step.CHANGE, Step.TOTAL])


def test_a_heat_map_puts_the_middle_colour_on_the_midpoint() -> None:
    figure = charts.heat_map(["一月"], ["甲", "乙"], [[-1.0], [None]], midpoint=0, decimals=1)
    trace = figure["data"][0]
    assert trace["zmid"] == 0
    assert trace["colorscale"][2] == [0.5, "var(--div-mid)"]
    assert trace["text"] == [["−1.0"], [""]]


def test_a_name_cannot_bring_markup() -> None:
    figure = charts.bars(["<a href='x'>甲</a>"], [Series("<b>家</b>", [1])])
    assert figure["data"][0]["x"] == ["&lt;a href='x'&gt;甲&lt;/a&gt;"]
    assert figure["table"]["rows"][0][0] == "<a href='x'>甲</a>"


def test_the_caption_travels_with_the_figure() -> None:
    caption = ChartCaption("人民法院", dt.date(2026, 11, 22), "2.1")
    body = json.loads(charts.figure_json(charts.sparkline([1, 2]), caption))
    assert body["caption"] == {"source": "人民法院", "as_of": "2026-11-22", "version": "2.1", "note": ""}


def test_arrays_become_lists_and_never_base64() -> None:
    figure = charts.bars(["甲", "乙"], [Series("家", np.array([1.5, np.nan]))])  # type: ignore[arg-type]
    figure["data"][0]["customdata"] = np.arange(4).reshape(2, 2)
    text = charts.figure_json(figure)
    assert "bdata" not in text
    trace = json.loads(text)["data"][0]
    assert trace["y"] == [1.5, None]
    assert trace["customdata"] == [[0, 1], [2, 3]]


def test_decimals_are_numbers_in_json() -> None:
    figure = charts.sparkline([Decimal("1.25"), Decimal("NaN")])
    assert json.loads(charts.figure_json(figure))["data"][0]["y"] == [1.25, None]


values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(), st.text(), st.dates())
trees = st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def plainly(value: Any) -> Any:
    """What JSON should hold, spelled out."""
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        return None
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [plainly(one) for one in value]
    if isinstance(value, dict):
        return {key: plainly(one) for key, one in value.items()}
    return value


@given(st.dictionaries(st.text(), trees))
def test_any_figure_comes_back_from_json_with_null_for_what_is_no_number(tree: dict[str, Any]) -> None:
    assert json.loads(charts.figure_json(tree)) == plainly(tree)

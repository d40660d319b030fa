"""Behaviour of the frame and the components in a real Chromium."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from .conftest import Site, Watch, open_and_draw, render_sample_page

pytestmark = pytest.mark.browser
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_the_slash_key_goes_to_the_search_field_but_can_be_typed(opened: Any) -> None:
    opened.keyboard.press("/")
    assert opened.evaluate("document.activeElement.matches('[data-search]')")
    opened.keyboard.type("a/b")
    assert opened.input_value("[data-search]") == "a/b"


def test_a_click_anywhere_in_a_row_opens_it(opened: Any) -> None:
    opened.click(".data-table tr[data-href]:nth-child(2) td:nth-child(3)")
    opened.wait_for_url("**#91330282PDY0000261")


def test_arrow_keys_walk_through_the_rows(opened: Any) -> None:
    opened.focus(".data-table tr[data-href]:nth-child(1) a")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    assert opened.evaluate("document.activeElement.closest('tr').dataset.href") == "#92330282PDY000034F"
    opened.keyboard.press("Enter")
    opened.wait_for_url("**#92330282PDY000034F")


def test_a_code_can_be_copied(opened: Any) -> None:
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.click(".entity-head [data-copy]")
    opened.wait_for_selector(".copied")
    assert opened.evaluate("navigator.clipboard.readText()") == "91330282PDY000018X"


DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  const zone = document.querySelector('.dropzone');
  for (const kind of ['dragenter', 'dragover'])
    zone.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
  const lit = zone.classList.contains('over');
  zone.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}));
  return [lit, zone.classList.contains('over'), zone.querySelector('input').files.length];
}"""


def test_a_dropped_file_is_taken_and_named(opened: Any) -> None:
    assert opened.evaluate(DROP, ["股权冻结.csv", "a,b"]) == [True, False, 1]
    assert opened.inner_text(".dropzone output") == "股权冻结.csv（0.0 kB）"
    assert opened.evaluate("document.querySelector('.dropzone input').validity.valid")


def test_a_dropped_file_of_another_kind_is_refused_with_a_reason(opened: Any) -> None:
    opened.evaluate(DROP, ["照片.png", "x"])
    assert "不是可接收的格式，请选择 .csv、.xlsx 文件" in opened.inner_text(".dropzone output")
    assert not opened.evaluate("document.querySelector('.dropzone input').validity.valid")


def test_a_form_asks_before_it_acts(opened: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    opened.set_input_files(".dropzone input", tmp_path / "a.csv")
    before = opened.url
    opened.click("form[data-confirm] button[type=submit]")
    assert "是否继续" in opened.inner_text("dialog.confirm")
    opened.click("dialog.confirm .btn-secondary")
    assert opened.locator("dialog.confirm").count() == 0
    assert opened.url == before
    opened.click("form[data-confirm] button[type=submit]")
    opened.click("dialog.confirm .btn-primary")
    opened.wait_for_url("**period=2026-11**")


def test_a_polled_fragment_is_renewed_passively(browser_page: Any, site: Site, watch: Watch) -> None:
    polled = '<div id="live" data-poll="/fragment/" data-poll-seconds="0.2">旧</div>'
    site.put(
        "/poll/", render_sample_page(charts=[]).replace('<div class="stats">', f'{polled}<div class="stats">')
    )
    site.put("/fragment/", '<p id="fresh">新</p>')
    browser_page.goto(f"{site.address}/poll/")
    browser_page.wait_for_selector("#fresh")
    assert site.asked("/fragment/")[0]["X-Passive-Poll"] == "1"
    site.put("/fragment/", '<p id="fresher">更新</p>')
    browser_page.wait_for_selector("#fresher")
    assert watch.complaints == []


def test_progress_is_followed_to_its_end_and_survives_a_reload(browser_page: Any, site: Site) -> None:
    page = render_sample_page(charts=[]).replace(
        '<div class="progress-block"',
        '<div class="progress-block" data-progress="/work/" data-progress-seconds="0.1"',
        1,
    )
    site.put("/long/", page)
    running = {
        "state": "running",
        "done": 500,
        "total": 2_000,
        "rejected": 3,
        "seconds_left": 90,
        "message": "",
    }
    site.put_json("/work/", running)
    browser_page.goto(f"{site.address}/long/")
    share = browser_page.locator("[data-progress] [data-part=share]")
    for _ in range(2):
        share.get_by_text("25%").wait_for()
        assert browser_page.inner_text("[data-progress] [data-part=done]") == "500 / 2,000"
        assert browser_page.inner_text("[data-progress] [data-part=left]") == "约 2 分钟"
        browser_page.reload()
    site.put_json("/work/", running | {"state": "done", "done": 2_000})
    share.get_by_text("100%").wait_for()
    assert browser_page.inner_text("[data-progress] [data-part=left]") == "已完成"
    asked = len(site.asked("/work/"))
    browser_page.wait_for_timeout(400)
    assert len(site.asked("/work/")) == asked


def test_theme_and_type_size_are_remembered(opened: Any) -> None:
    opened.click(".topbar [data-theme-toggle]")
    opened.click(".topbar [data-elder-toggle]")
    kept = {cookie["name"]: cookie["value"] for cookie in opened.context.cookies()}
    assert kept == {"theme": "dark", "elder": "1"}
    page = render_sample_page(kept, charts=[])
    assert 'data-bs-theme="dark" class="elder"' in page


def test_a_message_can_be_closed(opened: Any) -> None:
    before = opened.locator("#content .flash").count()
    opened.click("#content .flash [data-dismiss] >> nth=0")
    assert opened.locator("#content .flash").count() == before - 1


@pytest.mark.parametrize("cookies", [{}, {"elder": "1"}, {"theme": "dark"}], ids=["plain", "elder", "dark"])
def test_no_page_is_wider_than_its_screen(browser_page: Any, site: Site, cookies: dict[str, str]) -> None:
    site.put("/wide/", render_sample_page(cookies))
    open_and_draw(browser_page, f"{site.address}/wide/")
    for width in (390, 820, 1440):
        browser_page.set_viewport_size({"width": width, "height": 844})
        browser_page.wait_for_timeout(200)
        assert browser_page.evaluate(OVERFLOW) <= 0, width


def test_a_phone_shows_rows_as_cards_and_four_entries_below(browser_page: Any, site: Site) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.goto(site.put("/plain/", render_sample_page(charts=[])))
    assert browser_page.locator(".bottombar a:visible").count() == 4
    assert not browser_page.locator(".sidenav").is_visible()
    cell = ".data-table tr[data-href] td:nth-child(4)"
    browser_page.wait_for_selector(f"{cell}[data-label]")
    label = browser_page.eval_on_selector(cell, "cell => getComputedStyle(cell, '::before').content")
    assert label == '"注册资本（万元）"'
    small = browser_page.evaluate(
        "[...document.querySelectorAll('.bottombar a, .page-actions .btn, .topbar button, .topbar a')]"
        ".filter(one => one.offsetParent && one.getBoundingClientRect().height < 40).length"
    )
    assert small == 0


def test_large_type_is_24_pixels_with_targets_of_60(browser_page: Any, site: Site) -> None:
    site.put("/large/", render_sample_page({"elder": "1"}, charts=[]))
    browser_page.goto(f"{site.address}/large/")
    assert browser_page.evaluate("getComputedStyle(document.body).fontSize") == "24px"
    height = browser_page.eval_on_selector(".page-actions .btn", "one => one.getBoundingClientRect().height")
    assert height >= 60


def test_paper_has_no_navigation_and_charts_fit_their_column(browser_page: Any, site: Site) -> None:
    drawn = browser_page
    open_and_draw(drawn, f"{site.address}/ui/")
    drawn.emulate_media(media="print")
    drawn.set_viewport_size({"width": 700, "height": 1000})
    for hidden in (".topbar", ".sidenav", ".page-actions", ".chart-tools >> nth=0"):
        assert not drawn.locator(hidden).is_visible(), hidden
    assert "慈溪样例农商银行周巷支行" in drawn.inner_text(".print-head")
    assert "7f3a9c21" in drawn.inner_text(".print-foot")
    wide = drawn.evaluate(
        "[...document.querySelectorAll('.main-svg')].filter(svg => svg.getBoundingClientRect().width > "
        "svg.closest('figure').getBoundingClientRect().width + 1).length"
    )
    assert wide == 0


def test_a_stranger_sees_a_sign_in_link_and_no_navigation(
    browser_page: Any, site: Site, watch: Watch
) -> None:
    page = render_sample_page(user=AnonymousUser(), nav_items=[], charts=[], demo_data=False)
    site.put("/stranger/", page)
    browser_page.goto(f"{site.address}/stranger/")
    assert browser_page.inner_text(".topbar-end .btn") == "登录"
    assert browser_page.locator(".sidenav, .bottombar, .site-search, .demo-stripe").count() == 0
    assert watch.complaints == []

"""Figures, money, dates and codes as a page writes them."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from foundation.templatetags import formatting as f
from foundation.templatetags import portal_ui


@pytest.mark.parametrize(
    ("yuan", "shown"),
    [
        (12_345_678.9, "1,234.57"),
        (Decimal("50000000"), "5,000.00"),
        ("128500000", "12,850.00"),
        (-31_000_000, "−3,100.00"),
        (49, "0.00"),
        (-49, "0.00"),
        (50, "0.01"),
        (0, "0.00"),
        (None, "—"),
        ("", "—"),
        ("不详", "—"),
        (float("nan"), "—"),
        (float("inf"), "—"),
        (True, "—"),
    ],
)
def test_money_is_shown_in_ten_thousands(yuan: Any, shown: str) -> None:
    assert f.wan(yuan) == shown


@given(st.decimals(-(10**14), 10**14, places=2))
def test_money_agrees_with_decimal_arithmetic_written_out(yuan: Decimal) -> None:
    exact = (yuan / 10_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert Decimal(f.wan(yuan).replace(",", "").replace("−", "-")) == exact


def test_money_in_running_text_carries_its_unit() -> None:
    assert f.wan_with_unit(50_000_000) == "5,000.00 万元"
    assert f.wan_with_unit(None) == "—"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (f.count(1_204_511), "1,204,511"),
        (f.count(-3), "−3"),
        (f.yuan(1234.5), "1,234.50"),
        (f.decimals(61.25), "61.3"),
        (f.decimals(61.25, 0), "61"),
        (f.decimals(2.5, 0), "3"),
        (f.decimals(1, "x"), "1.0"),
        (f.signed(12.4), "+12.4"),
        (f.signed(-35), "−35.0"),
        (f.signed(-0.04), "0.0"),
        (f.signed(0, 0), "0"),
        (f.percent(0.1234), "12.3%"),
        (f.percent(0.72, 0), "72%"),
        (f.pct(12.34), "12.3%"),
        (f.direction(3), "up"),
        (f.direction(-3), "down"),
        (f.direction(0), "flat"),
        (f.direction(None), "flat"),
        (f.file_size(1_500), "1.5 kB"),
        (f.file_size(12_400_000), "12.4 MB"),
        (f.duration(20), "不到 1 分钟"),
        (f.duration(95), "约 2 分钟"),
        (f.duration(7_200), "约 2.0 小时"),
        (f.duration(None), "—"),
        (f.or_dash(0), 0),
        (f.or_dash(""), "—"),
    ],
)
def test_figures_have_one_shape(shown: Any, expected: Any) -> None:
    assert shown == expected


AWARE = dt.datetime(2026, 11, 21, 18, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (f.day(dt.date(2026, 11, 22)), "2026-11-22"),
        (f.day(AWARE), "2026-11-22"),
        (f.day("2026-11-22"), "2026-11-22"),
        (f.day("2026-11-21T18:05:00+00:00"), "2026-11-22"),
        (f.day(None), "—"),
        (f.day("9月"), "—"),
        (f.minute(AWARE), "2026-11-22 02:05"),
        (f.minute(dt.datetime(2026, 11, 22, 9, 30)), "2026-11-22 09:30"),
        (f.minute(dt.date(2026, 11, 22)), "2026-11-22"),
        (f.month(dt.date(2026, 1, 5)), "2026年1月"),
        (f.until(None), "长期"),
        (f.until(dt.date(2029, 11, 17)), "2029-11-17"),
    ],
)
def test_dates_are_local_and_times_end_at_the_minute(shown: str, expected: str) -> None:
    assert shown == expected


@given(st.text(min_size=9, max_size=40))
def test_a_masked_code_keeps_its_length_and_four_at_either_end(code: str) -> None:
    shown = f.masked_code(code)
    assert len(shown) == len(code)
    assert (shown[:4], shown[-4:]) == (code[:4], code[-4:])
    assert set(shown[4:-4]) == {"*"}


def test_a_short_code_is_hidden_whole() -> None:
    assert f.masked_code("12345678") == "********"
    assert f.masked_code(None) == "—"


def query(address: str, text: str, **context: Any) -> str:
    page = Template("{% load formatting %}" + text)
    return page.render(Context({"request": RequestFactory().get(address), **context}))


def test_a_link_keeps_the_other_filters_and_starts_at_the_first_page() -> None:
    assert query("/list/?town=003&page=7", "{% query_with sort='-score' %}") == "?town=003&amp;sort=-score"


def test_a_page_link_keeps_every_filter() -> None:
    assert query("/list/?q=电器&page=7", "{% query_with page=8 %}") == "?q=%E7%94%B5%E5%99%A8&amp;page=8"


def test_an_empty_value_drops_its_key() -> None:
    assert query("/list/?town=003&q=a", "{% query_with town='' %}") == "?q=a"
    assert query("/list/?town=003", "{% query_with_key key '' %}", key="town") == "?"


def test_a_key_with_several_values_is_kept_whole() -> None:
    assert query("/list/?size=s&size=m", "{% query_with page=2 %}") == "?size=s&amp;size=m&amp;page=2"


def test_a_link_works_without_a_request() -> None:
    assert Template("{% load formatting %}{% query_with page=2 %}").render(Context()) == "?page=2"


@pytest.mark.parametrize(
    ("page", "steps"),
    [
        (1, [1, 2, 3, None, 20]),
        (4, [1, 2, 3, 4, 5, 6, None, 20]),
        (10, [1, None, 8, 9, 10, 11, 12, None, 20]),
        (20, [1, None, 18, 19, 20]),
    ],
)
def test_a_pager_shows_both_ends_and_the_neighbours(page: int, steps: list[int | None]) -> None:
    assert f.pager_steps(Paginator(range(200), 10).page(page)) == steps


@pytest.mark.parametrize(
    ("state", "shape", "word"),
    [
        ("overheated", "▲", "过热"),
        ("warm", "◆", "偏热"),
        ("normal", "●", "正常"),
        ("cool", "◇", "偏冷"),
        ("cold", "▼", "过冷"),
    ],
)
def test_a_light_has_shape_and_word(state: str, shape: str, word: str) -> None:
    shown = portal_ui.light(state)
    assert shape in shown
    assert word in shown


def test_an_unknown_light_says_so() -> None:
    assert "暂无" in portal_ui.light("")


def test_a_grade_takes_its_tone_from_the_word_and_escapes_what_it_shows() -> None:
    assert "grade-medium" in portal_ui.grade("A", "中等")
    assert "良好" in portal_ui.grade("A", "good")
    assert "&lt;b&gt;" in portal_ui.grade("<b>")


def bar_of(points: Any, **more: Any) -> tuple[float, float]:
    import re

    text = portal_ui.force_bar(points, **more)
    left, width = re.search(r'x="([\d.]+)" y="3" width="([\d.]+)" height="10"></rect><line', text).groups()  # type: ignore[union-attr]
    return float(left), float(width)


@given(st.floats(-500, 500), st.floats(1, 500))
def test_a_force_bar_ends_at_the_middle_on_its_own_side(points: float, largest: float) -> None:
    left, width = bar_of(points, largest=largest)
    assert width == pytest.approx(min(50, 50 * abs(points) / largest), abs=0.01)
    assert (left + width if points < 0 else left) == pytest.approx(50, abs=0.011)


def test_a_hidden_force_shows_its_direction_and_nothing_of_its_size() -> None:
    assert bar_of(-3, hidden=True) == bar_of(-300, hidden=True) == (25, 25)
    assert bar_of(3, hidden=True) == (50, 25)
    assert "hidden-size" in portal_ui.force_bar(-3, hidden=True)

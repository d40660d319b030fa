"""Chinese lines break by the rules of print, whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.line_breaking import NEVER_FIRST, NEVER_LAST, broken, may_break


def lines_of(text: str, most: float) -> list[str]:
    return [line for line, _ in broken(text, [1.0] * len(text), [most])]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("指数上升，信用平稳。", ["指数上", "升，信用", "平稳。"]),
        ("参见本《编制》", ["参见本", "《编制》"]),
        ("较上年同期变动。）", ["较上年同", "期变", "动。）"]),
        ("上升12.5%至今", ["上升", "12.5", "%至今"]),
    ],
)
def test_marks_take_their_neighbour_along(text: str, lines: list[str]) -> None:
    assert lines_of(text, 4) == lines


def test_figures_and_dates_are_not_cut_where_a_line_can_hold_them() -> None:
    assert lines_of("截至2026-11-22止", 10) == ["截至", "2026-11-22", "止"]


def test_what_fits_no_line_is_cut_where_the_line_is_full() -> None:
    assert lines_of("abcdefgh", 3) == ["abc", "def", "gh"]
    assert lines_of("。。。。", 2) == ["。。", "。。"]
    assert lines_of("宽", 0.5) == ["宽"]


@given(st.text(alphabet="指数升，。（）《》“”%12.5-ab ", max_size=60), st.integers(1, 12))
def test_nothing_is_lost_and_no_rule_is_broken_where_it_can_be_kept(text: str, most: int) -> None:
    lines = lines_of(text, most)
    assert "".join(lines) == text
    at = 0
    for line in lines[:-1]:
        assert len(line) <= most
        begin, at = at, at + len(line)
        if text[at] in NEVER_FIRST or text[at - 1] in NEVER_LAST:
            assert not any(may_break(text, place) for place in range(begin + 1, at + 1))


@given(st.text(alphabet="指数升，。", min_size=1, max_size=40), st.floats(2, 9))
def test_the_first_line_is_as_narrow_as_its_indent_leaves_it(text: str, first: float) -> None:
    lines = broken(text, [1.0] * len(text), [first, 10])
    assert len(lines[0][0]) <= first
    assert all(rest >= -1e-6 for _, rest in lines)

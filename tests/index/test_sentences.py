"""What is printed adds up: to the last hundredth, whatever rounding does to the parts."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from index.sentences import printed, printed_parts, write_movers

points = st.floats(-50, 50).map(lambda number: round(number, 9))


@given(st.lists(points, min_size=1, max_size=40), st.floats(60, 140))
def test_printed_parts_add_up_to_the_printed_change_and_none_is_off_by_more_than_a_hundredth(
    parts: list[float], before: float
) -> None:
    after = before + sum(parts)
    told = printed_parts([(str(n), value) for n, value in enumerate(parts)], before, after)
    whole = sum((printed(value) for _, value in told), Decimal(0))
    assert whole == printed(after) - printed(before)
    assert all(abs(value - exact) < 0.0151 for (_, value), exact in zip(told, parts, strict=True))


def test_the_hundredth_goes_where_rounding_took_most() -> None:
    told = printed_parts([("甲", 0.104), ("乙", 0.103), ("丙", 0.103)], 100.0, 100.31)
    assert told == [("甲", 0.11), ("乙", 0.10), ("丙", 0.10)]


def test_the_sentence_tells_the_printed_parts() -> None:
    told = printed_parts([("活力", 0.266), ("融资", -0.036)], 102.11, 102.34)
    assert (
        write_movers(told, "维度") == "从维度看，拉动较大的是活力（+0.27 点）；拖累较大的是融资（−0.04 点）。"
    )

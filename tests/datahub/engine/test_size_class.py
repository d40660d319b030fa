import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.engine.size_class import CLASSES, RULES, classify, classify_sizes, size_class


@pytest.mark.parametrize(
    ("heads", "revenue_wan", "expected"),
    [(1000, 40_000, "large"), (999, 50_000, "medium"), (1000, 39_999, "medium"), (300, 2_000, "medium"),
     (300, 1_999, "small"), (20, 300, "small"), (19, 39_999, "micro"), (500, 299, "micro")],
)  # fmt: skip
def test_industrial_firms_are_classed_by_heads_and_revenue(
    heads: int, revenue_wan: int, expected: str
) -> None:
    assert size_class("industry", heads, revenue_wan, None) == expected


@pytest.mark.parametrize(
    ("trade", "heads", "revenue_wan", "assets_wan", "expected"),
    [("farming", None, 20_000, None, "large"), ("farming", None, 499, None, "small"),
     ("building", None, 80_000, 80_000, "large"), ("building", None, 80_000, 4_999, "small"),
     ("wholesale", 200, 39_999, None, "medium"), ("wholesale", 4, 90_000, None, "micro"),
     ("retail", 50, 500, None, "medium"), ("transport", 20, 200, None, "small"),
     ("storage", 200, 30_000, None, "large"), ("post", 300, 2_000, None, "medium"),
     ("hotel", 300, 9_999, None, "medium"), ("catering", 10, 100, None, "small"),
     ("telecom", 2000, 100_000, None, "large"), ("software", 10, 50, None, "small"),
     ("estate", None, 200_000, 10_000, "large"), ("estate", None, 1_000, 4_999, "small"),
     ("estate", None, 100, 1_999, "micro"), ("property", 100, 499, None, "micro"),
     ("leasing", 300, None, 120_000, "large"), ("leasing", 300, None, 119_999, "medium"),
     ("other", 300, None, None, "large"),
     ("other", 99, None, None, "small"), ("other", 9, None, None, "micro")],
)  # fmt: skip
def test_each_trade_has_limits_of_its_own(
    trade: str, heads: float | None, revenue_wan: float | None, assets_wan: float | None, expected: str
) -> None:
    assert size_class(trade, heads, revenue_wan, assets_wan) == expected


def test_a_missing_measure_or_an_unknown_trade_gives_no_class() -> None:
    assert size_class("industry", None, 500, 500) == ""
    assert size_class("building", 10, 500, None) == ""
    assert size_class("", 10, 500, 500) == ""


def _slowly(trade: str, heads: float, revenue_wan: float, assets_wan: float) -> str:
    """The rule read aloud: the highest class whose every limit is reached."""
    rule = RULES[trade]
    for place, name in enumerate(("large", "medium", "small")):
        pairs = [(heads, rule.heads), (revenue_wan, rule.revenue_wan), (assets_wan, rule.assets_wan)]
        if any(limits and math.isnan(value) for value, limits in pairs):
            return ""
        if all(value >= limits[place] for value, limits in pairs if limits):
            return name
    return "micro"


_measure = st.one_of(
    st.just(float("nan")),
    st.integers(0, 250_000).map(float),
    st.sampled_from([10.0, 20.0, 50.0, 100.0, 300.0, 1_000.0, 2_000.0, 5_000.0, 40_000.0, 80_000.0]),
)


_row = st.tuples(st.sampled_from(sorted(RULES)), _measure, _measure, _measure)


@settings(deadline=None)
@given(st.lists(_row, min_size=1, max_size=30))
def test_the_columns_agree_with_the_rule_read_aloud(rows: list[tuple[str, float, float, float]]) -> None:
    trades, heads, revenue, assets = zip(*rows, strict=True)
    assert classify(list(trades), heads, revenue, assets).tolist() == [_slowly(*row) for row in rows]


def test_series_of_industry_codes_are_classed_with_nulls_as_not_known() -> None:
    sizes = classify_sizes(
        pl.Series(["3854", "3854", None, "7010"]),
        pl.Series([1000.0, None, 5.0, 3.0]),
        pl.Series([40_000.0, 1.0, 1.0, 1_000.0]),
        pl.Series([None, None, None, 5_000.0], dtype=pl.Float64),
    )
    assert sizes.to_list() == ["large", "", "", "medium"]
    assert set(CLASSES) == {"large", "medium", "small", "micro"}

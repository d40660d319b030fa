"""Skewness, kurtosis, quantiles and ranks under the conventions of published tables."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.periods import Period, parse_period
from index.engine.rounding import round_decimal, rounded, shown
from index.engine.statistics import kurtosis, quantile, ranks, skewness, spread

ELEVEN = np.array([6, 7, 15, 36, 39, 40, 41, 42, 43, 47, 49], dtype=float)


def test_both_forms_of_skewness_and_kurtosis_follow_their_formulas() -> None:
    x = [2.0, 3.0, 5.0, 11.0, 30.0]
    n, mean = len(x), sum(x) / len(x)
    m2, m3, m4 = (sum((v - mean) ** k for v in x) / n for k in (2, 3, 4))
    g1, g2 = m3 / m2**1.5, m4 / m2**2 - 3
    assert skewness(np.array(x), "moment") == pytest.approx(g1)
    assert skewness(np.array([*x, np.nan])) == pytest.approx(g1 * sqrt(n * (n - 1)) / (n - 2))
    assert kurtosis(np.array(x), "moment") == pytest.approx(g2)
    assert kurtosis(np.array(x)) == pytest.approx(((n + 1) * g2 + 6) * (n - 1) / ((n - 2) * (n - 3)))
    assert np.isnan(skewness(np.array([1.0, 2.0]))) and np.isnan(kurtosis(np.array([1.0, 1.0, 1.0, 1.0])))
    assert (
        spread(np.array([1.0, 3.0])) == pytest.approx(sqrt(2)) and spread(np.array([1.0, 3.0]), "moment") == 1
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(1, 15), (2, 15), (3, 15), (4, 13), (5, 20.25), (6, 15), (7, 25.5), (8, 18.5), (9, 18.9375)],
)
def test_the_nine_quantiles_are_those_of_their_definitions(kind: int, expected: float) -> None:
    assert quantile(ELEVEN, 0.25, kind) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ("min", [2, 4, 1, 2]), ("max", [3, 4, 1, 3]), ("average", [2.5, 4, 1, 2.5]), ("dense", [2, 3, 1, 2]),
        ("first", [2, 4, 1, 3]),
    ],
)  # fmt: skip
def test_tied_values_share_their_rank_as_asked(ties: str, expected: list[float]) -> None:
    values = np.array([7.0, 5.0, 9.0, 7.0 + 1e-11, np.nan])
    found = ranks(values, ties=ties)
    assert found[:4].tolist() == expected and np.isnan(found[4])


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30))
def test_a_rank_is_one_more_than_the_number_of_better_ones(values: list[int]) -> None:
    found = ranks(np.array(values, dtype=float))
    assert found.tolist() == [1 + sum(other > value for other in values) for value in values]


def test_halves_are_rounded_up_in_decimal_and_noise_does_not_decide() -> None:
    assert [shown(v, 2) for v in (2.675, 1.005, -0.125, 0.1249999999999999, -0.001)] == [
        "2.68", "1.01", "-0.13", "0.13", "0.00",
    ]  # fmt: skip
    assert (shown(2.5, 0, "half_even"), shown(2.59, 1, "down")) == ("2", "2.5")
    assert [shown(v, None) for v in (0.1 + 0.2, 100.0, 0.0, -0.0, 1e-20)][:4] == ["0.3", "100", "0", "0"]
    assert np.isnan(rounded(float("nan"), 2))


@settings(max_examples=300, deadline=None)
@given(st.floats(-1e7, 1e7), st.integers(0, 4), st.sampled_from(["half_up", "half_even", "down"]))
def test_the_quick_way_of_printing_agrees_with_decimal_arithmetic(
    value: float, decimals: int, rule: str
) -> None:
    assert float(shown(value, decimals, rule)) == float(round_decimal(value, decimals, rule))


@pytest.mark.parametrize(
    ("label", "period"),
    [
        ("2020", Period(2020, 0, 0, 1)), ("2020年", Period(2020, 0, 0, 1)),
        ("2020-03", Period(2020, 3, 0, 12)), ("2020M03", Period(2020, 3, 0, 12)), ("202003", Period(2020, 3, 0, 12)),
        ("2020年3月", Period(2020, 3, 0, 12)), ("2020/3", Period(2020, 3, 0, 12)), ("Mar 2020", Period(2020, 3, 0, 12)),
        ("2020Q4", Period(2020, 4, 0, 4)), ("2020-Q4", Period(2020, 4, 0, 4)), ("2020年四季度", Period(2020, 4, 0, 4)),
        ("Q4 2020", Period(2020, 4, 0, 4)), ("2020-03-15", Period(2020, 3, 15, 365)),
        ("20200315", Period(2020, 3, 15, 365)), ("2020年3月15日", Period(2020, 3, 15, 365)),
        ("十二月", None), ("2020-13-01", None), ("20", None),
    ],
)  # fmt: skip
def test_labels_of_time_are_read_as_tables_print_them(label: str, period: Period | None) -> None:
    assert parse_period(label) == period


def test_periods_count_back_over_years() -> None:
    assert Period(2020, 2, 0, 12).before(3) == Period(2019, 11, 0, 12)
    assert Period(2020, 1, 0, 4).before(4) == Period(2019, 1, 0, 4)

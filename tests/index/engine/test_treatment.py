"""Winsorising and logarithms; small vectors are facts from COINr's own tests (MIT licence)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.places import UnableToReadDefinition, read_yaml
from index.engine.statistics import kurtosis, quantile, skewness
from index.engine.treatment import (
    Log,
    Shape,
    UnableToTreat,
    Until,
    Winsorise,
    read_log,
    read_until,
    read_winsorise,
)

ONE_OUTLIER = np.array([*range(1, 11), 100.0])
TWO_OUTLIERS = np.array([*range(1, 21), 100.0, 200.0])


def test_one_outlier_takes_its_neighbours_value() -> None:
    assert not Shape().accepts(ONE_OUTLIER)
    found = Until(Shape()).apply(ONE_OUTLIER, ONE_OUTLIER)
    assert found.values.tolist() == [*range(1, 11), 10.0]
    assert found.moved == 1


def test_skewness_and_kurtosis_are_those_coinr_prints() -> None:
    x = np.array([*range(1, 11), 30.0, 100.0])
    assert (skewness(x), kurtosis(x)) == (
        pytest.approx(3.063241, abs=5e-7),
        pytest.approx(9.741391, abs=5e-7),
    )
    found = Until(Shape(), most=2).apply(x, x)
    assert found.values[-2:].tolist() == [30, 30] and Shape().accepts(found.values)


def test_without_success_the_logarithm_of_the_original_is_taken() -> None:
    stopped = Until(Shape(), most=1).apply(TWO_OUTLIERS, TWO_OUTLIERS)
    assert stopped.values[-2:].tolist() == [100.0, 100.0]
    logged = Until(Shape(), most=1, then=Log("ln")).apply(TWO_OUTLIERS, TWO_OUTLIERS)
    assert logged.values == pytest.approx(np.log(TWO_OUTLIERS))
    combined = Until(Shape(), most=1, then=Log("ln"), combine=True).apply(TWO_OUTLIERS, TWO_OUTLIERS)
    assert combined.values[-1] == pytest.approx(np.log(100))


def test_forced_winsorising_moves_as_many_points_as_stated() -> None:
    found = Until(Shape(), most=3, force=True).apply(TWO_OUTLIERS, TWO_OUTLIERS)
    assert found.moved == 3 and (found.values != TWO_OUTLIERS).sum() == 3


def plain_until(values: list[float], most: int) -> list[float]:
    """The rule as a loop over a list: tied extremes move together, and the cluster is counted whole."""
    x, high, low = list(values), 0, 0
    while high + low < most:
        skew, tail = skewness(np.array(x)), kurtosis(np.array(x))
        if np.isnan(skew) or np.isnan(tail) or abs(skew) < 2 or tail < 3.5:
            break
        edge = max(x) if skew >= 0 else min(x)
        rest = [v for v in x if v != edge]
        if skew >= 0:
            high = x.count(edge)
        else:
            low = x.count(edge)
        new = max(rest) if skew >= 0 else min(rest)
        x = [new if v == edge else v for v in x]
    return x


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 20), st.integers(-2000, 2000)), min_size=1, max_size=25),
    st.integers(0, 8),
)
def test_point_by_point_is_the_plain_loop(values: list[int], most: int) -> None:
    x = np.array(values, dtype=float)
    assert Until(Shape(), most=most).apply(x, x).values.tolist() == plain_until(x.tolist(), most)


def apply(text: str, values: np.ndarray, reader: object = read_winsorise) -> np.ndarray:
    return reader(read_yaml(text, "d.yaml")).apply(values, values).values  # type: ignore[operator]


def test_winsorising_by_count_and_by_every_kind_of_fence() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, np.nan, 50])
    there = x[np.isfinite(x)]
    assert np.nanmax(apply("{count: {high: 2}}", x)) == 8 and np.nanmin(apply("{count: {high: 2}}", x)) == 1
    low, high = (quantile(there, q, 6) for q in (0.1, 0.9))
    assert np.nanmax(apply("{percentiles: [10, 90], type: 6}", x)) == pytest.approx(high)
    assert np.nanmin(apply("{percentiles: [10, 90], type: 6}", x)) == pytest.approx(low)
    first, third = np.quantile(there, [0.25, 0.75])
    assert np.nanmax(apply("{iqr: 1.5}", x)) == pytest.approx(third + 1.5 * (third - first))
    assert np.nanmax(apply("{iqr: 1.5, to: nearest}", x)) == 9
    assert np.nanmax(apply("{sd: 2}", x)) == pytest.approx(there.mean() + 2 * there.std(ddof=1))
    assert np.nanmax(apply("{limits: [2, 7]}", x)) == 7 and np.nanmin(apply("{limits: [2, 7]}", x)) == 2
    assert np.nanmin(apply("{limits: [2, 7], side: high}", x)) == 1
    assert np.isnan(apply("{iqr: 1.5}", x)[9])


def test_a_rule_with_when_leaves_an_acceptable_shape_alone() -> None:
    even = np.arange(1.0, 12.0)
    assert apply("{percentiles: [10, 90], when: {skew: 2}}", even).tolist() == even.tolist()
    assert apply("{percentiles: [10, 90], when: {skew: 2}}", ONE_OUTLIER).max() == 10


def test_both_limits_may_be_asked_for() -> None:
    x = np.array([1.0, 1, 1, 1, 2, 2, 3, 9])
    assert Shape(skew=2, kurtosis=9).accepts(x) and not Shape(skew=2, kurtosis=9, rule="both").accepts(x)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ln", [np.log(1), np.log(4), np.log(10)]),
        ("log10", [0, np.log10(4), 1]),
        ("{kind: ln, shift: 1}", [np.log(2), np.log(5), np.log(11)]),
        ("modified", [np.log(0.09), np.log(3.09), np.log(9.09)]),
        ("shifted", [0, np.log(4), np.log(10)]),
        ("gii", [0, np.log(9 * 3 / 9 + 1), np.log(10)]),
        ("{kind: asinh, unit: 2}", [np.arcsinh(0.5), np.arcsinh(2), np.arcsinh(5)]),
        ("{kind: box_cox, lambda: 0.5}", [0, 2, (10**0.5 - 1) / 0.5]),
        ("{kind: box_cox, lambda: 0}", [0, np.log(4), np.log(10)]),
        ("sqrt", [1, 2, 10**0.5]),
    ],
)
def test_every_logarithm_is_its_formula(text: str, expected: list[float]) -> None:
    assert apply(text, np.array([1.0, 4, 10]), read_log) == pytest.approx(expected)


def test_a_tail_to_the_left_is_mirrored() -> None:
    x = np.array([-100.0, 8, 9, 10])
    assert apply("modified_signed", x, read_log) == pytest.approx(-np.log(10 + 1.1 - x))


def test_what_has_no_logarithm_is_told() -> None:
    with pytest.raises(UnableToTreat, match="asinh"):
        Log("ln").apply(np.array([0.0, 1]), np.array([0.0, 1]))
    with pytest.raises(UnableToTreat, match="减少个数"):
        Winsorise("count", 2, 2).apply(np.arange(4.0), np.arange(4.0))


@pytest.mark.parametrize("text", ["{}", "{iqr: 1, sd: 2}", "{percentiles: [95, 5]}", "{iqr: 1, kind: 7}"])
def test_an_unclear_rule_is_refused(text: str) -> None:
    with pytest.raises(UnableToReadDefinition):
        read_winsorise(read_yaml(text, "d.yaml"))
    with pytest.raises(UnableToReadDefinition):
        read_until(read_yaml("{max: all, force: true}", "d.yaml"))

"""Scores on frozen fences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.scoring import (
    MISSING,
    TOP,
    Fence,
    UnableToFitFence,
    fit_fence,
    score,
    score_table,
)

number = st.floats(-1e9, 1e9)


@settings(deadline=None)
@given(st.lists(number, min_size=1), number, st.floats(1e-3, 1e9), st.booleans())
def test_a_score_is_the_plain_formula(values: list[float], low: float, width: float, turned: bool) -> None:
    fence = Fence(low, low + width, reversed=turned)
    for value, z in zip(values, score(np.array(values), fence).tolist(), strict=True):
        share = (min(max(value, fence.low), fence.high) - fence.low) / (fence.high - fence.low)
        expected = (1 - share if turned else share) * TOP
        assert abs(z - expected) <= 0.5 + 1e-6


@settings(deadline=None)
@given(
    st.sampled_from(["linear", "log", "asinh"]),
    st.lists(st.floats(0.01, 1e6), min_size=20, max_size=60, unique=True),
    number,
    st.floats(0, 1e9),
)
def test_more_never_scores_less(scale: str, base: list[float], value: float, more: float) -> None:
    fence = fit_fence(np.array(base), scale=scale)  # type: ignore[arg-type]
    low, high = score(np.array([value, value + more]), fence).tolist()
    assert 0 <= low <= high <= TOP


def test_nothing_scores_as_missing_and_zero_on_a_log_scale_as_the_fence() -> None:
    z = score(np.array([np.nan, 0.0, -3.0, 1.0, 100.0]), Fence(0.0, np.log(100.0), "log"))
    assert z.tolist() == [MISSING, 0, 0, 0, TOP]


def test_the_scale_follows_from_skewness_and_kurtosis() -> None:
    rng = np.random.default_rng(5)
    assert fit_fence(rng.normal(size=500)).scale == "linear"
    assert fit_fence(np.exp(rng.normal(0, 2, 500))).scale == "log"
    assert fit_fence(np.exp(rng.normal(0, 2, 500)) - 1).scale == "asinh"


def test_fences_are_percentiles_in_the_indicators_own_unit() -> None:
    base = np.exp(np.random.default_rng(5).normal(0, 2, 500))
    low, high = fit_fence(base, scale="log").limits()
    assert (low, high) == pytest.approx(np.quantile(base, [0.01, 0.99]), rel=0.02)
    low, high = fit_fence(base, scale="asinh").limits()
    assert (low, high) == pytest.approx(np.quantile(base, [0.01, 0.99]), rel=0.02)


def test_an_indicator_that_is_nearly_always_zero_is_fenced_by_its_extremes() -> None:
    fence = fit_fence(np.append(np.zeros(5000), [4.0]), scale="linear")
    assert (fence.low, fence.high) == (0.0, 4.0)


@pytest.mark.parametrize("values", [np.ones(50), np.arange(9.0), np.full(50, np.nan)])
def test_a_base_window_that_cannot_carry_fences_is_refused(values: np.ndarray) -> None:
    with pytest.raises(UnableToFitFence):
        fit_fence(values)


def test_a_table_has_one_fence_for_each_indicator() -> None:
    z = score_table(np.array([[0.0, 1.0], [0.0, 1.0]]), [Fence(0, 1), Fence(0, 1, reversed=True)])
    assert z.tolist() == [[0, TOP], [TOP, 0]]
    with pytest.raises(UnableToFitFence, match="2 indicators"):
        score_table(np.zeros((2, 2)), [Fence(0, 1)])

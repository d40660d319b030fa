"""Level scores, missing weights and means."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.cube import build_cube, make_day
from index.engine.levels import (
    combine,
    effective_weights,
    indicator_levels,
    indicator_spread,
    tree_levels,
)
from index.engine.scoring import MISSING

part = st.one_of(st.just(float("nan")), st.floats(0, 100))


@settings(deadline=None)
@given(st.lists(st.tuples(part, st.floats(0.01, 5)), min_size=1, max_size=9), st.floats(0, 1))
def test_a_mean_is_that_of_the_plain_loop_over_known_parts(
    pairs: list[tuple[float, float]], threshold: float
) -> None:
    parts, weights = (np.array(column) for column in zip(*pairs, strict=True))
    known = [(p, w) for p, w in pairs if p == p]
    share = sum(w for _, w in known) / sum(w for _, w in pairs)
    for mean in ("arithmetic", "geometric"):
        found = combine(parts, weights, mean, threshold)  # type: ignore[arg-type]
        assert float(found.coverage) == pytest.approx(share, abs=1e-12)
        if not known or share < threshold - 1e-9:
            assert np.isnan(found.value)
        elif share > threshold + 1e-9:
            total = sum(w for _, w in known)
            if mean == "arithmetic":
                expected = sum(p * w for p, w in known) / total
            else:
                expected = (exp(sum(w * log(1 + 0.99 * p) for p, w in known) / total) - 1) / 0.99
            assert float(found.value) == pytest.approx(expected, abs=1e-9)


def test_two_thirds_of_the_weight_are_enough_and_less_is_not() -> None:
    weights = np.array([1.0, 1.0, 1.0])
    assert combine(np.array([np.nan, 60.0, 30.0]), weights).value == pytest.approx(45)
    assert np.isnan(combine(np.array([np.nan, np.nan, 30.0]), weights).value)


def test_a_zero_does_not_wipe_out_a_geometric_mean() -> None:
    assert 0 < combine(np.array([0.0, 100.0]), np.ones(2), "geometric").value < 50


def test_cells_become_dimensions_and_a_total() -> None:
    z = np.array([[5000, 7000, MISSING], [1000, 1000, 2000], [MISSING, MISSING, 4000]], dtype=np.uint16)
    cube = build_cube(make_day(np.array([0, 0, 1], dtype=np.int32), z), 3)
    levels = indicator_levels(cube)
    assert levels[0].tolist()[:2] == [60.0, 10.0] and np.isnan(levels[0, 2])
    assert np.isnan(levels[2]).all()
    dimensions, total = tree_levels(
        levels, np.array([1.0, 3.0, 1.0]), np.array([0, 0, 1]), np.array([1.0, 1.0])
    )
    assert dimensions.value[0, 0] == pytest.approx((60 + 30) / 4)
    assert np.isnan(dimensions.value[0, 1]) and np.isnan(total.value[0])
    assert total.value[1] == pytest.approx((20 + 40) / 2)
    assert dimensions.coverage[1, 0] == pytest.approx(3 / 4)


def test_the_spread_is_the_standard_deviation_of_the_scores() -> None:
    z = np.array([[5000, 7000, 9999, 0]], dtype=np.uint16)
    cube = build_cube(make_day(np.zeros(4, dtype=np.int32), z), 1)
    assert indicator_spread(cube)[0, 0] == pytest.approx(z[0].std() / 100)


def test_effective_weights_are_products_down_the_tree() -> None:
    found = effective_weights(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 1]), np.array([2.0, 2.0, 9.0]))
    assert found.tolist() == pytest.approx([0.125, 0.375, 0.5])

"""Carried values, exits after ten working days, overlap on return, late sources."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.chain import FLOOR, Links, link_ratios
from index.engine.cube import build_cube, make_day, match_days
from index.engine.missing import Carried, carry, first_day, late_sources
from index.engine.scoring import MISSING, TOP

NONE_LATE = np.zeros(1, dtype=bool)


def links(ratio: float, cells: int = 1) -> Links:
    return Links(np.full((cells, 1), ratio), np.zeros((cells, 1), dtype=np.int8))


def scores(*values: int) -> np.ndarray:
    return np.array([values], dtype=np.uint16)


CELL = np.zeros(1, dtype=np.int32)


def step(
    state: Carried, observed: int, ratio: float = 1.0, *, working: bool = True, late: bool = False
) -> Carried:
    return carry(scores(observed), state, links(ratio), CELL, np.array([late]), working_day=working)


def test_a_missing_score_moves_with_its_cell() -> None:
    state = step(first_day(scores(5000)), MISSING, 1.1)
    floored = FLOOR + 5000 * (TOP - FLOOR) / TOP
    expected = (floored * 1.1 - FLOOR) * TOP / (TOP - FLOOR)
    assert state.exact[0, 0] == pytest.approx(expected)
    assert state.z[0, 0] == round(expected)
    assert state.imputed_share() == 1.0


def test_it_leaves_after_ten_working_days_and_weekends_do_not_count() -> None:
    state = first_day(scores(5000))
    for _ in range(10):
        state = step(state, MISSING)
        state = step(state, MISSING, working=False)
        assert state.z[0, 0] == 5000
    state = step(state, MISSING)
    assert state.z[0, 0] == MISSING
    back = step(state, 9000)
    assert (back.z[0, 0], back.age[0, 0]) == (9000, 0)


def test_a_return_after_leaving_is_an_entry_and_moves_nothing() -> None:
    gone = make_day(np.zeros(2, dtype=np.int32), scores(5000, MISSING))
    back = make_day(np.zeros(2, dtype=np.int32), scores(5000, 9000))
    assert link_ratios(match_days(gone, back, 1)).ratio[0, 0] == 1.0


def test_a_late_source_is_not_imputed_and_no_age_is_counted() -> None:
    state = first_day(scores(5000))
    for _ in range(30):
        state = step(state, MISSING, 1.5, late=True)
    assert state.z[0, 0] == 5000
    assert state.age[0, 0] == 0
    assert late_sources(np.array([0, 3, 0]), np.array([5, 5, 0])).tolist() == [True, False, False]


def test_who_was_never_seen_or_is_not_active_has_no_score() -> None:
    assert step(first_day(scores(MISSING)), MISSING, 2.0).z[0, 0] == MISSING
    out = carry(
        scores(4000),
        first_day(scores(5000)),
        links(1.0),
        np.array([-1], dtype=np.int32),
        NONE_LATE,
        working_day=True,
    )
    assert out.z[0, 0] == MISSING


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_carrying_by_the_cells_own_link_leaves_the_link_as_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    before = rng.integers(1000, 8000, (1, n)).astype(np.uint16)
    after = np.clip(before.astype(int) + rng.integers(-500, 500, (1, n)), 0, TOP).astype(np.uint16)
    cell = np.zeros(n, dtype=np.int32)
    observed = np.where(rng.random((1, n)) < 0.3, MISSING, after).astype(np.uint16)
    observed[0, 0] = after[0, 0]
    seen = link_ratios(match_days(make_day(cell, before), make_day(cell, observed), 1))
    state = carry(observed, first_day(before), seen, cell, NONE_LATE, working_day=True)
    full = link_ratios(match_days(make_day(cell, before), make_day(cell, state.z), 1))
    assert full.ratio[0, 0] == pytest.approx(seen.ratio[0, 0], abs=2e-4)
    assert build_cube(make_day(cell, state.z), 1).count[0, 0] == n

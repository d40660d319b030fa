"""The day's cube on random cities: integers exact, parts add up, one code path equals the other."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.daycube import Day, Design, State, advance, first_state
from index.paths import (
    CELL,
    EPOCH,  # noqa: F401
    MISSING,
    NOWHERE,
    Points,
    number_of,
)
from index.replay import CubeTable, contributions, replay

WIDTH, DIMENSIONS, CELLS = 4, 2, 3
FIRST = number_of(date(2025, 12, 20))  # the link date lies inside
DESIGN = Design(
    weights=np.array([0.3, 0.3, 0.4, 0.0]), nominal=np.array([0.3, 0.2, 0.4, 0.1]), dimension=np.array([0, 0, 1, 1]),
    dimensions=DIMENSIONS, panels=np.array([[0, 1], [0, 2], [0, 2]]), panel_count=3, link=(12, 31),
    rest=np.array([10_000, MISSING, 1_000, MISSING], np.uint16),
)  # fmt: skip

scores = st.sampled_from([1_000, 3_000, 5_500, 10_000, int(MISSING)])
one_point = st.tuples(st.integers(0, 24), st.integers(0, 9), st.integers(0, WIDTH - 2), scores)
one_move = st.tuples(
    st.integers(0, 24), st.integers(0, 9), st.just(CELL), st.sampled_from([0, 1, 2, int(NOWHERE)])
)
lots = st.lists(one_point | one_move, max_size=60)


def points_of(rows: list[tuple[int, int, int, int]]) -> Points:
    opening = [(0, entity, CELL, entity % CELLS) for entity in range(8)]
    unique = {(day, entity, indicator): score for day, entity, indicator, score in opening + rows}
    table = np.array([(*key, score) for key, score in sorted(unique.items())])
    lot = Points(
        (table[:, 0] + FIRST).astype(np.int32), table[:, 1].astype(np.int64), table[:, 2].astype(np.uint8),
        table[:, 3].astype(np.uint16),
    )  # fmt: skip
    return Points.of([lot])


def run(points: Points, days: int = 25) -> tuple[State, list[Day]]:
    state = first_state(FIRST - 1, np.arange(10), DESIGN)
    return state, [
        advance(state, FIRST + n, points.where(points.day == FIRST + n), DESIGN) for n in range(days)
    ]


def table_of(days: list[Day]) -> CubeTable:
    rows = [one.rows for one in days]
    day = np.concatenate([np.full(len(one.rows), n, np.int32) for n, one in enumerate(days)])
    amounts = np.concatenate([np.stack([r.moved, r.entered, r.left, r.came, r.went], axis=1) for r in rows])
    cell = np.concatenate([r.cell for r in rows]).astype(np.int32)
    indicator = np.concatenate([r.indicator for r in rows]).astype(np.int32)
    return CubeTable(FIRST, len(days), day, cell, indicator, amounts)


@given(lots)
def test_updating_from_changes_equals_counting_everybody_anew(rows: list[tuple[int, int, int, int]]) -> None:
    state, _ = run(points_of(rows))
    for panel in range(DESIGN.panel_count):
        cells = np.flatnonzero((DESIGN.panels == panel).any(axis=1))
        members = np.isin(state.cell, cells)
        known = state.score[members] != MISSING
        assert state.members[panel] == members.sum()
        assert state.counts[panel].tolist() == known.sum(axis=0).tolist()
        assert (
            state.sums[panel].tolist()
            == np.where(known, state.score[members].astype(int), 0).sum(axis=0).tolist()
        )


@given(lots)
def test_a_chart_from_the_cube_equals_the_series_computed_day_by_day(
    rows: list[tuple[int, int, int, int]],
) -> None:
    _, days = run(points_of(rows))
    table = table_of(days)
    for panel in range(DESIGN.panel_count):
        again = replay(table.of_cells((DESIGN.panels == panel).any(axis=1)), DESIGN)
        np.testing.assert_allclose(again.index, [one.index[panel] for one in days], rtol=1e-12)
        np.testing.assert_allclose(again.plain, [one.plain[panel] for one in days], rtol=1e-12)
        np.testing.assert_allclose(again.level, [one.level[panel] for one in days], rtol=1e-12)
        np.testing.assert_allclose(again.coverage, [one.coverage[panel] for one in days], rtol=1e-12)


@given(lots, st.integers(0, 23), st.integers(1, 24))
def test_contributions_add_up_to_the_change_of_any_window(
    rows: list[tuple[int, int, int, int]], since: int, length: int
) -> None:
    _, days = run(points_of(rows))
    table, until = table_of(days), min(since + length, 24)
    for panel in range(DESIGN.panel_count):
        own = table.of_cells((DESIGN.panels == panel).any(axis=1))
        again = replay(own, DESIGN)
        change = again.index[until, 0] - again.index[since, 0]
        if np.isfinite(change):
            assert contributions(own, again.price, since, until).sum() == pytest.approx(change, abs=1e-9)


@given(lots)
def test_the_total_never_rises_on_a_day_when_no_part_does(rows: list[tuple[int, int, int, int]]) -> None:
    _, days = run(points_of(rows))
    index = np.array([one.index for one in days])
    with np.errstate(invalid="ignore"):
        steps = np.diff(index, axis=0)
        none_rises = (np.nan_to_num(steps[:, :, 1:], nan=-1.0) <= 0).all(axis=2)
        assert (np.nan_to_num(steps[:, :, 0][none_rises], nan=0.0) <= 1e-9).all()


def test_entering_and_leaving_move_the_plain_mean_but_not_the_chain() -> None:
    """Five strong entities stand; a weak one enters: the plain mean falls, the chain does not."""
    rows = [(0, entity, 1, 10_000) for entity in range(5)]
    rows += [(3, 9, CELL, 0), (3, 9, 1, 1_000)]
    _, days = run(points_of(rows), 6)
    assert days[-1].index[0, 0] == pytest.approx(100)
    assert days[-1].plain[0] < 100


def test_weights_change_at_the_link_without_a_step() -> None:
    _, days = run(
        points_of(
            [(0, e, 1, 5_500) for e in range(8)] + [(n, 1, 1, 1_000 * (n % 5 + 1)) for n in range(1, 20)]
        )
    )
    link = [n for n, one in enumerate(days) if one.relinked[0] and n > 0]
    assert link == [11]

"""The day's cube on random cities: integers exact, parts add up, one code path equals the other."""

import itertools
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cellchain import Frame
from index.daycube import Day, Design, State, advance, first_state
from index.packing import pack_state, unpack_state
from index.paths import (
    CELL,
    MISSING,
    NOWHERE,
    Points,
    number_of,
)
from index.replay import CubeTable, contributions, replay
from index.replay import table_of as table_of_rows

WIDTH, DIMENSIONS, CELLS, DAYS = 4, 2, 4, 12
FIRST = number_of(date(2025, 12, 25))  # the link date lies inside
# Panel 0 is the universe; 1 and 2 divide it by town, 3 and 4 by industry and size.
FRAME = Frame(
    universe=np.zeros(CELLS, np.int64), universes=1, kin=np.array([3, 4, 3, 4]), kins=5,
    weights=np.array([0.3, 0.3, 0.4, 0.0]), link=(12, 31),
)  # fmt: skip
DESIGN = Design(
    nominal=np.array([0.3, 0.2, 0.4, 0.1]), dimension=np.array([0, 0, 1, 1]), dimensions=DIMENSIONS,
    panels=np.array([[0, 1, 3], [0, 1, 4], [0, 2, 3], [0, 2, 4]]), panel_count=5, frame=FRAME,
    rest=np.array([10_000, MISSING, 1_000, MISSING], np.uint16),
)  # fmt: skip
DIVISIONS = ((1, 2), (3, 4))

scores = st.sampled_from([1_000, 3_000, 5_500, 10_000, int(MISSING)])
one_point = st.tuples(st.integers(0, DAYS - 1), st.integers(0, 9), st.integers(0, WIDTH - 2), scores)
one_move = st.tuples(
    st.integers(0, DAYS - 1), st.integers(0, 9), st.just(CELL), st.sampled_from([0, 1, 2, 3, int(NOWHERE)])
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


def run(points: Points, days: int = DAYS) -> tuple[State, list[Day]]:
    state = first_state(FIRST - 1, np.arange(10), DESIGN)
    return state, [
        advance(state, FIRST + n, points.where(points.day == FIRST + n), DESIGN) for n in range(days)
    ]


def table_of(days: list[Day]) -> CubeTable:
    return table_of_rows(FIRST, [one.rows for one in days], DESIGN)


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
        np.testing.assert_allclose(again.index, [one.index[panel] for one in days], rtol=1e-11)
        np.testing.assert_allclose(again.plain, [one.plain[panel] for one in days], rtol=1e-11)
        np.testing.assert_allclose(again.level, [one.level[panel] for one in days], rtol=1e-12)
        np.testing.assert_allclose(again.coverage, [one.coverage[panel] for one in days], rtol=1e-12)


@given(lots, st.integers(0, DAYS - 2), st.integers(1, DAYS - 1))
def test_contributions_add_up_to_the_stored_change_of_any_window(
    rows: list[tuple[int, int, int, int]], since: int, length: int
) -> None:
    _, days = run(points_of(rows))
    table, until = table_of(days), min(since + length, DAYS - 1)
    for panel in range(DESIGN.panel_count):
        own = table.of_cells((DESIGN.panels == panel).any(axis=1))
        again = replay(own, DESIGN)
        change = days[until].index[panel, 0] - days[since].index[panel, 0]
        if np.isfinite(change):
            assert contributions(own, again.scale, since, until).sum() == pytest.approx(change, abs=1e-9)


def stretches(days: list[Day]) -> list[tuple[int, int]]:
    """Every window between two links of the universe, and from a link to the end."""
    links = [n for n, one in enumerate(days) if one.relinked[0]]
    bounds = itertools.pairwise([*links, len(days) - 1]) if links else []
    return [(a, b) for start, end in bounds for a in range(start, end) for b in range(a + 1, end + 1)]


@given(lots)
def test_in_any_window_between_links_the_total_never_rises_when_no_dimension_does(
    rows: list[tuple[int, int, int, int]],
) -> None:
    _, days = run(points_of(rows))
    index = np.array([one.index for one in days])
    for since, until in stretches(days):
        with np.errstate(invalid="ignore"):
            steps = np.nan_to_num(index[until] - index[since])
        none_rises = (steps[:, 1:] <= 0).all(axis=1)
        assert (steps[none_rises, 0] <= 1e-9).all()


@given(lots)
def test_in_any_window_between_links_the_city_never_rises_when_no_town_or_no_industry_does(
    rows: list[tuple[int, int, int, int]],
) -> None:
    """For the total and for each dimension; entities enter, leave and move all the while."""
    _, days = run(points_of(rows))
    index = np.array([one.index for one in days])
    for since, until in stretches(days):
        with np.errstate(invalid="ignore"):
            steps = np.nan_to_num(index[until] - index[since])
        for parts in DIVISIONS:
            none_rises = (steps[list(parts)] <= 0).all(axis=0)
            assert (steps[0, none_rises] <= 1e-9).all()


@given(lots)
def test_a_day_is_divided_among_towns_as_they_moved(rows: list[tuple[int, int, int, int]]) -> None:
    """A town that falls never contributes upwards to the city."""
    _, days = run(points_of(rows))
    table = table_of(days)
    city = replay(table, DESIGN)
    for town in DIVISIONS[0]:
        cells = np.flatnonzero((DESIGN.panels == town).any(axis=1))
        for day in range(1, DAYS):
            change = days[day].index[town, 0] - days[day - 1].index[town, 0]
            if np.isfinite(change):
                added = contributions(table, city.scale, day - 1, day)[np.isin(table.cell, cells)].sum()
                assert added * change >= -1e-9


@given(lots, st.integers(0, DAYS - 2))
def test_going_on_from_a_kept_state_gives_the_same_bits(
    rows: list[tuple[int, int, int, int]], kept: int
) -> None:
    points = points_of(rows)
    _, whole = run(points)
    state, _ = run(points, kept + 1)
    state = unpack_state(pack_state(state))
    for n in range(kept + 1, DAYS):
        one = advance(state, FIRST + n, points.where(points.day == FIRST + n), DESIGN)
        assert one.index.tobytes() == whole[n].index.tobytes()
        assert one.plain.tobytes() == whole[n].plain.tobytes()


@given(lots, st.permutations(range(8)))
def test_the_order_in_which_points_come_changes_no_bit(
    rows: list[tuple[int, int, int, int]], order: list[int]
) -> None:
    """Workers may hand in their lots in any order."""
    points = points_of(rows)
    shares = [points.where(points.entity % 8 == n) for n in order]
    _, one = run(points)
    _, other = run(Points.of(shares))
    assert [day.index.tobytes() for day in one] == [day.index.tobytes() for day in other]


def test_a_cell_that_lost_everybody_moves_with_its_industry_and_size() -> None:
    """Cell 0 is left by both its entities; cell 2, same industry and size, doubles: so does what cell 0 weighs."""
    rows = [(0, e, 1, 3_000) for e in range(8)] + [(2, e, CELL, int(NOWHERE)) for e in (0, 4)]
    rows += [(3, e, 1, 6_000) for e in (2, 6)]
    _, days = run(points_of(rows), 5)
    assert days[2].index[0, 1] == pytest.approx(days[1].index[0, 1])
    own = days[3].index[:, 1] / days[2].index[:, 1]
    # Indicators 0 and 1 weigh the same; half of the city's and of town 1's components of indicator 1 double.
    assert own[[0, 1, 3]] == pytest.approx([1.25, 1.25, 1.5])


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
            [(0, e, 1, 5_500) for e in range(8)] + [(n, 1, 1, 1_000 * (n % 5 + 1)) for n in range(1, DAYS)]
        )
    )
    link = [n for n, one in enumerate(days) if one.relinked[0] and n > 0]
    assert link == [6]

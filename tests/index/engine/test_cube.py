"""Integer sums: the plain loop, workers, updates and roll-ups give the same bits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.cube import (
    Day,
    UnableToBuildCube,
    advance_cube,
    build_cube,
    largest_weight,
    make_day,
    match_changes,
    match_days,
    roll_up,
    update_cube,
)
from index.engine.scoring import MISSING

CELLS, INDICATORS = 5, 3
QUICK = settings(max_examples=60, deadline=None)

scores = st.one_of(st.just(MISSING), st.integers(0, 10_000))
entity = st.tuples(
    st.integers(-1, CELLS - 1),
    st.integers(1, 900),
    st.lists(scores, min_size=INDICATORS, max_size=INDICATORS),
)


def as_day(entities: list[Any]) -> Day:
    cell = np.array([e[0] for e in entities], dtype=np.int32)
    weight = np.array([e[1] for e in entities], dtype=np.int64)
    z = np.array([e[2] for e in entities], dtype=np.uint16).reshape(len(entities), INDICATORS).T
    return make_day(cell, z, weight)


@st.composite
def two_days(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    old = draw(st.lists(entity, max_size=25))
    new = [draw(st.one_of(st.just(e), entity)) for e in old]
    return old, new


@QUICK
@given(entities=st.lists(entity, max_size=30))
def test_sums_are_those_of_the_plain_loop(entities: list[Any]) -> None:
    cube = build_cube(as_day(entities), CELLS)
    for g in range(CELLS):
        for j in range(INDICATORS):
            here = [(w, z[j]) for cell, w, z in entities if cell == g and z[j] != MISSING]
            assert cube.s[g, j] == sum(w * z for w, z in here)
            assert cube.n[g, j] == sum(w for w, _ in here)
            assert cube.count[g, j] == len(here)
            assert cube.s2[g, j] == sum(w * z * z for w, z in here)


@QUICK
@given(entities=st.lists(entity, max_size=30), workers=st.integers(1, 7), data=st.data())
def test_workers_and_order_change_no_bit(entities: list[Any], workers: int, data: st.DataObject) -> None:
    once = build_cube(as_day(entities), CELLS)
    mixed = data.draw(st.permutations(entities))
    assert build_cube(as_day(mixed), CELLS, workers).digest_bytes() == once.digest_bytes()


@QUICK
@given(days=two_days())
def test_an_update_equals_building_anew(days: tuple[list[Any], list[Any]]) -> None:
    old, new = map(as_day, days)
    changed = np.flatnonzero(
        (old.cell != new.cell) | (old.weight != new.weight) | (old.z != new.z).any(axis=0)
    )
    before = build_cube(old, CELLS)
    assert update_cube(before, old.take(changed), new.take(changed)).equals(build_cube(new, CELLS))
    assert match_changes(before, old.take(changed), new.take(changed)).equals(match_days(old, new, CELLS))
    cube, match = advance_cube(before, old.take(changed), new.take(changed))
    assert cube.equals(build_cube(new, CELLS)) and match.equals(match_days(old, new, CELLS))


@QUICK
@given(days=two_days())
def test_the_matched_set_is_who_is_there_and_observed_on_both_days(days: tuple[list[Any], list[Any]]) -> None:
    match = match_days(as_day(days[0]), as_day(days[1]), CELLS)
    for g in range(CELLS):
        for j in range(INDICATORS):
            both = [
                (a[1], a[2][j], b[2][j])
                for a, b in zip(*days, strict=True)
                if a[0] == b[0] == g and a[1] == b[1] and MISSING not in (a[2][j], b[2][j])
            ]
            assert match.before[g, j] == sum(w * z for w, z, _ in both)
            assert match.after[g, j] == sum(w * z for w, _, z in both)
            assert (match.n[g, j], match.count[g, j]) == (sum(w for w, *_ in both), len(both))


@QUICK
@given(
    entities=st.lists(entity, max_size=30), group=st.lists(st.integers(-1, 2), min_size=CELLS, max_size=CELLS)
)
def test_a_roll_up_is_the_cube_of_the_coarser_cells(entities: list[Any], group: list[int]) -> None:
    coarse = [(group[c] if c >= 0 else -1, w, z) for c, w, z in entities]
    rolled = roll_up(build_cube(as_day(entities), CELLS), np.array(group), 3)
    assert rolled.equals(build_cube(as_day(coarse), 3))


def test_the_heaviest_entity_of_each_cell_is_found() -> None:
    day = as_day([(0, 3, [1, 1, 1]), (0, 9, [1, 1, 1]), (2, 4, [1, 1, 1]), (-1, 99, [1, 1, 1])])
    assert largest_weight(day, CELLS).tolist() == [9, 0, 4, 0, 0]


def test_weights_that_could_overflow_are_refused() -> None:
    with pytest.raises(UnableToBuildCube, match="64-bit"):
        as_day([(0, 2**50, [1, 1, 1])] * 50)


def test_a_cell_beyond_the_cube_is_refused() -> None:
    with pytest.raises(UnableToBuildCube, match="beyond"):
        build_cube(as_day([(4, 1, [1, 1, 1])]), 4)


@QUICK
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 700), workers=st.integers(1, 5))
def test_unweighted_sums_of_crowded_cells_are_exact(seed: int, n: int, workers: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.choice(np.array([0, 1, 9_999, 10_000, MISSING], dtype=np.uint16), (INDICATORS, n))
    cell = rng.integers(-1, 2, n).astype(np.int32)
    plain = build_cube(make_day(cell, z), CELLS, workers)
    doubled = build_cube(make_day(cell, z, np.full(n, 2)), CELLS)
    assert np.array_equal(plain.count, doubled.count)
    assert np.array_equal(2 * plain.s, doubled.s)
    assert np.array_equal(2 * plain.s2, doubled.s2)
    for g in range(2):
        here = z[:, cell == g].astype(object)
        assert plain.s[g].tolist() == [sum(v for v in row if v != MISSING) for row in here]

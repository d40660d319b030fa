"""The time index: matched links, December links, composition effect, contributions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.chain import (
    FLOOR,
    NOWHERE,
    Segment,
    Series,
    UnableToChain,
    base_shares,
    composition_effect,
    levels,
    link_ratios,
    naive_relatives,
    open_segment,
    rereference,
    whole,
)
from index.engine.contributions import (
    Stretch,
    UnableToDecompose,
    add_up,
    day_contributions,
    geometric_contributions,
    logarithmic_mean,
    ribe_contributions,
    window_contributions,
)
from index.engine.cube import build_cube, make_day, match_days
from index.engine.scoring import MISSING, TOP

CELLS, INDICATORS, ENTITIES = 4, 3, 14
QUICK = settings(max_examples=80, deadline=None)
INDUSTRY = np.array([0, 0, 1, 1])
CITY = np.zeros(CELLS, dtype=np.int64)
ALL = whole(CELLS, INDICATORS)


class History:
    """A random city over some days, linked on some of them, walked by the engine."""

    def __init__(self, seed: int, days: int, links: set[int], churn: float) -> None:
        rng = np.random.default_rng(seed)
        cell = rng.integers(0, CELLS, ENTITIES).astype(np.int32)
        z = rng.integers(0, TOP + 1, (INDICATORS, ENTITIES)).astype(np.uint16)
        self.weights = rng.uniform(0.1, 1, INDICATORS)
        self.days = [make_day(cell.copy(), z.copy())]
        for _ in range(days):
            step = rng.integers(-800, 801, z.shape)
            z = np.where(z == MISSING, z, np.clip(z.astype(int) + step, 0, TOP)).astype(np.uint16)
            turn = rng.random(z.shape) < churn
            fresh = np.where(rng.random(z.shape) < 0.5, MISSING, rng.integers(0, TOP + 1, z.shape))
            z = np.where(turn, fresh, z).astype(np.uint16)
            cell = np.where(rng.random(ENTITIES) < churn, rng.integers(-1, CELLS, ENTITIES), cell).astype(
                np.int32
            )
            self.days.append(make_day(cell.copy(), z.copy()))
        self.cubes = [build_cube(day, CELLS) for day in self.days]
        self.level, self.naive = [100.0], [100.0]
        self.stretches: list[tuple[Segment, Segment, float]] = []
        self._walk({0} | links)

    def _walk(self, links: set[int]) -> None:
        for t in range(1, len(self.days)):
            if t - 1 in links:
                segment = open_segment(base_shares(self.cubes[t - 1], self.weights))
                at_link, naive_link, link = self.level[-1], self.naive[-1], self.cubes[t - 1]
            match = match_days(self.days[t - 1], self.days[t], CELLS)
            after = segment.stepped(link_ratios(match, [INDUSTRY, CITY]))
            self.stretches.append((segment, after, at_link))
            self.level.append(float(levels(after, ALL, at_link)[0, 0]))
            naive = naive_relatives(link, self.cubes[t], self.weights, ALL)
            self.naive.append(naive_link * float(naive[0, 0]))
            segment = after


histories = st.builds(
    History,
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.sets(st.integers(1, 11)),
    st.sampled_from([0.0, 0.1, 0.4]),
)


@QUICK
@given(history=histories, data=st.data())
def test_contributions_add_up_to_the_change_of_any_window(history: History, data: st.DataObject) -> None:
    daily = [day_contributions(*stretch) for stretch in history.stretches]
    start = data.draw(st.integers(0, len(daily) - 1))
    end = data.draw(st.integers(start + 1, len(daily)))
    moved = history.level[end] - history.level[start]
    assert add_up(np.array(daily[start:end])) == pytest.approx(moved, abs=1e-9)
    window = window_contributions([Stretch(*stretch) for stretch in history.stretches[start:end]])
    assert add_up(window) == pytest.approx(moved, abs=1e-9)


@QUICK
@given(seed=st.integers(0, 2**32 - 1), days=st.integers(1, 8))
def test_without_entry_and_exit_the_chain_is_the_fixed_base_index(seed: int, days: int) -> None:
    history = History(seed, days, set(), churn=0.0)
    first, last = history.cubes[0], history.cubes[-1]
    expected = 0.0
    for j in range(INDICATORS):
        before = sum(FLOOR + int(z) * (TOP - FLOOR) / TOP for z in history.days[0].z[j])
        after = sum(FLOOR + int(z) * (TOP - FLOOR) / TOP for z in history.days[-1].z[j])
        expected += history.weights[j] / history.weights.sum() * after / before
    assert history.level[-1] == pytest.approx(100 * expected, abs=1e-9)
    assert composition_effect(np.array(history.naive), np.array(history.level)) == pytest.approx(0, abs=1e-9)
    assert last.n.sum() == first.n.sum()


@QUICK
@given(seed=st.integers(0, 2**32 - 1), links=st.sets(st.integers(1, 5)))
def test_the_total_falls_when_every_part_falls(seed: int, links: set[int]) -> None:
    rng = np.random.default_rng(seed)
    shares, level = rng.uniform(0, 1, (CELLS, INDICATORS)), 100.0
    segment = open_segment(shares)
    for t in range(6):
        if t in links:
            level = float(levels(segment, ALL, level)[0, 0])
            segment = open_segment(rng.uniform(0, 1, (CELLS, INDICATORS)))
        before = float(levels(segment, ALL, level)[0, 0])
        fallen = Segment(
            segment.shares, segment.relatives * rng.uniform(0.5, 0.9999, segment.relatives.shape)
        )
        assert float(levels(fallen, ALL, level)[0, 0]) < before
        segment = fallen


@QUICK
@given(history=histories)
def test_on_a_link_day_the_old_and_the_new_series_agree(history: History) -> None:
    for before, after, at_link in history.stretches:
        assert float(levels(after, ALL, at_link)[0, 0]) > 0
        if (before.relatives == 1).all():
            assert float(levels(before, ALL, at_link)[0, 0]) == pytest.approx(at_link, rel=1e-12)


def test_weak_entrants_drag_the_naive_mean_and_not_the_chain() -> None:
    rng = np.random.default_rng(3)
    n, days = 3000, 120
    level = rng.normal(5500, 900, (1, 2 * n))
    start = np.r_[np.zeros(n), rng.integers(1, days, n)]
    end = np.r_[rng.integers(1, days, n // 2), np.full(n // 2 + n, days + 1)]
    level[:, n:] -= 1500
    cell = np.zeros(2 * n, dtype=np.int32)
    chained, first, previous = 1.0, None, None
    for t in range(days + 1):
        z = np.clip(level + rng.normal(0, 60, level.shape), 0, TOP).round().astype(np.uint16)
        day = make_day(np.where((start <= t) & (t < end), cell, -1).astype(np.int32), z)
        cube = build_cube(day, 1)
        if previous is None:
            first = cube
        else:
            chained *= float(link_ratios(match_days(previous, day, 1)).ratio[0, 0])
        previous = day
    naive = float(naive_relatives(first, cube, np.ones(1), whole(1, 1))[0, 0])  # type: ignore[arg-type]
    assert abs(chained - 1) < 0.002
    assert naive < 0.9


def test_a_cell_without_a_match_moves_with_the_wider_group() -> None:
    day = make_day(np.array([0, 1, 3], dtype=np.int32), np.array([[1000, 2000, 4000]], dtype=np.uint16))
    later = make_day(np.array([0, -1, 3], dtype=np.int32), np.array([[3000, 2000, 4000]], dtype=np.uint16))
    links = link_ratios(match_days(day, later, CELLS), [INDUSTRY, CITY], floor=0)
    assert links.source[:, 0].tolist() == [0, 1, 1, 0]
    assert links.ratio[:, 0] == pytest.approx([3, 3, 1, 1])
    none = link_ratios(match_days(day, make_day(later.cell, np.full((1, 3), MISSING)), CELLS), [CITY])
    assert (none.source == NOWHERE).all() and (none.ratio == 1).all()


def test_series_of_towns_and_dimensions_come_from_the_same_segment() -> None:
    history = History(9, 5, set(), churn=0.2)
    _, last, at_link = history.stretches[-1]
    towns = Series(np.array([0, 1, 0, -1]), 2, np.array([0, 1, 1]), 2)
    found = levels(last, towns, at_link)
    v, r = last.shares, last.relatives
    expected = (v[1, 1] * r[1, 1] + v[1, 2] * r[1, 2]) / (v[1, 1] + v[1, 2]) * at_link
    assert found[1, 1] == pytest.approx(expected)


def test_growing_by_new_cells_moves_nothing() -> None:
    history = History(9, 5, set(), churn=0.2)
    before, after, at_link = history.stretches[-1]
    grown = after.grown(CELLS + 2)
    assert levels(grown, whole(CELLS + 2, INDICATORS), at_link) == pytest.approx(levels(after, ALL, at_link))
    window = window_contributions([Stretch(before, grown, at_link)])
    assert window[:CELLS] == pytest.approx(day_contributions(before, after, at_link))
    assert not window[CELLS:].any()


def test_rereferencing_keeps_growth_and_sets_the_mean() -> None:
    series = np.array([80.0, 100.0, 120.0, 150.0])
    moved = rereference(series, np.array([True, True, False, False]))
    assert moved[:2].mean() == pytest.approx(100)
    assert moved[1:] / moved[:-1] == pytest.approx(series[1:] / series[:-1])
    with pytest.raises(UnableToChain, match="no day"):
        rereference(series, np.zeros(4, dtype=bool))


def test_weights_that_are_negative_or_nobody_has_are_refused() -> None:
    with pytest.raises(UnableToChain):
        open_segment(np.array([[1.0, -0.1]]))
    with pytest.raises(UnableToChain):
        base_shares(build_cube(make_day(np.zeros(0, dtype=np.int32), np.zeros((2, 0))), 3), np.ones(2))


def test_one_stretch_lies_in_one_segment() -> None:
    with pytest.raises(UnableToDecompose, match="link"):
        day_contributions(open_segment(np.array([[1.0, 2.0]])), open_segment(np.array([[1.0, 3.0]])), 100)


@QUICK
@given(seed=st.integers(0, 2**32 - 1))
def test_the_two_terms_of_ribe_add_up_and_equal_the_plain_sum_over_the_link(seed: int) -> None:
    rng = np.random.default_rng(seed)
    old, new = (open_segment(rng.uniform(0.1, 1, (1, 5))) for _ in range(2))
    ago = Segment(old.shares, rng.uniform(0.5, 2, (1, 5)))
    december = Segment(old.shares, rng.uniform(0.5, 2, (1, 5)))
    now = Segment(new.shares, rng.uniform(0.5, 2, (1, 5)))
    series = whole(1, 5)
    start = 93.0
    link = float(levels(december, series, start)[0, 0])
    level_ago, level_now = (float(levels(s, series, a)[0, 0]) for s, a in ((ago, start), (now, link)))
    parts: Any = ribe_contributions(
        now=now.relatives[0], weights_now=new.shares[0], link_level=link, ago=ago.relatives[0],
        december=december.relatives[0], weights_ago=old.shares[0], link_level_ago=start, level_ago=level_ago,
    )  # fmt: skip
    assert parts.sum() == pytest.approx(100 * (level_now / level_ago - 1), abs=1e-9)
    plain = window_contributions([Stretch(ago, december, start), Stretch(new, now, link)])
    assert parts == pytest.approx(100 * plain[0] / level_ago, abs=1e-9)


@QUICK
@given(st.lists(st.tuples(st.floats(0.2, 5), st.floats(0.01, 1)), min_size=1, max_size=8))
def test_parts_of_a_geometric_mean_add_up(pairs: list[tuple[float, float]]) -> None:
    relatives, shares = (np.array(column) for column in zip(*pairs, strict=True))
    mean = np.exp((shares * np.log(relatives)).sum() / shares.sum())
    assert geometric_contributions(relatives, shares).sum() == pytest.approx(mean - 1, abs=1e-9)


def test_the_logarithmic_mean_lies_between_and_is_symmetric() -> None:
    assert logarithmic_mean(np.array([1.0, 2.0]), np.array([2.0, 1.0])) == pytest.approx([1 / np.log(2)] * 2)
    assert logarithmic_mean(np.array([3.0]), np.array([3.0])) == pytest.approx([3.0])

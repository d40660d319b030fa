"""The index engine on one day of scores: the cube, an update of two per cent, and charts from the cube.

The yardstick is one pass over the same bytes in memory. Every timing is the best of several.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.rows import Row
from index.engine.chain import (
    Series,
    base_shares,
    levels,
    link_ratios,
    naive_relatives,
    open_segment,
    whole,
)
from index.engine.contributions import day_contributions
from index.engine.cube import (
    Cube,
    Day,
    advance_cube,
    build_cube,
    make_day,
    match_changes,
    match_days,
    roll_up,
    update_cube,
)
from index.engine.levels import indicator_levels, tree_levels
from index.engine.scoring import MISSING, TOP, Floats

SIZES = {"small": 20_000, "large": 200_000}
INDICATORS, TOWNS, SECTIONS, SIZE_CLASSES = 40, 20, 19, 4
CELLS = TOWNS * SECTIONS * SIZE_CLASSES
CHANGED = 0.02
DAY_TARGET_MS, CHART_TARGET_MS = 100.0, 50.0


@dataclass(frozen=True, eq=False)
class City:
    """Two days, the places that changed between them, and the groups of cells and indicators."""

    old: Day
    new: Day
    changed: np.ndarray
    town: np.ndarray
    industry_size: np.ndarray
    dimension: np.ndarray
    weights: Floats


def make_city(entities: int, seed: int = 7) -> City:
    """Entities sorted by cell, five per cent of the scores missing, two per cent of the entities changed."""
    rng = np.random.default_rng(seed)
    cell = np.sort((rng.random(entities) ** 1.5 * CELLS).astype(np.int32))
    z = rng.integers(0, TOP + 1, (INDICATORS, entities)).astype(np.uint16)
    z[rng.random(z.shape) < 0.05] = MISSING
    changed = np.sort(rng.choice(entities, int(entities * CHANGED), replace=False))
    after = z.copy()
    after[:, changed] = rng.integers(0, TOP + 1, (INDICATORS, len(changed)))
    every = np.arange(CELLS)
    return City(
        make_day(cell, z),
        make_day(cell, after),
        changed,
        every // (SECTIONS * SIZE_CLASSES),
        every % (SECTIONS * SIZE_CLASSES),
        np.arange(INDICATORS) * 5 // INDICATORS,
        rng.uniform(0.5, 1.5, INDICATORS),
    )


def run(scale: str) -> list[Row]:
    """Times in milliseconds beside the yardstick; large: 200,000 entities."""
    city = make_city(SIZES[scale])
    entities = len(city.old.cell)
    read = _best(lambda: np.add.reduce(city.new.z.reshape(-1).view(np.uint64)), 15)
    before, after = build_cube(city.old, CELLS), build_cube(city.new, CELLS)
    name = f"{entities:,} 户 × {INDICATORS} 项"
    size = city.new.z.nbytes / 1e6
    rows = [Row(f"{name}：内存中读一遍同样的 {size:.0f} MB", f"{read:.2f} ms", facts={"ms": read})]
    for workers in (1, 2):
        took = _best(lambda workers=workers: build_cube(city.new, CELLS, workers))
        assert build_cube(city.new, CELLS, workers).equals(after)
        rows.append(_row(f"{name}：一天的充分统计量，{workers} 线程", took, read, DAY_TARGET_MS))
    rows.append(
        _row(
            f"{name}：一天全部重算（统计量、逐级得分、全部序列）",
            _best(lambda: _day(city)),
            read,
            DAY_TARGET_MS,
        )
    )
    rows.append(
        _row(f"{name}：两天全部比对配对样本", _best(lambda: match_days(city.old, city.new, CELLS)), read)
    )
    assert match_changes(before, *_changed(city)).equals(match_days(city.old, city.new, CELLS))
    assert update_cube(before, *_changed(city)).equals(after)
    took = _best(lambda: _update(city, before))
    rows.append(_row(f"{name}：{len(city.changed):,} 户变动，更新与链接", took, read, DAY_TARGET_MS))
    return rows + [
        _row(f"{name}：{chart}", _best(draw), None, CHART_TARGET_MS)
        for chart, draw in _charts(city, before, after).items()
    ]


def _changed(city: City) -> tuple[Day, Day]:
    return city.old.take(city.changed), city.new.take(city.changed)


def _day(city: City) -> Floats:
    """A day from scores alone: cube, levels of every cell and town, dimensions and total."""
    cube = build_cube(city.new, CELLS, 2)
    towns = roll_up(cube, city.town, TOWNS)
    for part in (cube, towns):
        _, total = tree_levels(indicator_levels(part), city.weights, city.dimension, np.ones(5))
    return total.value


def _update(city: City, before: Cube) -> Floats:
    """A day from the changed entities: new cube, matched links, all town and dimension series."""
    old, new = _changed(city)
    _, match = advance_cube(before, old, new)
    wider = [city.industry_size, np.zeros(CELLS, dtype=np.int64)]
    segment = open_segment(base_shares(before, city.weights)).stepped(link_ratios(match, wider))
    return levels(segment, _towns(city))


def _charts(city: City, before: Cube, after: Cube) -> dict[str, Callable[[], object]]:
    match = match_changes(before, *_changed(city))
    first = open_segment(base_shares(before, city.weights))
    wider = [city.industry_size, np.zeros(CELLS, dtype=np.int64)]
    last = first.stepped(link_ratios(match, wider))
    towns = _towns(city)

    def heat_map() -> object:
        rolled = roll_up(after, city.town, TOWNS)
        return tree_levels(indicator_levels(rolled), city.weights, city.dimension, np.ones(5))

    def waterfall() -> object:
        points = day_contributions(first, last, 100.0)
        return towns.sums(points), points.sum(axis=0)

    def composition() -> object:
        city_wide = whole(CELLS, INDICATORS)
        return naive_relatives(before, after, city.weights, city_wide) - levels(last, city_wide, 1.0)

    return {
        "镇街 × 维度热力图": heat_map,
        "瀑布图（镇街、维度、指标贡献）": waterfall,
        "全部镇街 × 维度序列": lambda: levels(last, towns),
        "进出效应": composition,
    }


def _towns(city: City) -> Series:
    return Series(city.town, TOWNS, city.dimension, 5)


def _row(workload: str, took: float, read: float | None, target: float | None = None) -> Row:
    return Row(
        workload,
        f"{took:.2f} ms",
        None if read is None else took / read,
        "" if target is None else f"< {target:.0f} ms",
        None if target is None else took < target,
        {"ms": took},
    )


def _best(work: Callable[[], object], times: int = 7) -> float:
    """Milliseconds of the quickest run."""
    best = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best * 1000

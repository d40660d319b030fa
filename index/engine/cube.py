"""The cube of sufficient statistics: exact integer sums per cell and indicator.

Every screen is a sum over the cube, never over entities. Integer addition is associative: any number of workers,
any order of the entities and any sequence of updates give the same bits, and roll-ups equal totals exactly.

Scores are indicator-major: ``z`` has shape (J, n), uint16, MISSING where there is none.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.engine.scoring import MISSING, TOP, Scores

Int64s = NDArray[np.int64]
Cells = NDArray[np.int32]

OUTSIDE = -1
"""The cell of an entity that is not active (or not in the index) on the day."""
_ROOM = 2**62


class UnableToBuildCube(ValueError):
    """Shapes, weights or cells do not fit; the message says which."""


@dataclass(frozen=True, eq=False)
class Day:
    """Entities as they stand on one day.

    cell: (n,) int32, the entity's cell or OUTSIDE. weight: (n,) int64, positive. z: (J, n) uint16.
    Rows of two days are compared place by place, so both must list the same entities in the same order.
    """

    cell: Cells
    weight: Int64s
    z: Scores

    def __post_init__(self) -> None:
        n = len(self.cell)
        if self.z.ndim != 2 or self.z.shape[1] != n or len(self.weight) != n:
            raise UnableToBuildCube(
                f"{n} cells, {len(self.weight)} weights and scores of shape {self.z.shape}"
            )
        if n and (self.weight.min() < 1 or int(self.weight.max()) * TOP * TOP * n > _ROOM):
            raise UnableToBuildCube("weights must be whole numbers from 1, and small enough for 64-bit sums")

    @property
    def indicators(self) -> int:
        return len(self.z)

    def take(self, places: NDArray[np.integer]) -> "Day":
        """The entities at these places."""
        return Day(self.cell[places], self.weight[places], np.ascontiguousarray(self.z[:, places]))


def make_day(cell: Cells, z: Scores, weight: Int64s | None = None) -> Day:
    """A day from cells and (J, n) scores; every entity weighs 1 unless weights are given."""
    cell = np.ascontiguousarray(cell, dtype=np.int32)
    weights = np.ones(len(cell), dtype=np.int64) if weight is None else np.asarray(weight, dtype=np.int64)
    return Day(cell, weights, np.ascontiguousarray(z, dtype=np.uint16))


@dataclass(frozen=True, eq=False)
class Cube:
    """Sums per cell and indicator, each (G, J) int64: s = sum w z, n = sum w, count, s2 = sum w z^2."""

    s: Int64s
    n: Int64s
    count: Int64s
    s2: Int64s

    @property
    def shape(self) -> tuple[int, int]:
        cells, indicators = self.s.shape
        return cells, indicators

    def parts(self) -> tuple[Int64s, ...]:
        return self.s, self.n, self.count, self.s2

    def __add__(self, other: "Cube") -> "Cube":
        return Cube(*(a + b for a, b in zip(self.parts(), other.parts(), strict=True)))

    def __sub__(self, other: "Cube") -> "Cube":
        return Cube(*(a - b for a, b in zip(self.parts(), other.parts(), strict=True)))

    def equals(self, other: "Cube") -> bool:
        return all(np.array_equal(a, b) for a, b in zip(self.parts(), other.parts(), strict=True))

    def digest_bytes(self) -> bytes:
        """All sums as little-endian bytes, for a hash."""
        return b"".join(np.ascontiguousarray(part, dtype="<i8").tobytes() for part in self.parts())

    def grown(self, cells: int) -> "Cube":
        """The same cube with room for more cells."""
        more = cells - len(self.s)
        if more < 0:
            raise UnableToBuildCube(f"a cube of {len(self.s)} cells cannot shrink to {cells}")
        return Cube(*(np.pad(part, ((0, more), (0, 0))) for part in self.parts()))


def empty_cube(cells: int, indicators: int) -> Cube:
    return Cube(*(np.zeros((cells, indicators), dtype=np.int64) for _ in range(4)))


def build_cube(day: Day, cells: int, workers: int = 1) -> Cube:
    """All sums of one day. O(n J) if the entities are sorted by cell; otherwise they are sorted first.

    workers: threads; the indicators are shared out among them. The result does not depend on it.
    """
    day = _sorted_by_cell(day, cells)
    bounds = np.flatnonzero(np.r_[True, day.cell[1:] != day.cell[:-1]]) if len(day.cell) else np.zeros(0, int)
    found = day.cell[bounds]
    flat = bool((day.weight == 1).all())
    shape = (cells, day.indicators)
    s, n, s2 = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    count = n if flat else np.zeros(shape, dtype=np.int64)

    def fill(indicators: range) -> None:
        mine = slice(indicators.start, indicators.stop)
        if flat:
            for part, sums in zip((s, n, s2), _unweighted(day, bounds, indicators), strict=True):
                part[found, mine] = sums.T
            return
        for j in indicators:
            for part, column in zip((s, n, count, s2), _weighted(day, bounds, j), strict=True):
                part[found, j] = column

    if len(bounds) and workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(fill, _shares(day.indicators, workers)))
    elif len(bounds):
        fill(range(day.indicators))
    return Cube(s, n, count, s2)


def update_cube(cube: Cube, old: Day, new: Day) -> Cube:
    """The cube after some entities changed: minus what they were, plus what they are.

    old, new: the same entities, place by place; one that did not exist yet (or no longer does) is OUTSIDE
    on that side. Equal to building the whole day anew.
    """
    cells = len(cube.s)
    return cube - build_cube(old, cells) + build_cube(new, cells)


def advance_cube(cube: Cube, old: Day, new: Day) -> tuple[Cube, "Match"]:
    """Tomorrow's cube and the matched set of the step, from the changed entities alone (see `update_cube`)."""
    cells = len(cube.s)
    rest = cube - build_cube(old, cells)
    return rest + build_cube(new, cells), _with_rest(rest, match_days(old, new, cells))


def roll_up(cube: Cube, group: NDArray[np.integer], groups: int) -> Cube:
    """Sum cells into coarser groups: group[g] is the group of cell g, or negative to leave it out."""
    return Cube(*(sum_rows(part, group, groups) for part in cube.parts()))


def sum_rows(values: NDArray[Any], group: NDArray[np.integer], groups: int) -> NDArray[Any]:
    """(groups, J) sums of the rows of (G, J) values by group, in the rows' order; a negative group is left out."""
    order = np.argsort(group, kind="stable")
    order = order[np.searchsorted(group[order], 0) :]
    out = np.zeros((groups, values.shape[1]), dtype=values.dtype)
    if len(order):
        sorted_group = group[order]
        bounds = np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]])
        out[sorted_group[bounds]] = np.add.reduceat(values[order], bounds, axis=0)
    return out


@dataclass(frozen=True, eq=False)
class Match:
    """Sums over the matched set, each (G, J) int64: entities active and observed on both days in the same cell.

    before, after: sum w z of yesterday and today, both with yesterday's weight; n: sum w; count: entities.
    """

    before: Int64s
    after: Int64s
    n: Int64s
    count: Int64s

    def parts(self) -> tuple[Int64s, ...]:
        return self.before, self.after, self.n, self.count

    def rolled_up(self, group: NDArray[np.integer], groups: int) -> "Match":
        rolled = roll_up(Cube(*self.parts()), group, groups)
        return Match(*rolled.parts())

    def equals(self, other: "Match") -> bool:
        return all(np.array_equal(a, b) for a, b in zip(self.parts(), other.parts(), strict=True))


def match_days(old: Day, new: Day, cells: int, workers: int = 1) -> Match:
    """The matched set of two whole days. A change of cell or of weight is an exit and an entry."""
    stays = (old.cell == new.cell) & (old.weight == new.weight) & (old.cell != OUTSIDE)
    both = (old.z != MISSING) & (new.z != MISSING) & stays
    absent = np.uint16(MISSING)
    before = build_cube(Day(old.cell, old.weight, np.where(both, old.z, absent)), cells, workers)
    after = build_cube(Day(old.cell, old.weight, np.where(both, new.z, absent)), cells, workers)
    return Match(before.s, after.s, before.n, before.count)


def match_changes(before: Cube, old: Day, new: Day) -> Match:
    """The same from yesterday's cube and the changed entities alone: who did not change is matched with itself."""
    cells = len(before.s)
    return _with_rest(before - build_cube(old, cells), match_days(old, new, cells))


def _with_rest(rest: Cube, moved: Match) -> Match:
    return Match(rest.s + moved.before, rest.s + moved.after, rest.n + moved.n, rest.count + moved.count)


def largest_weight(day: Day, cells: int) -> Int64s:
    """(G,) the heaviest entity of each cell, 0 in an empty one: what the dominance rule looks at."""
    out = np.zeros(cells, dtype=np.int64)
    inside = day.cell != OUTSIDE
    np.maximum.at(out, day.cell[inside], day.weight[inside])
    return out


def _sorted_by_cell(day: Day, cells: int) -> Day:
    if len(day.cell) and int(day.cell.max()) >= cells:
        raise UnableToBuildCube(f"cell {int(day.cell.max())} is beyond the {cells} cells of the cube")
    ordered = bool((day.cell[1:] >= day.cell[:-1]).all())
    if not ordered:
        day = day.take(np.argsort(day.cell, kind="stable"))
    first = int(np.searchsorted(day.cell, 0))
    if first:
        day = Day(day.cell[first:], day.weight[first:], day.z[:, first:])
    return day


_RUN = 128
"""Entities whose three sums fit one 64-bit word: 21 bits for scores, 8 for their number, 35 for squares."""
_COUNT_AT, _SQUARES_AT = 21, 29
_BLOCK = 512


def _packed_scores() -> NDArray[np.uint64]:
    """(10,002) the word of each score; the last one, zero, is what MISSING is clipped to."""
    z = np.arange(TOP + 2, dtype=np.uint64)
    words = z | np.uint64(1 << _COUNT_AT) | ((z * z) << np.uint64(_SQUARES_AT))
    words[TOP + 1] = 0
    return words


_WORDS = _packed_scores()


def _runs(bounds: NDArray[np.integer], end: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Bounds of runs of at most 128 entities within each cell, and where each cell's first run is."""
    sizes = np.diff(np.r_[bounds, end])
    pieces = -(-sizes // _RUN)
    first = np.r_[0, np.cumsum(pieces)[:-1]]
    within = np.arange(int(pieces.sum())) - np.repeat(first, pieces)
    return np.repeat(bounds, pieces) + within * _RUN, first


def _unweighted(day: Day, bounds: NDArray[np.integer], indicators: range) -> tuple[Int64s, Int64s, Int64s]:
    """(k, cells) sums of scores, their number and sums of squares of some indicators: one look-up and one addition
    a score, in blocks that stay in the processor's cache."""
    n = len(day.cell)
    runs, first = _runs(bounds, n)
    ends = np.r_[runs, n]
    words = np.empty((len(indicators), len(runs)), dtype=np.uint64)
    room = np.empty(_BLOCK * _RUN, dtype=np.uint64)
    for start in range(0, len(runs), _BLOCK):
        stop = min(start + _BLOCK, len(runs))
        low, high = int(ends[start]), int(ends[stop])
        for place, j in enumerate(indicators):
            block = room[: high - low]
            np.take(_WORDS, day.z[j, low:high], out=block, mode="clip")
            words[place, start:stop] = np.add.reduceat(block, runs[start:stop] - low)
    parts = (
        words & np.uint64((1 << _COUNT_AT) - 1),
        (words >> np.uint64(_COUNT_AT)) & np.uint64(255),
        words >> np.uint64(_SQUARES_AT),
    )
    s, count, s2 = (np.add.reduceat(part.astype(np.int64), first, axis=1) for part in parts)
    return s, count, s2


def _weighted(day: Day, bounds: NDArray[np.integer], j: int) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    present = day.z[j] != MISSING
    value = (day.z[j] * present).astype(np.int64)
    weighted = value * day.weight
    return (
        np.add.reduceat(weighted, bounds),
        np.add.reduceat(day.weight * present, bounds),
        np.add.reduceat(present.astype(np.int64), bounds),
        np.add.reduceat(weighted * value, bounds),
    )


def _shares(indicators: int, workers: int) -> Iterator[range]:
    for k in range(workers):
        yield range(k * indicators // workers, (k + 1) * indicators // workers)

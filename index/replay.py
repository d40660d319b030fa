"""A series from the cube alone: any set of cells, with exactly additive contributions. Arrays only.

The components of :mod:`index.cellchain` are run over all days once, when the cube is read; each change of the
cube then carries the points that it moved. A series between two links is the running sum of its points, so a
chart costs a few array operations whatever the number of entities.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.cellchain import Rows, empty_chain, link, move
from index.daycube import Design

Floats = NDArray[np.float64]
AMOUNTS = ("moved", "entered", "left", "came", "went")


@dataclass(frozen=True)
class Link:
    """A link of a universe at the end of a day; ``price`` (J): points that a unit of an indicator's sum is worth."""

    day: int
    universe: int
    price: Floats


@dataclass(frozen=True)
class CubeTable:
    """All rows of the cube; ``day`` counts from ``first``. The first day has what was there.

    ``amounts`` (N, 5): matched movement, entered, left, came, went. ``points``: what a row moved, in points of
    its universe's index. Components that moved with a wider group have rows of their own, without amounts.
    """

    first: int
    days: int
    day: NDArray[np.int32]
    cell: NDArray[np.int32]
    indicator: NDArray[np.int32]
    amounts: NDArray[np.int64]
    points: Floats
    links: tuple[Link, ...]

    def of_cells(self, wanted: NDArray[np.bool_]) -> "CubeTable":
        """The rows of some cells of one universe; ``wanted`` is a mask over cell numbers."""
        chosen = wanted[self.cell]
        return replace(
            self, day=self.day[chosen], cell=self.cell[chosen], indicator=self.indicator[chosen],
            amounts=self.amounts[chosen], points=self.points[chosen],
        )  # fmt: skip


def table_of(first: int, lots: Sequence[Rows], design: Design) -> CubeTable:
    """The cube of consecutive days, one lot of rows a day, with the points that each row moved."""
    chain, frame = empty_chain(design.frame), design.frame
    days, cells, indicators, amounts, points, links = [], [], [], [], [], []
    for day, rows in enumerate(lots):
        made = move(chain, rows, frame)
        table = np.zeros((len(made.cell), len(AMOUNTS)), np.int64)
        for column, name in enumerate(AMOUNTS):
            table[: len(rows.cell), column] = getattr(rows, name)
        days.append(np.full(len(made.cell), day, np.int32))
        cells.append(made.cell)
        indicators.append(made.indicator)
        amounts.append(table)
        points.append(made.points)
        linked, price = link(chain, first + day, frame)
        links += [Link(day, int(universe), price[universe]) for universe in np.flatnonzero(linked)]
    return CubeTable(
        first, len(lots), np.concatenate(days), np.concatenate(cells).astype(np.int32),
        np.concatenate(indicators).astype(np.int32), np.concatenate(amounts), np.concatenate(points), tuple(links),
    )  # fmt: skip


@dataclass(frozen=True)
class Replayed:
    """``index`` (T, 1 + D) total first, raw chain; ``scale`` (T): the panel's points for a point of its rows;
    ``cells`` and ``indicators``: each that its rows name, one by one."""

    index: Floats
    plain: Floats
    level: Floats
    coverage: Floats
    scale: Floats
    counts: NDArray[np.int64]
    cells: NDArray[np.int32]
    indicators: NDArray[np.int32]


def replay(table: CubeTable, design: Design) -> Replayed:
    """The series of all rows of ``table`` taken as one panel."""
    shape = (table.days, design.width)
    flat = table.day.astype(np.int64) * design.width + table.indicator
    moved, entered, left, came, went = (
        np.rint(np.bincount(flat, weights=table.amounts[:, at], minlength=shape[0] * shape[1])).reshape(shape)
        for at in range(len(AMOUNTS))
    )
    sums = np.cumsum(moved + entered - left, axis=0)
    counts = np.rint(np.cumsum(came - went, axis=0)).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(counts > 0, sums / counts, np.nan)
        plain_ratio = mean / _shifted(mean, np.nan)
    plain_ratio = np.where(np.isfinite(plain_ratio), plain_ratio, 1.0)
    universe = int(design.frame.universe[table.cell[0]]) if len(table.cell) else -1
    links = [one for one in table.links if one.universe == universe]
    index, scale = _linked(table, links, sums, design)
    plain = _plain(plain_ratio, counts > 0, [one.day for one in links], index[:, 0], design)
    level, coverage = _levels(mean, counts, design)
    cells = np.flatnonzero(np.bincount(table.cell)).astype(np.int32)
    indicators = np.flatnonzero(np.bincount(table.indicator)).astype(np.int32)
    return Replayed(index, plain, level, coverage, scale, counts, cells, indicators)


def _linked(table: CubeTable, links: Sequence[Link], sums: Floats, design: Design) -> tuple[Floats, Floats]:
    """The chains (T, 1 + D), and the scale of the total in force on each day (T)."""
    series = 1 + design.dimensions
    index = np.full((table.days, series), np.nan)
    scales = np.zeros(table.days)
    flat = table.day.astype(np.int64) * design.dimensions + design.dimension[table.indicator]
    points: Floats = np.bincount(flat, weights=table.points, minlength=table.days * design.dimensions).astype(
        float
    )
    steps = _with_total(points.reshape(table.days, design.dimensions))
    for one, until in pairwise([*links, None]):
        assert one is not None
        start, end = one.day, (until.day if until else table.days - 1)
        parts = _with_total(design.by_dimension((one.price * sums[start])[None, :]))[0]
        index[start] = np.where(np.isnan(index[start]) & (parts > 0), 100.0, index[start])
        scale = np.where(parts > 0, index[start] / np.where(parts > 0, parts, 1.0), 0.0)
        index[start + 1 : end + 1] = index[start] + np.nan_to_num(scale) * np.cumsum(
            steps[start + 1 : end + 1], axis=0
        )
        scales[start + 1 : end + 1] = scale[0]
    return index, scales


def _with_total(parts: Floats) -> Floats:
    return np.hstack([parts.sum(axis=1, keepdims=True), parts])


def _plain(ratio: Floats, has: Any, links: Sequence[int], index: Floats, design: Design) -> Floats:
    """The chain of plain means (T), from the day on which the index begins."""
    plain = np.full(len(ratio), np.nan)
    known = np.flatnonzero(np.isfinite(index))
    if not len(known):
        return plain
    begin, last = int(known[0]), len(ratio) - 1
    plain[begin] = 100.0
    for start, end in pairwise([*(day for day in links if day >= begin), last]):
        weight = np.where(has[start], design.weights, 0.0)
        path = np.cumprod(ratio[start + 1 : end + 1], axis=0) * weight
        whole = weight.sum()
        plain[start + 1 : end + 1] = plain[start] * (path.sum(axis=1) / whole if whole > 0 else 1.0)
    return plain


def _levels(mean: Floats, counts: Any, design: Design) -> tuple[Floats, Floats]:
    weight = np.where(counts > 0, design.weights, 0.0)
    belongs = np.equal.outer(design.dimension, np.arange(design.dimensions)).astype(np.float64)
    score = np.nan_to_num(mean) / 100.0 * weight
    with np.errstate(divide="ignore", invalid="ignore"):
        total = score.sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
        parts = (score @ belongs) / (weight @ belongs)
    return np.hstack([total, parts]), np.where(counts > 0, design.nominal, 0.0).sum(axis=1)


def contributions(table: CubeTable, scale: Floats, since: int, until: int) -> Floats:
    """Points that each row of ``table`` adds to the change from day ``since`` to day ``until``, 0 outside.

    Their sum over all rows is the change of the index, to rounding of floats; any grouping is a plain sum.
    """
    inside = (table.day > since) & (table.day <= until)
    points = np.zeros(len(table.day))
    points[inside] = scale[table.day[inside]] * table.points[inside]
    return points


def _shifted(values: Any, first: Any = 0) -> Any:
    out = np.empty_like(values)
    out[0], out[1:] = first, values[:-1]
    return out

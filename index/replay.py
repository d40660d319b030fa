"""A series from the cube alone: any set of cells, with exactly additive contributions. Arrays only.

The same chain as :mod:`index.daycube`, over all days at once: between two re-linkings a component is a
running product, so a chart costs a few array operations whatever the number of entities.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.daycube import FIELDS, Design
from index.paths import day_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CubeTable:
    """All rows of the cube in order of days; ``day`` counts from ``first``. The first day has what was there."""

    first: int
    days: int
    day: NDArray[np.int32]
    cell: NDArray[np.int32]
    indicator: NDArray[np.int32]
    amounts: NDArray[np.int64]

    def of_cells(self, wanted: NDArray[np.bool_]) -> "CubeTable":
        """The rows of some cells; ``wanted`` is a mask over cell numbers."""
        chosen = wanted[self.cell]
        return CubeTable(
            self.first, self.days, self.day[chosen], self.cell[chosen], self.indicator[chosen],
            self.amounts[chosen],
        )  # fmt: skip


@dataclass(frozen=True)
class Replayed:
    """``index`` (T, 1 + D) total first, raw chain; ``price`` (T, J): points per unit of matched movement."""

    index: Floats
    plain: Floats
    level: Floats
    coverage: Floats
    price: Floats
    counts: NDArray[np.int64]


def replay(table: CubeTable, design: Design) -> Replayed:
    """The series of all rows of ``table`` taken as one panel."""
    shape = (table.days, design.width)
    flat = table.day.astype(np.int64) * design.width + table.indicator
    moved, entered, left, came, went = (
        np.rint(np.bincount(flat, weights=table.amounts[:, at], minlength=shape[0] * shape[1])).reshape(shape)
        for at in range(len(FIELDS))
    )
    sums = np.cumsum(moved + entered - left, axis=0)
    counts = np.rint(np.cumsum(came - went, axis=0)).astype(np.int64)
    matched = _shifted(sums) - left
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(matched > 0, (matched + moved) / matched, 1.0)
        mean = np.where(counts > 0, sums / counts, np.nan)
        plain_ratio = mean / _shifted(mean, np.nan)
    plain_ratio = np.where(np.isfinite(plain_ratio), plain_ratio, 1.0)
    has = (counts > 0) & (design.weights > 0)
    index, before = _chained(ratio, has, table.first, design)
    plain, _ = _chained(plain_ratio, has, table.first, design)
    price = np.where(matched > 0, before / np.where(matched > 0, matched, 1.0), 0.0)
    level, coverage = _levels(mean, counts, design)
    return Replayed(index, plain[:, 0], level, coverage, price, counts)


def _chained(ratio: Floats, has: Any, first: int, design: Design) -> tuple[Floats, Floats]:
    """The chains (T, 1 + D), and the components as they stood before each day (T, J)."""
    days = len(ratio)
    index = np.full((days, 1 + design.dimensions), np.nan)
    before = np.zeros_like(ratio)
    known = np.flatnonzero(has.any(axis=1))
    if not len(known):
        return index, before
    begin = int(known[0])
    links = np.array(
        [
            (d := day_of(first + place)).month == design.link[0] and d.day == design.link[1]
            for place in range(days)
        ]
    )
    breaks = links | (has != _shifted(has, False)).any(axis=1)
    breaks[: begin + 1] = False
    bounds = [begin, *np.flatnonzero(breaks).tolist(), days - 1]
    index[begin, 0] = 100.0
    belongs = np.equal.outer(design.dimension, np.arange(design.dimensions)).astype(np.float64)
    index[begin, 1:] = np.where(has[begin] @ belongs > 0, 100.0, np.nan)
    for start, end in pairwise(bounds):
        if end <= start:
            continue
        weight = np.where(has[start], design.weights, 0.0)
        part = index[start, 0] * weight / weight.sum() if weight.sum() > 0 else weight
        path = part * np.cumprod(ratio[start + 1 : end + 1], axis=0)
        before[start + 1 : end + 1] = np.vstack([part, path[:-1]])
        whole = part.sum()
        index[start + 1 : end + 1, 0] = path.sum(axis=1) if whole > 0 else index[start, 0]
        own, own_path = part @ belongs, path @ belongs
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.where(own > 0, own_path / own, 1.0)
        index[start + 1 : end + 1, 1:] = index[start, 1:] * growth
        fresh = np.isnan(index[end, 1:]) & (has[end] @ belongs > 0)
        index[end, 1:][fresh] = 100.0
    return index, before


def _levels(mean: Floats, counts: Any, design: Design) -> tuple[Floats, Floats]:
    weight = np.where(counts > 0, design.weights, 0.0)
    belongs = np.equal.outer(design.dimension, np.arange(design.dimensions)).astype(np.float64)
    score = np.nan_to_num(mean) / 100.0 * weight
    with np.errstate(divide="ignore", invalid="ignore"):
        total = score.sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
        parts = (score @ belongs) / (weight @ belongs)
    return np.hstack([total, parts]), np.where(counts > 0, design.nominal, 0.0).sum(axis=1)


def contributions(table: CubeTable, price: Floats, since: int, until: int) -> Floats:
    """Points that each row of ``table`` adds to the change from day ``since`` to day ``until``, 0 outside.

    Their sum over all rows is the change of the index, to rounding of floats; any grouping is a plain sum.
    """
    inside = (table.day > since) & (table.day <= until)
    points = np.zeros(len(table.day))
    points[inside] = price[table.day[inside], table.indicator[inside]] * table.amounts[inside, 0]
    return points


def _shifted(values: Any, first: Any = 0) -> Any:
    out = np.empty_like(values)
    out[0], out[1:] = first, values[:-1]
    return out

"""One day of the index: points in, changes of the cube and the series of every panel out. Arrays only.

Per cell and indicator the cube keeps the sum of scores and the number of entities, both integers. A day's
change splits into three parts: what the matched set moved (observed in the same cell on both days), what
entered, what left. Only the first moves the chain; the other two are the composition effect.

Lower level, per panel and indicator: R = (M + dM) / M with M the matched sum of the day before. Upper level:
Laspeyres with components that start each link year at the effective weights, so the total is a weighted
mean of its parts and never rises when all of them fall. A component's move is a sum over cells, which makes
contributions exactly additive by dimension, town, industry and size.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.paths import CELL, MISSING, NOWHERE, Points, day_of

FIELDS = ("moved", "entered", "left", "came", "went")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """What stays the same over days: weights, dimensions and which panels a cell belongs to.

    ``weights`` (J) sums to 1 over supplied indicators, 0 for the others; ``nominal`` (J) sums to 1 over all,
    supplied or not; ``dimension`` (J) is the place of each indicator's dimension; ``panels`` (cells, 8) numbers
    panels, -1 for none.
    """

    weights: Floats
    nominal: Floats
    dimension: Ints
    dimensions: int
    panels: Ints
    panel_count: int
    link: tuple[int, int]
    rest: NDArray[np.uint16]

    @property
    def width(self) -> int:
        return len(self.weights)


@dataclass
class State:
    """Where everything stands after a day. ``entity`` ascending; ``score`` (n, J); panels (P, J)."""

    day: int
    entity: Ints
    cell: NDArray[np.uint16]
    score: NDArray[np.uint16]
    sums: Ints
    counts: Ints
    members: Ints
    part: Floats
    plain_part: Floats
    index: Floats
    plain: Floats

    def copy(self) -> "State":
        return State(self.day, *(getattr(self, name).copy() for name in ARRAYS))


ARRAYS = (
    "entity", "cell", "score", "sums", "counts", "members", "part", "plain_part", "index", "plain",
)  # fmt: skip


@dataclass(frozen=True)
class CubeRows:
    """A day's changes: one row per cell and indicator that changed, ascending."""

    cell: Ints
    indicator: Ints
    moved: Ints
    entered: Ints
    left: Ints
    came: Ints
    went: Ints

    def __len__(self) -> int:
        return len(self.cell)


@dataclass(frozen=True)
class Day:
    """What one day gave, by panel: ``index`` and ``level`` (P, 1 + D) total first, ``plain`` and ``coverage`` (P)."""

    day: int
    rows: CubeRows
    applied: Points
    index: Floats
    plain: Floats
    level: Floats
    coverage: Floats
    members: Ints
    relinked: NDArray[np.bool_] = field(repr=False)


def first_state(day: int, entity: Ints, design: Design) -> State:
    """Nobody active, nothing known: the day before everything begins."""
    shape = (design.panel_count, design.width)
    return State(
        day, entity, np.full(len(entity), NOWHERE), np.tile(design.rest, (len(entity), 1)),
        np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(design.panel_count, np.int64),
        np.zeros(shape), np.zeros(shape), np.full((design.panel_count, 1 + design.dimensions), np.nan),
        np.full(design.panel_count, np.nan),
    )  # fmt: skip


def widen(state: State, entity: Ints, design: Design) -> None:
    """Make room for entities and panels that were not known before."""
    new = np.setdiff1d(entity, state.entity)
    if len(new):
        every = np.concatenate([state.entity, new])
        order = np.argsort(every, kind="stable")
        state.entity = every[order]
        state.cell = np.concatenate([state.cell, np.full(len(new), NOWHERE)])[order]
        state.score = np.concatenate([state.score, np.tile(design.rest, (len(new), 1))])[order]
    more = design.panel_count - len(state.members)
    if more > 0:
        for name in ("sums", "counts", "part", "plain_part"):
            old = getattr(state, name)
            setattr(state, name, np.vstack([old, np.zeros((more, design.width), old.dtype)]))
        state.members = np.r_[state.members, np.zeros(more, np.int64)]
        state.index = np.vstack([state.index, np.full((more, 1 + design.dimensions), np.nan)])
        state.plain = np.r_[state.plain, np.full(more, np.nan)]


def settle(state: State, points: Points, design: Design) -> None:
    """Take in points of the past without any series: where everything stood before the first day."""
    order = np.lexsort((points.day, points.indicator, points.entity))
    sorted_points = points.where(order)
    last = np.r_[
        (sorted_points.entity[1:] != sorted_points.entity[:-1])
        | (sorted_points.indicator[1:] != sorted_points.indicator[:-1]),
        True,
    ] if len(points) else np.zeros(0, bool)  # fmt: skip
    final = sorted_points.where(last)
    place = np.searchsorted(state.entity, final.entity)
    is_cell = final.indicator == CELL
    state.cell[place[is_cell]] = final.score[is_cell]
    state.score[place[~is_cell], final.indicator[~is_cell]] = final.score[~is_cell]


def advance(state: State, day: int, points: Points, design: Design) -> Day:
    """Move ``state`` to ``day`` with that day's points; returns what the day gave. ``state`` is changed.

    A panel's series begins at 100 on the day that its first score is known.
    """
    rows, cells_changed = _apply(state, points, design)
    moved, entered, left = (_by_panel(rows, getattr(rows, name), design) for name in FIELDS[:3])
    came, went = (_by_panel(rows, getattr(rows, name), design) for name in FIELDS[3:])
    matched = state.sums - left
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(matched > 0, (matched + moved) / matched, 1.0)
        mean_before = np.where(state.counts > 0, state.sums / state.counts, np.nan)
    state.sums = matched + moved + entered
    had = state.counts > 0
    state.counts = state.counts + came - went
    state.members = state.members + cells_changed
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(state.counts > 0, state.sums / state.counts, np.nan)
        plain_ratio = np.where(np.isfinite(mean) & np.isfinite(mean_before), mean / mean_before, 1.0)
    relinked = _chain(state, ratio, plain_ratio, had, day, design)
    state.day = day
    level, coverage = levels(mean, state.counts, design)
    return Day(
        day, rows, points, state.index.copy(), state.plain.copy(), level, coverage,
        state.members.copy(), relinked,
    )  # fmt: skip


def _apply(state: State, points: Points, design: Design) -> tuple[CubeRows, Ints]:
    """Write the points into the entities; rows of the cube and the change of members per panel."""
    who = np.unique(points.entity)
    place = np.searchsorted(state.entity, who)
    old_cell, old = state.cell[place], state.score[place]
    new_cell, new = old_cell.copy(), old.copy()
    at = np.searchsorted(who, points.entity)
    is_cell = points.indicator == CELL
    new_cell[at[is_cell]] = points.score[is_cell]
    new[at[~is_cell], points.indicator[~is_cell]] = points.score[~is_cell]
    state.cell[place], state.score[place] = new_cell, new
    same = (old_cell == new_cell) & (new_cell != NOWHERE)
    seen_before = (old != MISSING) & (old_cell != NOWHERE)[:, None]
    seen_now = (new != MISSING) & (new_cell != NOWHERE)[:, None]
    matched = seen_before & seen_now & same[:, None]
    before, now = old.astype(np.int64), new.astype(np.int64)
    lots = [
        (matched & (old != new), new_cell, now - before, 0),
        (seen_now & ~matched, new_cell, now, 1),
        (seen_before & ~matched, old_cell, before, 2),
    ]
    keys, values = [], []
    for mask, cell, amount, column in lots:
        row, indicator = np.nonzero(mask)
        keys.append(cell[row].astype(np.int64) * design.width + indicator)
        table = np.zeros((len(row), 5), np.int64)
        table[:, column] = amount[row, indicator]
        if column:
            table[:, column + 2] = 1
        values.append(table)
    key, table = np.concatenate(keys), np.concatenate(values)
    found, inverse = np.unique(key, return_inverse=True)
    sums = np.zeros((len(found), 5), np.int64)
    np.add.at(sums, inverse, table)
    change = np.zeros(design.panel_count, np.int64)
    for cells, sign in ((new_cell[~same], 1), (old_cell[~same], -1)):
        of = design.panels[cells[cells != NOWHERE]].ravel()
        change += sign * np.bincount(of[of >= 0], minlength=design.panel_count)
    return CubeRows(found // design.width, found % design.width, *sums.T), change


def _by_panel(rows: CubeRows, amounts: Ints, design: Design) -> Ints:
    """Amounts of cells added up over the panels they belong to, (P, J)."""
    total = np.zeros(design.panel_count * design.width, np.int64)
    used = np.flatnonzero(amounts)
    if len(used):
        panels = design.panels[rows.cell[used]]
        flat = panels * design.width + rows.indicator[used][:, None]
        keep = panels >= 0
        np.add.at(total, flat[keep], np.broadcast_to(amounts[used][:, None], panels.shape)[keep])
    return total.reshape(design.panel_count, design.width)


def _chain(
    state: State, ratio: Floats, plain_ratio: Floats, had: Any, day: int, design: Design
) -> NDArray[np.bool_]:
    """Move the chains by one day; re-link at the link date and where the set of indicators changed."""
    has = (state.counts > 0) & (design.weights > 0)
    before, after = state.part, state.part * ratio
    belongs = np.equal.outer(design.dimension, np.arange(design.dimensions)).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.where(before.sum(axis=1) > 0, after.sum(axis=1) / before.sum(axis=1), 1.0)
        by_dimension = np.where(before @ belongs > 0, (after @ belongs) / (before @ belongs), 1.0)
    state.index[:, 0] *= whole
    state.index[:, 1:] *= by_dimension
    plain_before, plain_after = state.plain_part, state.plain_part * plain_ratio
    with np.errstate(divide="ignore", invalid="ignore"):
        state.plain *= np.where(
            plain_before.sum(axis=1) > 0, plain_after.sum(axis=1) / plain_before.sum(axis=1), 1.0
        )
    begins = np.isnan(state.index[:, 0]) & has.any(axis=1)
    state.index[begins, 0] = state.plain[begins] = 100.0
    state.index[:, 1:] = np.where(
        np.isnan(state.index[:, 1:]) & (has @ belongs > 0), 100.0, state.index[:, 1:]
    )
    here = day_of(day)
    is_link = (here.month, here.day) == design.link
    relinked = (has != (had & (design.weights > 0))).any(axis=1) | begins | is_link
    shares = _shares(has, design)
    state.part = np.where(relinked[:, None], state.index[:, :1] * shares, after)
    state.plain_part = np.where(relinked[:, None], state.plain[:, None] * shares, plain_after)
    state.part = np.nan_to_num(state.part)
    state.plain_part = np.nan_to_num(state.plain_part)
    return np.asarray(relinked)


def _shares(has: Any, design: Design) -> Floats:
    weight = np.where(has, design.weights, 0.0)
    whole = weight.sum(axis=1, keepdims=True)
    return np.where(whole > 0, weight / np.where(whole > 0, whole, 1.0), 0.0)


def levels(mean: Floats, counts: Ints, design: Design) -> tuple[Floats, Floats]:
    """Level scores (P, 1 + D), 0 to 100, NaN where nothing is known; share of the nominal weight covered (P)."""
    score = np.nan_to_num(mean) / 100.0
    weight = np.where(counts > 0, design.weights, 0.0)
    level = np.full((len(mean), 1 + design.dimensions), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        level[:, 0] = (weight * score).sum(axis=1) / weight.sum(axis=1)
        for place in range(design.dimensions):
            own = weight[:, design.dimension == place]
            level[:, 1 + place] = (own * score[:, design.dimension == place]).sum(axis=1) / own.sum(axis=1)
    return level, np.where(counts > 0, design.nominal, 0.0).sum(axis=1)

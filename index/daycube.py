"""One day of the index: points in, changes of the cube and the series of every panel out. Arrays only.

Per cell and indicator the cube keeps the sum of scores and the number of entities, both integers. A day's
change splits into three parts: what the matched set moved (observed in the same cell on both days), what
entered, what left. Only the first moves the chain (:mod:`index.cellchain`); the other two are the composition
effect, shown as the distance to the chain of plain means.

A panel's total and dimensions are sums of the components of its cells, each over its value at the link.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.cellchain import Chain, Frame, Rows, empty_chain, link, move, widen_chain
from index.paths import CELL, MISSING, NOWHERE, Points

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """What stays the same over days: weights, dimensions and which panels a cell belongs to.

    ``nominal`` (J) sums to 1 over all indicators, supplied or not; ``dimension`` (J) is the place of each
    indicator's dimension; ``panels`` (cells, 9) numbers panels, -1 for none; ``frame``: what the chain needs.
    """

    nominal: Floats
    dimension: Ints
    dimensions: int
    panels: Ints
    panel_count: int
    frame: Frame
    rest: NDArray[np.uint16]

    @property
    def weights(self) -> Floats:
        """(J) sums to 1 over supplied indicators, 0 for the others."""
        return self.frame.weights

    @property
    def width(self) -> int:
        return self.frame.width

    @cached_property
    def cells_by_panel(self) -> tuple[Ints, Ints, Ints]:
        """Cells in order of their panels; the panels that have any; where each begins."""
        cell, column = np.nonzero(self.panels >= 0)
        panel = self.panels[cell, column]
        order = np.argsort(panel, kind="stable")
        found, begins = np.unique(panel[order], return_index=True)
        return cell[order], found, begins

    @cached_property
    def universe_of_panel(self) -> Ints:
        cells, found, begins = self.cells_by_panel
        universe = np.zeros(self.panel_count, np.int64)
        universe[found] = self.frame.universe[cells[begins]] if len(found) else 0
        return universe

    def by_dimension(self, part: Floats) -> Floats:
        """(N, J) summed over the indicators of each dimension, (N, D). No BLAS: the order of sums is fixed."""
        return np.stack([part[:, self.dimension == d].sum(axis=1) for d in range(self.dimensions)], axis=1)


@dataclass
class State:
    """Where everything stands after a day. ``entity`` ascending; ``score`` (n, J); ``sums``, ``counts``,
    ``plain_part`` (P, J); ``scale`` (P, 1 + D): index points of the panel for one of its components' points."""

    day: int
    entity: Ints
    cell: NDArray[np.uint16]
    score: NDArray[np.uint16]
    sums: Ints
    counts: Ints
    members: Ints
    plain_part: Floats
    scale: Floats
    index: Floats
    plain: Floats
    chain: Chain


ARRAYS = ("entity", "cell", "score", "sums", "counts", "members", "plain_part", "scale", "index", "plain")
CubeRows = Rows


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
    panels, shape = design.panel_count, (design.panel_count, design.width)
    series = (panels, 1 + design.dimensions)
    return State(
        day, entity, np.full(len(entity), NOWHERE), np.tile(design.rest, (len(entity), 1)),
        np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(panels, np.int64), np.zeros(shape),
        np.zeros(series), np.full(series, np.nan), np.full(panels, np.nan), empty_chain(design.frame),
    )  # fmt: skip


def widen(state: State, entity: Ints, design: Design) -> None:
    """Make room for entities and panels that were not known before."""
    new = _unknown(entity, state.entity)
    if len(new):
        every = np.concatenate([state.entity, new])
        order = np.argsort(every, kind="stable")
        state.entity = every[order]
        state.cell = np.concatenate([state.cell, np.full(len(new), NOWHERE)])[order]
        state.score = np.concatenate([state.score, np.tile(design.rest, (len(new), 1))])[order]
    more = design.panel_count - len(state.members)
    if more > 0:
        for name in ("sums", "counts", "plain_part", "scale"):
            old = getattr(state, name)
            setattr(state, name, np.pad(old, ((0, more), (0, 0))))
        state.members = np.r_[state.members, np.zeros(more, np.int64)]
        state.index = np.vstack([state.index, np.full((more, 1 + design.dimensions), np.nan)])
        state.plain = np.r_[state.plain, np.full(more, np.nan)]
    widen_chain(state.chain, design.frame)


def _unknown(entity: Ints, known: Ints) -> Ints:
    """Those of some entities, ascending and once each, that are not among the known ones (ascending)."""
    if not len(known):
        return np.unique(entity)
    place = np.searchsorted(known, entity).clip(max=len(known) - 1)
    return np.unique(entity[known[place] != entity])


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

    A panel's series begins at 100 on the day of the link that first gives it weight.
    """
    rows, cells_changed = _apply(state, points, design)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_before = np.where(state.counts > 0, state.sums / state.counts, np.nan)
    state.sums = state.sums + _by_panel(rows, rows.moved + rows.entered - rows.left, design)
    state.counts = state.counts + _by_panel(rows, rows.came - rows.went, design)
    state.members = state.members + cells_changed
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(state.counts > 0, state.sums / state.counts, np.nan)
        plain_ratio = np.where(np.isfinite(mean) & np.isfinite(mean_before), mean / mean_before, 1.0)
    linked = _chain(state, rows, day, design)
    _plain_chain(state, plain_ratio, linked, design)
    state.day = day
    level, coverage = levels(mean, state.counts, design)
    return Day(
        day,
        rows,
        points,
        state.index.copy(),
        state.plain.copy(),
        level,
        coverage,
        state.members.copy(),
        linked,
    )


def _chain(state: State, rows: CubeRows, day: int, design: Design) -> NDArray[np.bool_]:
    """Move every panel's index by its components; returns which panels were linked anew (their level stays)."""
    move(state.chain, rows, design.frame)
    parts = _panel_parts(state.chain, design)
    state.index = np.where(state.scale > 0, state.scale * parts, state.index)
    universes, _ = link(state.chain, day, design.frame)
    linked = np.asarray(universes[design.universe_of_panel])
    if linked.any():
        parts = _panel_parts(state.chain, design)
        begins = linked[:, None] & np.isnan(state.index) & (parts > 0)
        state.index[begins] = 100.0
        scale = np.where(parts > 0, state.index / np.where(parts > 0, parts, 1.0), 0.0)
        state.scale = np.where(linked[:, None], scale, state.scale)
    return linked


def _panel_parts(chain: Chain, design: Design) -> Floats:
    """Components of each panel's cells added up, total first, (P, 1 + D)."""
    cells, found, begins = design.cells_by_panel
    parts = np.zeros((design.panel_count, 1 + design.dimensions))
    if len(found):
        parts[found, 1:] = np.add.reduceat(design.by_dimension(chain.part)[cells], begins, axis=0)
    parts[:, 0] = parts[:, 1:].sum(axis=1)
    return parts


def _plain_chain(state: State, ratio: Floats, linked: NDArray[np.bool_], design: Design) -> None:
    """The chain of plain means: what the index would show if entry and exit moved it."""
    after = state.plain_part * ratio
    before_sum, after_sum = state.plain_part.sum(axis=1), after.sum(axis=1)
    state.plain = state.plain * np.where(
        before_sum > 0, after_sum / np.where(before_sum > 0, before_sum, 1), 1
    )
    begins = np.isnan(state.plain) & np.isfinite(state.index[:, 0])
    state.plain[begins] = 100.0
    shares = _shares(state.counts > 0, design)
    state.plain_part = np.nan_to_num(np.where(linked[:, None], state.plain[:, None] * shares, after))


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


def _shares(has: NDArray[np.bool_], design: Design) -> Floats:
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

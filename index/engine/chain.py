"""The time index (base = 100): matched links below, yearly weights above, linked each December.

Below, per cell g and indicator j, a link is the ratio of the same entities' sums on two days,
R = sum_m w z_t / sum_m w z_(t-1) (the divisor rule of S&P). Who enters or leaves does not move it, and if nobody
does the chain is the fixed-base index. A mean of ratios is never chained (Carli drifts).

Above, Laspeyres: I_t = I_link x sum v_gj r_gjt / sum v_gj with r = 1 at the link. Weights change at a link only, so
on that day the old and the new series agree, and when every part falls the total falls.

Ratios run on 1..100 points (``floor`` = 1 point), as the geometric mean does: a cell in which everybody has zero
would have no ratio, and one near zero would swing the city.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.engine.cube import Cube, Int64s, Match, sum_rows
from index.engine.scoring import TOP, Floats

FLOOR = 100
"""One point on the scale of scores."""
NOWHERE = -1


class UnableToChain(ValueError):
    """Weights or sub-indices cannot make an index; the message says why."""


def floored(s: Int64s, n: Int64s, floor: int = FLOOR) -> Int64s:
    """Sums of scores moved to floor..10,000, times 10,000 so that they stay integers."""
    return floor * TOP * n + (TOP - floor) * s


@dataclass(frozen=True, eq=False)
class Links:
    """ratio: (G, J), today over yesterday. source: 0 from the cell itself, 1, 2, ... from that wider group,
    NOWHERE where nothing is matched anywhere (ratio 1: no data, not "no change")."""

    ratio: Floats
    source: NDArray[np.int8]


def link_ratios(
    match: Match, wider: Sequence[NDArray[np.integer]] = (), *, floor: int = FLOOR, minimum: int = 1
) -> Links:
    """One day's links; a cell without matched entities moves with the next wider group that has some.

    wider: for each widening, (G,) group numbers from 0 (for example industry x size, then the city: zeros).
    minimum: matched entities a group needs to serve.
    """
    ratio = np.ones(match.before.shape)
    source = np.full(match.before.shape, NOWHERE, dtype=np.int8)
    levels: list[tuple[Match, NDArray[np.integer]]] = [(match, np.arange(len(match.before)))]
    for group in wider:
        levels.append((match.rolled_up(group, int(group.max(initial=0)) + 1), group))
    for number, (sums, group) in enumerate(levels):
        before, after = floored(sums.before, sums.n, floor), floored(sums.after, sums.n, floor)
        usable = (sums.count >= minimum) & (before > 0)
        found = np.where(usable, after / np.where(usable, before, 1), 1.0)
        open_cells = (source == NOWHERE) & usable[group]
        ratio = np.where(open_cells, found[group], ratio)
        source = np.where(open_cells, np.int8(number), source)
    return Links(ratio, source)


def base_shares(cube: Cube, weights: Floats, *, floor: int = FLOOR) -> Floats:
    """(G, J) shares v adding up to 1: indicator j has weight w_j, spread over cells by their sums on the link day.

    So an indicator's city index is the ratio of the city's sums. An indicator without any entity gives its
    weight to the others; UnableToChain if none has one.
    """
    sums = floored(cube.s, cube.n, floor).astype(np.float64)
    totals = sums.sum(axis=0)
    weight = np.where(totals > 0, weights, 0.0)
    if not weight.sum() > 0:
        raise UnableToChain("no indicator with weight has an entity on the link day")
    return sums / np.where(totals > 0, totals, 1.0) * (weight / weight.sum())


@dataclass(frozen=True, eq=False)
class Segment:
    """The time between two links. shares: (G, J), frozen; relatives: (G, J), 1 on the link day."""

    shares: Floats
    relatives: Floats

    def stepped(self, links: Links) -> "Segment":
        """One day on."""
        return replace(self, relatives=self.relatives * links.ratio)

    def grown(self, cells: int) -> "Segment":
        """Room for cells that appeared after the link: they have no weight until the next one."""
        more = ((0, cells - len(self.shares)), (0, 0))
        return Segment(np.pad(self.shares, more), np.pad(self.relatives, more, constant_values=1.0))


def open_segment(shares: Floats) -> Segment:
    """Begin at a link day. UnableToChain for a negative or empty set of weights."""
    if (shares < 0).any() or not shares.sum() > 0:
        raise UnableToChain("weights must not be negative, and not all zero")
    return Segment(shares, np.ones_like(shares))


@dataclass(frozen=True, eq=False)
class Series:
    """Which series are asked for: cell groups times indicator groups.

    cells: (G,) group of each cell, or negative to leave it out. indicators: (J,), likewise.
    """

    cells: NDArray[np.integer]
    groups: int
    indicators: NDArray[np.integer]
    bundles: int

    def sums(self, values: Floats) -> Floats:
        """(groups, bundles) sums of (G, J) values."""
        rows = sum_rows(values, self.cells, self.groups)
        out = np.zeros((self.groups, self.bundles))
        for j in np.flatnonzero(self.indicators >= 0):
            out[:, self.indicators[j]] += rows[:, j]
        return out


def whole(cells: int, indicators: int) -> Series:
    """The one series of everything."""
    return Series(np.zeros(cells, dtype=np.int64), 1, np.zeros(indicators, dtype=np.int64), 1)


def relatives(segment: Segment, series: Series) -> Floats:
    """(groups, bundles) index relative to the link day; NaN for a series without weight."""
    weight = series.sums(segment.shares)
    moved = series.sums(segment.shares * segment.relatives)
    return np.where(weight > 0, moved / np.where(weight > 0, weight, 1.0), np.nan)


def levels(segment: Segment, series: Series, at_link: Floats | float = 100.0) -> Floats:
    """(groups, bundles) index levels; at_link: each series' level on the link day."""
    return np.asarray(at_link) * relatives(segment, series)


def naive_relatives(
    at_link: Cube, now: Cube, weights: Floats, series: Series, *, floor: int = FLOOR
) -> Floats:
    """(groups, bundles) what a plain mean of whoever is there would show, relative to the link day.

    Mean score per cell group and indicator, today over link day, then weighted by (J,) weights. Indicators that
    the group lacks on either day give their weight to the others.
    """
    first, second = (_means(cube, series, floor) for cube in (at_link, now))
    known = (first > 0) & (second > 0)
    ratio = np.where(known, second / np.where(known, first, 1.0), 0.0)
    weight = np.where(known, weights, 0.0)
    out = np.full((series.groups, series.bundles), np.nan)
    for bundle in range(series.bundles):
        mine = series.indicators == bundle
        total = weight[:, mine].sum(axis=1)
        moved = (weight[:, mine] * ratio[:, mine]).sum(axis=1)
        out[:, bundle] = np.where(total > 0, moved / np.where(total > 0, total, 1.0), np.nan)
    return out


def composition_effect(naive: Floats, matched: Floats) -> Floats:
    """Points of the naive index that come from entry and exit alone: naive minus matched level."""
    return np.asarray(naive) - np.asarray(matched)


def rereference(levels: Floats, reference: NDArray[np.bool_], base: float = 100.0) -> Floats:
    """(T, ...) series divided by their mean over the reference days, times base. Growth rates stay."""
    if not reference.any():
        raise UnableToChain("the reference period has no day")
    with np.errstate(invalid="ignore"):
        mean = np.asarray(levels)[reference].mean(axis=0)
    if not np.all(mean > 0):
        raise UnableToChain("the mean of the reference period is not a positive number")
    return np.asarray(levels) / mean * base


def _means(cube: Cube, series: Series, floor: int) -> Floats:
    """(groups, J) floored mean scores; 0 where there is nobody."""
    total = sum_rows(floored(cube.s, cube.n, floor), series.cells, series.groups)
    people = sum_rows(cube.n, series.cells, series.groups)
    return np.where(people > 0, total / np.maximum(people, 1), 0.0)

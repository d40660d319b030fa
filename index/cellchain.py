"""The chain under every daily series: one component per cell and indicator, frozen shares between two links.

Lower level: a component moves with the matched set of its cell, R = (M + dM) / M, M being the sum of scores of
those who were observed in the cell on both days. A cell in which nobody is matched moves with the same industry
and size across the city, then with its whole universe, and stands where nobody is matched at all.

Upper level: Laspeyres. At a link the components of a universe are made anew from its level I,
part_gj = I w_j S_gj / S_j, so that they add up to I and an indicator's index is the ratio of its sums; between
links nothing but the matched movement changes them. Every series is a sum of components over its value at the
link: city, town, industry, size and crossing alike. Hence in any window between two links, for any division,
when all parts fall the whole falls; and what a component moved is its contribution, in points, without a rest.

The daily run and the replay of the cube use this one code, so they agree to the last bit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.paths import day_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
GROWN = 2
"""A universe is linked anew when an indicator is known for this many times as many entities as at the last link."""


@dataclass(frozen=True)
class Frame:
    """Where cells lie and what indicators weigh. ``universe`` and ``kin`` (G): the universe of a cell, and its
    group of the same industry and size; ``weights`` (J) add up to 1 over supplied indicators, 0 for the others;
    ``link``: month and day of the yearly link."""

    universe: Ints
    universes: int
    kin: Ints
    kins: int
    weights: Floats
    link: tuple[int, int]

    @property
    def width(self) -> int:
        return len(self.weights)


@dataclass(frozen=True)
class Rows:
    """A day's changes by cell and indicator (N each): what the matched set moved, sums that entered and left,
    how many came and went."""

    cell: Ints
    indicator: Ints
    moved: Ints
    entered: Ints
    left: Ints
    came: Ints
    went: Ints


@dataclass
class Chain:
    """Components after a day. ``sums``, ``part`` (G, J); ``known``, ``linked`` (U, J): observed entities of each
    universe now and at its last link (0: not linked)."""

    sums: Ints
    part: Floats
    known: Ints
    linked: Ints


CHAIN_ARRAYS = ("sums", "part", "known", "linked")


def empty_chain(frame: Frame) -> Chain:
    shape = (len(frame.universe), frame.width)
    wide = (frame.universes, frame.width)
    return Chain(
        np.zeros(shape, np.int64), np.zeros(shape), np.zeros(wide, np.int64), np.zeros(wide, np.int64)
    )


def widen_chain(chain: Chain, frame: Frame) -> None:
    """Make room for cells and universes that were not known before; they have no weight until a link."""
    rooms = (*(len(frame.universe),) * 2, *(frame.universes,) * 2)
    for name, room in zip(CHAIN_ARRAYS, rooms, strict=True):
        old = getattr(chain, name)
        if len(old) < room:
            setattr(chain, name, np.pad(old, ((0, room - len(old)), (0, 0))))


@dataclass(frozen=True)
class Moves:
    """Points that components moved on a day (N each), in points of their universe's index; rows of the day
    first, in their order, then components that moved with a wider group."""

    cell: Ints
    indicator: Ints
    points: Floats


def move(chain: Chain, rows: Rows, frame: Frame) -> Moves:
    """One day on; ``chain`` is changed. Links are not made here."""
    width = frame.width
    flat = rows.cell * width + rows.indicator
    sums, part = chain.sums.reshape(-1), chain.part.reshape(-1)
    matched = sums[flat] - rows.left
    stays = matched > 0
    points = np.where(stays, part[flat] * (rows.moved / np.where(stays, matched, 1)), 0.0)
    orphans, ratio = _orphans(chain, rows, frame, flat[~stays])
    carried = part[orphans] * (ratio - 1.0)
    part[flat] += points
    part[orphans] += carried
    sums[flat] += rows.moved + rows.entered - rows.left
    known = chain.known.reshape(-1)
    np.add.at(known, frame.universe[rows.cell] * width + rows.indicator, rows.came - rows.went)
    moving = carried != 0
    far = orphans[moving]
    return Moves(
        np.concatenate([rows.cell, far // width]), np.concatenate([rows.indicator, far % width]),
        np.concatenate([points, carried[moving]]),
    )  # fmt: skip


def _by_group(sums: Ints, group: Ints, groups: int) -> Ints:
    """Sums of cells (G, J) added up by group, (groups, J)."""
    total = np.zeros((groups, sums.shape[1]), np.int64)
    np.add.at(total, group, sums)
    return total


def _orphans(chain: Chain, rows: Rows, frame: Frame, bereft: Ints) -> tuple[Ints, Floats]:
    """Components with weight and nobody matched today, and the ratio they move with.

    ``bereft``: flat places of today's rows without a matched set; the others stood empty already.
    """
    width = frame.width
    empty = np.flatnonzero((chain.sums.reshape(-1) == 0) & (chain.part.reshape(-1) > 0))
    places = np.union1d(empty, bereft[chain.part.reshape(-1)[bereft] > 0])
    if not len(places):
        return places, np.zeros(0)
    cell, indicator = places // width, places % width
    ratio = np.ones(len(places))
    found = np.zeros(len(places), bool)
    for of_cell, groups in ((frame.kin, frame.kins), (frame.universe, frame.universes)):
        matched, moved = _by_group(chain.sums, of_cell, groups), np.zeros((groups, width), np.int64)
        group = of_cell[rows.cell]
        np.add.at(matched, (group, rows.indicator), -rows.left)
        np.add.at(moved, (group, rows.indicator), rows.moved)
        at = (of_cell[cell], indicator)
        usable = ~found & (matched[at] > 0)
        ratio[usable] = 1.0 + moved[at][usable] / matched[at][usable]
        found |= usable
    return places, ratio


def link(chain: Chain, day: int, frame: Frame) -> tuple[NDArray[np.bool_], Floats]:
    """Links of the day: which universes (U), and what a unit of an indicator's sum is worth since (U, J).

    A universe is linked on the yearly date, when an indicator begins or ends in it, and when an indicator has
    become known for twice as many entities as at the last link. Its level does not move.
    """
    here = day_of(day)
    has = (chain.known > 0) & (frame.weights > 0)
    had = (chain.linked > 0) & (frame.weights > 0)
    changed = (has != had).any(axis=1) | (has & (chain.known >= GROWN * chain.linked)).any(axis=1)
    links = has.any(axis=1) & (changed | ((here.month, here.day) == frame.link))
    price = np.zeros(chain.known.shape)
    for universe in np.flatnonzero(links):
        inside = frame.universe == universe
        level = float(chain.part[inside].sum()) or 100.0
        share = np.where(has[universe], frame.weights, 0.0)
        price[universe] = np.where(
            has[universe], level * (share / share.sum()) / np.maximum(chain.sums[inside].sum(axis=0), 1), 0.0
        )
        chain.part[inside] = chain.sums[inside] * price[universe]
        chain.linked[universe] = chain.known[universe]
    return links, price

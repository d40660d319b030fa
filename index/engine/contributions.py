"""Who moved the index: exactly additive contributions.

Within a segment the contribution of cell g and indicator j to a day's change is, in index points,
c = I_link v_gj (r_gjt - r_gj(t-1)) / sum v. Over g and j they add up to I_t - I_(t-1); over days to the change of
any window, links inside it included, so a waterfall is a plain sum. Divided by the level at the window's start they
are percentage points, and across one December that is Ribe's two-term formula.
"""

from dataclasses import dataclass
from math import fsum

import numpy as np

from index.engine.chain import Segment
from index.engine.scoring import Floats


class UnableToDecompose(ValueError):
    """The parts do not fit together; the message says why."""


def day_contributions(before: Segment, after: Segment, level_at_link: float) -> Floats:
    """(G, J) index points of the step between two days of one segment; they add up to the total's change."""
    return stretch_contributions(before, after, level_at_link)


def stretch_contributions(first: Segment, last: Segment, level_at_link: float) -> Floats:
    """(G, J) index points between any two days of one segment."""
    if not np.array_equal(first.shares, last.shares):
        raise UnableToDecompose("the two days stand in different segments: split the window at the link")
    scale = level_at_link / first.shares.sum()
    return scale * first.shares * (last.relatives - first.relatives)


@dataclass(frozen=True, eq=False)
class Stretch:
    """A part of a window that lies in one segment."""

    first: Segment
    last: Segment
    level_at_link: float


def window_contributions(stretches: list[Stretch]) -> Floats:
    """(G, J) index points of a window, whatever number of links it crosses. Cells may have been added meanwhile."""
    cells = max(len(stretch.last.shares) for stretch in stretches)
    total = np.zeros((cells, stretches[0].last.shares.shape[1]))
    for stretch in stretches:
        first, last = stretch.first.grown(cells), stretch.last.grown(cells)
        total += stretch_contributions(first, last, stretch.level_at_link)
    return total


def add_up(contributions: Floats) -> float:
    """The exactly rounded sum, so that the last digit does not depend on the order."""
    return fsum(np.asarray(contributions, dtype=np.float64).ravel().tolist())


def ribe_contributions(
    *,
    now: Floats,
    weights_now: Floats,
    link_level: float,
    ago: Floats,
    december: Floats,
    weights_ago: Floats,
    link_level_ago: float,
    level_ago: float,
) -> Floats:
    """(K,) percentage points of the change against a period before the last link (Ribe 1999).

    now: sub-indices today, relative to the last link (1 there); ago and december: sub-indices then and at the last
    link, relative to the link before; weights: of either year, any scale; link_level, link_level_ago,
    level_ago: the chained total at the last link, at the one before, and then. They add up to
    100 (I_now / I_ago - 1).
    """
    this_year = link_level * weights_now / np.sum(weights_now) * (np.asarray(now) - 1.0)
    last_year = link_level_ago * weights_ago / np.sum(weights_ago) * (np.asarray(december) - np.asarray(ago))
    return 100.0 * (this_year + last_year) / level_ago


def logarithmic_mean(a: Floats, b: Floats) -> Floats:
    """L(a, b) = (a - b) / ln(a / b), and a where both are equal; positive numbers."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    gap = a - b
    near = np.abs(gap) <= 1e-8 * np.maximum(a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = gap / np.log(a / b)
    return np.where(near, (a + b) / 2, exact)


def geometric_contributions(relatives: Floats, shares: Floats) -> Floats:
    """(K,) contributions to G - 1 where G = prod r_k^s_k: weights s_k / L(r_k, G), normalised, times r_k - 1.

    The logarithmic mean turns a geometric mean into an arithmetic one with the same value, so parts add up.
    """
    if (np.asarray(relatives) <= 0).any():
        raise UnableToDecompose("a geometric mean needs positive relatives")
    shares = np.asarray(shares, dtype=np.float64) / np.sum(shares)
    mean = float(np.exp(np.sum(shares * np.log(relatives))))
    turned = shares / logarithmic_mean(np.asarray(relatives), np.full(len(shares), mean))
    return turned / turned.sum() * (np.asarray(relatives) - 1.0)

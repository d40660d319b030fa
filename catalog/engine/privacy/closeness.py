"""t-closeness: how far a class's sensitive values lie from the whole table's (Li, Li, Venkatasubramanian 2007).

Each function answers with the earth mover's distance by class, 0 to 1.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .classes import Floats, Ints
from .diversity import Counts
from .hierarchies import Hierarchy, ValueNotInHierarchy

CELLS_AT_ONCE = 4_000_000
_NUMBER = re.compile(
    r"^(?P<before>[^\d.+-]*)(?P<number>[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)(?P<after>\D*)$"
)
_ISO_DAY = re.compile(r"^\d{4}-\d{2}(?:-\d{2})?$")


class UnableToOrderValues(ValueError):
    """Values are neither numbers nor dates and no order was given; the text is Chinese."""


def equal_distance(counts: Counts) -> Floats:
    """Half the sum of |q - p| over all values."""
    share = counts.overall / counts.overall.sum()
    own = counts.counts / counts.totals[counts.classes]
    there = share[counts.values]
    apart = np.abs(own - there) - there
    summed = np.bincount(counts.classes, weights=apart, minlength=len(counts.totals))
    return np.maximum((summed + 1) / 2, 0.0)


def ordered_distance(counts: Counts, rank: Ints) -> Floats:
    """Sum over ranks of |Q - P| (cumulative shares) divided by the number of ranks less one.

    ``rank``: rank from 0 of each value code; codes of one rank are one value. The number of ranks is that of
    different values in the table. Between two values of a class Q is constant and P rises, so each stretch is summed
    at once from prefix sums of P: the cost grows with the pairs that occur, not with classes times values.
    """
    ranks = int(rank.max(initial=0)) + 1
    if ranks < 2:
        return np.zeros(len(counts.totals))
    cumulative = np.cumsum(np.bincount(rank, weights=counts.overall, minlength=ranks)) / counts.overall.sum()
    prefix = np.concatenate([[0.0], np.cumsum(cumulative)])
    places = rank[counts.values]
    order = np.lexsort((places, counts.classes))
    place, of, count = places[order], counts.classes[order], counts.counts[order]
    starts = counts.starts
    running = np.cumsum(count)
    before = running[starts] - count[starts]
    reached = (running - before[of]) / counts.totals[of]
    last = np.append(of[1:] != of[:-1], True)
    until = np.where(last, ranks, np.append(place[1:], ranks))
    stretch = _stretch(cumulative, prefix, place, until, reached)
    summed = np.bincount(of, weights=stretch, minlength=len(counts.totals))
    return (summed + prefix[place[starts]]) / (ranks - 1)


def _stretch(cumulative: Floats, prefix: Floats, start: Ints, stop: Ints, level: Floats) -> Floats:
    """Sum of |P(i) - level| for start <= i < stop, P rising."""
    turn = np.clip(np.searchsorted(cumulative, level), start, stop)
    below = level * (turn - start) - (prefix[turn] - prefix[start])
    above = (prefix[stop] - prefix[turn]) - level * (stop - turn)
    return below + above


def hierarchical_distance(counts: Counts, hierarchy: Hierarchy) -> Floats:
    """Sum over inner nodes of height / total height times what must cross between the node's children."""
    tree = hierarchy.rooted()
    strange = [label for label in counts.labels if label is None or label not in tree.paths]
    if strange:
        shown = "、".join("（缺失）" if s is None else s for s in strange[:5])
        raise ValueNotInHierarchy(f"敏感列有 {len(strange)} 个值不在层级表中，例如：{shown}。")
    share = counts.overall / counts.overall.sum()
    steps = _steps(tree, [str(label) for label in counts.labels])
    distances = np.zeros(len(counts.totals))
    at_once = max(1, CELLS_AT_ONCE // max(1, len(counts.labels)))
    for begin in range(0, len(distances), at_once):
        end = min(begin + at_once, len(distances))
        lo, hi = np.searchsorted(counts.classes, [begin, end])
        own = np.zeros((end - begin, len(share)))
        of = counts.classes[lo:hi]
        own[of - begin, counts.values[lo:hi]] = counts.counts[lo:hi] / counts.totals[of]
        distances[begin:end] = _moved(own - share, steps, tree.height)
    return distances


def _steps(tree: Hierarchy, labels: Sequence[str]) -> list[tuple[Ints, int]]:
    """For each level from 1 up: the node each node of the level below belongs to, and how many nodes there are."""
    steps = []
    below = list(labels)
    for level in range(tree.height):
        ancestors = {(label, *tree.paths[label])[level]: tree.paths[label][level] for label in labels}
        nodes = sorted({ancestors[node] for node in below})
        places = {node: place for place, node in enumerate(nodes)}
        steps.append((np.array([places[ancestors[node]] for node in below], dtype=np.int64), len(nodes)))
        below = nodes
    return steps


def _moved(extra: Floats, steps: list[tuple[Ints, int]], height: int) -> Floats:
    cost = np.zeros(len(extra))
    for level, (parent, count) in enumerate(steps, 1):
        belongs = np.zeros((len(parent), count))
        belongs[np.arange(len(parent)), parent] = 1
        surplus, lack = np.maximum(extra, 0) @ belongs, np.maximum(-extra, 0) @ belongs
        cost += np.minimum(surplus, lack).sum(axis=1) * level / height
        extra = surplus - lack
    return cost


def rank_values(labels: Sequence[str | None], order: Sequence[str] = ()) -> Ints:
    """Rank from 0 of each value: by ``order`` if given, else as numbers, else as ISO dates; a missing one last.

    Numbers may stand between the same letters in all cells (``3K``, ``11K``). Raises :class:`UnableToOrderValues`.
    """
    told = [label for label in labels if label is not None]
    keys = _given(told, order) if order else _natural(told)
    places = {key: place for place, key in enumerate(sorted(set(keys.values())))}
    return np.array([places[keys[v]] if v is not None else len(places) for v in labels], dtype=np.int64)


def is_ordered(labels: Sequence[str | None], order: Sequence[str] = ()) -> bool:
    """True if :func:`rank_values` can answer."""
    try:
        rank_values(labels, order)
    except UnableToOrderValues:
        return False
    return True


def _given(values: Sequence[str], order: Sequence[str]) -> dict[str, Any]:
    places = {value: float(place) for place, value in enumerate(order)}
    if strange := [value for value in values if value not in places]:
        raise UnableToOrderValues(f"给定的次序中没有：{'、'.join(strange[:5])}。")
    return {value: places[value] for value in values}


def _natural(values: Sequence[str]) -> dict[str, Any]:
    if values and all(_ISO_DAY.match(value) for value in values):
        return {value: value for value in values}
    found = [_NUMBER.match(value) for value in values]
    if not all(found) or len({(m["before"].strip(), m["after"].strip()) for m in found if m}) > 1:
        raise UnableToOrderValues("值既不是数字也不是日期，请用 order 按从低到高列出。")
    return {value: float(m["number"].replace(",", "")) for value, m in zip(values, found, strict=True) if m}

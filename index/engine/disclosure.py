"""What may be shown: cells of at least ten entities that no single one dominates, and nothing by subtraction.

A published total minus published parts reveals the hidden rest. So where one part of a sum is hidden, another is
hidden with it (complementary suppression), until the hidden rest of every sum is itself large enough and no hidden
number follows from all published ones together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

MIN_COUNT = 10
MAX_SHARE = 0.7
_TINY = 1e-9


class UnableToProtect(ValueError):
    """The description of the sums does not fit; the message says why."""


class Verdict(IntEnum):
    """Why a series is shown or not."""

    SHOWN = 0
    TOO_FEW = 1
    DOMINATED = 2
    COMPLEMENTARY = 3
    EMPTY = 4


@dataclass(frozen=True)
class Sum:
    """One published identity: the total is the sum of its parts (numbers of series)."""

    total: int
    parts: tuple[int, ...]


def may_stand_alone(
    count: NDArray[np.integer],
    weight: NDArray[np.integer],
    largest: NDArray[np.integer],
    *,
    min_count: int = MIN_COUNT,
    max_share: float = MAX_SHARE,
) -> NDArray[np.int8]:
    """(K,) verdict of each series by itself. weight: sum of its entities' weights; largest: the heaviest one."""
    verdict = np.full(len(count), Verdict.SHOWN, dtype=np.int8)
    verdict[largest >= max_share * np.maximum(weight, 1)] = Verdict.DOMINATED
    verdict[count < min_count] = Verdict.TOO_FEW
    verdict[count == 0] = Verdict.EMPTY
    return verdict


def protect(
    count: NDArray[np.integer],
    weight: NDArray[np.integer],
    largest: NDArray[np.integer],
    sums: Sequence[Sum],
    *,
    min_count: int = MIN_COUNT,
    max_share: float = MAX_SHARE,
) -> NDArray[np.int8]:
    """(K,) verdicts with complementary suppression: SHOWN or the reason why not.

    Empty series count as known to be empty: they hide nothing. The smallest fit part is hidden first, so the
    loss is small; where no part is left the total goes. Deterministic.
    """
    for identity in sums:
        if not identity.parts or max((identity.total, *identity.parts)) >= len(count):
            raise UnableToProtect(f"the sum of series {identity.total} names no parts or an unknown series")
    verdict = may_stand_alone(count, weight, largest, min_count=min_count, max_share=max_share)
    while True:
        found = _weak_sum(verdict, count, weight, largest, sums, min_count, max_share)
        if found is None:
            found = _leak(verdict, count, sums)
        if found is None:
            return verdict
        verdict[found] = Verdict.COMPLEMENTARY


def nearest_shown(verdict: NDArray[np.integer], ancestors: Sequence[Sequence[int]]) -> list[int | None]:
    """For each series itself if shown, else the first shown of its ancestors (near to far), else None."""
    chosen: list[int | None] = []
    for k, chain in enumerate(ancestors):
        chosen.append(next((s for s in (k, *chain) if verdict[s] == Verdict.SHOWN), None))
    return chosen


_HIDES_NOTHING = frozenset({int(Verdict.SHOWN), int(Verdict.EMPTY)})


def _hidden(verdict: Sequence[int], members: Iterable[int]) -> list[int]:
    return [m for m in members if verdict[m] not in _HIDES_NOTHING]


def _weak_sum(
    verdict: NDArray[np.int8],
    count: NDArray[np.integer],
    weight: NDArray[np.integer],
    largest: NDArray[np.integer],
    sums: Sequence[Sum],
    min_count: int,
    max_share: float,
) -> int | None:
    """The series to hide next because the hidden rest of a shown total is too small; None if there is none."""
    verdicts, shown = verdict.tolist(), int(Verdict.SHOWN)
    for identity in sums:
        if verdicts[identity.total] != shown or not (hidden := _hidden(verdicts, identity.parts)):
            continue
        few = int(count[hidden].sum()) < min_count
        heavy = int(largest[hidden].max()) >= max_share * int(weight[hidden].sum())
        if len(hidden) > 1 and not few and not heavy:
            continue
        return _smallest(verdict, count, identity)
    return None


def _smallest(verdict: NDArray[np.int8], count: NDArray[np.integer], identity: Sum) -> int:
    shown = [part for part in identity.parts if verdict[part] == Verdict.SHOWN]
    return min(shown, key=lambda part: (int(count[part]), part)) if shown else identity.total


def _leak(verdict: NDArray[np.int8], count: NDArray[np.integer], sums: Sequence[Sum]) -> int | None:
    """A series to hide because a sensitive one follows from several sums together; None if nothing leaks.

    Hidden numbers are unknowns, sums are equations: a number leaks when its unit vector lies in their row space.
    """
    unknown = _hidden(verdict.tolist(), range(len(verdict)))
    place = {series: column for column, series in enumerate(unknown)}
    rows, used = [], []
    for identity in sums:
        members = [m for m in (identity.total, *identity.parts) if m in place]
        if members:
            row = np.zeros(len(unknown))
            for part in identity.parts:
                if part in place:
                    row[place[part]] += 1
            if identity.total in place:
                row[place[identity.total]] -= 1
            rows.append(row)
            used.append(identity)
    if not rows:
        return None
    _, sizes, right = np.linalg.svd(np.array(rows), full_matrices=False)
    basis = right[sizes > 1e-9 * max(1.0, float(sizes.max(initial=0)))]
    reach = (basis**2).sum(axis=0)
    known = [series for series in unknown if reach[place[series]] > 1 - _TINY]
    for series in known:
        near = [s for s in used if series in s.parts or series == s.total]
        for identity in near:
            shown = [m for m in (*identity.parts, identity.total) if verdict[m] == Verdict.SHOWN]
            if shown:
                return min(shown, key=lambda m: (int(count[m]), m))
    for identity in used:
        shown = [m for m in (*identity.parts, identity.total) if verdict[m] == Verdict.SHOWN]
        if known and shown:
            return min(shown, key=lambda m: (int(count[m]), m))
    return None

"""Names that are nearly what was typed: slips, homophones, and short forms that leave words out.

Candidates come from the index by pieces that survive the slip; here they are compared in full, and the
comparison is what the person is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from .pinyin import sounds_like
from .tokens import pairs

SHORTEST = 3  # characters; shorter texts are near to everything
MOST_LOST = 4  # pairs: two slips inside a name
LEAST_SHARE = 0.5
GAP = 0.1  # what each gap in a short form takes from its likeness


class Likeness(StrEnum):
    """How a name is near to what was typed."""

    SHORT_FORM = "short_form"
    SOUND = "sound"
    ONE_OFF = "one_off"
    PAIRS = "pairs"


@dataclass(frozen=True)
class Near:
    """A near match: how, how near (0-1), and the places in the folded name that agree."""

    likeness: Likeness
    share: float
    places: tuple[int, ...]
    shared: int = 0
    of: int = 0


def surviving_pieces(text: str) -> list[tuple[str, str]]:
    """What stays left and right of one wrong, missing or surplus character, for each place it may have.

    ``公生电气`` gives ``("", 生电气)``, ``(公, 电气)``, ``(公生, 气)``, ``(公生电, "")``.
    """
    return [(text[:place], text[place + 1 :]) for place in range(len(text))]


def rarest_pairs(text: str, frequency: Callable[[str], float]) -> tuple[list[str], int]:
    """``(pairs, least)``: a name with at least ``least`` of the text's pairs holds one of these ``pairs``.

    If n pairs are asked for and k may be lost, any k + 1 of them will do (prefix filtering); the rarest
    ones are the cheapest to look up.
    """
    every = list(dict.fromkeys(pairs(text)))
    lost = min(MOST_LOST if len(every) >= 2 * MOST_LOST else 2, int(len(every) * (1 - LEAST_SHARE)))
    return sorted(every, key=frequency)[: lost + 1], len(every) - lost


def compare(typed: str, name: str) -> Near | None:
    """How near the folded ``name`` is to the folded text ``typed``, the likeliest reading; None if it is not."""
    found = (_by_sound(typed, name), _one_off(typed, name), _in_order(typed, name), _by_pairs(typed, name))
    return max((one for one in found if one is not None), key=lambda one: one.share, default=None)


def _by_sound(typed: str, name: str) -> Near | None:
    """A stretch that is said alike, at least half of it written alike."""
    size = len(typed)
    for start in range(len(name) - size + 1):
        stretch = name[start : start + size]
        agree = tuple(start + i for i, character in enumerate(stretch) if character == typed[i])
        if len(agree) >= LEAST_SHARE * size and stretch != typed and sounds_like(stretch, typed):
            return Near(Likeness.SOUND, 1 - (size - len(agree)) / (2 * size), agree)
    return None


def _by_pairs(typed: str, name: str) -> Near | None:
    asked, held = set(pairs(typed)), set(pairs(name))
    shared = len(asked & held)
    if shared < 2 or shared < LEAST_SHARE * len(asked):
        return None
    places = {i + k for i, pair in enumerate(pairs(name)) if pair in asked for k in (0, 1)}
    return Near(Likeness.PAIRS, shared / len(asked), tuple(sorted(places)), shared, len(asked))


def _one_off(typed: str, name: str) -> Near | None:
    """A stretch that differs by one character put in, replaced or left out, or by a swap of neighbours."""
    if len(typed) <= SHORTEST:
        return None
    for length in (len(typed) + 1, len(typed), len(typed) - 1):
        for start in range(len(name) - length + 1):
            stretch = name[start : start + length]
            if _differs_by_one(typed, stretch):
                places = tuple(start + i for i, character in enumerate(stretch) if character in typed)
                return Near(Likeness.ONE_OFF, len(places) / max(length, len(typed)), places)
    return None


def _differs_by_one(one: str, other: str) -> bool:
    """One character replaced, left out or put in, or two neighbours swapped; not equal."""
    if one == other:
        return False
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    rest_one, rest_other = one[head:], other[head:]
    if len(one) == len(other):
        swapped = rest_one[1::-1] + rest_one[2:] == rest_other and len(rest_one) > 1
        return rest_one[1:] == rest_other[1:] or swapped
    longer, shorter = sorted((rest_one, rest_other), key=len, reverse=True)
    return longer[1:] == shorter


def _in_order(typed: str, name: str) -> Near | None:
    """All characters one after another, others in between."""
    places = _places_in_order(typed, name)
    if places is None:
        return None
    gaps = sum(after - before > 1 for before, after in pairwise(places))
    return Near(Likeness.SHORT_FORM, max(LEAST_SHARE, 1 - GAP * gaps), places)


def _places_in_order(typed: str, name: str) -> tuple[int, ...] | None:
    """Places of the characters of ``typed``, found one after another in ``name``, as close as they come."""
    best: tuple[int, ...] | None = None
    for start, character in enumerate(name):
        if character != typed[0]:
            continue
        places = [start]
        for wanted in typed[1:]:
            place = name.find(wanted, places[-1] + 1)
            if place < 0:
                return best
            places.append(place)
        if best is None or places[-1] - places[0] < best[-1] - best[0]:
            best = tuple(places)
    return best

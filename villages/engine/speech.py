"""How much two short Chinese texts say the same: shared pairs of characters."""

import re
from collections import Counter

SHORTEST = 4
_NOISE = re.compile(r"[\s\W_]+")


def likeness(one: str, other: str) -> float:
    """0 to 1: Dice coefficient over character pairs, without punctuation and blanks."""
    left, right = _pairs(one), _pairs(other)
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0


def says_nothing(text: str) -> bool:
    """True for texts shorter than four characters or of one repeated character."""
    plain = _NOISE.sub("", text)
    return len(plain) < SHORTEST or len(set(plain)) == 1


def _pairs(text: str) -> Counter[str]:
    plain = _NOISE.sub("", text)
    return Counter(plain[place : place + 2] for place in range(len(plain) - 1))

"""One spelling for names and queries.

Folding works character by character, so the folded form of a fragment is a fragment of the folded name:
that is what makes every search by a piece of the name exact.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Most names are nothing but common Chinese characters, which fold to themselves.
_NOTHING_TO_FOLD = re.compile(r"[\u4e00-\u9fff]*")
_RUNS = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")


@lru_cache(maxsize=65_536)
def fold_character(character: str) -> str:
    """Half width, lower case, without brackets, dots, spaces and marks; often one character, maybe none."""
    plain = unicodedata.normalize("NFKC", character).casefold()
    return "".join(c for c in unicodedata.normalize("NFKC", plain) if c.isalnum())


def fold(text: str) -> str:
    """``（宁波）ＡＢＣ 轴承·厂`` becomes ``宁波abc轴承厂``."""
    if _NOTHING_TO_FOLD.fullmatch(text):
        return text
    return "".join(map(fold_character, text))


def fold_with_places(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters the index it came from in ``text``."""
    if _NOTHING_TO_FOLD.fullmatch(text):
        return text, range(len(text))
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in fold_character(character):
            folded.append(part)
            places.append(place)
    return "".join(folded), places


@dataclass(frozen=True)
class Run:
    """A stretch of a folded text in one script: ``latin`` (ASCII letters and digits) or Chinese and the rest."""

    text: str
    latin: bool


def runs(folded: str) -> list[Run]:
    """``cx轴承8`` gives ``cx``, ``轴承``, ``8``."""
    if _NOTHING_TO_FOLD.fullmatch(folded):
        return [Run(folded, False)] if folded else []
    return [Run(text, text[0].isascii()) for text in _RUNS.findall(folded)]

"""What the index stores of an enterprise: short pieces one can look up.

Three sorts share one array. Plain: every Chinese character and every pair of neighbours, of the name, of
former names and of the legal representative. ``~xy`` and ``~xyz``: pieces of the pinyin initials, where
Latin letters and digits stand for themselves. ``#town330282107``: what the filters ask for.

The array holds numbers, not the pieces: half the size and twice the speed. Two pieces may share a number,
so whoever looks up by numbers compares the texts as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from types import MappingProxyType
from zlib import crc32

from .pinyin import initials
from .text import fold, runs

PINYIN = "~"
FILTER = "#"


@lru_cache(maxsize=1 << 18)
def number(piece: str) -> int:
    """The piece as a signed 32-bit number, the same on every host."""
    return crc32(piece.encode()) - (1 << 31)


def filter_piece(name: str, value: str) -> str:
    """The piece of a filter's value: ``#sizesmall``."""
    return FILTER + name + value


def band_piece(band: int) -> str:
    """The piece of a part of the rank; see ``credit/search/ranking.py``."""
    return f"{FILTER}band{band}"


@dataclass(frozen=True)
class Indexed:
    """The searchable form of one enterprise.

    ``hay``: folded name, folded former names, folded legal representative after ``@``, one a line.
    ``sound``: line by line the pinyin initials of name and former names, variants parted by a space.
    ``pieces``: all pieces, some of them more than once.
    """

    hay: str
    sound: str
    pieces: list[str]


def indexed(
    name: str,
    former_names: Iterable[str] = (),
    legal_person: str = "",
    filters: Mapping[str, str] = MappingProxyType({}),
) -> Indexed:
    """Take an enterprise's names apart; ``filters`` are the values it is filtered by."""
    names = [fold(name), *map(fold, former_names)]
    person = fold(legal_person)
    sounds = [initials(one) for one in names]
    # A piece may stand in the list twice (the index stores it once): sorting repeats out of 200,000 lists
    # takes longer than making them.
    found = [filter_piece(name, value) for name, value in filters.items()]
    for one in (*names, person):
        found += pieces(one)
    for variants in sounds:
        found += sound_pieces(variants)
    return Indexed("\n".join([*names, "@" + person]), "\n".join(map(" ".join, sounds)), found)


def pieces(folded: str) -> list[str]:
    """Characters and pairs of every stretch that is not Latin."""
    found: list[str] = []
    for run in runs(folded):
        if not run.latin:
            found += run.text
            found += pairs(run.text)
    return found


def pairs(text: str) -> Iterator[str]:
    """``轴承厂`` gives ``轴承``, ``承厂``."""
    return map(add, text, text[1:])


def sound_pieces(variants: Sequence[str]) -> list[str]:
    """``~`` and every two and three neighbours of the readings of one name."""
    found: list[str] = []
    for variant in variants:
        twos = list(map(add, map(PINYIN.__add__, variant), variant[1:]))
        found += twos
        found += map(add, twos, variant[2:])
    return found if len(variants) == 1 else list(dict.fromkeys(found))


def needed(text: str, latin: bool) -> list[str]:
    """The pieces every enterprise must hold whose name has ``text`` in it; none for a single letter.

    The longest pieces are enough: they imply the shorter ones.
    """
    if not latin:
        return list(dict.fromkeys(pairs(text))) or [text]
    size = min(3, len(text))
    if size < 2:
        return []
    return list(dict.fromkeys(PINYIN + text[i : i + size] for i in range(len(text) - size + 1)))

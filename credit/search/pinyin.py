"""Pinyin initials of names, with the readings people may have in mind.

The readings come from pypinyin's dictionaries, boiled down once per process to first letters: one usual
letter per character, other common letters of characters with several readings (弹 d/t, 行 x/h), and the
phrases in which a character is read otherwise than usual. A name gets every combination, the likeliest
first: indexing 200,000 names by pypinyin itself takes 45 s, this takes three.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import product
from operator import add

MOST_VARIANTS = 16
SHARE_OF_A_COMMON_READING = 0.04  # of the dictionary's phrases that hold the character
LEAST_PHRASES = 3
# Readings of surnames and places that the dictionary's phrases hardly show.
READ_IN_NAMES = {
    "单": "s", "解": "x", "仇": "q", "查": "z", "翟": "z", "覃": "q", "厦": "x", "种": "c", "召": "s",
    "车": "j", "会": "k", "缪": "m", "区": "o", "尉": "y", "铅": "q", "圩": "w", "浒": "x", "六": "l",
}  # fmt: skip


@dataclass(frozen=True)
class Readings:
    """First letters: the usual one of a character, its other common ones, and those forced by phrases."""

    usual: dict[int, str]  # by code point, as str.translate wants it
    doubtful: re.Pattern[str]  # one character with other readings
    others: dict[str, str]
    phrases: dict[str, list[tuple[str, str]]]  # by the phrase's first two characters: (phrase, its letters)


@cache
def readings() -> Readings:
    """The tables, made on first use (a third of a second)."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    first = cache(lambda mark: unicodedata.normalize("NFD", mark)[0].lower())
    usual = {chr(point): first(spelt[0]) for point, spelt in PINYIN_DICT.items()}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    letters_of = {}
    for phrase, spelt in PHRASES_DICT.items():
        letters = "".join(first(one[0][0]) for one in spelt)
        letters_of[phrase] = letters
        for character, letter in zip(phrase, letters, strict=False):
            counts[character][letter] += 1
    others: dict[str, str] = {}
    for character, counted in counts.items():
        least = max(LEAST_PHRASES, SHARE_OF_A_COMMON_READING * counted.total())
        common = [letter for letter, number in counted.most_common() if number >= least]
        if common:
            others[character] = "".join(
                c for c in dict.fromkeys([*common[1:], usual[character]]) if c != common[0]
            )
            usual[character] = common[0]
    for character, letter in READ_IN_NAMES.items():
        if letter not in usual[character] + others.get(character, ""):
            others[character] = others.get(character, "") + letter
    phrases: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for phrase, letters in letters_of.items():
        if len(phrase) == len(letters) >= 2 and any(
            usual[c] != x for c, x in zip(phrase, letters, strict=True)
        ):
            phrases[phrase[:2]].append((phrase, letters))
    others = {c: letters for c, letters in others.items() if letters}
    doubtful = re.compile(f"[{''.join(others)}]")
    return Readings({ord(c): letter for c, letter in usual.items()}, doubtful, others, dict(phrases))


def initials(folded: str) -> list[str]:
    """The readings of a folded name as strings of its length, the likeliest first, at most 16.

    Characters outside the dictionary (Greek letters, kana) stand for themselves.
    """
    table = readings()
    first = folded.translate(table.usual)
    letters = {m.start(): first[m.start()] + table.others[m.group()] for m in table.doubtful.finditer(folded)}
    for start, pair in enumerate(map(add, folded, folded[1:])):
        if pair in table.phrases:
            _read_phrases(folded, start, table.phrases[pair], letters, first)
    if not letters:
        return [first]
    variants = []
    for choice in _combinations(list(letters.values())):
        reading = list(first)
        for place, letter in zip(letters, choice, strict=True):
            reading[place] = letter
        variants.append("".join(reading))
    return variants


def _read_phrases(
    folded: str, start: int, phrases: list[tuple[str, str]], letters: dict[int, str], first: str
) -> None:
    """Put the letters that a phrase beginning at ``start`` forces before the others."""
    for phrase, said in phrases:
        if folded.startswith(phrase, start):
            for place, letter in enumerate(said, start):
                known = letters.get(place, first[place])
                if letter != known:
                    letters[place] = letter + known.replace(letter, "")


def _combinations(options: list[str]) -> list[tuple[str, ...]]:
    """Combinations of one letter each, those nearest to the first letters first, cut at the limit."""
    size = 1
    for letters in options:
        size *= len(letters)
    if size <= MOST_VARIANTS:
        every = list(product(*options))
        usual = every[0]
        return sorted(every, key=lambda choice: sum(a != b for a, b in zip(choice, usual, strict=True)))
    usual = tuple(letters[0] for letters in options)
    found = [usual]
    for place, letters in enumerate(options):
        found += [(*usual[:place], letter, *usual[place + 1 :]) for letter in letters[1:]]
    return found[:MOST_VARIANTS]


@cache
def syllables(character: str) -> frozenset[str]:
    """How a character may be said, without tones; what the region's accents do not tell apart is one."""
    from pypinyin.constants import PINYIN_DICT

    spelt = PINYIN_DICT.get(ord(character), character) if len(character) == 1 else character
    bare = "".join(c for c in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(c))
    return frozenset(_accent(one) for one in bare.split(","))


def _accent(syllable: str) -> str:
    """zh ch sh as z c s, -ing -eng as -in -en."""
    for retroflex, plain in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(retroflex):
            syllable = plain + syllable[2:]
    return syllable[:-1] if syllable.endswith(("ing", "eng")) else syllable


def sounds_like(one: str, other: str) -> bool:
    """Whether two folded texts of equal length can be said alike, character by character."""
    return len(one) == len(other) and all(
        a == b or not syllables(a).isdisjoint(syllables(b)) for a, b in zip(one, other, strict=True)
    )

"""The text a dataset is found by: what it says, and how that sounds."""

import unicodedata
from collections.abc import Iterable

MOST_WORDS = 8


def folded(text: str) -> str:
    """Text as it is compared: compatibility forms, lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def sounds(text: str) -> str:
    """Full pinyin and initials of a text: 养老 gives ``yanglao yl``."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take most of a second to read

    full = lazy_pinyin(text, style=Style.NORMAL, errors="ignore")
    return f"{''.join(full)} {''.join(part[0] for part in full if part)}"


def search_text(title: str, names: Iterable[str], texts: Iterable[str]) -> str:
    """Title and names with their sounds, then further texts as they are, in lines.

    Words are looked up inside this text; the first line is the title, so that hits there rank first.
    """
    names = [name for name in names if name]
    lines = [title, sounds(title), *names, " ".join(sounds(name) for name in names), *texts]
    return folded("\n".join(line for line in lines if line))


def words_of(query: str) -> list[str]:
    """The words asked for, folded; at most eight."""
    return folded(query).replace("\x00", " ").split()[:MOST_WORDS]

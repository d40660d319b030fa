"""What a person may have meant by what they typed."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from .text import fold, runs
from .tokens import needed

LONGEST = 100  # characters of a query that are read
MOST_TERMS = 8
CODE_LENGTH = 18
REGISTER_NO_LENGTH = 15
SHORTEST_CODE_PREFIX = 4
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Z])")
_REGISTER_NO = re.compile(r"(?<![0-9A-Z])[0-9]{15}(?![0-9A-Z])")
_GAPS = re.compile(r"[\s\-‐-―]+")
# Words that most names share: two names are not alike because of them.
COMMON_PARTS = (
    "有限责任公司", "股份有限公司", "有限公司", "专业合作社", "分公司", "集团", "公司", "浙江省", "宁波市",
    "慈溪市", "浙江", "宁波", "慈溪",
)  # fmt: skip


@dataclass(frozen=True)
class Term:
    """A stretch of one script that has to occur: in a name, a representative's name, the initials, a code."""

    text: str
    latin: bool

    @property
    def pieces(self) -> list[str]:
        """The pieces an index row must hold for this term."""
        return needed(self.text, self.latin)

    @property
    def may_be_code(self) -> bool:
        """Whether it may be the beginning of a credit code or a register number."""
        return self.latin and len(self.text) >= SHORTEST_CODE_PREFIX and self.text[0].isdigit()


@dataclass(frozen=True)
class Query:
    """``text`` as typed (cut), its ``terms``, and the full credit code or register number in it, if any."""

    text: str
    terms: tuple[Term, ...]
    code: str = ""
    register_no: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.terms

    @cached_property
    def folded(self) -> str:
        """All terms without gaps: what an exactly given name folds to."""
        return fold(self.text)

    @cached_property
    def plain(self) -> list[str]:
        """The texts of the terms that are not Latin."""
        return [term.text for term in self.terms if not term.latin]

    @cached_property
    def distinctive(self) -> str:
        """The folded query without the words that most names share; the whole if nothing is left."""
        rest = self.folded
        for part in COMMON_PARTS:
            rest = rest.replace(part, "")
        return rest if len(rest) >= 2 else self.folded


def understand(typed: str) -> Query:
    """Read what was typed; never fails, an unreadable text gives an empty query.

    A complete code is found whatever surrounds it (``代码：9133 0282 6712 0524 2y``), because people paste.
    """
    text = " ".join(typed.replace("\x00", "").split())[:LONGEST]
    narrow = unicodedata.normalize("NFKC", text).upper()
    code = _complete(_CODE, narrow)
    register_no = "" if code else _complete(_REGISTER_NO, narrow)
    closed = _closed(text)
    words = [closed] if closed else text.split()
    terms = dict.fromkeys(Term(run.text, run.latin) for word in words for run in runs(fold(word)))
    return Query(text, tuple(terms)[:MOST_TERMS], code, register_no)


def _complete(pattern: re.Pattern[str], narrow: str) -> str:
    """A complete code in the text, as it stands or once gaps and hyphens are closed."""
    for text in (narrow, _GAPS.sub("", narrow)):
        found = pattern.search(text)
        if found and any(character.isdigit() for character in found.group()):
            return found.group()
    return ""


def _closed(text: str) -> str:
    """A text of nothing but digits, capital letters and gaps with most of a code in it, closed up."""
    closed = _GAPS.sub("", unicodedata.normalize("NFKC", text))
    is_code = (
        closed.isascii() and closed.isalnum() and closed[:1].isdigit() and sum(map(str.isdigit, closed)) >= 6
    )
    return closed if is_code else ""

"""The search language of catalogue clients: what CKAN's ``q`` and ``fq`` may say, as a tree.

``organization:a OR organization:b``, ``-groups:x``, ``tags:(a OR b)``, ``metadata_modified:[2026-01-01T00:00:00Z
TO *]``, ``title:"两个词"``, ``name:a*``, ``*:*`` and bare words; terms beside each other are joined by *and*.
Anything else raises, so that a filter is never silently ignored.
"""

import re
from dataclasses import dataclass

DEEPEST = 20
MOST_TERMS = 200
LONGEST = 8_000

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<open>\()|(?P<close>\))|(?P<word_op>(?:AND|OR|NOT|&&|\|\|)(?=[\s()]|$))|(?P<minus>[-!](?=\S))|(?P<plus>\+(?=\S))
      |(?P<range>[\[{](?P<low>"[^"]*"|[^\s\]}"]+)\s+TO\s+(?P<high>"[^"]*"|[^\s\]}"]+)[\]}])
      |"(?P<phrase>(?:[^"\\]|\\.)*)"
      |(?P<word>(?:\\.|[^\s()"\[\]{}:\\])+)
      |(?P<colon>:)
    )""",
    re.VERBOSE,
)


class UnableToUnderstandSearch(ValueError):
    """The search text is not of this language; the text says where it breaks."""


@dataclass(frozen=True)
class Term:
    """One thing to match: ``field`` is '' for bare words; a pattern may hold ``*``."""

    field: str
    text: str
    is_phrase: bool = False


@dataclass(frozen=True)
class Between:
    """A range of one field; None is open. Whether the bounds belong to it is said beside."""

    field: str
    low: str | None
    high: str | None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True)
class Not:
    part: "Node"


@dataclass(frozen=True)
class Joined:
    """Parts joined by ``and`` or ``or``; no parts under ``and`` match everything."""

    word: str
    parts: "tuple[Node, ...]"


Node = Term | Between | Not | Joined
EVERYTHING = Joined("and", ())


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int
    match: re.Match[str]


def parse_search(text: str) -> Node:
    """The tree a search text spells; an empty one matches everything. Raises :class:`UnableToUnderstandSearch`."""
    if len(text) > LONGEST:
        raise UnableToUnderstandSearch(f"查询语句超过 {LONGEST} 个字符。")
    parser = _Parser(_tokens(text))
    if not parser.tokens:
        return EVERYTHING
    node = parser.any_of("", 0)
    if parser.at < len(parser.tokens):
        raise parser.confused()
    return node


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise UnableToUnderstandSearch(f"第 {at + 1} 个字符起无法理解：{text[at : at + 20].strip()}")
        kind = next(
            k for k in ("open", "close", "word_op", "minus", "plus", "range", "phrase", "word", "colon")
            if match.group(k) is not None
        )  # fmt: skip
        tokens.append(_Token(kind, match.group(kind), match.start(kind), match))
        if len(tokens) > MOST_TERMS * 4:
            raise UnableToUnderstandSearch("查询条件过多。")
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def any_of(self, field: str, depth: int) -> Node:
        parts = [self.all_of(field, depth)]
        while self._is_word("OR", "||"):
            self.at += 1
            parts.append(self.all_of(field, depth))
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def all_of(self, field: str, depth: int) -> Node:
        parts = [self.one(field, depth)]
        while True:
            if self._is_word("AND", "&&"):
                self.at += 1
            elif self.at >= len(self.tokens) or self._kind() == "close" or self._is_word("OR", "||"):
                break
            parts.append(self.one(field, depth))
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def one(self, field: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise UnableToUnderstandSearch("查询语句嵌套过深。")
        if self.at >= len(self.tokens):
            raise UnableToUnderstandSearch("查询语句不完整。")
        token = self.tokens[self.at]
        if token.kind == "minus" or self._is_word("NOT"):
            self.at += 1
            return Not(self.one(field, depth + 1))
        if token.kind == "plus":
            self.at += 1
            return self.one(field, depth + 1)
        if token.kind == "open":
            return self._group(field, depth)
        if token.kind == "range" and field:
            self.at += 1
            return _range(field, token)
        if token.kind in ("word", "phrase"):
            self.at += 1
            if token.kind == "word" and self.at < len(self.tokens) and self._kind() == "colon":
                if field:
                    raise self.confused()
                self.at += 1
                return self._value(_unescaped(token.text), depth)
            return Term(field, _unescaped(token.text), token.kind == "phrase")
        raise self.confused()

    def _value(self, field: str, depth: int) -> Node:
        """What stands behind ``field:``; times in a bare word keep their colons."""
        if self.at >= len(self.tokens):
            raise UnableToUnderstandSearch(f"“{field}:”后面缺少内容。")
        if field == "*":
            token = self.tokens[self.at]
            if token.kind == "word" and token.text == "*":
                self.at += 1
                return EVERYTHING
            raise self.confused()
        return self.one(field, depth + 1)

    def _group(self, field: str, depth: int) -> Node:
        self.at += 1
        if self.at < len(self.tokens) and self._kind() == "close":
            raise self.confused()
        node = self.any_of(field, depth + 1)
        if self.at >= len(self.tokens) or self._kind() != "close":
            raise UnableToUnderstandSearch("括号没有成对。")
        self.at += 1
        return node

    def _kind(self) -> str:
        return self.tokens[self.at].kind

    def _is_word(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self._kind() == "word_op" and self.tokens[self.at].text in words

    def confused(self) -> UnableToUnderstandSearch:
        if self.at >= len(self.tokens):
            return UnableToUnderstandSearch("查询语句不完整。")
        token = self.tokens[self.at]
        return UnableToUnderstandSearch(f"第 {token.at + 1} 个字符处不应为“{token.text[:20]}”。")


def _range(field: str, token: _Token) -> Between:
    low, high = (token.match.group(name).strip('"') for name in ("low", "high"))
    return Between(
        field, None if low == "*" else low, None if high == "*" else high,
        token.text.startswith("["), token.text.endswith("]"),
    )  # fmt: skip


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)

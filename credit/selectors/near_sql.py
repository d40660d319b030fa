"""Candidates for near matches: whoever holds the pieces that survive a slip. Executes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credit.search.filters import Filters
from credit.search.near import rarest_pairs, surviving_pieces
from credit.search.pinyin import initials
from credit.search.tokens import needed, number, pairs

from .search_frequency import RARE
from .search_sql import BY_RANK, LISTED, City, Conditions, add_filters

CANDIDATES = 200
LONGEST = 20  # characters compared
SLIPS_UP_TO = 8  # characters; longer texts are found by their pairs alone
PAIRS_FROM = 5
TOO_COMMON = 0.05  # share from which a way to candidates is not worth going


@dataclass
class _Ways:
    """Alternative conditions, each with pieces to look up."""

    shares: Mapping[int, float]
    clauses: list[str]
    parameters: list[Any]

    def add(self, pieces: list[str], like: str, *parameters: Any) -> None:
        """Rows with all ``pieces`` for which ``like`` holds, unless the pieces lead to too many."""
        one = Conditions(self.shares)
        one.narrow(pieces)
        if one.pieces and one.share <= TOO_COMMON:
            self.clauses.append(f"(s.tokens @> %s::int[] AND {like})")
            self.parameters += [one.looked_up, *parameters]


def near_sql(
    typed: str, filters: Filters, city: City, shares: Mapping[int, float]
) -> tuple[str, list[Any]] | None:
    """Rows worth comparing with the folded text ``typed``; None if nothing could be looked up."""
    typed = typed[:LONGEST]
    ways = _Ways(shares, [], [])
    ways.add(list(typed), "s.hay LIKE %s", f"%{'%'.join(typed)}%")
    sound = initials(typed)[0]
    if sound.isascii():
        ways.add(needed(sound, latin=True), "s.sound LIKE %s", f"%{sound}%")
    if len(typed) <= SLIPS_UP_TO:
        for left, right in surviving_pieces(typed):
            ways.add([*_needed(left), *_needed(right)], "s.hay LIKE %s", f"%{left}%{right}%")
    if len(typed) >= PAIRS_FROM:
        _add_pairs(ways, typed)
    if not ways.clauses:
        return None
    where = Conditions(shares)
    where.add(f"({' OR '.join(ways.clauses)})", *ways.parameters)
    add_filters(where, filters, city)
    likes = [f"%{pair}%" for pair in dict.fromkeys(pairs(typed))]
    shared = " + ".join(["(s.hay LIKE %s)::int"] * len(likes))
    sql = f"""
        SELECT {LISTED}, g.total, g.grade, g.word, g.thin, 0
        FROM (SELECT * FROM credit_search s WHERE {where.sql} ORDER BY {shared} DESC, {BY_RANK}
              LIMIT {CANDIDATES}) s
        LEFT JOIN credit_standing g USING (enterprise_id)
    """
    return sql, [*where.parameters, *likes]


def _needed(text: str) -> list[str]:
    return needed(text, latin=False) if text else []


def _add_pairs(ways: _Ways, typed: str) -> None:
    looked_up, least = rarest_pairs(typed, lambda pair: ways.shares.get(number(pair), RARE))
    if any(ways.shares.get(number(pair), RARE) > TOO_COMMON for pair in looked_up):
        return
    every = [f"%{pair}%" for pair in dict.fromkeys(pairs(typed))]
    shared = " + ".join(["(s.hay LIKE %s)::int"] * len(every))
    ways.clauses.append(f"(s.tokens && %s::int[] AND {shared} >= %s)")
    ways.parameters += [[number(pair) for pair in looked_up], *every, least]

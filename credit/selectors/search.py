"""Finding enterprises: one statement for a page, one more for near matches, blocks for an export."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from django.db import connection

from credit.definitions import load_model
from credit.search import near
from credit.search.filters import Filters
from credit.search.query import Query, understand
from credit.search.reasons import NearName, Reason, near_reasons, reasons_for
from datahub.public import DIVISIONS

from .near_sql import near_sql
from .search_frequency import shares
from .search_sql import (
    BY_RANK,
    COLUMNS,
    COUNTED_UP_TO,
    LISTED,
    City,
    Conditions,
    conditions,
    matches,
    page_sql,
)

PAGE_SIZE = 20
NEAR_SHOWN = 10
HAY = COLUMNS.index("hay")
NOTHING = understand("")
EXPORT_BLOCK = 2_000


@dataclass(frozen=True)
class Hit:
    """An enterprise found: identity of level L1-L2, grade, and why it matches. Nothing else leaves a search."""

    enterprise_id: int
    rank: int
    code: str
    register_no: str
    name: str
    former_names: tuple[str, ...]
    legal_person: str
    kind: str
    state: str
    town_code: str
    industry_section: str
    size: str
    established_on: date | None
    total: float | None
    grade: str
    word: str
    thin: bool
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Found:
    """A page of hits; ``count`` is exact up to 1,000, then ``is_capped`` says there are more.

    ``near``: names that are nearly what was typed, where there is no hit.
    """

    hits: tuple[Hit, ...]
    count: int
    is_capped: bool
    page: int
    pages: int
    near: tuple[Hit, ...] = ()


@cache
def grade_letters() -> tuple[str, ...]:
    """The grades as the scorecard names them, the best first."""
    return tuple(grade.code for grade in load_model().card.grades)


@cache
def grade_words() -> tuple[str, ...]:
    """The four words, the best first."""
    return tuple(load_model().card.words)


def find_enterprises(query: Query, filters: Filters, *, page: int = 1, size: int = PAGE_SIZE) -> Found:
    """Hits in order of relevance, or as ``filters.sort`` says; an empty query lists all.

    One query, and a second one for near matches if the first found nothing.
    """
    where = _conditions(query, filters)
    sql, parameters = page_sql(query, filters, where)
    last = max(1, COUNTED_UP_TO // size)
    page = max(1, min(page, last))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, (page - 1) * size, page * size])
        rows = cursor.fetchall()
    count = rows[0][-1] if rows else 0
    hits = tuple(_hit(row, query) for row in rows)
    pages = max(1, min(last, -(-count // size)))
    near = _near(query, filters) if count == 0 else ()
    return Found(hits, min(count, COUNTED_UP_TO), count > COUNTED_UP_TO, page, pages, near)


def _near(query: Query, filters: Filters) -> tuple[Hit, ...]:
    """Names close to what was typed, the closest first."""
    typed = query.distinctive
    if query.code or query.register_no or len(typed) < near.SHORTEST or len(query.plain) != len(query.terms):
        return ()
    asked = near_sql(typed, filters, City(list(DIVISIONS), grade_letters()), shares())
    if asked is None:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(*asked)
        rows = cursor.fetchall()
    found = [
        (best, number, row)
        for number, row in enumerate(rows)
        if (best := _closest(typed, query.folded, row)) is not None
    ]
    found.sort(key=lambda one: (-one[0].near.share, one[1]))
    return tuple(
        replace(_hit(row, NOTHING), reasons=near_reasons(best, row[4], row[5]))
        for best, _, row in found[:NEAR_SHOWN]
    )


def _closest(typed: str, whole: str, row: tuple[Any, ...]) -> NearName | None:
    """The name of a row that is closest to what was typed, with or without its common parts."""
    names = row[HAY].split("\n")[:-1]
    for text in dict.fromkeys((whole, typed)):
        every = [
            NearName(number, one)
            for number, name in enumerate(names)
            if (one := near.compare(text, name)) is not None
        ]
        if every:
            return max(every, key=lambda one: one.near.share)
    return None


def count_enterprises(query: Query, filters: Filters) -> int:
    """How many match, all of them."""
    sql, parameters = matches(_conditions(query, filters))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) s", parameters)
        return int(cursor.fetchone()[0])


def every_enterprise(query: Query, filters: Filters) -> Iterator[list[Hit]]:
    """All matches by rank, in blocks. Each block is a statement of its own: no cursor stays open while a
    slow reader downloads, and a replaced index goes on where the last block ended."""
    last: Hit | None = None
    while True:
        where = _conditions(query, filters)
        if last is not None:
            after = "(s.rank < %s OR s.rank = %s AND s.enterprise_id > %s)"
            where.add(after, last.rank, last.rank, last.enterprise_id)
        sql, parameters = matches(where)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {LISTED}, g.total, g.grade, g.word, g.thin, 0 FROM ({sql}) s"
                " LEFT JOIN credit_standing g USING (enterprise_id)"
                f" ORDER BY {BY_RANK} LIMIT {EXPORT_BLOCK}",
                parameters,
            )
            hits = [_hit(row, query) for row in cursor.fetchall()]
        if hits:
            yield hits
        if len(hits) < EXPORT_BLOCK:
            return
        last = hits[-1]


def _conditions(query: Query, filters: Filters) -> Conditions:
    return conditions(query, filters, City(list(DIVISIONS), grade_letters()), shares())


def _hit(row: tuple[Any, ...], query: Query) -> Hit:
    """A hit from a row of ``COLUMNS``, total, grade, word, thin and the count."""
    *identity, _hay, sound, total, grade, word, thin, _ = row
    (enterprise_id, rank, code, register_no, name, former_names, legal_person, kind, state, town_code,
     section, size, established_on) = identity  # fmt: skip
    return Hit(
        enterprise_id, rank, code, register_no, name, tuple(former_names), legal_person, kind, state, town_code,
        section, size, established_on, total,
        grade="" if grade is None else grade_letters()[grade],
        word="" if word is None else grade_words()[word],
        thin=bool(thin),
        reasons=reasons_for(query, name, former_names, legal_person, code, register_no, sound),
    )  # fmt: skip

"""The register as the search index reads it: whole sets in one statement, never objects.

The one module of the credit cloud that reads the register's tables by their names in the database.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection

from credit.search.ranking import rank_sql

ROWS_A_FETCH = 10_000
_FORMER = """
    SELECT enterprise_id, array_agg(name ORDER BY until DESC NULLS LAST, id DESC) AS names, sum(id) AS mark
    FROM datahub_formername {only} GROUP BY enterprise_id
"""
_SOURCE = """
SELECT e.id, {rank} AS rank, e.code, e.register_no, e.name, coalesce(f.names, '{{}}') AS former_names,
       e.legal_person, e.kind, e.state, e.town_code, e.industry_section, e.size, e.established_on,
       e.changed_at, coalesce(f.mark, 0) AS former_mark
FROM datahub_enterprise e LEFT JOIN ({former}) f ON f.enterprise_id = e.id
WHERE e.is_registered {only}
ORDER BY rank DESC, e.id
"""
_STALE = f"""
SELECT coalesce(e.id, s.enterprise_id)
FROM (SELECT * FROM datahub_enterprise WHERE is_registered) e
LEFT JOIN ({_FORMER.format(only="")}) f ON f.enterprise_id = e.id
FULL JOIN credit_search s ON s.enterprise_id = e.id
WHERE e.id IS NULL OR s.enterprise_id IS NULL
   OR s.source_changed_at <> e.changed_at OR s.former_mark <> coalesce(f.mark, 0)
"""


class RegisterRow(NamedTuple):
    """One registered enterprise with its former names, the latest first."""

    enterprise_id: int
    rank: int
    code: str
    register_no: str
    name: str
    former_names: list[str]
    legal_person: str
    kind: str
    state: str
    town_code: str
    industry_section: str
    size: str
    established_on: Any
    changed_at: Any
    former_mark: int


def register_rows(enterprise_ids: list[int] | None = None) -> Iterator[list[RegisterRow]]:
    """Registered enterprises (those of ``enterprise_ids``, or all) in blocks, the highest rank first.

    Needs an open transaction: the blocks come from one cursor and thus from one state of the register.
    """
    some = enterprise_ids is not None
    sql = _SOURCE.format(
        rank=rank_sql("e"),
        former=_FORMER.format(only="WHERE enterprise_id = ANY(%(ids)s)" if some else ""),
        only="AND e.id = ANY(%(ids)s)" if some else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "DECLARE credit_search_source NO SCROLL CURSOR FOR " + sql,
            {"ids": enterprise_ids} if some else None,
        )
        try:
            while True:
                cursor.execute(f"FETCH {ROWS_A_FETCH} FROM credit_search_source")
                rows = [RegisterRow(*row) for row in cursor.fetchall()]
                if not rows:
                    return
                yield rows
        finally:
            cursor.execute("CLOSE credit_search_source")


def stale_enterprise_ids() -> list[int]:
    """Enterprises whose index row is missing, outlived or made from another state of the register.

    Compares every row, so nothing slips through that was committed late under an earlier time: 0.2 s
    for 200,000.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STALE)
        return [row[0] for row in cursor.fetchall()]


def count_registered() -> int:
    """How many enterprises the index ought to hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM datahub_enterprise WHERE is_registered")
        return int(cursor.fetchone()[0])

"""What a column holds: how full it is, how many values, from where to where, the most frequent."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from catalog import row_store
from catalog.engine.columns import Column, plain

MOST_FREQUENT = 5
SAMPLE_ROWS = 100_000
BINS = 12


def make_profile(release_id: int, columns: Sequence[Column], rows: int) -> dict[str, dict[str, Any]]:
    """By code: empty, distinct (of at most 100,000 rows), least, most, longest, frequent, bins (numbers).

    Of a large table distinct values, frequencies and bins are those of its first 100,000 rows; ``sampled``
    says so. Empty counts, least and most are of all rows.
    """
    if rows == 0:
        return {column.code: {"empty": 0, "distinct": 0, "frequent": []} for column in columns}
    table = row_store.table_name(release_id)
    sample = f"(SELECT * FROM {table} WHERE _id <= {SAMPLE_ROWS}) AS sample"
    profile: dict[str, dict[str, Any]] = {}
    for start in range(0, len(columns), 50):
        profile |= _extents(table, columns[start : start + 50])
    for column in columns:
        profile[column.code] |= _frequencies(sample, column)
        if column.type in ("integer", "number") and profile[column.code]["distinct"] > BINS:
            profile[column.code]["bins"] = _bins(sample, column, profile[column.code])
        if rows > SAMPLE_ROWS:
            profile[column.code]["sampled"] = SAMPLE_ROWS
    return profile


def _extents(table: str, columns: Sequence[Column]) -> dict[str, dict[str, Any]]:
    parts = []
    for column in columns:
        name = column.physical
        parts.append(f"count(*) - count({name})")
        if column.type == "text":
            parts += [f"max(length({name}))", "NULL", "NULL"]
        elif column.type == "boolean":
            parts += ["NULL", "NULL", "NULL"]
        else:
            parts += ["NULL", f"min({name})", f"max({name})"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)} FROM {table}")
        found = cursor.fetchone()
    told = {}
    for place, column in enumerate(columns):
        empty, longest, least, most = found[place * 4 : place * 4 + 4]
        told[column.code] = {"empty": empty} | (
            {"longest": longest or 0}
            if column.type == "text"
            else {"least": plain(least), "most": plain(most)}
        )
    return told


def _frequencies(sample: str, column: Column) -> dict[str, Any]:
    name = column.physical
    shown = f"left({name}, 80)" if column.type == "text" else name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT value, n, count(*) OVER () FROM (SELECT {shown} AS value, count(*) AS n FROM {sample} "
            f"WHERE {name} IS NOT NULL GROUP BY 1) counted ORDER BY n DESC, value LIMIT {MOST_FREQUENT}"
        )
        found = cursor.fetchall()
    distinct = found[0][2] if found else 0
    # Values that all differ have no most frequent ones.
    frequent = [[plain(value), n] for value, n, _ in found] if found and found[0][1] > 1 else []
    return {"distinct": distinct, "frequent": frequent}


def _bins(sample: str, column: Column, told: dict[str, Any]) -> list[int]:
    low, high = told["least"], told["most"]
    if low is None or high is None or low == high:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT least(width_bucket({column.physical}::float8, %s, %s, {BINS}), {BINS}), count(*) FROM {sample} "
            f"WHERE {column.physical} IS NOT NULL GROUP BY 1",
            [float(low), float(high)],
        )
        found = dict(cursor.fetchall())
    return [found.get(place, 0) for place in range(1, BINS + 1)]

"""What changed between two versions of a table: columns, rows, and cells by column."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from catalog.engine.columns import Column, columns_of
from catalog.models import Release
from catalog.row_store import table_name

Pair = tuple[Column, Column]  # the same column in the earlier and in the later version


def compare(earlier: Release, later: Release) -> dict[str, Any]:
    """Columns added and removed; rows added, removed and, where a key names them, changed with cells by column.

    The key is what the publisher declared, else the first column if it names every row of both versions.
    Without a key rows are compared whole. Two passes over both tables.
    """
    old, new = columns_of(earlier.columns), columns_of(later.columns)
    known = {c.code: c for c in old}
    pairs = [(known[c.code], c) for c in new if c.code in known and known[c.code].type == c.type]
    common = {c.code for _, c in pairs}
    told: dict[str, Any] = {
        "against": earlier.number,
        "columns_added": [_named(c) for c in new if c.code not in common],
        "columns_removed": [_named(c) for c in old if c.code not in common],
    }
    if not pairs:
        return told | {"added": later.row_count, "removed": earlier.row_count, "changed": 0, "by_key": False}
    key = _key(earlier, later, pairs)
    if key:
        return told | _by_key(earlier, later, key, [pair for pair in pairs if pair not in key])
    return told | _whole(earlier, later, pairs)


def _key(earlier: Release, later: Release, pairs: Sequence[Pair]) -> list[Pair]:
    declared = later.key_codes or earlier.key_codes
    found = [pair for pair in pairs if pair[1].code in declared]
    if declared and len(found) == len(declared):
        return found
    first = pairs[0]
    names_all = all(
        release.profile.get(first[1].code, {}).get("distinct") == release.row_count
        and not release.profile.get(first[1].code, {}).get("empty")
        for release in (earlier, later)
    )
    return [first] if names_all else []


def _by_key(earlier: Release, later: Release, key: Sequence[Pair], rest: Sequence[Pair]) -> dict[str, Any]:
    # A full join wants plain equality; keys that may be null are compared as text with a mark for nothing.
    on = " AND ".join(
        f"coalesce(o.{a.physical}::text, E'\\x01') = coalesce(n.{b.physical}::text, E'\\x01')" for a, b in key
    )
    both = "o._id IS NOT NULL AND n._id IS NOT NULL"
    differs = [f"o.{a.physical} IS DISTINCT FROM n.{b.physical}" for a, b in rest]
    cells = ", ".join(f"count(*) FILTER (WHERE {both} AND {one})" for one in differs)
    any_differs = f"({' OR '.join(differs)})" if differs else "false"
    sql = (
        f"SELECT count(*) FILTER (WHERE o._id IS NULL), count(*) FILTER (WHERE n._id IS NULL), "
        f"count(*) FILTER (WHERE {both} AND {any_differs}){', ' + cells if cells else ''} "
        f"FROM {table_name(earlier.pk)} o FULL JOIN {table_name(later.pk)} n ON {on}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        added, removed, changed, *by_column = cursor.fetchone()
    columns = [_named(new) | {"cells": n} for (_, new), n in zip(rest, by_column, strict=True) if n]
    return {
        "added": added,
        "removed": removed,
        "changed": changed,
        "by_key": True,
        "changed_columns": columns,
    }


def _whole(earlier: Release, later: Release, pairs: Sequence[Pair]) -> dict[str, Any]:
    old = f"SELECT {', '.join(a.physical for a, _ in pairs)} FROM {table_name(earlier.pk)}"
    new = f"SELECT {', '.join(b.physical for _, b in pairs)} FROM {table_name(later.pk)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM ({new} EXCEPT ALL {old}) a), (SELECT count(*) FROM ({old} EXCEPT ALL {new}) r)"
        )
        added, removed = cursor.fetchone()
    return {"added": added, "removed": removed, "changed": None, "by_key": False}


def _named(column: Column) -> dict[str, str]:
    return {"code": column.code, "title": column.title}

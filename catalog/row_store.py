"""The tables of rows: made, filled, read. All SQL that touches ``catalog_rows`` stands here.

A release's table is ``catalog_rows.r<id>``; only the owner's functions make and drop tables
(``0004_row_tables``), the application fills and reads them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

from catalog.engine.columns import ID_COLUMN, SQL_TYPES, Column
from catalog.engine.row_query import RowQuery, copy_select, count, matching, select

EXACT_COUNT = 100_000
INDEX_FROM_ROWS = 20_000
MOST_INDEXES = 12
LONGEST_INDEXED = 200
READ_MILLISECONDS = 8_000


class UnableToAnswerInTime(RuntimeError):
    """The question takes too long; the text says what to do."""


def table_name(release_id: int) -> str:
    """The table's name, made of a number only."""
    return f"catalog_rows.r{int(release_id)}"


def make_table(release_id: int, columns: Sequence[Column]) -> None:
    """An empty table for a release; one that stood there is dropped."""
    types = [SQL_TYPES[column.type] for column in columns]
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_rows.make_table(%s, %s::text[])", [release_id, types])


def fill_table(
    release_id: int, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, first: int = 1
) -> int:
    """COPY rows into the table, numbered from ``first``. Returns how many there were."""
    names = ", ".join(["_id", *(column.physical for column in columns)])
    number = first - 1
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table_name(release_id)} ({names}) FROM STDIN") as copy,
    ):
        for number, row in enumerate(rows, start=first):
            copy.write_row((number, *row))
    return number - first + 1


def fill_from_text(release_id: int, columns: Sequence[Column], blocks: Iterable[bytes]) -> None:
    """COPY blocks of CSV (``_id`` first, no header, an unquoted empty cell is null) into the table."""
    names = ", ".join(["_id", *(column.physical for column in columns)])
    sql = f"COPY {table_name(release_id)} ({names}) FROM STDIN WITH (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for block in blocks:
            copy.write(block)


def copy_table(source: int, target: int, columns: Sequence[Column]) -> int:
    """Copy all rows of one release's table into another's of the same columns. Returns how many."""
    names = ", ".join(["_id", *(column.physical for column in columns)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table_name(target)} ({names}) SELECT {names} FROM {table_name(source)} ORDER BY _id"
        )
        return int(cursor.rowcount)


def update_row(release_id: int, keys: Mapping[Column, Any], values: Mapping[Column, Any]) -> int:
    """Set some columns of the rows whose key columns hold these values. Returns how many there were."""
    where = " AND ".join(f"{c.physical} IS NOT DISTINCT FROM %s" for c in keys)
    table = table_name(release_id)
    with connection.cursor() as cursor:
        if not values:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}", list(keys.values()))
            return int(cursor.fetchone()[0])
        changes = ", ".join(f"{c.physical} = %s" for c in values)
        cursor.execute(f"UPDATE {table} SET {changes} WHERE {where}", [*values.values(), *keys.values()])
        return int(cursor.rowcount)


def delete_rows(release_id: int, query: RowQuery) -> int:
    """Take the matching rows out. Returns how many there were."""
    sql, values = matching(table_name(release_id), query)
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("SELECT 1 FROM", "DELETE FROM", 1), values)
        return int(cursor.rowcount)


def last_number(release_id: int) -> tuple[int, int]:
    """The highest row number and how many rows there are."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(_id), 0), count(*) FROM {table_name(release_id)}")
        highest, count_now = cursor.fetchone()
        return int(highest), int(count_now)


def finish_table(release_id: int, indexed: Sequence[Column] = ()) -> None:
    """Number index, indexes of ``indexed`` columns and the planner's figures."""
    places = [int(column.physical[1:]) for column in indexed if column is not ID_COLUMN]
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_rows.finish_table(%s, %s::integer[])", [release_id, places])


def drop_table(release_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_rows.drop_table(%s)", [release_id])


def has_table(release_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table_name(release_id)])
        return bool(cursor.fetchone()[0])


def read_rows(
    release_id: int, query: RowQuery, *, limit: int, offset: int = 0
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of the wanted columns, and beside each the values of its sort keys (empty if ``distinct``)."""
    sql, values = select(table_name(release_id), query, limit=limit, offset=offset)
    with _in_time() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchall()
    width = len(query.columns)
    return [row[:width] for row in found], [row[width:] for row in found]


def count_rows(release_id: int, query: RowQuery) -> tuple[int, bool]:
    """How many rows match, and whether that is the planner's estimate (above 100,000)."""
    table = table_name(release_id)
    sql, values = count(table, query, EXACT_COUNT)
    with _in_time() as cursor:
        cursor.execute(sql, values)
        found = int(cursor.fetchone()[0])
        if found <= EXACT_COUNT:
            return found, False
        sql, values = matching(table, query)
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        plan = cursor.fetchone()[0]
    told = json.loads(plan) if isinstance(plan, str) else plan
    return max(found, int(told[0]["Plan"]["Plan Rows"])), True


def stream(
    release_id: int,
    query: RowQuery,
    shown: str,
    options: str = "",
    *,
    limit: int | None = None,
    offset: int = 0,
) -> Iterator[memoryview]:
    """COPY the matching rows out, row by row, at constant memory; ``shown`` is SQL of physical names."""
    literal = shown.replace("%", "%%")
    sql, values = copy_select(table_name(release_id), query, literal, limit=limit, offset=offset)
    with transaction.atomic(), connection.cursor() as cursor:
        # Merged first: a cursor that keeps a log of its queries takes no parameters for COPY.
        merged = cursor.mogrify(sql, values)
        with cursor.copy(f"COPY ({merged}) TO STDOUT{options}") as copy:
            yield from copy


@contextmanager
def _in_time() -> Iterator[Any]:
    """A cursor whose statements end after some seconds. Raises :class:`UnableToAnswerInTime`."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {READ_MILLISECONDS}")
            yield cursor
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "57014":
            raise
        raise UnableToAnswerInTime("查询耗时过长，请增加筛选条件，或下载全部数据后自行处理。") from error

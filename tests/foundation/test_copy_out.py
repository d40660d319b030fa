"""COPY out hands over the very bytes of the driver's own way, and its errors."""

import psycopg
import pytest
from django.db import connection, transaction
from psycopg import sql

from foundation.copy_out import copy_out

pytestmark = pytest.mark.django_db
ROWS = "SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE i / 7.0 END, 'a \"quoted\", 慈溪' FROM generate_series(1, 5000) i"


def by_the_driver(query: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
        return b"".join(bytes(part) for part in copy)


@pytest.mark.parametrize("query", [ROWS, "SELECT 1 WHERE false", "SELECT repeat('x', 300000)"])
def test_the_bytes_are_those_of_the_drivers_copy(query: str) -> None:
    with connection.cursor() as cursor:
        assert copy_out(cursor.connection, query).read() == by_the_driver(query)


def test_values_are_quoted_by_the_driver() -> None:
    query = sql.SQL("SELECT {}::text").format(sql.Literal("it's; 100%"))
    with connection.cursor() as cursor:
        assert copy_out(cursor.connection, query).read() == b"it's; 100%\n"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT nothing FROM nowhere", psycopg.errors.UndefinedTable),
        ("SELECT 1 / (900 - i) FROM generate_series(1, 2000) i", psycopg.errors.DivisionByZero),
    ],
)
def test_a_failing_statement_raises_its_error_and_leaves_the_connection_usable(
    query: str, error: type[psycopg.Error]
) -> None:
    with connection.cursor() as cursor:
        with pytest.raises(error), transaction.atomic():
            copy_out(cursor.connection, query)
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)

"""Binary COPY rows laid out by numpy read back as what they were."""

from datetime import date

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from credit.binary_copy import days, encode


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=arrays(np.float64, st.tuples(st.integers(1, 7), st.just(3)), elements=st.floats(allow_nan=True)),
    small=st.integers(-32768, 32767),
)
def test_rows_come_back_as_they_were_sent(values: np.ndarray, small: int) -> None:
    n = len(values)
    digest = np.arange(n * 4, dtype=np.uint8).reshape(n, 4)
    columns = {
        "a": ("f8[]", values), "b": ("i2", np.full(n, small)), "c": ("i8", np.arange(n)),
        "d": ("i4", np.full(n, days(date(2026, 11, 22)))), "e": ("bytea", digest),
        "f": ("i2[]", np.tile(np.arange(2, dtype=np.int16), (n, 1))),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE t (a float8[], b int2, c int8, d date, e bytea, f int2[])")
        try:
            with cursor.copy("COPY t (a, b, c, d, e, f) FROM STDIN (FORMAT binary)") as copy:
                copy.write(encode(columns))
            cursor.execute("SELECT a, b, c, d, e, f FROM t ORDER BY c")
            rows = cursor.fetchall()
        finally:
            cursor.execute("DROP TABLE t")
    np.testing.assert_array_equal(np.array([row[0] for row in rows]), values)
    assert [row[1] for row in rows] == [small] * n
    assert rows[0][3] == date(2026, 11, 22)
    assert [bytes(row[4]) for row in rows] == [bytes(d) for d in digest]
    assert rows[0][5] == [0, 1]

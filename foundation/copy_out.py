"""COPY out of the database into memory, as fast as the driver's library hands it over."""

from io import BytesIO

import psycopg
from psycopg import errors, pq, sql

_FAILED = -2


def copy_out(connection: psycopg.Connection, query: str | sql.Composable) -> BytesIO:
    """The rows of ``query`` as CSV without a header, the buffer at its beginning.

    The server sends a message a row; the driver's own ``Copy`` takes each through two generators, which costs
    as much as the server's work on the row. This loop asks libpq directly: half the time for the same bytes.
    Raises the driver's error of the failed statement.
    """
    text = query.as_string(connection) if isinstance(query, sql.Composable) else query
    link, buffer = connection.pgconn, BytesIO()
    begun = link.exec_(f"COPY ({text}) TO STDOUT (FORMAT csv)".encode())
    if begun.status != pq.ExecStatus.COPY_OUT:
        raise errors.error_from_result(begun)
    take, write = link.get_copy_data, buffer.write
    size, data = take(0)
    while size > 0:
        write(data)
        size, data = take(0)
    ended = link.get_result()
    while link.get_result() is not None:
        pass
    if size == _FAILED or ended is None or ended.status != pq.ExecStatus.COMMAND_OK:
        raise errors.error_from_result(ended) if ended else psycopg.OperationalError("COPY ended early")
    buffer.seek(0)
    return buffer

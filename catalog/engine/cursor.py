"""Where a list of rows goes on: the sort it belongs to and the last row's key values, as one opaque word."""

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson

from .columns import UnableToReadValue, read_value
from .row_query import Sort, UnableToUnderstandQuery

LONGEST = 4_000


def write_cursor(order: Sort, keys: Sequence[Any]) -> str:
    """The word for the row with these key values."""
    told = [_signature(order), [_plain(value) for value in keys]]
    return base64.urlsafe_b64encode(orjson.dumps(told)).decode().rstrip("=")


def read_cursor(text: str, order: Sort) -> tuple[Any, ...]:
    """Key values for a list in this order. Raises :class:`UnableToUnderstandQuery` for any other word."""
    refused = UnableToUnderstandQuery("翻页标记无效或与排序不符，请从第一页重新开始。", "cursor")
    if len(text) > LONGEST:
        raise refused
    try:
        told = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise refused from None
    if not isinstance(told, list) or len(told) != 2 or told[0] != _signature(order):
        raise refused
    values = told[1]
    if not isinstance(values, list) or len(values) != len(order):
        raise refused
    try:
        read = tuple(read_value(column, value) for (column, _), value in zip(order, values, strict=True))
    except UnableToReadValue:
        raise refused from None
    if read[-1] is None:
        raise refused
    return read


def _signature(order: Sort) -> str:
    return ",".join(("-" if down else "") + column.code for column, down in order)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return value

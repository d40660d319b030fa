"""Columns of a table of rows: how each type is stored, spoken of and read from text.

Codes come from publishers and never become SQL; physical names are ``c1``, ``c2``… and checked here.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

ID_CODE = "_id"
_PHYSICAL = re.compile(r"c[1-9][0-9]{0,3}|_id")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_TRUE, _FALSE = frozenset({"true", "t", "1", "是", "yes"}), frozenset({"false", "f", "0", "否", "no"})
LARGEST_INTEGER = 2**63 - 1

SQL_TYPES: Mapping[str, str] = {
    "text": "text",
    "integer": "bigint",
    "number": "numeric",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "boolean",
}
CKAN_TYPES: Mapping[str, str] = {
    "text": "text",
    "integer": "int",
    "number": "numeric",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "bool",
}
TABLE_SCHEMA_TYPES: Mapping[str, str] = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "date": "date",
    "timestamp": "datetime",
    "boolean": "boolean",
}
# What a client may call a type when it makes a table.
TYPE_NAMES: Mapping[str, str] = {
    **{name: name for name in SQL_TYPES},
    "string": "text", "json": "text", "varchar": "text", "uuid": "text", "time": "text",
    "int": "integer", "int4": "integer", "int8": "integer", "bigint": "integer", "smallint": "integer",
    "numeric": "number", "float": "number", "float4": "number", "float8": "number", "double precision": "number",
    "bool": "boolean", "timestamptz": "timestamp", "datetime": "timestamp",
}  # fmt: skip


class UnableToReadValue(ValueError):
    """A value does not fit a column's type; the text is for the user."""


@dataclass(frozen=True)
class Column:
    """One column: its code in interfaces, its title for people, its type and its physical name.

    ``nullable`` is False where the table is known to hold no null in it.
    """

    code: str
    title: str
    type: str
    physical: str
    nullable: bool = True

    def __post_init__(self) -> None:
        if not _PHYSICAL.fullmatch(self.physical) or self.type not in SQL_TYPES:
            raise ValueError(f"no column: {self.physical} {self.type}")


ID_COLUMN = Column(ID_CODE, "序号", "integer", "_id", nullable=False)


def columns_of(described: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Columns as ``Release.columns`` keeps them."""
    return tuple(
        Column(c["code"], c["title"], c["type"], c["column"], bool(c.get("nullable", True)))
        for c in described
    )


def describe(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """The same as kept in ``Release.columns``."""
    return [
        {"code": c.code, "title": c.title, "type": c.type, "column": c.physical, "nullable": c.nullable}
        for c in columns
    ]


def read_value(column: Column, value: Any) -> Any:
    """A value from a filter or a record as the column stores it; None stays None.

    Raises :class:`UnableToReadValue`.
    """
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise UnableToReadValue(f"字段“{column.code}”的值应为单个值。")
    text = (
        value
        if isinstance(value, str)
        else ("true" if value is True else "false" if value is False else str(value))
    )
    if "\x00" in text:
        raise UnableToReadValue(f"字段“{column.code}”的值含有不可用的字符。")
    if column.type == "text":
        return text
    text = text.strip()
    if text == "":
        return None
    try:
        return _READERS[column.type](text)
    except (ValueError, InvalidOperation, OverflowError):
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise UnableToReadValue(f"字段“{column.code}”的值“{shown}”不是{_WORDS[column.type]}。") from None


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        number = _number(text)
        if number != number.to_integral_value() or abs(number) > LARGEST_INTEGER:
            raise ValueError(text)
        return int(number)
    return int(text)


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise ValueError(text)
    return number


def _timestamp(text: str) -> dt.datetime:
    stamp = dt.datetime.fromisoformat(text)
    return stamp.astimezone(dt.UTC).replace(tzinfo=None) if stamp.tzinfo else stamp


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(text)


_READERS: Mapping[str, Any] = {
    "integer": _integer,
    "number": _number,
    "date": lambda text: dt.date.fromisoformat(text[:10]) if len(text) > 10 else dt.date.fromisoformat(text),
    "timestamp": _timestamp,
    "boolean": _boolean,
}
_WORDS = {"integer": "整数", "number": "数值", "date": "日期", "timestamp": "日期时间", "boolean": "是否值"}


def plain(value: Any) -> Any:
    """A stored value as JSON knows it: whole decimals as integers, days and times as ISO text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return value

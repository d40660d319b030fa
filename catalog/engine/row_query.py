"""Questions to a table of rows as SQL text and parameters.

Only physical names (``c1``…), operators of a fixed list and placeholders become SQL. Order is total: every
sort ends with ``_id``, in the direction of what stands before it, so that one index serves both ways.
Ascending puts nulls last, descending first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .columns import ID_COLUMN, Column, UnableToReadValue, read_value

MOST_OPERATIONS = 100
DEEPEST = 10
MOST_VALUES = 1000
COMPARISONS: Mapping[str, str] = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
TEXT_MATCHES = frozenset({"contains", "starts"})
OPERATORS = frozenset({*COMPARISONS, *TEXT_MATCHES, "in", "null"})


class UnableToUnderstandQuery(ValueError):
    """A filter, sort or list of fields makes no sense for this table; ``field`` says where."""

    def __init__(self, message: str, field: str = "filters") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Condition:
    """``column op value``; ``in`` takes a tuple, ``null`` True or False."""

    column: Column
    op: str
    value: Any


@dataclass(frozen=True)
class Group:
    """Conditions joined by ``and`` or ``or``."""

    word: str
    parts: "tuple[Condition | Group, ...]"


Where = Condition | Group
Sort = tuple[tuple[Column, bool], ...]  # column, descending


@dataclass(frozen=True)
class RowQuery:
    """What to read: columns in order, conditions, words to find, order, where to go on."""

    columns: tuple[Column, ...]
    where: Where | None = None
    words: tuple[tuple[tuple[Column, ...], str], ...] = ()
    sort: Sort = ()
    distinct: bool = False
    after: tuple[Any, ...] | None = None

    @property
    def is_whole(self) -> bool:
        """Nothing narrows it: every row of the table is asked for."""
        return self.where is None and not self.words and not self.distinct

    @property
    def order(self) -> Sort:
        """The sort, made total."""
        if any(column.physical == "_id" for column, _ in self.sort):
            place = next(n for n, (column, _) in enumerate(self.sort) if column.physical == "_id")
            return self.sort[: place + 1]
        return (*self.sort, (ID_COLUMN, self.sort[-1][1] if self.sort else False))


@dataclass
class _Text:
    sql: str = ""
    values: list[Any] = field(default_factory=list)


def condition(column: Column, op: str, value: Any) -> Where:
    """One condition, its value read as the column's type. Raises :class:`UnableToUnderstandQuery`."""
    if op not in OPERATORS:
        raise UnableToUnderstandQuery(f"不支持的比较方式“{op}”。")
    try:
        if op == "in":
            values = list(value) if isinstance(value, (list, tuple)) else [value]
            if len(values) > MOST_VALUES:
                raise UnableToUnderstandQuery(f"一个条件最多列出 {MOST_VALUES} 个值。")
            return _any_of(column, [read_value(column, one) for one in values])
        if op == "null":
            return Condition(column, "null", value in (True, "true", "1", 1))
        if op in TEXT_MATCHES:
            if column.type != "text":
                raise UnableToUnderstandQuery(f"字段“{column.code}”不是文本，不能按文字匹配。")
            return Condition(column, op, str(read_value(column, value) or ""))
        read = read_value(column, value)
    except UnableToReadValue as error:
        raise UnableToUnderstandQuery(str(error)) from None
    if read is None:
        if op not in ("eq", "ne"):
            raise UnableToUnderstandQuery(f"字段“{column.code}”不能与空值比较大小。")
        return Condition(column, "null", op == "eq")
    return Condition(column, op, read)


def _any_of(column: Column, values: list[Any]) -> Where:
    present = tuple(value for value in values if value is not None)
    parts: list[Where] = [Condition(column, "in", present)] if present or len(values) == 0 else []
    if len(present) < len(values):
        parts.append(Condition(column, "null", True))
    return parts[0] if len(parts) == 1 else Group("or", tuple(parts))


def select(table: str, query: RowQuery, *, limit: int | None, offset: int = 0) -> tuple[str, list[Any]]:
    """The rows: ``_id`` and the sort columns stand behind the wanted ones unless ``distinct``."""
    text = _Text()
    names = ", ".join(c.physical for c in query.columns)
    if query.distinct:
        order = ", ".join(_ordered(c, down) for c, down in query.sort) or ", ".join(
            c.physical for c in query.columns
        )
        head = f"SELECT DISTINCT {names} FROM {table}"
    else:
        order = ", ".join(_ordered(c, down) for c, down in query.order)
        keys = ", ".join(c.physical for c, _ in query.order)
        head = f"SELECT {names + ', ' if names else ''}{keys} FROM {table}"
    clauses = _clauses(query, text)
    if query.after is not None and not query.distinct:
        clauses.append(_behind(query.order, query.after, text))
    sql = head + (f" WHERE {' AND '.join(clauses)}" if clauses else "") + f" ORDER BY {order}"
    if limit is not None:
        sql += f" LIMIT {int(limit)}"
    if offset:
        sql += f" OFFSET {int(offset)}"
    return sql, text.values


def copy_select(
    table: str, query: RowQuery, shown: str, *, limit: int | None = None, offset: int = 0
) -> tuple[str, list[Any]]:
    """Rows in order with ``shown`` (SQL made of physical names) as the only output.

    The order names the table's columns: an output called like one of them would be sorted as it is spelled.
    """
    text = _Text()
    clauses = _clauses(query, text)
    if query.after is not None:
        clauses.append(_behind(query.order, query.after, text))
    order = ", ".join(f"stored.{_ordered(c, down)}" for c, down in query.order)
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    cut = (f" LIMIT {int(limit)}" if limit is not None else "") + (f" OFFSET {int(offset)}" if offset else "")
    return f"SELECT {shown} FROM {table} AS stored{where} ORDER BY {order}{cut}", text.values


def count(table: str, query: RowQuery, most: int) -> tuple[str, list[Any]]:
    """How many rows there are, counting no further than ``most + 1``."""
    text = _Text()
    clauses = _clauses(query, text)
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    what = "1"
    if query.distinct:
        what = "DISTINCT " + ", ".join(c.physical for c in query.columns)
    return f"SELECT count(*) FROM (SELECT {what} FROM {table}{where} LIMIT {most + 1}) found", text.values


def matching(table: str, query: RowQuery) -> tuple[str, list[Any]]:
    """The narrowed table without order, for the planner's estimate."""
    text = _Text()
    clauses = _clauses(query, text)
    return f"SELECT 1 FROM {table}" + (f" WHERE {' AND '.join(clauses)}" if clauses else ""), text.values


def _clauses(query: RowQuery, text: _Text) -> list[str]:
    clauses = [_spell(query.where, text)] if query.where is not None else []
    for columns, words in query.words:
        for word in words.split():
            pattern = f"%{_escaped(word)}%"
            parts = []
            for column in columns:
                shown = column.physical if column.type == "text" else f"{column.physical}::text"
                parts.append(f"{shown} ILIKE %s")
                text.values.append(pattern)
            clauses.append(f"({' OR '.join(parts)})" if parts else "false")
    return clauses


def _spell(where: Where, text: _Text) -> str:
    if isinstance(where, Group):
        if not where.parts:
            return "true" if where.word == "and" else "false"
        joined = f" {where.word.upper()} ".join(_spell(part, text) for part in where.parts)
        return f"({joined})"
    name = where.column.physical
    if where.op == "null":
        return f"{name} IS {'' if where.value else 'NOT '}NULL"
    if where.op == "in":
        if not where.value:
            return "false"
        text.values.extend(where.value)
        return f"{name} IN ({', '.join(['%s'] * len(where.value))})"
    if where.op == "contains":
        text.values.append(f"%{_escaped(where.value)}%")
        return f"{name} ILIKE %s"
    if where.op == "starts":
        text.values.append(f"{_escaped(where.value)}%")
        return f"{name} LIKE %s"
    text.values.append(where.value)
    if where.op == "ne":
        return f"({name} <> %s OR {name} IS NULL)"
    return f"{name} {COMPARISONS[where.op]} %s"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _ordered(column: Column, down: bool) -> str:
    return f"{column.physical} DESC" if down else column.physical


def _behind(order: Sort, after: Sequence[Any], text: _Text) -> str:
    """Rows that come after the given key values in this order, nulls where the order puts them."""
    if len(after) != len(order):
        raise UnableToUnderstandQuery("翻页标记与排序不符，请从第一页重新开始。", "cursor")
    downs = {down for _, down in order}
    if all(value is not None for value in after) and len(order) <= 2 and len(downs) == 1:
        first, (down,) = order[0][0], downs
        text.values.extend(after)
        behind = f"({', '.join(c.physical for c, _ in order)}) {'<' if down else '>'} ({', '.join(['%s'] * len(order))})"
        # Going down, nulls came first and are behind; going up they are still to come.
        return behind if down or not first.nullable else f"({behind} OR {first.physical} IS NULL)"
    alternatives = []
    for place, ((column, down), value) in enumerate(zip(order, after, strict=True)):
        further = _further(column, down, value)
        if further is None:
            continue
        parts = []
        for (earlier, _), known in zip(order[:place], after[:place], strict=True):
            if known is None:
                parts.append(f"{earlier.physical} IS NULL")
            else:
                parts.append(f"{earlier.physical} = %s")
                text.values.append(known)
        parts.append(further)
        text.values.extend([value] * further.count("%s"))
        alternatives.append(f"({' AND '.join(parts)})")
    return f"({' OR '.join(alternatives)})" if alternatives else "false"


def _further(column: Column, down: bool, value: Any) -> str | None:
    """What comes after ``value`` in one column; None if nothing can."""
    name = column.physical
    if down:
        return f"{name} IS NOT NULL" if value is None else f"{name} < %s"
    return None if value is None else f"({name} > %s OR {name} IS NULL)"

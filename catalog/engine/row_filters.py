"""Filters as clients send them, as a tree of conditions on the columns a reader may use."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .columns import Column
from .row_query import (
    DEEPEST,
    MOST_OPERATIONS,
    OPERATORS,
    Group,
    Sort,
    UnableToUnderstandQuery,
    Where,
    condition,
)

FindColumn = Callable[[str, str], Column]
MOST_SORTS = 8


def read_filters(told: Any, find: FindColumn) -> Where | None:
    """CKAN's ``filters``: ``{code: value | [any of] | {op: value}}`` with ``$and`` and ``$or``.

    ``find`` gives the column of a code or raises. None when nothing is asked.
    Raises :class:`UnableToUnderstandQuery`.
    """
    if told in (None, "", {}):
        return None
    counter = [0]
    return _object(told, find, counter, 0)


def _object(told: Any, find: FindColumn, counter: list[int], depth: int) -> Where:
    if not isinstance(told, Mapping):
        raise UnableToUnderstandQuery('filters 应为对象，例如 {"town": "桥头镇"}。')
    if depth > DEEPEST:
        raise UnableToUnderstandQuery(f"筛选条件嵌套超过 {DEEPEST} 层。")
    parts: list[Where] = []
    for code, value in told.items():
        if code in ("$and", "$or"):
            if not isinstance(value, Sequence) or isinstance(value, str):
                raise UnableToUnderstandQuery(f"{code} 应为条件的列表。")
            inner = tuple(_object(one, find, counter, depth + 1) for one in value)
            parts.append(Group(code[1:], inner))
            continue
        column = find(str(code), "filters")
        parts.append(_of_column(column, value, counter))
    return parts[0] if len(parts) == 1 else Group("and", tuple(parts))


def _of_column(column: Column, value: Any, counter: list[int]) -> Where:
    if isinstance(value, Mapping):
        parts = []
        for op, operand in value.items():
            word = str(op).lstrip("$")
            if word not in OPERATORS:
                raise UnableToUnderstandQuery(f"不支持的比较方式“{str(op)[:20]}”。")
            _count(counter)
            parts.append(
                condition(column, "in" if isinstance(operand, list) and word == "eq" else word, operand)
            )
        return parts[0] if len(parts) == 1 else Group("and", tuple(parts))
    _count(counter)
    if isinstance(value, list):
        return condition(column, "in", value)
    return condition(column, "eq", value)


def _count(counter: list[int]) -> None:
    counter[0] += 1
    if counter[0] > MOST_OPERATIONS:
        raise UnableToUnderstandQuery(f"筛选条件超过 {MOST_OPERATIONS} 个。")


def read_sort(told: Any, find: FindColumn) -> Sort:
    """``"a, b desc"`` or a list of such. Raises :class:`UnableToUnderstandQuery`."""
    texts = told if isinstance(told, list) else str(told or "").split(",")
    order: list[tuple[Column, bool]] = []
    for text in texts:
        if not isinstance(text, str):
            raise UnableToUnderstandQuery("排序应写成“字段 asc”或“字段 desc”。", "sort")
        text = text.strip()
        if not text:
            continue
        name, down = text, False
        head, _, tail = text.rpartition(" ")
        if head and tail.casefold() in ("asc", "desc"):
            name, down = head.strip(), tail.casefold() == "desc"
        elif text.startswith("-"):
            name, down = text[1:], True
        order.append((find(name.strip('"'), "sort"), down))
    if len(order) > MOST_SORTS:
        raise UnableToUnderstandQuery(f"最多按 {MOST_SORTS} 个字段排序。", "sort")
    return tuple(order)


def read_words(
    told: Any, columns: Sequence[Column], find: FindColumn
) -> tuple[tuple[tuple[Column, ...], str], ...]:
    """``q``: words to find in any column, or an object of words by column."""
    if told in (None, "", {}):
        return ()
    if isinstance(told, Mapping):
        found = []
        for code, words in told.items():
            found.append(((find(str(code), "q"),), _word(words)))
        return tuple(found)
    return ((tuple(columns), _word(told)),)


def _word(words: Any) -> str:
    text = words if isinstance(words, str) else str(words)
    if "\x00" in text or len(text) > 200 or isinstance(words, (dict, list)):
        raise UnableToUnderstandQuery("查找内容应为不超过 200 字的文字。", "q")
    return text

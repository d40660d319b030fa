"""Invented cells: ``pick:甲/乙``, ``int:1:9``, ``number:1:9:2``, ``money:10:90``, ``date:2023:2026``, ``year``,
``month``, ``quarter``, ``week``, ``day``, ``town``, ``serial:AB``, ``name:有限公司``, ``bool``."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from datahub.public import STREETS_AND_TOWNS

TOWNS = tuple(STREETS_AND_TOWNS.values())
_FIRST = "鸣鹤杜湖三北姚江甬江古塘虞波寺山海曙光东河新浦长河胜山匡堰横河观城龙山庵东崇寿"
_SECOND = "丰瑞祥和永兴泰安康宁华盛明德嘉禾春晖锦绣远航恒达"
TYPES = {
    "int": "integer", "number": "number", "money": "number", "date": "date", "month": "date", "quarter": "date",
    "week": "date", "day": "date", "year": "integer", "bool": "boolean",
}  # fmt: skip
Maker = Callable[[random.Random, int], Any]


def type_of(told: str) -> str:
    """The column's type for a maker's word."""
    return TYPES.get(told.partition(":")[0], "text")


def maker(told: str, as_of: dt.date) -> Maker:
    """A function of chance and row number; the same seed gives the same cells."""
    kind, _, rest = told.partition(":")
    if kind == "pick":
        choices = rest.split("/")
        return lambda chance, row: chance.choice(choices)
    if kind == "town":
        return lambda chance, row: TOWNS[row % len(TOWNS)] if chance.random() < 0.5 else chance.choice(TOWNS)
    if kind == "serial":
        return lambda chance, row: f"{rest}{row + 1:05d}"
    if kind == "name":
        return lambda chance, row: f"{_word(chance)}{rest}"
    if kind == "bool":
        return lambda chance, row: chance.random() < 0.7
    if kind in ("month", "quarter", "week", "day"):
        return _calendar(kind, as_of)
    if kind == "year":
        first, last = (int(one) for one in (rest or f"{as_of.year - 5}:{as_of.year}").split(":"))
        return lambda chance, row: chance.randint(first, min(last, as_of.year))
    if kind == "date":
        first, last = (int(one) for one in rest.split(":"))
        start = dt.date(first, 1, 1)
        span = max(1, (min(dt.date(last, 12, 31), as_of) - start).days)
        return lambda chance, row: start + dt.timedelta(days=chance.randrange(span))
    return _number(kind, rest)


def rows(makers: list[Maker], count: int, seed: int) -> Iterator[list[Any]]:
    """So many rows; now and then a cell but the first is empty, as in life."""
    chance = random.Random(seed)
    for row in range(count):
        cells = [make(chance, row) for make in makers]
        for place in range(2, len(cells)):
            if chance.random() < 0.015:
                cells[place] = None
        yield cells


def _calendar(kind: str, as_of: dt.date) -> Maker:
    def days(chance: random.Random, row: int) -> dt.date:
        if kind == "day":
            return as_of - dt.timedelta(days=1 + row // 4)
        if kind == "week":
            return as_of - dt.timedelta(days=as_of.weekday() + 7 * (row // 7))
        step = 1 if kind == "month" else 3
        month = as_of.year * 12 + as_of.month - 1 - (as_of.month - 1) % step - step * (row // 12)
        return dt.date(month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)

    return days


def _number(kind: str, rest: str) -> Maker:
    parts = rest.split(":")
    if kind == "int":
        low, high = int(parts[0]), int(parts[1])
        return lambda chance, row: chance.randint(low, high)
    least, most = float(parts[0]), float(parts[1])
    places = 2 if kind == "money" else int(parts[2])
    return lambda chance, row: Decimal(f"{chance.uniform(least, most):.{places}f}")


def _word(chance: random.Random) -> str:
    start = chance.randrange(0, len(_FIRST) - 1, 2)
    return _FIRST[start : start + 2] + chance.choice(_SECOND) + chance.choice(_SECOND)

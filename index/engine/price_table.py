"""Tables of sub-indices over time: periods down, periods across, or long."""

from dataclasses import dataclass

import numpy as np

from index.engine.panel import spread_long, with_missing
from index.engine.periods import Period, parse_period
from index.engine.places import Place
from index.engine.scoring import Floats
from index.engine.table import Table, UnableToReadTable


@dataclass(frozen=True, eq=False)
class Prices:
    """values: (T, K) sub-indices, ascending in time, NaN where missing; lines: of each period in the file."""

    source: str
    periods: list[Period]
    labels: list[str]
    items: list[str]
    values: Floats
    time_name: str = "time"

    def row(self, period: Period) -> int | None:
        return self.periods.index(period) if period in self.periods else None


def read_prices(root: Place, table: Table) -> Prices:
    """Sub-indices from a wide table (periods down), a long one, or one with periods across."""
    place = root.find("table") or Place({}, ("table",), root.source)
    place.mapping("layout", "time", "item", "value", "missing", "where")
    table = with_missing(table, place)
    if place.has("where"):
        table = only_rows(table, place.at("where"))
    layout = place.choice_or("layout", _layout_of(place, table), "wide", "long", "across")
    if layout == "across":
        table = _turned(table, place.text_or("item", next(iter(table.columns))))
    time = place.text_or("time", next(iter(table.columns)) if layout != "across" else "time")
    if layout == "long":
        renamed = Place(
            {"entity": None, "time": time, "indicator": place.need("item", "项目所在的列").value,
             "value": place.need("value", "数值所在的列").value},
            place.path, place.source, place.lines,
        )  # fmt: skip
        kept = (time, place.at("item").text(), place.at("value").text())
        columns = {name: table.column(name) for name in kept}
        table = spread_long(Table(table.source, columns, table.lines, table.missing), renamed)
    return _as_prices(table, time)


def _layout_of(place: Place, table: Table) -> str:
    """The layout that a table shows by itself: long if `item` and `value` are named, across if periods head its columns."""
    if place.has("item") and place.has("value"):
        return "long"
    names = list(table.columns)
    first = names[0] if names else ""
    heads = sum(parse_period(name) is not None for name in names[1:])
    downwards = sum(parse_period(cell) is not None for cell in table.columns.get(first, []))
    return "across" if heads and not downwards else "wide"


def _as_prices(table: Table, time: str) -> Prices:
    labels = table.column(time)
    periods = _periods(table, labels)
    items = [name for name in table.columns if name != time]
    order = sorted(range(len(labels)), key=lambda row: periods[row])
    columns, kept = [], []
    for item in items:
        try:
            columns.append(table.numbers(item))
            kept.append(item)
        except UnableToReadTable:
            if any(_numeric(cell, table) for cell in table.column(item)):
                raise
    values = np.stack(columns, axis=1) if columns else np.zeros((len(labels), 0))
    return Prices(
        table.source,
        [periods[row] for row in order],
        [labels[row] for row in order],
        kept,
        values[order],
        time,
    )


def _numeric(cell: str, table: Table) -> bool:
    return not table.absent(cell) and cell[:1].isdigit()


def _periods(table: Table, labels: list[str]) -> list[Period]:
    found = []
    for row, label in enumerate(labels):
        period = parse_period(label)
        if period is None:
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[row]} 行：“{label}”不是时期，"
                f"可写 2020、2020-03、2020M03、2020Q1 或 2020年3月"
            )
        found.append(period)
    if {p.rate for p in found} == {365} and len({(p.year, p.part) for p in found}) == len(found):
        found = [Period(p.year, p.part, 0, 12) for p in found]
    if len({p.rate for p in found}) > 1:
        raise UnableToReadTable(f"{table.source}：时间列混有年、季、月，请分开成不同的文件")
    for row, period in enumerate(found):
        if period in found[:row]:
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[row]} 行：时期 {labels[row]} 重复，请删去一行"
            )
    return found


def _turned(table: Table, item: str) -> Table:
    """Periods across to periods down; columns whose names are no periods are left out."""
    times = [name for name in table.columns if name != item and parse_period(name) is not None]
    if not times:
        raise UnableToReadTable(
            f"{table.source}：表头中没有时期，layout: across 要求各列名为时期，如 2020-03"
        )
    columns = {"time": times}
    for row, name in enumerate(table.column(item)):
        columns[name] = [table.columns[time][row] for time in times]
    return Table(table.source, columns, [1] * len(times), table.missing)


def only_rows(table: Table, where: Place) -> Table:
    """The rows that the definition's `where` keeps."""
    for name, entry in where.items():
        wanted, cells = set(entry.texts()), table.column(name)
        table = table.where([row for row in range(len(table)) if cells[row] in wanted])
    if not len(table):
        raise where.fault("按 where 没有剩下任何一行，请检查取值")
    return table

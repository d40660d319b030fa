"""Yearly weights of a linked chain: in the definition, in a file of their own, or beside the sub-indices."""

import numpy as np

from index.engine.panel import Load
from index.engine.periods import Period, parse_period
from index.engine.places import Place
from index.engine.price_table import Prices, only_rows, read_prices
from index.engine.scoring import Floats
from index.engine.table import Table, UnableToReadTable


def read_weights(
    root: Place, prices: Prices, load: Load, items: list[str], table: Table
) -> list[tuple[Period, Floats]]:
    """(K,) weights by the year or link period they belong to, ascending; items without one weigh nothing that year."""
    place = root.need("weights", "各年权重：{2020: {项目: 权重}} 或 {file: 权重.csv}")
    raw: dict[str, dict[str, tuple[float, Place]]] = {}
    if place.value == "equal":
        years = sorted({period.year for period in prices.periods})
        raw = {str(year): dict.fromkeys(items, (1.0, place)) for year in years}
    elif place.has("column"):
        place.mapping("column")
        raw = _weight_column(root, place, table)
    elif place.has("file"):
        place.mapping("file", "layout", "time", "item", "value", "missing", "where")
        below = Place(
            {k: v for k, v in place.value.items() if k != "file"}, place.path, place.source, place.lines
        )
        found = read_prices(
            Place({"table": below.value}, (), root.source, root.lines), load(place.at("file"))
        )
        for label, row in zip(found.labels, found.values, strict=True):
            raw[label] = {
                item: (float(v), place) for item, v in zip(found.items, row, strict=True) if np.isfinite(v)
            }
    else:
        for label, entry in place.items():
            raw[label] = {item: (cell.number(0), cell) for item, cell in entry.items()}
            for item, (_, cell) in raw[label].items():
                if item not in prices.items:
                    raise cell.fault(f"{item} 不是数据的项目列，项目有：{'、'.join(prices.items[:12])}")
    weights = []
    for label, row in raw.items():
        period = parse_period(label)
        if period is None:
            raise place.fault(f"权重的时期 {label} 写法有误，可写年份 2020 或链接时期 2019-12")
        if not any(item in row and row[item][0] > 0 for item in items):
            raise place.fault(f"{label} 没有一个项目有权重")
        vector = np.array([row[item][0] if item in row else 0.0 for item in prices.items])
        weights.append((period, vector))
    return sorted(weights, key=lambda pair: pair[0])


def _weight_column(root: Place, place: Place, table: Table) -> dict[str, dict[str, tuple[float, Place]]]:
    """Weights that stand beside the values of a long table: one for each item and year."""
    below = root.find("table") or place
    if below.text_or("layout", "wide") != "long":
        raise place.fault(
            "只有长表（layout: long）才能用 column 指明权重列，请改用 {年份: {项目: 权重}} 或 file"
        )
    if below.has("where"):
        table = only_rows(table, below.at("where"))
    weights = table.numbers(place.at("column").text())
    items, times = (table.column(below.at(key).text()) for key in ("item", "time"))
    raw: dict[str, dict[str, tuple[float, Place]]] = {}
    for row, (item, time) in enumerate(zip(items, times, strict=True)):
        period = parse_period(time)
        if period is None or not np.isfinite(weights[row]):
            continue
        year = raw.setdefault(str(period.year), {})
        if item in year and year[item][0] != weights[row]:
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[row]} 行：{item} 在 {period.year} 年的权重前后不同，请更正"
            )
        year[item] = (float(weights[row]), place)
    return raw

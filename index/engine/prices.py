"""Elementary price indices from prices and quantities: fixed base or chained.

Laspeyres, Paasche, Fisher, Toernqvist, Walsh, Edgeworth (Marshall), and without quantities Jevons, Dutot, Carli and
the harmonic mean. Items without a price in either period are left out of that comparison (the matched model).
"""

from collections.abc import Callable

import numpy as np

from index.engine.output import Output, read_output
from index.engine.panel import Load, spread_long, with_missing
from index.engine.periods import parse_period
from index.engine.places import Place
from index.engine.scoring import Floats
from index.engine.table import Table, UnableToReadTable

KEYS = ("index", "name", "table", "formulas", "chained", "reference", "output")
Formula = Callable[[Floats, Floats, Floats, Floats], float]


def laspeyres(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float((p1 * q0).sum() / (p0 * q0).sum())


def paasche(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float((p1 * q1).sum() / (p0 * q1).sum())


def fisher(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float(np.sqrt(laspeyres(p0, p1, q0, q1) * paasche(p0, p1, q0, q1)))


def tornqvist(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    share = (p0 * q0 / (p0 * q0).sum() + p1 * q1 / (p1 * q1).sum()) / 2
    return float(np.exp((share * np.log(p1 / p0)).sum()))


def walsh(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    both = np.sqrt(q0 * q1)
    return float((p1 * both).sum() / (p0 * both).sum())


def edgeworth(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float((p1 * (q0 + q1)).sum() / (p0 * (q0 + q1)).sum())


def jevons(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float(np.exp(np.log(p1 / p0).mean()))


def dutot(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float(p1.mean() / p0.mean())


def carli(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float((p1 / p0).mean())


def harmonic(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    return float(1 / (p0 / p1).mean())


def geometric_laspeyres(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> float:
    share = p0 * q0 / (p0 * q0).sum()
    return float(np.exp((share * np.log(p1 / p0)).sum()))


FORMULAS: dict[str, Formula] = {
    "laspeyres": laspeyres, "paasche": paasche, "fisher": fisher, "tornqvist": tornqvist, "walsh": walsh,
    "edgeworth": edgeworth, "geometric_laspeyres": geometric_laspeyres, "jevons": jevons, "dutot": dutot,
    "carli": carli, "harmonic": harmonic,
}  # fmt: skip
WITHOUT_QUANTITIES = ("jevons", "dutot", "carli", "harmonic")


def compute_prices(root: Place, table: Table, load: Load) -> Output:
    """Indices of an `index: prices` definition: a long table of time, item, price and quantity."""
    root.mapping(*KEYS)
    place = root.need("table", "time、item、price 与 quantity 各是哪一列")
    place.mapping("time", "item", "price", "quantity", "missing")
    table = with_missing(table, place)
    names = {key: place.need(key, "列名").text() for key in ("time", "item", "price")}
    labels, prices = _matrix(table, names["time"], names["item"], names["price"])
    asked = (
        [entry.choice(*FORMULAS) for entry in root.at("formulas").entries()]
        if root.has("formulas")
        else ["laspeyres"]
    )
    quantities = np.ones_like(prices)
    if place.has("quantity"):
        _, quantities = _matrix(table, names["time"], names["item"], place.at("quantity").text())
    elif any(formula not in WITHOUT_QUANTITIES for formula in asked):
        raise place.fault("所选公式要用数量，请写 quantity 列，或改用 jevons、dutot、carli、harmonic")
    chained = root.flag_or("chained", False)
    base = _base_row(root, labels)
    output = read_output(root)
    output.columns[names["time"]] = labels
    for formula in asked:
        series = _series(FORMULAS[formula], prices, quantities, base, chained)
        value = root.at("reference").number_or("value", 100.0) if _is_mapping(root) else 100.0
        output.columns[formula] = series / series[base] * value
    output.details = {"name": root.text_or("name", "")}
    return output


def _is_mapping(root: Place) -> bool:
    return root.has("reference") and isinstance(root.at("reference").value, dict)


def _base_row(root: Place, labels: list[str]) -> int:
    if not root.has("reference"):
        return 0
    place = root.at("reference")
    if isinstance(place.value, dict):
        place.mapping("period", "value")
        place = place.need("period", "参照期")
    return labels.index(place.known(labels, "时期"))


def _matrix(table: Table, time: str, item: str, value: str) -> tuple[list[str], Floats]:
    spread = Place({"time": time, "indicator": item, "value": value}, ("table",), table.source)
    keep = {name: table.column(name) for name in (time, item, value)}
    wide = spread_long(Table(table.source, keep, table.lines, table.missing), spread)
    items = [name for name in wide.columns if name != time]
    found = [parse_period(label) for label in wide.column(time)]
    order = list(range(len(found)))
    if all(period is not None for period in found):
        order.sort(key=lambda row: found[row])  # type: ignore[arg-type, return-value]
    values = np.stack([wide.numbers(name) for name in items], axis=1)[order]
    if (values < 0).any():
        raise UnableToReadTable(f"{table.source}：“{value}”列有负数，请更正")
    return [wide.column(time)[row] for row in order], values


def _series(formula: Formula, prices: Floats, quantities: Floats, base: int, chained: bool) -> Floats:
    """(T,) index relative to the base row (fixed) or to the first row (chained)."""
    out = np.ones(len(prices))
    for row in range(len(prices)):
        start = row - 1 if chained else base
        if (chained and row == 0) or row == start:
            continue
        sides = prices[start], prices[row], quantities[start], quantities[row]
        there = np.all([np.isfinite(side) for side in sides], axis=0) & (sides[0] > 0) & (sides[1] > 0)
        step = formula(*(side[there] for side in sides)) if there.any() else float("nan")
        out[row] = out[row - 1] * step if chained else step
    return out

"""Linked Laspeyres chains of published sub-indices: HICP and its kin.

Weights of a year hold from the link (December, or the last quarter, of the year before) to the next one:
I_t = I_link x sum w_k i_kt / i_k,link / sum w_k. An aggregate of any depth is the sum over its items. Re-referencing
divides by the mean of the reference period. Rates of change and contributions come from unrounded levels unless
asked otherwise. Contributions add up over items to the rate; across a link they are Ribe's two terms.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index.engine.hierarchy import read_tree
from index.engine.output import Output, read_output
from index.engine.panel import Load
from index.engine.periods import Period, parse_period
from index.engine.places import Place
from index.engine.price_links import (
    Chained,
    Stretch,
    chain_aggregate,
    chain_of_published,
    read_stretches,
    refuse_gaps,
)
from index.engine.price_table import Prices, read_prices
from index.engine.price_weights import read_weights
from index.engine.rounding import rounded
from index.engine.scoring import Floats
from index.engine.table import Table

KEYS = (
    "index", "name", "table", "items", "tree", "aggregates", "weights", "link", "reference", "start", "missing",
    "rates", "contributions", "report", "output",
)  # fmt: skip
RATES = ("month", "quarter", "previous", "year", "average")
RATE_NAMES = {"month": "mm", "quarter": "qq", "previous": "pp", "year": "yy", "average": "avg"}


def compute_chain(root: Place, table: Table, load: Load) -> Output:
    """Levels, rates and contributions of a `index: chain` definition."""
    root.mapping(*KEYS)
    prices = read_prices(root, table)
    nodes = _read_nodes(root, prices)
    used = sorted({prices.items.index(leaf) for leaves in nodes.values() for leaf in leaves})
    weights = read_weights(root, prices, load, [prices.items[k] for k in used], table)
    stretches = read_stretches(root, prices, weights)
    refuse_gaps(root, prices, stretches, used)
    start = root.number_or("start", 100.0)
    chains: dict[str, Chained] = {}
    for code, leaves in nodes.items():
        members = np.array([1.0 if item in leaves else 0.0 for item in prices.items])
        chains[code] = chain_aggregate(stretches, prices.values, members, start)
    return _output(root, prices, nodes, chains, stretches)


def _read_nodes(root: Place, prices: Prices) -> dict[str, list[str]]:
    """Aggregates by code with their items, top first."""
    items = (
        [place.known(prices.items, "项目列") for place in root.at("items").entries()]
        if root.has("items")
        else []
    )
    if (tree := root.find("tree")) is not None:
        node = read_tree(tree)
        for leaf in node.leaves():
            if leaf.code not in prices.items:
                raise (leaf.place or tree).fault(
                    f"{leaf.code} 不是数据的项目列，项目有：{'、'.join(prices.items[:12])}"
                )
        return {inner.code: [leaf.code for leaf in inner.leaves()] for inner in node.walk() if inner.children}
    if (aggregates := root.find("aggregates")) is not None:
        return _read_aggregates(aggregates, prices)
    return {"INDEX": items or prices.items}


def _read_aggregates(place: Place, prices: Prices) -> dict[str, list[str]]:
    """`aggregates: {CP00: all, ENERGY: [A, B], CORE: {of: CP00, except: ENERGY}}`; a name defined above may be used."""
    found: dict[str, list[str]] = {}

    def expand(entry: Place) -> list[str]:
        if entry.value == "all":
            return list(prices.items)
        leaves: list[str] = []
        for one in entry.entries():
            name = one.known([*found, *prices.items], "项目或前面定义的合成项")
            leaves += [leaf for leaf in found.get(name, [name]) if leaf not in leaves]
        return leaves

    if not place.value:
        raise place.fault("至少要有一个合成项")
    for code, entry in place.items():
        if isinstance(entry.value, dict):
            entry.mapping("of", "except")
            leaves = expand(entry.need("of", "包括哪些项目"))
            gone = expand(entry.at("except")) if entry.has("except") else []
            found[code] = [leaf for leaf in leaves if leaf not in gone]
        else:
            found[code] = expand(entry)
        if not found[code]:
            raise entry.fault(f"{code} 没有项目")
    return found


def _output(
    root: Place,
    prices: Prices,
    nodes: dict[str, list[str]],
    chains: dict[str, Chained],
    stretches: list[Stretch],
) -> Output:
    scale = {code: _scale(root, prices, chain.levels) for code, chain in chains.items()}
    levels = {code: chain.levels * scale[code] for code, chain in chains.items()}
    output = read_output(root)
    kinds = dict(output.own)
    shown_rows = [t for t in range(len(prices.periods)) if any(np.isfinite(v[t]) for v in levels.values())]
    rates = root.find("rates")
    from_levels = levels
    if rates is not None and isinstance(rates.value, dict):
        rates.mapping("of", "from")
        if (given := rates.find("from")) is not None and given.value != "exact":
            decimals = given.integer(0, 12)
            from_levels = {c: np.array([rounded(float(x), decimals) for x in v]) for c, v in levels.items()}
    columns: dict[str, Floats] = dict(levels)
    wanted = (
        []
        if rates is None
        else (rates.need("of", "哪些变化率") if isinstance(rates.value, dict) else rates).entries()
    )
    for entry in wanted:
        kind = entry.choice(*RATES)
        for code, series in from_levels.items():
            columns[f"{code}_{RATE_NAMES[kind]}"] = rate_of_change(prices.periods, series, kind)
    if (asked := root.find("contributions")) is not None:
        columns |= _contributions(asked, prices, nodes, chains, stretches)
    for name in columns:
        kind = "contributions" if name.startswith("contribution_") else "index" if name in levels else "rates"
        if kind in kinds and name not in output.own:
            output.own[name] = kinds[kind]
    if root.choice_or("report", "periods", "periods", "years") == "years":
        return _by_years(output, prices, levels)
    output.columns[prices.time_name] = [prices.labels[t] for t in shown_rows]
    output.columns |= {name: column[shown_rows] for name, column in columns.items()}
    output.details = {"name": root.text_or("name", ""), "aggregates": nodes, "reference_factors": scale}
    return output


def steps_back(kind: str, per_year: int) -> int:
    """Periods between the two that a rate compares: a quarter is three months of a monthly index."""
    if kind == "year":
        return per_year
    return 3 if kind == "quarter" and per_year == 12 else 1


def rate_of_change(periods: Sequence[Period], levels: Floats, kind: str) -> Floats:
    """(T,) per cent against the period, quarter or year before, or `average`: the mean of the last year's periods against
    that of the year before; NaN where either is missing."""
    place = {period: row for row, period in enumerate(periods)}
    size = periods[0].per_year
    out = np.full(len(levels), np.nan)
    for row, period in enumerate(periods):
        if kind == "average":
            now = [place.get(period.before(back)) for back in range(size)]
            ago = [place.get(period.before(back + size)) for back in range(size)]
            if None not in now and None not in ago:
                before = float(np.mean([levels[r] for r in ago if r is not None]))
                out[row] = 100 * (float(np.mean([levels[r] for r in now if r is not None])) / before - 1)
            continue
        earlier = place.get(period.before(steps_back(kind, size)))
        if earlier is not None:
            out[row] = 100 * (levels[row] / levels[earlier] - 1)
    return out


def _contributions(
    place: Place,
    prices: Prices,
    nodes: dict[str, list[str]],
    chains: dict[str, Chained],
    stretches: list[Stretch],
) -> dict[str, Floats]:
    """`contributions: {of: CP00, to: year, items: [...], total: CP00}`: percentage points of items to a rate.

    total: the column of the aggregate as published, when the publisher used it; then any column with a weight
    may be an item.
    """
    place.mapping("of", "to", "items", "total")
    only = next(iter(nodes)) if len(nodes) == 1 and not place.has("of") else ""
    top = only or place.need("of", "对哪个合成项的贡献").known(nodes, "合成项")
    kind = place.choice_or("to", "year", "month", "quarter", "previous", "year")
    names = [*nodes, *prices.items]
    asked = place.at("items").entries() if place.has("items") else []
    items = [entry.known(names, "项目") for entry in asked] or nodes[top]
    chain = chains[top]
    if place.has("total"):
        total = prices.items.index(place.at("total").known(prices.items, "项目列"))
        chain = chain_of_published(
            stretches, prices.values, total, [prices.items.index(i) for i in nodes[top]]
        )
    earlier = _earlier_rows(prices.periods, steps_back(kind, prices.periods[0].per_year))
    start = np.where(earlier >= 0, chain.levels[earlier], np.nan)
    moved = chain.points - chain.points[earlier]
    out: dict[str, Floats] = {}
    for item in items:
        leaves = [item] if item in prices.items and place.has("total") else nodes.get(item, [item])
        members = [prices.items.index(leaf) for leaf in leaves]
        out[f"contribution_{item}"] = 100 * moved[:, members].sum(axis=1) / start
    return out


def _earlier_rows(periods: Sequence[Period], back: int) -> NDArray[np.intp]:
    """(T,) the row so many periods before each, -1 where there is none."""
    where = {period: row for row, period in enumerate(periods)}
    return np.array([where.get(period.before(back), -1) for period in periods], dtype=np.intp)


def _scale(root: Place, prices: Prices, levels: Floats) -> float:
    """The factor that makes the mean of the reference period its value."""
    place = root.find("reference")
    if place is None:
        return 1.0
    value = 100.0
    period = place
    if isinstance(place.value, dict):
        place.mapping("period", "value")
        period, value = place.need("period", "参照期"), place.number_or("value", 100.0)
    wanted = {_reference(entry) for entry in period.entries()}
    rows = [
        r for r, p in enumerate(prices.periods)
        if any(p == w or (w.rate == 1 and p.year == w.year) for w in wanted)
    ]  # fmt: skip
    if not rows or not np.isfinite(levels[rows]).all():
        raise period.fault("参照期不在数据中，或有缺失，请改用数据齐全的时期")
    return value / float(levels[rows].mean())


def _reference(entry: Place) -> Period:
    found = parse_period(entry.text())
    if found is None:
        raise entry.fault("参照期写法有误，可写 2015、2015-12 或几个时期的清单")
    return replace(found, day=0, rate=12) if found.rate == 365 else found


def _by_years(output: Output, prices: Prices, levels: dict[str, Floats]) -> Output:
    """Annual averages of complete years, and their rates of change."""
    size = prices.periods[0].per_year
    years = [
        y
        for y in sorted({p.year for p in prices.periods})
        if sum(p.year == y for p in prices.periods) == size
    ]
    output.columns[prices.time_name] = [str(year) for year in years]
    annual = [Period(year, 0, 0, 1) for year in years]
    for code, series in levels.items():
        means = np.array(
            [series[[r for r, p in enumerate(prices.periods) if p.year == y]].mean() for y in years]
        )
        output.columns[code] = means
        if annual:
            output.columns[f"{code}_yy"] = rate_of_change(annual, means, "year")
            if "rates" in output.own:
                output.own[f"{code}_yy"] = output.own["rates"]
    return output

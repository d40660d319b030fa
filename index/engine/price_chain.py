"""Linked Laspeyres chains of published sub-indices: HICP and its kin.

Weights of a year hold from the link (December, or the last quarter, of the year before) to the next one:
I_t = I_link x sum w_k i_kt / i_k,link / sum w_k. An aggregate of any depth is the sum over its items. Re-referencing
divides by the mean of the reference period. Rates of change and contributions come from unrounded levels unless
asked otherwise. Contributions add up over items to the rate; across a link they are Ribe's two terms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.engine.hierarchy import read_tree
from index.engine.output import Output, read_output
from index.engine.panel import Load, spread_long, with_missing
from index.engine.periods import Period, parse_period
from index.engine.places import Place
from index.engine.rounding import rounded
from index.engine.scoring import Floats
from index.engine.table import Table, UnableToReadTable

KEYS = (
    "index", "name", "table", "items", "tree", "aggregates", "weights", "link", "reference", "start", "missing",
    "rates", "contributions", "report", "output",
)  # fmt: skip
RATES = {"month": 1, "quarter": 1, "previous": 1, "year": None, "average": None}
RATE_NAMES = {"month": "mm", "quarter": "qq", "previous": "pp", "year": "yy", "average": "avg"}


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


@dataclass(frozen=True, eq=False)
class Stretch:
    """A segment: rows first..last (inclusive) of the prices, their (K,) reference prices and (K,) weights.

    link: the row whose level the segment starts from; None: the mean level of `link_rows`.
    """

    rows: list[int]
    base: Floats
    weights: Floats
    link_rows: list[int]
    label: str


@dataclass(frozen=True, eq=False)
class Chained:
    """levels: (T,) of one aggregate, NaN before its first link; points: (T, K) cumulative points of each item since the
    chain began, so that a difference of two rows is a contribution; rows of link periods included."""

    levels: Floats
    points: Floats


def chain_aggregate(stretches: Sequence[Stretch], prices: Floats, members: Floats, start: float) -> Chained:
    """One aggregate of the items that `members` (K,) marks with 1."""
    periods, k = prices.shape
    levels = np.full(periods, np.nan)
    points = np.zeros((periods, k))
    for stretch in stretches:
        weight = stretch.weights * members
        if not weight.sum() > 0:
            continue
        share = weight / weight.sum()
        known = levels[stretch.link_rows] if stretch.link_rows else np.array([np.nan])
        begun = bool(np.isfinite(known).all())
        level = float(known.mean()) if begun else start
        origin = points[stretch.link_rows].mean(axis=0) if begun else np.zeros(k)
        if not begun:
            for row in stretch.link_rows:
                relative = np.where(share > 0, prices[row] / np.where(share > 0, stretch.base, 1.0), 1.0)
                levels[row] = level * float((share * relative).sum())
                points[row] = level * share * (relative - 1.0)
        for row in stretch.rows:
            relative = np.where(share > 0, prices[row] / np.where(share > 0, stretch.base, 1.0), 1.0)
            levels[row] = level * float((share * relative).sum())
            points[row] = origin + level * share * (relative - 1.0)
    return Chained(levels, points)


def compute_chain(root: Place, table: Table, load: Load) -> Output:
    """Levels, rates and contributions of a `index: chain` definition."""
    root.mapping(*KEYS)
    prices = read_prices(root, table)
    nodes = _read_nodes(root, prices)
    used = sorted({prices.items.index(leaf) for leaves in nodes.values() for leaf in leaves})
    weights = _read_weights(root, prices, load, [prices.items[k] for k in used])
    stretches = _stretches(root, prices, weights)
    _refuse_gaps(root, prices, stretches)
    start = root.number_or("start", 100.0)
    chains: dict[str, Chained] = {}
    for code, leaves in nodes.items():
        members = np.array([1.0 if item in leaves else 0.0 for item in prices.items])
        chains[code] = chain_aggregate(stretches, prices.values, members, start)
    return _output(root, prices, nodes, chains)


def read_prices(root: Place, table: Table) -> Prices:
    """Sub-indices from a wide table (periods down), a long one, or one with periods across."""
    place = root.find("table") or Place({}, ("table",), root.source)
    place.mapping("layout", "time", "item", "value", "missing", "where")
    table = with_missing(table, place)
    if place.has("where"):
        for name, entry in place.at("where").items():
            wanted, cells = set(entry.texts()), table.column(name)
            table = table.where([row for row in range(len(table)) if cells[row] in wanted])
        if not len(table):
            raise place.at("where").fault("按 where 没有剩下任何一行，请检查取值")
    layout = place.choice_or("layout", "wide", "wide", "long", "across")
    if layout == "across":
        table = _turned(table, place.text_or("item", next(iter(table.columns))))
    time = place.text_or("time", next(iter(table.columns)) if layout != "across" else "time")
    if layout == "long":
        renamed = Place(
            {"entity": None, "time": time, "indicator": place.need("item", "项目所在的列").value,
             "value": place.need("value", "数值所在的列").value},
            place.path, place.source, place.lines,
        )  # fmt: skip
        table = spread_long(table, renamed)
    return _as_prices(table, time)


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


def _read_weights(root: Place, prices: Prices, load: Load, items: list[str]) -> list[tuple[Period, Floats]]:
    """(K,) weights by the year or link period they belong to, ascending; items without one weigh nothing that year."""
    place = root.need("weights", "各年权重：{2020: {项目: 权重}} 或 {file: 权重.csv}")
    raw: dict[str, dict[str, tuple[float, Place]]] = {}
    if place.value == "equal":
        years = sorted({period.year for period in prices.periods})
        raw = {str(year): dict.fromkeys(items, (1.0, place)) for year in years}
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
        vector = np.array([row[item][0] if item in row and item in items else 0.0 for item in prices.items])
        if not vector.sum() > 0:
            raise place.fault(f"{label} 没有一个项目有权重")
        weights.append((period, vector))
    return sorted(weights, key=lambda pair: pair[0])


def _stretches(root: Place, prices: Prices, weights: list[tuple[Period, Floats]]) -> list[Stretch]:
    """Segments between links, with their reference prices."""
    place = root.find("link") or Place({}, ("link",), root.source)
    place.mapping("month", "quarter", "overlap")
    overlap = place.choice_or("overlap", "period", "period", "annual", "own_year")
    rate = prices.periods[0].per_year
    last = int(place.number_or("month", place.number_or("quarter", rate, 1, 4), 1, 12))
    links: list[tuple[list[int], Period, Floats]] = []
    for period, vector in weights:
        if period.rate == 1 and rate > 1:
            year = period.year - 1 if last == rate or overlap != "period" else period.year
            link = Period(year, last, 0, rate)
        else:
            link = period if period.rate != 1 else Period(period.year - 1, 0, 0, 1)
        if overlap == "period":
            row = prices.row(link)
            rows = [row] if row is not None else []
        else:
            wanted = period.year if overlap == "own_year" else link.year
            rows = [r for r, p in enumerate(prices.periods) if p.year == wanted]
            link = Period(period.year - 1, last if rate > 1 else 0, 0, rate)
        links.append((rows, link, vector))
    return _cut(root, prices, links)


def _cut(root: Place, prices: Prices, links: list[tuple[list[int], Period, Floats]]) -> list[Stretch]:
    stretches: list[Stretch] = []
    for number, (rows, link, vector) in enumerate(links):
        end = links[number + 1][1] if number + 1 < len(links) else None
        inside = [r for r, p in enumerate(prices.periods) if p > link and (end is None or p <= end)]
        if not rows and inside:
            if stretches:
                raise root.at("weights").fault(
                    f"数据中没有链接时期 {_label(link)}，不能接上 {_label(link)} 之后的权重，请补齐数据"
                )
            rows = inside[:1]
        if not rows:
            continue
        limit = links[number + 1][1] if number + 1 < len(links) else None
        years = {prices.periods[r].year for r in inside}
        if limit is None and len(years) > 1 and len(links) > 1:
            late = max(years)
            raise root.at("weights").fault(
                f"数据到 {late} 年，权重只到 {min(years)} 年，请补上以后各年的权重，或删去以后的数据"
            )
        if not inside and len(links) > 1:
            continue
        base = prices.values[rows].mean(axis=0)
        stretches.append(Stretch(inside, base, vector, rows, _label(link)))
    if not stretches:
        raise root.at("weights").fault("权重的年份与数据的时期没有相交，请检查")
    return stretches


def _label(period: Period) -> str:
    if period.rate == 1:
        return str(period.year)
    return f"{period.year}Q{period.part}" if period.rate == 4 else f"{period.year}-{period.part:02d}"


def _refuse_gaps(root: Place, prices: Prices, stretches: list[Stretch]) -> None:
    """An item with weight must have a value in every period of its segment, unless `missing: skip`."""
    skip = root.choice_or("missing", "error", "error", "skip") == "skip"
    for stretch in stretches:
        for k in np.flatnonzero(stretch.weights > 0):
            rows = [*stretch.link_rows, *stretch.rows]
            gaps = [row for row in rows if not np.isfinite(prices.values[row, k])]
            if gaps and skip:
                stretch.weights[k] = 0.0
            elif gaps:
                raise UnableToReadTable(
                    f"{prices.source}：“{prices.items[k]}”在 {prices.labels[gaps[0]]} 没有值，但 {stretch.label} "
                    f"之后有权重，请补值、把该年权重写为 0，或在定义中写 missing: skip"
                )
            elif not (prices.values[stretch.link_rows, k] > 0).all():
                raise UnableToReadTable(
                    f"{prices.source}：“{prices.items[k]}”在链接时期 {stretch.label} 不是正数，不能作比较的基础，请更正"
                )


def _output(root: Place, prices: Prices, nodes: dict[str, list[str]], chains: dict[str, Chained]) -> Output:
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
        columns |= _contributions(asked, prices, nodes, chains)
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


def rate_of_change(periods: Sequence[Period], levels: Floats, kind: str) -> Floats:
    """(T,) per cent against the period before, the year before (month by month), or `average`: the mean of the last
    year's periods against that of the year before; NaN where either is missing."""
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
        earlier = place.get(period.before(size if kind == "year" else 1))
        if earlier is not None:
            out[row] = 100 * (levels[row] / levels[earlier] - 1)
    return out


def _contributions(
    place: Place, prices: Prices, nodes: dict[str, list[str]], chains: dict[str, Chained]
) -> dict[str, Floats]:
    """`contributions: {of: CP00, to: year, items: [...]}`: percentage points of each item (or aggregate) to a rate."""
    place.mapping("of", "to", "items")
    top = place.need("of", "对哪个合成项的贡献").known(nodes, "合成项")
    kind = place.choice_or("to", "year", "month", "quarter", "previous", "year")
    names = [*nodes, *prices.items]
    items = (
        [entry.known(names, "项目") for entry in place.at("items").entries()]
        if place.has("items")
        else nodes[top]
    )
    chain, out = chains[top], {}
    where = {period: row for row, period in enumerate(prices.periods)}
    back = prices.periods[0].per_year if kind == "year" else 1
    for item in items:
        members = [prices.items.index(leaf) for leaf in nodes.get(item, [item])]
        column = np.full(len(prices.periods), np.nan)
        for row, period in enumerate(prices.periods):
            earlier = where.get(period.before(back))
            if earlier is not None and np.isfinite(chain.levels[earlier]):
                moved = (chain.points[row] - chain.points[earlier])[members].sum()
                column[row] = 100 * moved / chain.levels[earlier]
        out[f"contribution_{item}"] = column
    return out


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

"""A composite index on any table: steps in the order of the definition, then the tree, then ranks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from index.engine.hierarchy import Aggregated, Node, UnableToAggregate, aggregate_tree
from index.engine.imputation import (
    OF_COLUMN,
    OF_ROW,
    OF_TIME,
    Impute,
    fill_by_groups,
    fill_by_rows,
    fill_in_time,
    read_impute,
)
from index.engine.indicators import OVERRIDES, Indicator, read_indicators
from index.engine.normalisation import METHODS, Normalise, Rows, UnableToNormalise, read_normalise
from index.engine.output import Output, read_output
from index.engine.panel import Load, Panel, derive, read_panel
from index.engine.places import Place
from index.engine.scoring import Floats
from index.engine.statistics import TIES, kurtosis, present, ranks, skewness
from index.engine.table import Table
from index.engine.treatment import UnableToTreat, Winsorised, read_log, read_until, read_winsorise

STEPS = ("denominate", "screen", "impute", "treat", "winsorise", "log", "normalise")
KEYS = (
    "index", "name", "table", "base", "derive", "indicators", "nodes", "tree", "levels", "steps", "rank", "output",
)  # fmt: skip
_DEFAULT_STEPS: list[dict[str, Any]] = [{"normalise": {"method": "minmax"}}]


@dataclass(eq=False)
class Work:
    """The state between steps."""

    panel: Panel
    indicators: list[Indicator]
    tree: Node
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, code: str, **facts: object) -> None:
        self.notes.setdefault(code, {}).update(facts)


def compute_composite(root: Place, table: Table, load: Load) -> Output:
    """Scores, levels and ranks of a `index: composite` definition."""
    root.mapping(*KEYS)
    panel = read_panel(root, table, load)
    if (formulas := root.find("derive")) is not None:
        derive(panel, formulas)
    indicators, tree = read_indicators(root, panel, load)
    work = Work(panel, indicators, tree)
    for step in (root.find("steps") or Place(_DEFAULT_STEPS, ("steps",), root.source)).entries():
        _take_step(work, step)
    try:
        found = aggregate_tree(tree, panel.values, panel.row_names())
    except UnableToAggregate as error:
        raise (root.find("tree") or root).fault(str(error)) from error
    return _output(root, work, found)


def _take_step(work: Work, step: Place) -> None:
    if isinstance(step.value, str):
        step = _bare(step)
    step.mapping(*STEPS, "only", "except")
    named = [name for name in STEPS if name in step.value]
    if len(named) != 1:
        raise step.fault(f"每一步写且只写一种操作：{'、'.join(STEPS)}")
    name = named[0]
    codes = [indicator.code for indicator in work.indicators]
    chosen = (
        [place.known(codes, "指标") for place in step.at("only").entries()] if step.has("only") else codes
    )
    if step.has("except"):
        left_out = {place.known(codes, "指标") for place in step.at("except").entries()}
        chosen = [code for code in chosen if code not in left_out]
    raw = step.value[name]
    place = Place({} if raw is None else raw, (*step.path, name), step.source, step.lines)
    mine = [indicator for indicator in work.indicators if indicator.code in set(chosen)]
    if name == "denominate":
        _denominate(work, place, mine)
    elif name == "screen":
        _screen(work, place, mine)
    else:
        _per_indicator(work, name, place, mine)


def _bare(step: Place) -> Place:
    """A step written as a lone word: an operation with its defaults, or a method of normalising."""
    word = step.text()
    if word in METHODS:
        return Place({"normalise": {"method": word}}, step.path, step.source, step.lines)
    return Place({step.known([*STEPS], "操作"): None}, step.path, step.source, step.lines)


def _denominate(work: Work, place: Place, indicators: list[Indicator]) -> None:
    """`denominate: {Goods: GDP, Flights: {column: Population, scale: 1000}}`, or {} for the indicators' own entries."""
    entries = {i.code: i.own.at("denominator") for i in indicators if i.own.has("denominator")}
    codes = [indicator.code for indicator in indicators]
    if place.value != {}:
        for code, entry in place.items():
            if code not in codes:
                raise entry.fault(f"没有名为 {code} 的指标；现有：{'、'.join(codes[:12])}")
            entries[code] = entry
    if not entries:
        raise place.fault("没有一项指标写了 denominator，请写明，如 {Goods: GDP}")
    for code, entry in entries.items():
        column, scale = entry, 1.0
        if isinstance(entry.value, dict):
            entry.mapping("column", "scale")
            column, scale = entry.need("column", "作分母的列"), entry.number_or("scale", 1.0)
        column.known(list(dict.fromkeys([*work.panel.text, *work.panel.raw])), "列")
        below = work.panel.number(column.text())
        if (below == 0).any():
            row = int(np.flatnonzero(below == 0)[0])
            raise column.fault(f"分母在“{work.panel.row_names()[row]}”为 0，请更正数据")
        work.panel.values[code] = work.panel.values[code] / (below / scale)


def _screen(work: Work, place: Place, indicators: list[Indicator]) -> None:
    """`screen: {min_share: .66}` leaves out rows with too few values; `max_zero` those with too many zeros."""
    place.mapping("min_share", "max_zero")
    columns = np.stack([work.panel.values[i.code] for i in indicators], axis=1)
    known = np.isfinite(columns)
    keep = known.mean(axis=1) >= place.number_or("min_share", 0.0, 0, 1) - 1e-12
    if place.has("max_zero"):
        zeros = (known & (columns == 0)).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        keep &= zeros <= place.at("max_zero").number(0, 1) + 1e-12
    if not keep.any():
        raise place.fault("没有一行达到要求，请放宽 min_share 或 max_zero")
    work.panel.drop(keep)


def _per_indicator(work: Work, name: str, place: Place, indicators: list[Indicator]) -> None:
    rowwise: list[tuple[Indicator, Impute]] = []
    for indicator in indicators:
        own = indicator.own.find(name) if name in OVERRIDES else None
        if own is not None and own.value == "none":
            continue
        params = own or place
        if name == "impute":
            rule = read_impute(params)
            if rule.method in OF_ROW:
                rowwise.append((indicator, rule))
            else:
                _impute(work, indicator, rule, params)
        elif name == "normalise":
            _normalise(work, indicator, read_normalise(params, indicator.own), params)
        else:
            _treat(work, indicator, name, params)
    if rowwise:
        _impute_rows(work, rowwise)


def _impute(work: Work, indicator: Indicator, rule: Impute, place: Place) -> None:
    panel, values = work.panel, work.panel.values[indicator.code]
    gaps = int(np.isnan(values).sum())
    if not gaps or rule.method == "none":
        return
    if rule.method == "constant":
        out = np.where(np.isnan(values), rule.value, values)
    elif rule.method in OF_TIME:
        if panel.labels is None:
            raise place.fault("数据没有时间列，不能按时间补值，请在 table 中写 time")
        out = values.copy()
        for rows in panel.in_time():
            out[rows] = fill_in_time(values[rows], panel.positions()[rows], rule.method, rule.most)
    elif rule.method in OF_COLUMN:
        out = values.copy()
        if rule.group:
            place.at("group").known(panel.text, "列")
        groups = panel.text[rule.group] if rule.group else ["*"] * len(panel)
        groups = ["" if panel.table.absent(group) else group for group in groups]
        for rows, _ in panel.scopes(place.find("over")):
            out[rows] = fill_by_groups(values[rows], [groups[r] for r in rows], rule.method, rule.otherwise)
    panel.values[indicator.code] = out
    work.note(indicator.code, imputed=gaps - int(np.isnan(out).sum()))


def _impute_rows(work: Work, rules: list[tuple[Indicator, Impute]]) -> None:
    groups: dict[str, list[tuple[Indicator, Impute]]] = {}
    parents = {child.code: node.code for node in work.tree.walk() for child in node.children}
    for indicator, rule in rules:
        groups.setdefault(parents.get(indicator.code, "") if rule.within == "parent" else "", []).append(
            (indicator, rule)
        )
    for members in groups.values():
        columns = np.stack([work.panel.values[i.code] for i, _ in members], axis=1)
        rule = members[0][1]
        filled = fill_by_rows(columns, [i.turned for i, _ in members], rule.method, rule.normalised)
        for (indicator, _), column in zip(members, filled.T, strict=True):
            gaps = int(np.isnan(work.panel.values[indicator.code]).sum())
            work.panel.values[indicator.code] = column
            if gaps:
                work.note(indicator.code, imputed=gaps - int(np.isnan(column).sum()))


_READERS: dict[str, Callable[[Place], Any]] = {
    "treat": read_until, "winsorise": read_winsorise, "log": read_log,
}  # fmt: skip


def _treat(work: Work, indicator: Indicator, name: str, place: Place) -> None:
    operation = _READERS[name](place)
    values = work.panel.values[indicator.code]
    out, moved = values.copy(), 0
    over = place.find("over") if isinstance(place.value, dict) else None
    for rows, reference in work.panel.scopes(over):
        try:
            done: Winsorised = operation.apply(values[rows], values[reference])
        except UnableToTreat as error:
            raise place.fault(f"指标 {indicator.code}：{error}") from error
        out[rows] = done.values
        moved += done.moved
    work.note(
        indicator.code, skewness=skewness(values), kurtosis=kurtosis(values),
        treated_skewness=skewness(out), treated_kurtosis=kurtosis(out),
        treated_points=work.notes.get(indicator.code, {}).get("treated_points", 0) + moved,
    )  # fmt: skip
    work.panel.values[indicator.code] = out


def _normalise(work: Work, indicator: Indicator, rule: Normalise, place: Place) -> None:
    panel, values = work.panel, work.panel.values[indicator.code]
    out = np.full(len(values), np.nan)
    over = place.find("over") if isinstance(place.value, dict) else None
    for rows, reference in panel.scopes(over):
        seen = Rows(
            values[rows], values[reference], panel.in_base[rows],
            tuple(panel.entities[r] for r in rows), tuple(panel.entities[r] for r in reference), indicator.turned,
        )  # fmt: skip
        try:
            out[rows] = rule.apply(seen)
        except UnableToNormalise as error:
            raise place.fault(f"指标 {indicator.code}：{error}") from error
    there = present(values)
    if len(there):
        work.note(indicator.code, minimum=float(there.min()), maximum=float(there.max()), values=len(there))
    panel.values[indicator.code] = out


def _output(root: Place, work: Work, found: Aggregated) -> Output:
    panel, output = work.panel, read_output(root)
    output.columns[panel.entity_name] = panel.entities
    if panel.labels is not None:
        output.columns[panel.time_name] = panel.labels
    for name in panel.keep:
        output.columns[name] = panel.text[name]
    for code, column in _ranks(root, work, found).items():
        output.columns[f"rank_{code}"] = column
        output.exact.add(f"rank_{code}")
    for code, values in found.values.items():
        output.columns[code] = values
    output.details = {
        "name": root.text_or("name", ""),
        "row_count": len(panel),
        "weights": found.weights,
        "effective_weights": found.effective,
        "indicators": work.notes,
    }
    return output


def _ranks(root: Place, work: Work, found: Aggregated) -> dict[str, Floats]:
    """`rank: {of: [INDEX], ties: min, first: largest, over: period, decimals: 9}`; every node by default."""
    place = root.find("rank") or Place({}, ("rank",), root.source)
    if not isinstance(place.value, dict):
        place = Place({"of": place.value}, place.path, place.source, place.lines)
    place.mapping("of", "ties", "first", "over", "decimals")
    nodes = [node.code for node in work.tree.walk() if node.children]
    wanted = nodes
    if place.has("of"):
        everything = [entry.value for entry in place.at("of").entries()] == ["all"]
        wanted = (
            list(found.values)
            if everything
            else [e.known(found.values, "节点") for e in place.at("of").entries()]
        )
    ties = place.choice_or("ties", "min", *TIES)
    first = place.choice_or("first", "largest", "largest", "smallest") == "largest"
    decimals = place.integer_or("decimals", 9, 0, 12)
    over = place.find("over")
    if over is None and work.panel.labels is not None:
        over = Place("period", ("rank", "over"), root.source)
    out = {code: np.full(len(work.panel), np.nan) for code in wanted}
    for rows, _ in work.panel.scopes(over):
        for code in wanted:
            out[code][rows] = ranks(
                found.values[code][rows], ties=ties, largest_first=first, decimals=decimals
            )
    return out

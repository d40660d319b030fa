"""The scorecard computed slowly and plainly: one enterprise at a time, loops and `math`, nothing shared.

Tests compare the engine with it; the bench measures the engine against it.
"""

import math
from collections.abc import Callable, Iterable
from datetime import date
from itertools import combinations
from typing import Any, NamedTuple

from credit.contracts import FORCES, ScoringInput
from credit.engine.expressions import (
    Attribute,
    Combination,
    Constant,
    Expression,
    Terminal,
)
from credit.engine.percentiles import Reference
from credit.engine.scorecard import Leaf, Penalty, PenaltySource, Scorecard

Value = float | None
EPOCH = date(1, 1, 1)


class Record(NamedTuple):
    """One fact of one enterprise."""

    record_id: int
    event: date | None
    valid_from: date | None
    valid_to: date | None
    released: date | None
    repaired: date | None
    level: str | None
    numbers: dict[str, Value]


class Oracle:
    """Scores single enterprises of an input."""

    def __init__(self, inputs: ScoringInput, card: Scorecard, reference: Reference) -> None:
        self.inputs, self.card, self.reference = inputs, card, reference
        self.as_of = inputs.as_of
        self.entities = {row["enterprise_id"]: row for row in inputs.entities.iter_rows(named=True)}
        self.facts: dict[int, dict[str, list[Record]]] = {}
        for item in card.items:
            if item in inputs.frames:
                self._load(item)

    def _load(self, item: str) -> None:
        names = list(self.inputs.measures.get(item.split("@")[0], ()))
        needs = self.card.needs(item, self.inputs.measures)
        for row in self.inputs.frames[item].iter_rows(named=True):
            numbers = {names[i - 1]: _number(row[f"n{i}"]) for i in needs.measures}
            record = Record(
                row["record_id"], row["event_date"] or row["valid_from"], row["valid_from"], row["valid_to"],
                row["released_on"], row["repaired_on"], row["level"] if needs.level else None, numbers,
            )  # fmt: skip
            self.facts.setdefault(row["enterprise_id"], {}).setdefault(item, []).append(record)

    def records(self, enterprise: int, item: str) -> list[Record]:
        """Usable records in canonical order."""
        found = self.facts.get(enterprise, {}).get(item, [])
        usable = [
            r
            for r in found
            if (r.event is None or r.event <= self.as_of) and (r.repaired is None or r.repaired > self.as_of)
        ]
        return sorted(usable, key=_order)

    def score(self, enterprise: int) -> dict[str, Any]:
        """Everything the engine says of one enterprise, by name."""
        card = self.card
        leaves = [self._leaf(enterprise, leaf) for leaf in card.leaves]
        forces, coverage = [], []
        for force in FORCES:
            pairs = zip(card.leaves, leaves, strict=True)
            mine = [(leaf, found) for leaf, found in pairs if leaf.force == force]
            applicable = [(leaf, f) for leaf, f in mine if f["state"] != "not_applicable"]
            whole = sum(leaf.weight for leaf, _ in applicable)
            forces.append(sum(leaf.weight * f["score"] for leaf, f in applicable) / whole)
            coverage.append(sum(leaf.weight for leaf, f in applicable if f["state"] == "present") / whole)
        base = _power_mean(card.force_weights, forces)
        penalties = [self._penalty(enterprise, penalty) for penalty in card.penalties]
        caps = [cap.cap for cap in card.caps if _reaches(self.evaluate(enterprise, cap.value), cap.at_least)]
        uncapped = base - sum(penalties)
        total = max(0.0, min([uncapped, *caps]))
        medians = self.reference.force_medians[self._group(enterprise, self.reference.force_medians)]
        return {
            "leaves": leaves,
            "forces": forces,
            "force_coverage": coverage,
            "coverage": sum(w * c for w, c in zip(card.force_weights, coverage, strict=True)),
            "base": base,
            "penalties": penalties,
            "uncapped": uncapped,
            "cap": min(caps, default=None),
            "total": total,
            "grade": next(grade.code for grade in card.grades if total >= grade.at_least),
            "baseline": _power_mean(card.force_weights, medians),
            "shapley": [_shapley(card.force_weights, forces, medians, k) for k in range(5)],
        }

    def _leaf(self, enterprise: int, leaf: Leaf) -> dict[str, Any]:
        entity = self.entities[enterprise]
        fits = entity["kind"] in leaf.kinds and (not leaf.sections or entity["section"] in leaf.sections)
        if leaf.recorded and all(item in self.inputs.supplied for item in leaf.recorded):
            fits = fits and any(self.records(enterprise, item) for item in leaf.recorded)
        if not fits:
            return {"state": "not_applicable", "value": None, "score": None}
        value = self.evaluate(enterprise, leaf.value)
        if value is None:
            if not self.known(leaf.value):
                return {"state": "not_supplied", "value": None, "score": self.card.neutral}
            stand_in = self.card.silence if leaf.missing == "silence" else self.card.neutral
            return {"state": "empty", "value": None, "score": stand_in}
        if leaf.scale == "fixed":
            return {"state": "present", "value": value, "score": min(100.0, max(0.0, value))}
        tables = self.reference.tables[leaf.code]
        rank = _rank(value, [float(x) for x in tables[self._group(enterprise, tables)]])
        return {"state": "present", "value": value, "score": 100 - rank if leaf.direction == "low" else rank}

    def _group(self, enterprise: int, available: Iterable[str]) -> str:
        entity = self.entities[enterprise]
        section, industry, size = (entity[name] or "" for name in ("section", "industry", "size"))
        chain = (f"{industry}/{size}", f"{section}/{size}", section, "*")
        return next(name for name in chain if name in available)

    def _penalty(self, enterprise: int, penalty: Penalty) -> float:
        points = 0.0
        for source in penalty.sources:
            for record in self.records(enterprise, source.item):
                points += self._points(source, record)
        return min(points, penalty.cap)

    def _points(self, source: PenaltySource, record: Record) -> float:
        if source.levels is not None and record.level not in source.levels:
            return 0.0
        amount = record.numbers[source.amount] if source.amount else None
        if source.owed and amount is not None and amount <= 0:
            return 0.0
        growth = 1.0
        if source.amount:
            growth = round(min(2.0, 0.5 + math.log10(1 + max(amount or 0.0, 0.0) / 10_000) / 4), 6)
        name = source.severity
        if source.by_level:
            name = source.by_level.get(record.level or "", source.severity or "")
        elif source.by_amount:
            name = [
                severity for bound, severity in source.by_amount if (amount or 0.0) >= bound or bound == 0
            ][-1]
        rule = self.card.severities[name or ""]
        ended = record.valid_to is not None and record.valid_to < self.as_of
        if source.burden:
            if record.valid_from is not None and record.valid_from > self.as_of:
                return 0.0
            ends = [record.valid_to] if ended else []
            if record.released is not None and record.released <= self.as_of:
                ends.append(record.released)
            months = _months(min(ends), self.as_of) if ends else 0.0  # type: ignore[type-var]
        else:
            if ended or record.event is None:
                return 0.0
            months = _months(record.event, self.as_of)
        weight = 0.0 if months >= rule.window else round(0.5 ** (max(months, 0.0) / rule.half_life), 9)
        return rule.base * growth * weight

    def evaluate(self, enterprise: int, node: Expression) -> Value:
        """Value of an expression, None where unknown."""
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Attribute):
            return self._attribute(enterprise, node)
        if isinstance(node, Terminal):
            if node.item not in self.inputs.supplied:
                return None
            return self._aggregate(node, self.records(enterprise, node.item))
        assert isinstance(node, Combination)
        parts = [self.evaluate(enterprise, arg) for arg in node.args]
        if node.op == "or_zero":
            return parts[0] if parts[0] is not None or not self.known(node.args[0]) else 0.0
        return _COMBINE[node.op](parts, node.params)

    def known(self, node: Expression) -> bool:
        """Whether what is delivered suffices for a value."""
        if isinstance(node, Terminal):
            return node.item in self.inputs.supplied
        if isinstance(node, Combination):
            some = node.op in ("first_of", "mean_of", "sum_of", "max_of")
            return (any if some else all)(self.known(arg) for arg in node.args)
        return True

    def _attribute(self, enterprise: int, node: Attribute) -> Value:
        value = self.entities[enterprise][node.name if node.name != "age_months" else "established_on"]
        if node.among is not None:
            return float(value in node.among)
        if node.name == "age_months":
            return None if value is None else max(0.0, _months(value, self.as_of))
        return _number(value)

    def _in_force(self, record: Record) -> bool:
        started = record.valid_from is None or record.valid_from <= self.as_of
        open_end = record.valid_to is None or record.valid_to >= self.as_of
        return started and open_end and (record.released is None or record.released > self.as_of)

    def _months_back(self, record: Record, lag: int) -> int:
        if record.event is None:
            return 10**6
        then, now = record.event, self.as_of
        return (now.year - then.year) * 12 + now.month - then.month - lag

    def _aggregate(self, node: Terminal, records: list[Record]) -> Value:
        if node.in_force:
            records = [r for r in records if self._in_force(r)]
        if node.levels is not None:
            records = [r for r in records if r.level in node.levels]
        if node.measure:
            records = [r for r in records if r.numbers[node.measure] is not None]
        if node.op == "trend":
            return self._trend(node, records)
        if node.months is not None:
            records = [r for r in records if 0 <= self._months_back(r, node.lag) < node.months]
        values = [r.numbers[node.measure] for r in records] if node.measure else []
        if node.op == "count":
            return float(len(records))
        if node.op == "months_active":
            active = [r for r in records if not node.measure or (r.numbers[node.measure] or 0) > 0]
            return float(len({self._months_back(r, 0) for r in active}))
        if node.op == "points":
            scale = dict(node.scale)
            points = [scale[r.level] for r in records if r.level in scale]
            return (
                {"latest": lambda p: p[-1], "best": max, "worst": min}[node.pick](points) if points else None
            )
        if node.op in ("months_since", "days_since"):
            dated = [r.event for r in records if r.event is not None]
            if not dated:
                return None
            day = dated[0] if node.pick == "worst" else dated[-1]
            return float((self.as_of - day).days) if node.op == "days_since" else _months(day, self.as_of)
        if node.op == "change":
            return _change(records, node.measure or "")
        if not values:
            return None
        plain: dict[str, Callable[[list[Any]], float]] = {
            "sum": sum, "mean": lambda v: sum(v) / len(v), "latest": lambda v: v[-1], "max": max, "min": min,
        }  # fmt: skip
        return float(plain[node.op](values))

    def _trend(self, node: Terminal, records: list[Record]) -> Value:
        assert node.months is not None and node.measure is not None
        means = []
        for start in (0, node.months):
            inside = [r for r in records if start <= self._months_back(r, node.lag) < start + node.months]
            months = {self._months_back(r, 0) for r in inside}
            if 2 * len(months) < node.months:
                return None
            means.append(sum(r.numbers[node.measure] or 0.0 for r in inside) / len(months))
        return means[0] / means[1] if means[1] > 0 else None


def _change(records: list[Record], measure: str) -> Value:
    by_day: dict[date, float] = {}
    for record in records:
        by_day[record.event or EPOCH] = record.numbers[measure] or 0.0
    if len(by_day) < 2:
        return None
    before, last = sorted(by_day)[-2:]
    return by_day[last] / by_day[before] if by_day[before] > 0 else None


def _ratio(parts: list[Value]) -> Value:
    top, bottom = parts
    return top / bottom if top is not None and bottom is not None and bottom > 0 else None


def _share(parts: list[Value]) -> Value:
    ratio = _ratio(parts)
    return None if ratio is None else min(1.0, max(0.0, ratio))


def _all_known(parts: list[Value], how: Callable[[list[float]], float]) -> Value:
    known = [part for part in parts if part is not None]
    return how(known) if len(known) == len(parts) else None


def _some_known(parts: list[Value], how: Callable[[list[float]], float]) -> Value:
    known = [part for part in parts if part is not None]
    return how(known) if known else None


def _steps(value: Value, at: tuple[tuple[float, float], ...]) -> Value:
    if value is None:
        return None
    reached = [points for bound, points in at if value >= bound]
    return reached[-1] if reached else at[0][1]


_COMBINE: dict[str, Callable[[list[Value], Any], Value]] = {
    "ratio": lambda parts, _: _ratio(parts),
    "share": lambda parts, _: _share(parts),
    "minus": lambda parts, _: _all_known(parts, lambda v: v[0] - v[1]),
    "plus": lambda parts, _: _all_known(parts, sum),
    "first_of": lambda parts, _: _some_known(parts, lambda v: v[0]),
    "mean_of": lambda parts, _: _some_known(parts, lambda v: sum(v) / len(v)),
    "sum_of": lambda parts, _: _some_known(parts, sum),
    "max_of": lambda parts, _: _some_known(parts, max),
    "clip": lambda parts, bounds: _some_known(parts, lambda v: min(bounds[0][1], max(bounds[0][0], v[0]))),
    "steps": lambda parts, at: _steps(parts[0], at),
}


def _number(value: float | None) -> Value:
    return None if value is None or not math.isfinite(value) else value


def _order(record: Record) -> tuple[object, ...]:
    """Content order: dates (none first), level, numbers (unknown last), record id."""
    days = [record.event, record.valid_from, record.valid_to, record.released, record.repaired]
    numbers = [(value is None, value or 0.0) for value in record.numbers.values()]
    return ([day or EPOCH for day in days], record.level or "", numbers, record.record_id)


def _months(start: date, end: date) -> float:
    return ((end.year - start.year) * 12 + end.month - start.month) + (end.day - start.day) / 31


def _rank(value: float, table: list[float]) -> float:
    less = sum(1 for point in table if point < value)
    equal = sum(1 for point in table if point == value)
    if equal:
        return less + (equal - 1) / 2
    if less == 0 or less == len(table):
        return 0.0 if less == 0 else 100.0
    return less - 1 + (value - table[less - 1]) / (table[less] - table[less - 1])


def _reaches(value: Value, bound: float) -> bool:
    return value is not None and value >= bound


def _power_mean(weights: Iterable[float], forces: Iterable[float]) -> float:
    return 10 * sum(w * math.sqrt(f) for w, f in zip(weights, forces, strict=True)) ** 2


def _shapley(weights: tuple[float, ...], forces: list[float], medians: tuple[float, ...], k: int) -> float:
    """Average gain of putting force k in place of its median, over all orders."""
    others = [j for j in range(5) if j != k]
    value = 0.0
    for size in range(5):
        for chosen in combinations(others, size):
            mixed = [forces[j] if j in chosen else medians[j] for j in range(5)]
            with_k = [forces[j] if j == k else mixed[j] for j in range(5)]
            gain = _power_mean(weights, with_k) - _power_mean(weights, mixed)
            value += math.factorial(size) * math.factorial(4 - size) / math.factorial(5) * gain
    return value

"""From aggregates to leaves: values, states and the records they were read from."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit.contracts import ENTITY_COLUMNS, Bytes, Floats, Ints, LeafState, UnableToScore
from credit.engine import civil
from credit.engine.aggregates import Column
from credit.engine.expressions import (
    Attribute,
    Combination,
    Constant,
    Expression,
    Terminal,
    can_be_known,
)
from credit.engine.facts import day_numbers, text_codes
from credit.engine.scorecard import Leaf, Scorecard


@dataclass(frozen=True)
class Entities:
    """The enterprises of a run, ascending by id."""

    ids: Ints
    frame: pl.DataFrame
    as_of: int
    _texts: dict[str, tuple[NDArray[np.int32], tuple[str, ...]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def capital(self) -> Floats:
        """Registered capital in yuan, NaN where unknown."""
        values = self.frame["registered_capital_yuan"].to_numpy()
        return np.where(np.isfinite(values), values + 0.0, np.nan)

    @cached_property
    def established(self) -> civil.Days:
        """Day of establishment."""
        return day_numbers(self.frame["established_on"])

    def text(self, column: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """A text column as codes and names, see `text_codes`."""
        if column not in self._texts:
            self._texts[column] = text_codes(self.frame[column])
        return self._texts[column]

    def among(self, column: str, values: tuple[str, ...]) -> NDArray[np.bool_]:
        """Rows whose text column is one of `values`."""
        codes, names = self.text(column)
        return np.array([*(name in values for name in names), False])[codes]

    def attribute(self, attribute: Attribute) -> Floats:
        """A register attribute as numbers: NaN where unknown."""
        if attribute.among is not None:
            return self.among(attribute.name, attribute.among).astype(np.float64)
        if attribute.name == "registered_capital_yuan":
            return self.capital
        if attribute.name == "age_months":
            days = self.established
            months = np.maximum(civil.age_steps(days, self.as_of) / civil.STEPS_PER_MONTH, 0.0)
            return np.where(days == civil.NO_DAY, np.nan, months)
        raise UnableToScore(f"the register attribute {attribute.name} is text; compare it with `among`")


def prepare_entities(frame: pl.DataFrame, as_of: date) -> Entities:
    """Sort the enterprises; UnableToScore on a missing or mistyped column or a repeated id."""
    for name, kind in ENTITY_COLUMNS.items():
        if frame.schema.get(name) != kind:
            raise UnableToScore(f"entities: column {name} should be {kind}, is {frame.schema.get(name)}")
    frame = frame.select(list(ENTITY_COLUMNS)).sort("enterprise_id")
    ids = frame["enterprise_id"].to_numpy()
    if len(ids) and (frame["enterprise_id"].null_count() or (ids[1:] == ids[:-1]).any()):
        raise UnableToScore("entities: enterprise_id must be present and unique")
    return Entities(ids, frame, civil.day_number(as_of))


@dataclass(frozen=True)
class Evaluator:
    """Evaluates expressions over the aggregates of a run; `columns` holds one entry per terminal."""

    columns: Mapping[Terminal, Column]
    supplied: AbstractSet[str]
    entities: Entities

    def evaluate(self, expression: Expression) -> Column:
        """n values, NaN where unknown."""
        if isinstance(expression, Terminal):
            return self.columns[expression]
        if isinstance(expression, Attribute):
            return Column(self.entities.attribute(expression))
        if isinstance(expression, Constant):
            return Column(np.full(len(self.entities), expression.value))
        return self._combine(expression)

    def _combine(self, node: Combination) -> Column:
        parts = [self.evaluate(arg) for arg in node.args]
        first = parts[0].values
        if node.op in ("ratio", "share"):
            bottom = parts[1].values
            ratio = np.divide(first, bottom, out=np.full(len(first), np.nan), where=bottom > 0)
            return Column(np.clip(ratio, 0.0, 1.0) if node.op == "share" else ratio)
        if node.op == "minus":
            return Column(first - parts[1].values)
        if node.op == "first_of":
            return _first_of(parts)
        if node.op == "or_zero":
            known = can_be_known(node.args[0], self.supplied)
            return Column(np.where(np.isnan(first), 0.0, first) if known else first, parts[0].records)
        if node.op == "clip":
            return Column(np.clip(first, *node.params[0]), parts[0].records)
        if node.op == "steps":
            return Column(_steps(first, node.params), parts[0].records)
        return Column(_ACROSS[node.op]([part.values for part in parts]))


def _first_of(parts: list[Column]) -> Column:
    values = parts[0].values
    records = np.zeros(len(values), dtype=np.int64) if parts[0].records is None else parts[0].records
    for part in parts[1:]:
        unknown = np.isnan(values)
        values = np.where(unknown, part.values, values)
        records = np.where(unknown, 0 if part.records is None else part.records, records)
    return Column(values, records)


def _steps(values: Floats, at: tuple[tuple[float, float], ...]) -> Floats:
    """Points of the last step a value has reached; below the first step, the first step's."""
    bounds, points = np.array([x for x, _ in at]), np.array([y for _, y in at])
    place = np.clip(np.searchsorted(bounds, values, side="right") - 1, 0, len(at) - 1)
    return np.where(np.isnan(values), np.nan, points[place])


def _plus(parts: list[Floats]) -> Floats:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _known_total(parts: list[Floats]) -> tuple[Floats, Floats]:
    total, count = np.zeros(len(parts[0])), np.zeros(len(parts[0]))
    for part in parts:
        known = ~np.isnan(part)
        total = total + np.where(known, part, 0.0)
        count = count + known
    return total, count


def _mean_of(parts: list[Floats]) -> Floats:
    total, count = _known_total(parts)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def _sum_of(parts: list[Floats]) -> Floats:
    total, count = _known_total(parts)
    return np.where(count > 0, total, np.nan)


def _max_of(parts: list[Floats]) -> Floats:
    top = parts[0]
    for part in parts[1:]:
        top = np.fmax(top, part)
    return top


_ACROSS = {"plus": _plus, "mean_of": _mean_of, "sum_of": _sum_of, "max_of": _max_of}


@dataclass(frozen=True)
class Indicators:
    """(n, L) values (NaN unless present), states (LeafState) and records (0 where an aggregate)."""

    values: Floats
    states: Bytes
    records: Ints


def indicator_matrix(
    card: Scorecard, evaluator: Evaluator, recorded: Mapping[str, NDArray[np.bool_]]
) -> Indicators:
    """Evaluate every leaf; `recorded` tells per item which enterprises have a usable record."""
    n, width = len(evaluator.entities), len(card.leaves)
    values = np.full((n, width), np.nan, order="F")
    records = np.zeros((n, width), dtype=np.int64, order="F")
    states = np.empty((n, width), dtype=np.uint8, order="F")
    for j, leaf in enumerate(card.leaves):
        column = evaluator.evaluate(leaf.value)
        applicable = _applicable(leaf, evaluator, recorded)
        known = ~np.isnan(column.values)
        absent = LeafState.EMPTY if can_be_known(leaf.value, evaluator.supplied) else LeafState.NOT_SUPPLIED
        state = np.where(known, LeafState.PRESENT, absent)
        states[:, j] = np.where(applicable, state, LeafState.NOT_APPLICABLE)
        present = applicable & known
        values[present, j] = column.values[present]
        if column.records is not None:
            records[present, j] = column.records[present]
    return Indicators(values, states, records)


def _applicable(
    leaf: Leaf, evaluator: Evaluator, recorded: Mapping[str, NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """Kind and section fit, and where every `recorded` item is delivered, at least one has a record."""
    fits = evaluator.entities.among("kind", leaf.kinds)
    if leaf.sections:
        fits = fits & evaluator.entities.among("section", leaf.sections)
    if leaf.recorded and all(item in evaluator.supplied for item in leaf.recorded):
        fits = fits & np.logical_or.reduce([recorded[item] for item in leaf.recorded])
    return fits

"""Negative records: points that fade, and caps that hold while their cause is in force.

P = sum over kinds min(cap_kind, sum base g 2^(-months / h)), g = min(2, .5 + log10(1 + amount / 10 000) /
4). A record counts for nothing once repaired, once its publication period has ended or once its window has
passed. A burden (a freeze, unpaid enforcement, arrears) does not fade while in force and starts to on
release.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from credit.contracts import Floats, Ints, Small
from credit.engine import civil
from credit.engine.facts import Facts
from credit.engine.indicators import Evaluator
from credit.engine.scorecard import PenaltySource, Scorecard, Severity

NO_AMOUNT_GROWTH = 1.0
"""g of a kind of record that has no amount."""


def amount_growth(amount: Floats) -> Floats:
    """g of amounts in yuan, unknown counting as nothing; to six decimals, so that no machine's logarithm
    shows."""
    known = np.where(np.isnan(amount), 0.0, np.maximum(amount, 0.0))
    growth = np.minimum(2.0, 0.5 + np.log10(1.0 + known / 10_000.0) / 4.0)
    return np.asarray(np.round(growth, 6), dtype=np.float64)


def fade(months: float, half_life: float, window: int) -> float:
    """Weight of a record by its age in months: 2^(-months / half_life), 0 from the window's end on."""
    return 0.0 if months >= window else round(0.5 ** (months / half_life), 9)


@lru_cache(maxsize=64)
def decay_table(half_life: float, window: int) -> Floats:
    """Weights by age in 31sts of a month; the last entry, 0, stands for every later age."""
    steps = range(window * civil.STEPS_PER_MONTH + 1)
    return np.array([fade(step / civil.STEPS_PER_MONTH, half_life, window) for step in steps])


def decay(steps: NDArray[np.int32], half_life: float, window: int) -> Floats:
    """Weight of records of the given ages (31sts of a month, see `civil`)."""
    table = decay_table(half_life, window)
    return table[np.clip(steps, 0, len(table) - 1)]


@dataclass(frozen=True)
class RecordPoints:
    """Points of single records: row of the enterprise, record id, points above zero."""

    entity: NDArray[np.int32]
    record: Ints
    points: Floats


def source_points(
    source: PenaltySource, facts: Facts, amount: int | None, severities: dict[str, Severity]
) -> RecordPoints:
    """Points of every record of one source; `amount` is the position of its amount (1 = `n1`)."""
    rows = np.arange(len(facts)) if source.levels is None else np.flatnonzero(facts.among(source.levels))
    amounts = None if amount is None else facts.numbers[amount][rows]
    if source.owed and amounts is not None:
        owing = ~(amounts <= 0)  # an unknown amount is owed all the same
        rows, amounts = rows[owing], amounts[owing]
    growth = np.full(len(rows), NO_AMOUNT_GROWTH) if amounts is None else amount_growth(amounts)
    age, live = _ages(source, facts, rows)
    points = np.zeros(len(rows))
    for name, chosen in _by_severity(source, facts, rows, amounts).items():
        rule = severities[name]
        weight = np.where(live[chosen], decay(age[chosen], rule.half_life, rule.window), 0.0)
        points[chosen] = rule.base * growth[chosen] * weight
    heavy = points > 0
    return RecordPoints(facts.entity[rows[heavy]], facts.record[rows[heavy]], points[heavy])


def _ages(source: PenaltySource, facts: Facts, rows: Ints) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Age in 31sts of a month from where fading starts, and whether the record counts at all."""
    until = facts.valid_to[rows]
    ended = (until != civil.NO_DAY) & (until < facts.as_of)
    if not source.burden:
        return civil.age_steps(facts.event[rows], facts.as_of), ~ended
    released = facts.released[rows]
    freed = (released != civil.NO_DAY) & (released <= facts.as_of)
    far = np.int32(2**31 - 1)
    end = np.minimum(np.where(freed, released, far), np.where(ended, until, far))
    age = civil.age_steps(np.where(end == far, np.int32(facts.as_of), end), facts.as_of)
    return age, facts.valid_from[rows] <= facts.as_of


def _by_severity(source: PenaltySource, facts: Facts, rows: Ints, amounts: Floats | None) -> dict[str, Ints]:
    """Positions within `rows` by severity."""
    if source.by_level:
        assert source.severity is not None
        of_level = [source.by_level.get(level, source.severity) for level in facts.level_names]
        of_level.append(source.severity)  # a record without a level
        names = sorted(set(of_level))
        place = np.array([names.index(name) for name in of_level])[facts.level[rows]]
        return {name: np.flatnonzero(place == i) for i, name in enumerate(names)}
    if source.by_amount and amounts is not None:
        bounds = np.array([bound for bound, _ in source.by_amount])
        known = np.where(np.isnan(amounts), 0.0, amounts)
        place = np.maximum(np.searchsorted(bounds, known, side="right") - 1, 0)
        found: dict[str, list[Ints]] = {}
        for i, (_, name) in enumerate(source.by_amount):
            found.setdefault(name, []).append(np.flatnonzero(place == i))
        return {name: np.concatenate(parts) for name, parts in found.items()}
    assert source.severity is not None
    return {source.severity: np.arange(len(rows))}


@dataclass(frozen=True)
class Caps:
    """(n,) lowest cap (NaN where none), its index (-1 where none) and a bit per cap that fires."""

    value: Floats
    code: Small
    fired: Ints


def fire_caps(card: Scorecard, evaluator: Evaluator) -> Caps:
    """Evaluate every cap; several: the lowest wins, among equals the first of the card."""
    n = len(evaluator.entities)
    value, code, bits = np.full(n, np.nan), np.full(n, -1, dtype=np.int16), np.zeros(n, dtype=np.int64)
    for i, cap in enumerate(card.caps):
        fires = evaluator.evaluate(cap.value).values >= cap.at_least
        bits |= np.where(fires, np.int64(1) << i, 0)
        lower = fires & ~(value <= cap.cap)
        value[lower] = cap.cap
        code[lower] = i
    return Caps(value, code, bits)


def kind_points(parts: Sequence[RecordPoints], ceiling: float, n: int) -> Floats:
    """Points of one kind per enterprise: its sources one after another, at most the kind's ceiling."""
    total = np.zeros(n)
    for part in parts:
        total = total + np.bincount(part.entity, weights=part.points, minlength=n)
    return np.minimum(total, ceiling)

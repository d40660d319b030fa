"""Windowed aggregates over one item's facts: one number per enterprise, NaN where there is nothing to say.

Sums are taken by `bincount`, which adds row after row: with the canonical order of the facts the result is
the same bits for one enterprise alone, for a batch and for any partition.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from credit.contracts import Floats, Ints
from credit.engine import civil
from credit.engine.expressions import Terminal
from credit.engine.facts import Facts

Mask = NDArray[np.bool_]


class Column(NamedTuple):
    """Values of n enterprises; `records` names the record a value was read from (0 where it is an
    aggregate)."""

    values: Floats
    records: Ints | None = None


def aggregate(terminal: Terminal, facts: Facts, position: int | None, n: int) -> Column:
    """Evaluate one terminal for n enterprises; `position` is the place of its measure (1 = `n1`)."""
    rows = matching_rows(terminal, facts)
    values = None if position is None else facts.numbers[position][rows]
    if values is not None:
        known = ~np.isnan(values)
        rows, values = rows[known], values[known]
    return _AGGREGATES[terminal.op](terminal, facts, rows, values, n)


def matching_rows(terminal: Terminal, facts: Facts, *, windowed: bool = True) -> Ints:
    """Rows that pass the terminal's window, levels and validity."""
    mask = np.ones(len(facts), dtype=bool)
    if windowed and terminal.months is not None and terminal.op != "trend":
        mask &= _window(terminal, facts, 0, terminal.months)
    if terminal.in_force:
        mask &= facts.in_force
    if terminal.levels is not None:
        mask &= facts.among(terminal.levels)
    return np.flatnonzero(mask)


def _window(terminal: Terminal, facts: Facts, after: int, until: int) -> Mask:
    """Records whose calendar month lies `after` <= months before the window's end < `until`."""
    end = civil.month_numbers(np.array([facts.as_of], dtype=np.int32))[0] - terminal.lag
    age = end - facts.month
    return (age >= after) & (age < until)


def empty_column(terminal: Terminal, n: int) -> Column:
    """The value of a delivered item without any record: a count is zero, everything else unknown."""
    zero = terminal.op in ("count", "months_active")
    return Column(np.full(n, 0.0 if zero else np.nan))


def _counts(entity: NDArray[np.int32], n: int) -> Floats:
    return np.bincount(entity, minlength=n).astype(np.float64)


def _sums(entity: NDArray[np.int32], values: Floats, n: int) -> Floats:
    return np.asarray(np.bincount(entity, weights=values, minlength=n), dtype=np.float64)


def _last_of_run(keys: NDArray[np.int32]) -> Ints:
    """Positions where a run of equal keys ends."""
    return (
        np.flatnonzero(np.append(keys[1:] != keys[:-1], True)) if len(keys) else np.zeros(0, dtype=np.int64)
    )


def _scatter(entity: NDArray[np.int32], values: Floats, n: int) -> Floats:
    out = np.full(n, np.nan)
    out[entity] = values
    return out


def _count(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    return Column(_counts(facts.entity[rows], n))


def _sum(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    assert values is not None
    entity = facts.entity[rows]
    return Column(np.where(_counts(entity, n) > 0, _sums(entity, values, n), np.nan))


def _mean(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    assert values is not None
    entity = facts.entity[rows]
    return Column(_divided(_sums(entity, values, n), _counts(entity, n)))


def _divided(top: Floats, bottom: Floats) -> Floats:
    """top / bottom where the bottom is above zero, else NaN."""
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def _latest(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    assert values is not None
    return _taken(facts, rows, values, _last_of_run(facts.entity[rows]), n)


def _taken(facts: Facts, rows: Ints, values: Floats, places: Ints, n: int) -> Column:
    entity = facts.entity[rows[places]]
    records = np.zeros(n, dtype=np.int64)
    records[entity] = facts.record[rows[places]]
    return Column(_scatter(entity, values[places], n), records)


def _extreme(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    assert values is not None
    largest = terminal.op == "max" or terminal.pick == "best"
    entity = facts.entity[rows]
    order = np.lexsort((values if largest else -values, entity))
    return _taken(facts, rows[order], values[order], _last_of_run(entity[order]), n)


def _change(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    """Latest value over the one of the date before it, where that is above zero."""
    assert values is not None
    dates = (facts.entity[rows].astype(np.int64) << 32) | (facts.event[rows].astype(np.int64) + 2**31)
    ends = np.flatnonzero(np.append(dates[1:] != dates[:-1], True)) if len(dates) else np.zeros(0, np.int64)
    rows, values = rows[ends], values[ends]
    entity = facts.entity[rows]
    last = _last_of_run(entity)
    last = last[(last > 0) & (entity[last - 1] == entity[last])]
    ratio = _divided(values[last], values[last - 1])
    return _taken(facts, rows[last], ratio, np.arange(len(last)), n)


def _monthly(facts: Facts, rows: Ints, values: Floats, n: int) -> tuple[Floats, Floats]:
    """Sum per enterprise over the number of distinct months, and that number."""
    entity, month = facts.entity[rows], facts.month[rows]
    first = (
        np.append(True, (entity[1:] != entity[:-1]) | (month[1:] != month[:-1])) if len(rows) else rows > 0
    )
    months = _counts(entity[first], n)
    return _divided(_sums(entity, values, n), months), months


def _trend(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    """Monthly mean of the last k months over that of the k before; both need at least half of their
    months."""
    assert values is not None and terminal.months is not None
    k = terminal.months
    parts = []
    for after, until in ((0, k), (k, 2 * k)):
        inside = _window(terminal, facts, after, until)[rows]
        mean, months = _monthly(facts, rows[inside], values[inside], n)
        parts.append(np.where(2 * months >= k, mean, np.nan))
    return Column(_divided(parts[0], np.where(np.isnan(parts[1]), 0.0, parts[1])))


def _months_active(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    """Distinct calendar months with a value above zero (with any record when no measure is named)."""
    if values is not None:
        rows = rows[values > 0]
    return Column(_monthly(facts, rows, np.zeros(len(rows)), n)[1])


def _since(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    """Time since the latest record (the oldest one with `pick: worst`), in months or in days."""
    rows = rows[facts.event[rows] != civil.NO_DAY]
    days = facts.event[rows]
    if terminal.op == "days_since":
        age = (facts.as_of - days).astype(np.float64)
    else:
        age = civil.age_steps(days, facts.as_of) / civil.STEPS_PER_MONTH
    entity = facts.entity[rows]
    places = _last_of_run(entity)
    if terminal.pick == "worst":
        places = np.append(0, places[:-1] + 1) if len(places) else places
    return _taken(facts, rows, age, places, n)


def _points(terminal: Terminal, facts: Facts, rows: Ints, values: Floats | None, n: int) -> Column:
    """Fixed points of a level: the latest, the best or the worst one; levels outside the scale are
    unknown."""
    scale = dict(terminal.scale)
    table = np.array([scale.get(name, np.nan) for name in facts.level_names] + [np.nan])
    points = table[facts.level[rows]]
    known = ~np.isnan(points)
    rows, points = rows[known], points[known]
    if terminal.pick != "latest":
        return _extreme(terminal, facts, rows, points, n)
    return _taken(facts, rows, points, _last_of_run(facts.entity[rows]), n)


_AGGREGATES: dict[str, Callable[[Terminal, Facts, Ints, Floats | None, int], Column]] = {
    "count": _count, "sum": _sum, "mean": _mean, "latest": _latest, "max": _extreme, "min": _extreme,
    "change": _change, "trend": _trend, "months_active": _months_active, "months_since": _since,
    "days_since": _since, "points": _points,
}  # fmt: skip

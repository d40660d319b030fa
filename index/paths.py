"""From facts to paths: each indicator of each entity as a step function of the day. Frames in, arrays out.

A path is a list of change points (entity, day, value). A fact in force counts from its first day to the
day before it ends; an event counts for its window; a periodic figure holds from its stated release day
until the next one, at most ``keep`` days. So the value of any day follows from points that lie before it,
and what will lapse with mere time is known ahead.

Days are numbers since 1970-01-01. Sums run in hundredths as integers, so adding and taking away is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from index.contracts import Indicator, Rule, RuleKind, Universe

EPOCH = date(1970, 1, 1)
MISSING = np.uint16(65_535)
SCALE = 100  # stored score of 10.00 to 100.00 as 1000 to 10000
CELL = 255  # the "indicator" of a point that moves an entity to another cell
NOWHERE = np.uint16(65_535)  # the cell of who is not active
NEVER = 2_000_000
Ints = NDArray[np.int64]


def number_of(day: date) -> int:
    """Days since the epoch."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return date.fromordinal(EPOCH.toordinal() + int(number))


@dataclass(frozen=True)
class Fences:
    """Frozen goalposts of one indicator, in units of its transformed value."""

    low: float
    high: float


@dataclass(frozen=True)
class Points:
    """Change points, ascending by day, then entity, then indicator.

    ``score`` is 100 times the score, MISSING where nothing is known; for indicator CELL it is a cell number.
    """

    day: NDArray[np.int32]
    entity: NDArray[np.int64]
    indicator: NDArray[np.uint8]
    score: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.day)

    def where(self, chosen: Any) -> "Points":
        return Points(self.day[chosen], self.entity[chosen], self.indicator[chosen], self.score[chosen])

    @staticmethod
    def of(parts: Sequence["Points"]) -> "Points":
        """Several lots of points as one, in order."""
        if not parts:
            return EMPTY
        day, entity, indicator, score = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("day", "entity", "indicator", "score")
        )
        order = np.lexsort((indicator, entity, day))
        return Points(day[order], entity[order], indicator[order], score[order])


EMPTY = Points(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.uint16))


@dataclass(frozen=True)
class Path:
    """Raw values of one indicator: points ascending by entity, then day; NaN where nothing is known."""

    entity: Ints
    day: Ints
    value: NDArray[np.float64]


def raw_path(one: Indicator, frame: pl.DataFrame | None, measures: Sequence[str]) -> Path:
    """The path of one indicator from the facts of its item (None: no facts)."""
    empty = Path(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    if frame is None or frame.is_empty():
        return empty
    rule = one.rule
    if rule.levels:
        frame = frame.filter(pl.col("level").is_in(list(rule.levels)))
    if frame.is_empty():
        return empty
    if rule.kind in (RuleKind.IN_FORCE, RuleKind.EVENTS):
        return _counted(frame, rule, measures)
    return _latest(frame, rule, measures)


def _counted(frame: pl.DataFrame, rule: Rule, measures: Sequence[str]) -> Path:
    """Facts in force or recent events, counted or summed."""
    begins = _first_of(frame, "valid_from", "event_date")
    if rule.kind is RuleKind.EVENTS:
        begins = _first_of(frame, "event_date", "valid_from")
        begins = begins + rule.lag
        ends = begins + rule.window
    else:
        begins = begins + rule.lag
        undone = np.minimum(_numbers(frame, "released_on", NEVER), _numbers(frame, "repaired_on", NEVER))
        ends = np.minimum(_numbers(frame, "valid_to", NEVER) + 1, undone)
    amount = np.ones(len(begins), np.int64)
    if rule.sum:
        values = frame[_column(rule.measure, measures)].fill_null(0.0).to_numpy()
        amount = np.rint(np.nan_to_num(values) * 100).astype(np.int64)
    entity = frame["enterprise_id"].to_numpy().astype(np.int64)
    counts = (begins < NEVER) & (ends > begins) & (amount != 0)
    entity, begins, ends, amount = entity[counts], begins[counts], ends[counts], amount[counts]
    who, when, change = (
        np.concatenate(pair) for pair in ((entity, entity), (begins, ends), (amount, -amount))
    )
    keep = when < NEVER
    entity, day, total = _accumulated(who[keep], when[keep], change[keep])
    return Path(entity, day, total / (100.0 if rule.sum else 1.0))


def _accumulated(entity: Ints, day: Ints, change: Ints) -> tuple[Ints, Ints, Ints]:
    """Running sums of each entity, one value a day."""
    if not len(entity):
        return entity, day, change
    order = np.lexsort((day, entity))
    entity, day, change = entity[order], day[order], change[order]
    total = np.cumsum(change)
    first = np.flatnonzero(np.r_[True, entity[1:] != entity[:-1]])
    before = np.r_[0, total[:-1]][first]
    total = total - np.repeat(before, np.diff(np.r_[first, len(entity)]))
    last = np.r_[(entity[1:] != entity[:-1]) | (day[1:] != day[:-1]), True]
    return entity[last], day[last], total[last]


def _latest(frame: pl.DataFrame, rule: Rule, measures: Sequence[str]) -> Path:
    """The figure of the latest period, from its stated release day on."""
    if rule.kind is RuleKind.LATEST_LEVEL:
        level = pl.col("level").replace_strict(dict(rule.values), default=None, return_dtype=pl.Float64)
        wanted = level.mean()
    elif rule.kind is RuleKind.LATEST_RATIO:
        over = pl.col(_column(rule.over, measures)).sum()
        wanted = pl.when(over > 0).then(pl.col(_column(rule.measure, measures)).sum() / over)
    else:
        name = _column(rule.measure, measures)
        wanted = pl.when(pl.col(name).count() > 0).then(pl.col(name).sum())
    told = (
        frame.filter(pl.col("event_date").is_not_null())
        .group_by("enterprise_id", "event_date").agg(wanted.alias("value"))
        .filter(pl.col("value").is_not_null()).sort("enterprise_id", "event_date")
    )  # fmt: skip
    entity = told["enterprise_id"].to_numpy().astype(np.int64)
    day = _numbers(told, "event_date", NEVER) + rule.lag
    value = told["value"].to_numpy().astype(np.float64)
    if not len(entity):
        return Path(entity, day, value)
    is_last = np.r_[entity[1:] != entity[:-1], True]
    next_day = np.where(is_last, NEVER, np.r_[day[1:], NEVER])
    lapses = next_day > day + rule.keep
    entity = np.r_[entity, entity[lapses]]
    value = np.r_[value, np.full(int(lapses.sum()), np.nan)]
    day = np.r_[day, day[lapses] + rule.keep]
    order = np.lexsort((day, entity))
    return Path(entity[order], day[order], value[order])


def score_values(one: Indicator, fences: Fences, values: NDArray[np.float64], low: float, high: float) -> Any:
    """Stored scores of raw values: clipped to the fences, turned round for costs, scaled to low..high."""
    moved = transformed(one, values)
    part = (np.clip(moved, fences.low, fences.high) - fences.low) / (fences.high - fences.low)
    part = 1 - part if one.is_cost else part
    score = np.rint((low + (high - low) * np.nan_to_num(part)) * SCALE)
    return np.where(np.isnan(moved), MISSING, score).astype(np.uint16)


def transformed(one: Indicator, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln(1 + x) where the definition says so; negative figures count as none."""
    return np.log1p(np.maximum(values, 0)) if one.log else values


def at_rest(one: Indicator, fences: Fences, low: float, high: float) -> np.uint16:
    """The score of an entity without any fact: counts are zero, periodic figures are missing."""
    if one.rule.kind in (RuleKind.IN_FORCE, RuleKind.EVENTS):
        return np.uint16(score_values(one, fences, np.zeros(1), low, high)[0])
    return MISSING


def score_path(path: Path, one: Indicator, place: int, fences: Fences, low: float, high: float) -> Points:
    """Points of one indicator whose score differs from the one before it."""
    if not len(path.entity):
        return EMPTY
    score = score_values(one, fences, path.value, low, high)
    rest = at_rest(one, fences, low, high)
    first = np.r_[True, path.entity[1:] != path.entity[:-1]]
    before = np.where(first, rest, np.r_[rest, score[:-1]])
    changes = score != before
    n = int(changes.sum())
    return Points(
        path.day[changes].astype(np.int32), path.entity[changes], np.full(n, place, np.uint8), score[changes]
    )


def fit_fences(one: Indicator, path: Path, first: int, last: int, step: int = 7) -> Fences | None:
    """1st and 99th percentile of the base window's values (every ``step`` days); None without values."""
    if one.fences is not None:
        return Fences(*one.fences)
    if not len(path.entity):
        return None
    end = np.r_[np.where(path.entity[1:] != path.entity[:-1], NEVER, path.day[1:]), NEVER]
    days = np.arange(first, last + 1, step)
    # How many of the sampled days each value stands for.
    times = np.searchsorted(days, end) - np.searchsorted(days, path.day)
    known = ~np.isnan(path.value) & (times > 0)
    if not known.any():
        return None
    values, times = transformed(one, path.value[known]), times[known]
    order = np.argsort(values, kind="stable")
    values, upto = values[order], np.cumsum(times[order])
    low, high = (
        float(values[min(np.searchsorted(upto, share * upto[-1]), len(values) - 1)]) for share in (0.01, 0.99)
    )
    return Fences(low, high) if high > low else Fences(low, low + 1.0)


@dataclass(frozen=True)
class Lives:
    """When each entity is active, and in which cell: ascending by id; ``until`` is the first day gone."""

    entity: Ints
    since: Ints
    until: Ints
    cell: NDArray[np.uint16]


def universe_of(kind: str, size: str, universes: Sequence[Universe]) -> tuple[str, str] | None:
    """(universe, size class) of an entity, or None if no universe takes it."""
    for universe in universes:
        shown = size or universe.unsized
        if kind in universe.kinds and shown in universe.sizes:
            return universe.code, shown
    return None


def lives_of(entities: pl.DataFrame, registrations: pl.DataFrame | None, cells: Any) -> Lives:
    """Lives from the entities frame and the registration facts; ``cells(kind, size, town, section)`` numbers cells."""
    ended = pl.DataFrame(schema={"enterprise_id": pl.Int64, "gone": pl.Date})
    if registrations is not None and not registrations.is_empty():
        ended = (
            registrations.filter(pl.col("level") != "active")
            .group_by("enterprise_id").agg(pl.col("event_date").max().alias("gone"))
        )  # fmt: skip
    frame = entities.join(ended, on="enterprise_id", how="left").sort("enterprise_id")
    since = _numbers(frame, "established_on", -NEVER)
    until = np.where(frame["state"].to_numpy() == "active", NEVER, _numbers(frame, "gone", -NEVER))
    keys = zip(frame["kind"], frame["size"], frame["town_code"], frame["section"], strict=True)
    cell = np.fromiter((cells(*key) for key in keys), np.uint16, frame.height)
    return Lives(frame["enterprise_id"].to_numpy().astype(np.int64), since, until, cell)


def _column(measure: str, measures: Sequence[str]) -> str:
    return f"n{list(measures).index(measure) + 1}"


def _numbers(frame: pl.DataFrame, column: str, nothing: int) -> Ints:
    return frame[column].to_physical().cast(pl.Int64).fill_null(nothing).to_numpy().astype(np.int64)


def _first_of(frame: pl.DataFrame, *columns: str) -> Ints:
    return (
        frame.select(pl.coalesce(columns).alias("day"))["day"]
        .to_physical()
        .cast(pl.Int64)
        .fill_null(NEVER)
        .to_numpy()
        .astype(np.int64)
    )


Frames = Mapping[str, pl.DataFrame]

"""What a reader makes of a series on the screen: changes, growth, another base. Arrays only."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Transform(StrEnum):
    LEVEL = "level"
    CHANGE = "change"
    PCT = "pct"
    YEAR = "year"


LABELS = {
    Transform.LEVEL: "指数", Transform.CHANGE: "日变动（点）", Transform.PCT: "日变动（%）", Transform.YEAR: "同比（%）",
}  # fmt: skip


def transformed(days: Sequence[date], values: Floats, how: Transform) -> Floats:
    """``values`` changed as asked; rates come from unrounded values. Days must ascend; gaps stay gaps."""
    if how is Transform.LEVEL:
        return values
    before = on_days(days, values, [day - timedelta(days=1) for day in days])
    if how is Transform.CHANGE:
        return values - before
    if how is Transform.YEAR:
        before = on_days(days, values, [year_before(day) for day in days])
    with np.errstate(divide="ignore", invalid="ignore"):
        return (values / before - 1) * 100


def on_days(days: Sequence[date], values: Floats, wanted: Sequence[date]) -> Floats:
    """The values of other days, NaN where there is none."""
    place = {day: n for n, day in enumerate(days)}
    return np.array([values[place[day]] if day in place else np.nan for day in wanted])


def rebased(days: Sequence[date], values: Floats, base: date) -> Floats:
    """The series with 100 on ``base`` (or the first later day with a value); unchanged if there is none."""
    for day, value in zip(days, values, strict=True):
        if day >= base and np.isfinite(value) and value != 0:
            return values / value * 100
    return values


def year_before(day: date) -> date:
    """The same day a year earlier; 29 February falls on the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def month_before(day: date) -> date:
    """The same day of the month before, or that month's last day."""
    last = day.replace(day=1) - timedelta(days=1)
    return last if day.day > last.day else last.replace(day=day.day)


def gaps_from_year(values: Floats, window: int = 365, least: int = 60) -> Floats:
    """Per cent that each value lies above the mean of the ``window`` days before it; NaN with fewer than ``least``."""
    known = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    at = np.arange(len(values))
    start = np.maximum(at - window, 0)
    n = count[at] - count[start]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n >= least, (total[at] - total[start]) / n, np.nan)
        return (values / mean - 1) * 100


def thinned(values: Floats, buckets: int = 200) -> list[int]:
    """Places of the lowest and highest value of each bucket, ascending: a line that keeps its peaks."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) <= 2 * buckets:
        return [int(n) for n in known]
    kept: set[int] = {int(known[0]), int(known[-1])}
    for lot in np.array_split(known, buckets):
        kept |= {int(lot[values[lot].argmin()]), int(lot[values[lot].argmax()])}
    return sorted(kept)

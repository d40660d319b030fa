"""Days as numbers since 1970-01-01, months as columns: how the generator counts time."""

from calendar import monthrange
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
HISTORY_MONTHS = 24


def day_number(day: date) -> int:
    """Days since the epoch."""
    return (day - EPOCH).days


def from_number(number: int) -> date:
    """The day with that number."""
    return EPOCH + timedelta(days=int(number))


def last_months(as_of: date, count: int = HISTORY_MONTHS) -> tuple[date, ...]:
    """First days of the ``count`` complete months before the month of ``as_of``, oldest first."""
    end = as_of.year * 12 + as_of.month - 1
    return tuple(date(m // 12, m % 12 + 1, 1) for m in range(end - count, end))


def month_end(first: date) -> date:
    """Last day of the month that begins on ``first``."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def as_dates(days: NDArray[np.generic], missing: int = -1) -> pl.Series:
    """A date column from day numbers; ``missing`` becomes null."""
    column = pl.Series(days.astype(np.int32))
    return column.set(column == missing, None).cast(pl.Date)


def season_factors(
    seasons: dict[str, list[float]], names: list[str], months: tuple[date, ...], festivals: tuple[date, ...]
) -> NDArray[np.float32]:
    """Level of each named season (rows) in each month (columns), dented where Spring Festival stops the work.

    The month that holds the festival loses working days in proportion to how many of the 16 days around
    it (6 before, 9 after) fall inside; shops and tables do not stop.
    """
    table = np.array([[seasons[name][month.month - 1] for month in months] for name in names])
    idle = np.zeros(len(months))
    for festival in festivals:
        for offset in range(-6, 10):
            day = festival + timedelta(days=offset)
            if day.replace(day=1) in months:
                idle[months.index(day.replace(day=1))] += 1
    works = np.array([name not in ("shop", "table") for name in names], dtype=float)
    return (table * (1 - works[:, None] * idle / 45)).astype(np.float32)

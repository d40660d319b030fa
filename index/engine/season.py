"""Season and Spring Festival: how far a day is from what the calendar lets expect.

A day is first compared with the recent level (the median of four weeks). Two judgements of that gap follow, and a
day is unusual only where both find it so. The *regression* takes away weekday, yearly waves and the weeks around the
festival, over a robust spread. The *band* asks how far the gap lies outside of what the same weeks of earlier years
brought: figures are released by the month and move in steps, which no smooth wave follows, and one or two years are
too few to tell a season from a festival. The festival wanders by up to a month and falls into one month's figures or
two; in its shadow the band looks a month to both sides, and its dips may be twice as deep as they were.

Models look back only: no day's finding depends on later days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.engine.scoring import Floats

RECENT_DAYS = 28
MIN_HISTORY = 60
BAND_DAYS = 15
FESTIVAL_BAND_DAYS = 31
FESTIVAL_DEPTH = 2.0
FESTIVAL_SHADOW = (-10, 75)
"""Days around the first day of the festival whose figures may show that work stopped: from before the holiday until
the month's figures have been followed by the next ones, half open."""
_MAD_TO_SD = 1.4826
_TENTH_TO_SD = 1 / 1.645
_HUBER = 1.345

SPRING_FESTIVALS = tuple(
    date.fromisoformat(day)
    for day in (
        *("2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05", "2020-01-25"),
        *("2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06"),
        *("2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19"),
        *("2035-02-08", "2036-01-28", "2037-02-15", "2038-02-04", "2039-01-24", "2040-02-12"),
    )
)
"""First day of the first lunar month."""
FESTIVAL_WEEKS = (-3, 5)
"""Weeks around the first day that have an effect of their own, half open."""


class UnableToJudge(ValueError):
    """Too little or ill-ordered history; the message says which."""


@dataclass(frozen=True, eq=False)
class Season:
    """What a day of the calendar usually does to a series' distance from its recent level, and the spread left.

    effects: coefficients of `calendar_columns`; spread: see `robust_spread`, of days outside the festival's shadow
    where there are enough: what the festival does is no measure of chance.
    """

    effects: Floats
    spread: float
    fitted_until: date


MIN_SPREAD = 1e-6


def calendar_columns(days: Sequence[date]) -> Floats:
    """(T, C) constant, six days of the week, two pairs of yearly waves, eight weeks around Spring Festival."""
    return _columns_of(tuple(days))


@lru_cache(maxsize=8)
def _columns_of(days: tuple[date, ...]) -> Floats:
    """A city has many series over the same days."""
    ordinal = np.array([day.toordinal() for day in days])
    weekday = (ordinal - 1) % 7
    angle = 2 * np.pi * np.array([day.timetuple().tm_yday for day in days]) / 365.25
    columns = [np.ones(len(days)), *(weekday == k for k in range(1, 7))]
    for wave in (1, 2):
        columns += [np.sin(wave * angle), np.cos(wave * angle)]
    week = festival_week(ordinal)
    columns += [week == k for k in range(*FESTIVAL_WEEKS)]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def festival_week(ordinal: NDArray[np.integer]) -> NDArray[np.integer]:
    """Whole weeks from the nearest Spring Festival's first day (0: its first seven days)."""
    firsts = np.array([day.toordinal() for day in SPRING_FESTIVALS])
    nearest = firsts[np.abs(ordinal[:, None] - firsts[None, :]).argmin(axis=1)]
    return np.floor_divide(ordinal - nearest, 7)


def recent_gaps(values: Floats, window: int = RECENT_DAYS) -> Floats:
    """(T,) each value minus the median of the `window` days before it; NaN until half of them are there."""
    values = np.asarray(values, dtype=np.float64)
    padded = np.concatenate([np.full(window, np.nan), values])
    before = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(values)]
    gaps = np.full(len(values), np.nan)
    enough = (~np.isnan(before)).sum(axis=1) * 2 >= window
    whole = ~np.isnan(before).any(axis=1)
    gaps[whole] = values[whole] - np.median(before[whole], axis=1)
    some = enough & ~whole
    if some.any():
        gaps[some] = values[some] - np.nanmedian(before[some], axis=1)
    return gaps


def robust_spread(residuals: Floats) -> float:
    """Standard deviation of residuals without their outliers: 1.4826 MAD, or what the outer tenth of them says where
    that is more. A series that moves in steps once a month lies still on most days, so its MAD alone is next to nothing.
    """
    away = np.abs(residuals)
    return max(_MAD_TO_SD * float(np.median(away)), _TENTH_TO_SD * float(np.quantile(away, 0.9)), MIN_SPREAD)


def fit_season(days: Sequence[date], values: Floats, *, passes: int = 10) -> Season:
    """Calendar effects by Huber regression over the past (frozen until the next fit).

    days: consecutive, ascending; values: (T,), NaN where there is none. Effects the history has never seen are
    zero. UnableToJudge below 60 usable days.
    """
    return fit_gaps(days, recent_gaps(values), passes=passes)


def fit_gaps(days: Sequence[date], gaps: Floats, *, passes: int = 10) -> Season:
    """The same from the series' `recent_gaps`."""
    if any(b <= a for a, b in pairwise(days)):
        raise UnableToJudge("the days must ascend")
    usable = np.isfinite(gaps)
    if usable.sum() < MIN_HISTORY:
        raise UnableToJudge(f"a season needs at least {MIN_HISTORY} days, there are {int(usable.sum())}")
    columns, wanted = calendar_columns(days)[usable], gaps[usable]
    calm = ~_shadow_of(tuple(days))[usable]
    calm = calm if calm.sum() >= MIN_HISTORY else np.ones(len(wanted), bool)
    weight: Floats = np.ones(len(wanted))
    effects: Floats = np.zeros(columns.shape[1])
    spread = MIN_SPREAD
    for _ in range(passes):
        root = np.sqrt(weight)
        fit = np.linalg.lstsq(columns * root[:, None], wanted * root, rcond=1e-9)
        effects = np.asarray(fit[0], dtype=np.float64)
        residual = wanted - columns @ effects
        spread = robust_spread(residual[calm])
        weight = 1 / np.maximum(np.abs(residual) / (_HUBER * spread), 1.0)
    return Season(effects, spread, days[-1])


def residual_scores(season: Season, days: Sequence[date], values: Floats) -> Floats:
    """(T,) how many robust standard deviations each day is off; NaN without enough recent days.

    values: the series on `days`; the first 28 only serve as the recent past.
    """
    return (recent_gaps(values) - calendar_columns(days) @ season.effects) / season.spread


@cache
def in_festival_shadow(day: date) -> bool:
    """True while figures may show the Spring Festival's stop of work."""
    low, high = FESTIVAL_SHADOW
    return any(low <= (day - first).days < high for first in SPRING_FESTIVALS)


@dataclass(frozen=True, eq=False)
class Bands:
    """(T - until) each: lowest and highest gap that the season explains; how many earlier years say so."""

    low: Floats
    high: Floats
    years: NDArray[np.int64]


def season_bands(days: Sequence[date], gaps: Floats, until: int) -> Bands:
    """What the same weeks of earlier years brought, for the days from place ``until`` on.

    days: consecutive; gaps: (T,) of `recent_gaps`, of which only those before ``until`` are looked at. Of three or
    more earlier years the most extreme one on either side does not count, so a shock does not hide the next. Without
    an earlier year the band is nothing, in the festival's shadow everything.
    """
    past = np.where(np.arange(len(gaps)) < until, gaps, np.nan)
    shadow, place = _shadow_of(tuple(days)), np.arange(until, len(days))
    back = np.array([round(365.25 * k) for k in range(1, len(days) // 365 + 1)], dtype=np.int64)
    earlier = place[None, :] - back[:, None]
    before = np.where(earlier >= 0, earlier, len(days))  # a place that holds nothing
    shadowed = shadow[place] | np.append(shadow, False)[before].any(axis=0)
    wide, narrow = (_ranges(past, width) for width in (FESTIVAL_BAND_DAYS, BAND_DAYS))
    lowest, highest = (
        np.where(shadowed, np.append(w, np.nan)[before], np.append(n, np.nan)[before])
        for w, n in zip(wide, narrow, strict=True)
    )
    years = np.isfinite(lowest).sum(axis=0)
    depth = np.where(shadowed, FESTIVAL_DEPTH, 1.0)
    low = depth * np.minimum(_outermost(lowest, years), 0.0)
    high = -depth * np.minimum(_outermost(-highest, years), 0.0)
    nothing = np.where(shadowed, np.inf, 0.0)
    return Bands(np.where(years > 0, low, -nothing), np.where(years > 0, high, nothing), years)


def _outermost(ends: Floats, years: NDArray[np.int64]) -> Floats:
    """Of (K, N) ends of earlier years the lowest, of three or more the second lowest; 0 where there are none."""
    ordered = np.sort(np.append(ends, np.full((2, ends.shape[1]), np.inf), axis=0), axis=0)
    found = np.where(years >= 3, ordered[1], ordered[0])
    return np.where(years > 0, found, 0.0)


@lru_cache(maxsize=8)
def _shadow_of(days: tuple[date, ...]) -> NDArray[np.bool_]:
    return np.array([in_festival_shadow(day) for day in days], bool)


def _ranges(gaps: Floats, width: int) -> tuple[Floats, Floats]:
    """(T,) lowest and highest gap within ``width`` days, NaN where less than half of them are known."""
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(gaps, width, constant_values=np.nan), 2 * width + 1
    )
    known = (~np.isnan(around)).sum(axis=1) * 2 >= 2 * width + 1
    low, high = np.fmin.reduce(around, axis=1), np.fmax.reduce(around, axis=1)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def unusual_scores(season: Season, days: Sequence[date], gaps: Floats, until: int) -> Floats:
    """(T - until) robust standard deviations by which each day is off after regression and band, for the days from
    place ``until`` on; 0 where either explains it or the two disagree on the side, NaN without enough recent days.

    days: consecutive; gaps: (T,) of `recent_gaps`, of which those before ``until`` are the history.
    """
    band, gap = season_bands(days, gaps, until), gaps[until:]
    # What k years brought is itself known to 1/sqrt(k) of the spread only.
    spread = season.spread * np.sqrt(1 + 1 / np.maximum(band.years, 1))
    outside = (
        np.where(gap > band.high, gap - band.high, np.where(gap < band.low, gap - band.low, 0.0)) / spread
    )
    after = (gap - calendar_columns(days)[until:] @ season.effects) / season.spread
    smaller = np.where(np.abs(outside) < np.abs(after), outside, after)
    return np.where(np.isnan(gap), np.nan, np.where(outside * after > 0, smaller, 0.0))

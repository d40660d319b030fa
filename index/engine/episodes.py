"""From a series to the episodes of its alerts: which days are unusual, and how long they lasted.

A season is fitted on days before the quarter only, so a repetition on the same values finds the same episodes.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from index.engine.alerts import AlertStanding, AlertState, next_standing
from index.engine.scoring import Floats
from index.engine.season import UnableToJudge, fit_gaps, recent_gaps, unusual_scores

LIMIT = 3.0
LEAST_PERCENT = 1.0
"""Below that a move is no news whatever its residual says; nor is one that a single firm of a thin panel could make."""
LEAST_HISTORY = 400  # a whole year of seasons, and a month to compare with


@dataclass(frozen=True)
class Signal:
    """Residual of each day in robust standard deviations, and whether it counts; None without data."""

    score: Floats
    gap: Floats
    fires: list[bool | None]


@dataclass(frozen=True)
class Episode:
    """A run of days from the first signal to recovery, as places in the series (-1: none).

    state: where it stands on the last day, NORMAL once it has ended; peak: its most unusual score.
    """

    opened: int
    fired: int
    last: int
    state: AlertState
    peak: float


def quarter_start(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def next_quarter(start: date) -> date:
    return quarter_start(start + timedelta(days=93))


def signals_of(
    days: Sequence[date],
    values: Floats,
    late: Callable[[date], bool],
    first: int,
    least: int = LEAST_HISTORY,
    *,
    firms: Sequence[int] = (),
) -> Signal:
    """Signals from place ``first`` on, each quarter judged by ``least`` or more days before it.

    days: consecutive; values: (T,) of a series, or of a part against the whole; late: days without data that count;
    firms: how many make up the series each day (none: so many that no single one tells).
    """
    score = np.full(len(days), np.nan)
    gap = recent_gaps(values)
    for start in sorted({quarter_start(day) for day in days[first:]}):
        begins = bisect_left(days, start)
        ends = bisect_left(days, next_quarter(start))
        if begins < least:
            continue
        try:
            season = fit_gaps(days[:begins], gap[:begins], passes=3)
        except UnableToJudge:
            continue
        score[begins:ends] = unusual_scores(season, days[:ends], gap[:ends], begins)
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.abs(gap / (values - gap)) * 100
    news = (
        np.maximum(LEAST_PERCENT, 100 / np.maximum(firms, 1))
        if len(firms)
        else np.full(len(days), LEAST_PERCENT)
    )
    fires: list[bool | None] = []
    for n, day in enumerate(days):
        known = np.isfinite(score[n]) and not late(day)
        fires.append(bool(abs(score[n]) > LIMIT and percent[n] >= news[n]) if known else None)
    return Signal(score, gap, fires)


def episodes_of(signal: Signal, first: int) -> list[Episode]:
    """Episodes from place ``first`` on: those that alerted, and the one still open at the end."""
    found: list[Episode] = []
    standing, opened, fired, last, peak = AlertStanding(), -1, -1, -1, 0.0
    for n in range(first, len(signal.fires)):
        standing = next_standing(standing, signal.fires[n])
        if standing.state is AlertState.NORMAL:
            if fired >= 0:
                found.append(Episode(opened, fired, last, AlertState.NORMAL, peak))
            opened, fired, last, peak = -1, -1, -1, 0.0
            continue
        if standing.state is AlertState.NO_DATA:
            continue
        opened = n if opened < 0 else opened
        if signal.fires[n]:
            last = n
            peak = signal.score[n] if abs(signal.score[n]) > abs(peak) else peak
        if standing.state is AlertState.ALERTING and fired < 0:
            fired = n
    if opened >= 0:
        found.append(Episode(opened, fired, last, standing.state, peak))
    return found

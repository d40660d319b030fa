"""Alerts: five lights, unusual change, breadth, and the life of an alert.

Three layers, each with its own evidence. *Light*: where the value stands among the frozen percentiles of the past
three years (or policy limits), with hysteresis. *Change*: today against the recent level, after day of the week,
season and Spring Festival, over a robust spread; and an EWMA for what builds up. *Breadth*: the share of
entities that do worse, which tells a broad fall from one large firm. Models look back only: no day's
finding depends on later days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.engine.scoring import Floats

HYSTERESIS_PCT = 1.0
LIGHT_PCTS = (5.0, 20.0, 80.0, 95.0)
RESIDUAL_LIMIT = 3.0
EWMA_LAMBDA, EWMA_LIMIT = 0.2, 2.7
RECENT_DAYS = 28
MIN_HISTORY = 60
_MAD_TO_SD = 1.4826
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


class Light(IntEnum):
    """Five lights from cold to hot; a page shows shape and word besides the colour."""

    BLUE = 0
    LIGHT_BLUE = 1
    GREEN = 2
    YELLOW = 3
    RED = 4


@dataclass(frozen=True)
class LightLimits:
    """enter: four ascending bounds between the five lights; below, above: where each bound is really crossed,
    one step of hysteresis further out on that side."""

    enter: tuple[float, float, float, float]
    below: tuple[float, float, float, float]
    above: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        if not all(a <= b for a, b in pairwise(self.enter)):
            raise UnableToJudge("the limits of the lights must ascend")


def limits_from_history(values: Floats, hysteresis_pct: float = HYSTERESIS_PCT) -> LightLimits:
    """Limits at the 5th, 20th, 80th and 95th percentile (R type 7) of past values, to be frozen.

    hysteresis_pct: percentile points a value must pass a bound by before the light changes. UnableToJudge below
    60 values.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) < MIN_HISTORY:
        raise UnableToJudge(f"lights need at least {MIN_HISTORY} values, there are {len(values)}")

    def at(shift: float) -> tuple[float, float, float, float]:
        a, b, c, d = np.percentile(values, np.clip(np.array(LIGHT_PCTS) + shift, 0, 100)).tolist()
        return a, b, c, d

    return LightLimits(at(0), at(-hysteresis_pct), at(hysteresis_pct))


def limits_of_policy(bounds: tuple[float, float, float, float], margin: float) -> LightLimits:
    """Limits that were decided, not measured; margin in the series' own unit."""
    a, b, c, d = bounds
    return LightLimits(
        bounds,
        (a - margin, b - margin, c - margin, d - margin),
        (a + margin, b + margin, c + margin, d + margin),
    )


def light_of(value: float, limits: LightLimits, previous: Light | None = None) -> Light | None:
    """The day's light; the previous one stays until its band is left by the hysteresis. None for NaN."""
    if not np.isfinite(value):
        return None
    if previous is not None:
        low = limits.below[previous - 1] if previous > Light.BLUE else -np.inf
        high = limits.above[previous] if previous < Light.RED else np.inf
        if low <= value <= high:
            return previous
    a, b, c, d = limits.enter
    return Light(int(value >= a) + int(value >= b) + int(value > c) + int(value > d))


def lights(values: Sequence[float], limits: LightLimits) -> list[Light | None]:
    """The lights of consecutive days; a day without data keeps the memory of the last light."""
    found: list[Light | None] = []
    last: Light | None = None
    for value in values:
        now = light_of(value, limits, last)
        found.append(now)
        last = now if now is not None else last
    return found


@dataclass(frozen=True, eq=False)
class Season:
    """What a day of the calendar usually does to a series' distance from its recent level, and the spread left.

    effects: coefficients of `calendar_columns`; spread: 1.4826 MAD of the residuals, at least `MIN_SPREAD`.
    """

    effects: Floats
    spread: float
    fitted_until: date


MIN_SPREAD = 1e-6


def calendar_columns(days: Sequence[date]) -> Floats:
    """(T, C) constant, six days of the week, two pairs of yearly waves, eight weeks around Spring Festival."""
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
    if enough.any():
        gaps[enough] = values[enough] - np.nanmedian(before[enough], axis=1)
    return gaps


def fit_season(days: Sequence[date], values: Floats, *, passes: int = 10) -> Season:
    """Calendar effects by Huber regression over the past (frozen until the next fit).

    days: consecutive, ascending; values: (T,), NaN where there is none. Effects the history has never seen are
    zero. UnableToJudge below 60 usable days.
    """
    if any(b <= a for a, b in pairwise(days)):
        raise UnableToJudge("the days must ascend")
    gaps = recent_gaps(values)
    usable = np.isfinite(gaps)
    if usable.sum() < MIN_HISTORY:
        raise UnableToJudge(f"a season needs at least {MIN_HISTORY} days, there are {int(usable.sum())}")
    columns, wanted = calendar_columns(days)[usable], gaps[usable]
    weight: Floats = np.ones(len(wanted))
    effects: Floats = np.zeros(columns.shape[1])
    spread = MIN_SPREAD
    for _ in range(passes):
        root = np.sqrt(weight)
        fit = np.linalg.lstsq(columns * root[:, None], wanted * root, rcond=1e-9)
        effects = np.asarray(fit[0], dtype=np.float64)
        residual = wanted - columns @ effects
        spread = max(_MAD_TO_SD * float(np.median(np.abs(residual))), MIN_SPREAD)
        weight = 1 / np.maximum(np.abs(residual) / (_HUBER * spread), 1.0)
    return Season(effects, spread, days[-1])


def residual_scores(season: Season, days: Sequence[date], values: Floats) -> Floats:
    """(T,) how many robust standard deviations each day is off; NaN without enough recent days.

    values: the series on `days`; the first 28 only serve as the recent past.
    """
    return (recent_gaps(values) - calendar_columns(days) @ season.effects) / season.spread


def ewma(scores: Floats, weight: float = EWMA_LAMBDA, limit: float = EWMA_LIMIT) -> tuple[Floats, Floats]:
    """(T,) exponentially weighted mean of standardised residuals, and its control limit.

    limit_t = L sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^2t)), t counting the days with data; a day without
    data repeats the last mean.
    """
    mean, bound = np.zeros(len(scores)), np.zeros(len(scores))
    level, seen = 0.0, 0
    for t, value in enumerate(np.asarray(scores, dtype=np.float64)):
        if np.isfinite(value):
            level = weight * value + (1 - weight) * level
            seen += 1
        mean[t] = level
        bound[t] = limit * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * max(seen, 1))))
    return mean, bound


def breadth(before: NDArray[np.integer], after: NDArray[np.integer]) -> float:
    """Diffusion index of matched scores: % better + % same / 2; 50 is no change, NaN for nobody."""
    if not len(before):
        return float("nan")
    better, same = int((after > before).sum()), int((after == before).sum())
    return 100.0 * (better + same / 2) / len(before)


class AlertState(StrEnum):
    """Where an alert stands."""

    NORMAL = "normal"
    PENDING = "pending"
    ALERTING = "alerting"
    RECOVERING = "recovering"
    NO_DATA = "no_data"


@dataclass(frozen=True)
class AlertRules:
    """pending_days: consecutive days a signal must last before it alerts (1: at once); recovering_days: quiet days
    before an alert ends."""

    pending_days: int = 2
    recovering_days: int = 3


@dataclass(frozen=True)
class AlertStanding:
    """state, the number of days in it, and what a series without data goes back to."""

    state: AlertState = AlertState.NORMAL
    days: int = 0
    before_silence: AlertState | None = None
    days_before_silence: int = 0


def next_standing(now: AlertStanding, signal: bool | None, rules: AlertRules | None = None) -> AlertStanding:
    """One day on. signal: None when the day has no data; after silence the old state goes on where it was."""
    rules = rules or AlertRules()
    if signal is None:
        if now.state is AlertState.NO_DATA:
            return AlertStanding(now.state, now.days + 1, now.before_silence, now.days_before_silence)
        return AlertStanding(AlertState.NO_DATA, 1, now.state, now.days)
    state, days = now.state, now.days
    if state is AlertState.NO_DATA:
        state, days = now.before_silence or AlertState.NORMAL, now.days_before_silence
    return _moved(state, days, signal, rules)


def _moved(state: AlertState, days: int, signal: bool, rules: AlertRules) -> AlertStanding:
    on = state in (AlertState.ALERTING, AlertState.RECOVERING)
    if signal:
        if state is AlertState.ALERTING:
            return AlertStanding(state, days + 1)
        if on:
            return AlertStanding(AlertState.ALERTING, 1)
        waited = days + 1 if state is AlertState.PENDING else 1
        if waited >= rules.pending_days:
            return AlertStanding(AlertState.ALERTING, 1)
        return AlertStanding(AlertState.PENDING, waited)
    if on:
        quiet = days + 1 if state is AlertState.RECOVERING else 1
        if quiet > rules.recovering_days:
            return AlertStanding(AlertState.NORMAL, 1)
        return AlertStanding(AlertState.RECOVERING, quiet)
    return AlertStanding(AlertState.NORMAL, days + 1 if state is AlertState.NORMAL else 1)

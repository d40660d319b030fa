"""Alerts: five lights, unusual change, breadth, and the life of an alert.

Three layers, each with its own evidence. *Light*: where the value stands among the frozen percentiles of the past
three years (or policy limits), with hysteresis. *Change*: today against the recent level, after season and Spring
Festival, over a robust spread (:mod:`index.engine.season`); and an EWMA for what builds up. *Breadth*: the share of
entities that do worse, which tells a broad fall from one large firm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.engine.scoring import Floats
from index.engine.season import MIN_HISTORY, UnableToJudge

HYSTERESIS_PCT = 1.0
LIGHT_PCTS = (5.0, 20.0, 80.0, 95.0)
EWMA_LAMBDA, EWMA_LIMIT = 0.2, 2.7


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


def last_light(values: Floats, limits: LightLimits) -> Light | None:
    """The last of `lights`, without walking through all days; None if the last day has no data.

    Memory matters only where a value lies within the hysteresis of a bound, so the walk begins on the last day on
    which it lies within none.
    """
    values = np.asarray(values, dtype=np.float64)
    if not len(values) or not np.isfinite(values[-1]):
        return None
    torn = np.zeros(len(values), bool)
    for below, above in zip(limits.below, limits.above, strict=True):
        torn |= (values >= below) & (values <= above)
    clear = np.flatnonzero(np.isfinite(values) & ~torn)
    return lights(values[clear[-1] if len(clear) else 0 :].tolist(), limits)[-1]


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

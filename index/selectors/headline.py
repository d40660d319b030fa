"""What a reader asks first: value, light, changes, how firm and how fresh."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from index.contracts import Light
from index.engine.alerts import Light as EngineLight
from index.engine.alerts import LightLimits, UnableToJudge, last_light, limits_from_history
from index.engine.vintages import Standing as Firmness
from index.engine.vintages import standing as firmness_of
from index.models import CubeDay
from index.selectors.panels import PanelCard
from index.selectors.series import SeriesData
from index.selectors.standing import Standing
from index.transforms import gaps_from_year, month_before, year_before

CODES = {
    EngineLight.BLUE: Light.COLD, EngineLight.LIGHT_BLUE: Light.COOL, EngineLight.GREEN: Light.NORMAL,
    EngineLight.YELLOW: Light.WARM, EngineLight.RED: Light.OVERHEATED,
}  # fmt: skip
FIRMNESS = {Firmness.PROVISIONAL: "暂定", Firmness.REVISABLE: "初步", Firmness.FINAL: "定稿"}


@dataclass(frozen=True)
class Compared:
    """Against which day, its value, the change in points and in per cent."""

    day: date
    value: float
    change: float
    percent: float


@dataclass(frozen=True)
class Headline:
    """One series on one day. ``changes``: day, month, year where those days have a value."""

    panel: PanelCard
    dimension: int
    day: date
    value: float
    level: float
    entities: int
    coverage: float
    light: Light | None
    gap_percent: float
    limits: tuple[float, ...]
    changes: dict[str, Compared]
    firmness: str
    provisional: bool
    freshness: float
    late: dict[str, str]


def light_of_last(values: np.ndarray, years: int) -> tuple[Light | None, float, tuple[float, ...]]:
    """The light of the last day, the gap it stands on, and the limits; no limits where the history is too short.

    Judged is how far the index lies from the mean of its last 365 days; the limits are percentiles of that gap
    over up to ``years`` years of days that are final, so late data cannot move them.
    """
    gaps = gaps_from_year(values)
    final = gaps[: max(len(gaps) - 30, 0)][-365 * years :]
    last = float(gaps[-1]) if len(gaps) else float("nan")
    try:
        limits: LightLimits = limits_from_history(final)
    except UnableToJudge:
        return None, last, ()
    found = last_light(gaps, limits)
    return (CODES[found] if found is not None else None), last, limits.enter


def find_headline(
    standing: Standing, series: SeriesData, dimension: int, day: date | None = None
) -> Headline | None:
    """The headline of a day (the last one by default); None where nothing is published for it."""
    place = series.until(day or standing.day)
    if place is None:
        return None
    shown = series.days[place]
    values = series.values[:, dimension]
    if not np.isfinite(values[place]):
        return None
    light, gap, limits = light_of_last(values[: place + 1], standing.basket.light_years)
    opened = CubeDay.objects.filter(method=standing.method, day=shown, realtime_end=None)
    late = opened.values_list("freshness", flat=True).first() or {}
    weight = {
        one.code: one.weight for one in standing.basket.indicators if one.code in standing.method.supplied
    }
    fresh = 1 - sum(weight.get(code, 0) for code in late) / (sum(weight.values()) or 1)
    firmness = firmness_of(shown, standing.day)
    return Headline(
        series.panel, dimension, shown, float(values[place]), float(series.level[place, min(dimension, 5)]),
        series.entities[place], series.coverage[place], light, gap, limits,
        _changes(series, values, shown, place), FIRMNESS[firmness],
        series.provisional[place] or firmness is Firmness.PROVISIONAL, fresh, late,
    )  # fmt: skip


def _changes(series: SeriesData, values: np.ndarray, day: date, place: int) -> dict[str, Compared]:
    compared = {}
    for name, other in (
        ("day", day - timedelta(days=1)),
        ("month", month_before(day)),
        ("year", year_before(day)),
    ):
        at = series.at(other)
        if at is not None and np.isfinite(values[at]) and np.isfinite(values[place]):
            before, now = float(values[at]), float(values[place])
            compared[name] = Compared(other, before, now - before, (now / before - 1) * 100)
    return compared

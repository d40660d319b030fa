"""Made-up series of a city in which nothing happens: season, Spring Festival and chance, nothing else.

Figures of a month are released on the 10th, 15th and 20th of the next one and hold until then. Months differ by
season; the one or two that lose days to the festival dip by the days lost. A panel of n firms strays by a part of
1/sqrt(n), and now and then a single firm's fact moves it by a part of 1/n.
"""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from index.engine.season import SPRING_FESTIVALS

Floats = NDArray[np.float64]
FIRST = date(2023, 11, 1)
QUIET_FROM = date(2025, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range((date(2027, 1, 1) - FIRST).days)]
RELEASES = ((10, 0.5), (15, 0.35), (20, 0.15))
INDUSTRY = (0.97, 0.85, 1.0, 1.01, 1.02, 1.01, 0.99, 0.99, 1.02, 1.02, 1.04, 1.05)
SHOPS = (1.06, 1.04, 0.97, 0.97, 0.99, 0.98, 0.97, 0.97, 1.0, 1.02, 1.01, 1.04)


def lost_days(month: date) -> int:
    """Days of a month on which the festival stops work: from six before its first day to nine after."""
    stops = (first + timedelta(days=n) for first in SPRING_FESTIVALS for n in range(-6, 10))
    return sum(day.replace(day=1) == month for day in stops)


def month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def monthly(months: list[date], season: tuple[float, ...], stops: bool) -> Floats:
    """Level of each month by season and festival."""
    level = np.array([season[month.month - 1] for month in months])
    return level * (1 - np.array([lost_days(month) / 90 if stops else 0.0 for month in months]))


def released(months: list[date], figures: Floats) -> Floats:
    """The value of each day: what was released of the last months, weighted."""
    place = {month: n for n, month in enumerate(months)}
    values = np.zeros(len(DAYS))
    for n, day in enumerate(DAYS):
        last = month_before(day.replace(day=1))
        values[n] = sum(
            share * figures[place[last if day.day >= on else month_before(last)]] for on, share in RELEASES
        )
    return values


def quiet_panel(firms: int, seed: int, *, season: tuple[float, ...] = INDUSTRY, stops: bool = True) -> Floats:
    """A series of a panel of so many firms, around 100; (T,) on ``DAYS``."""
    rng = np.random.default_rng(seed)
    months = sorted({day.replace(day=1) for day in DAYS} | {date(2023, 9, 1), date(2023, 10, 1)})
    figures = monthly(months, season, stops) * (1 + rng.normal(0, 0.02 / np.sqrt(firms), len(months)))
    facts = rng.poisson(0.01 * np.sqrt(firms), len(DAYS)) * rng.normal(0, 0.1, len(DAYS)) / firms
    return 100 * released(months, figures) * np.exp(np.cumsum(facts))


def fallen(values: Floats, on: date, until: date, depth: float) -> Floats:
    """The same with a fall by a part between two days."""
    hit = np.array([on <= day < until for day in DAYS])
    return np.where(hit, values * (1 - depth), values)

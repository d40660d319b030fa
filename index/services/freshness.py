"""Which sources are late: periodic indicators without a release that was due.

A figure that is late for everybody is not imputed in silence: the day is provisional, its alerts have no data.
Releases are read from the facts themselves, since a figure that repeats changes no score.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from datahub import public as datahub
from index.basket import Basket
from index.contracts import RuleKind
from index.paths import Path, day_of, number_of

PERIOD_DAYS = {"monthly": 31, "quarterly": 92, "yearly": 366, "weekly": 7, "daily": 1}
PATIENCE = 7
KEPT = 8
PERIODIC = (RuleKind.LATEST, RuleKind.LATEST_RATIO, RuleKind.LATEST_LEVEL)
Releases = dict[str, dict[int, int]]  # indicator, day, for how many entities


def note_releases(found: Releases, code: str, kind: RuleKind, path: Path) -> None:
    """Count the release days of a periodic indicator's path."""
    if kind not in PERIODIC:
        return
    days, counts = np.unique(path.day[~np.isnan(path.value)], return_counts=True)
    own = found.setdefault(code, {})
    for day, count in zip(days.tolist(), counts.tolist(), strict=True):
        own[day] = own.get(day, 0) + count


class Freshness:
    """Release days of each periodic indicator, ascending, and how long the next one may take."""

    def __init__(
        self, basket: Basket, supplied: Sequence[str], releases: Releases, told: Mapping[str, Any]
    ) -> None:
        self.days: dict[str, list[int]] = {}
        self._longest: dict[str, int] = {}
        for one in basket.indicators:
            if one.code not in supplied or one.rule.kind not in PERIODIC:
                continue
            counts = releases.get(one.code, {})
            # A release reaches many at once; a straggler's figure is no release.
            enough = max(2, max(counts.values(), default=0) // 10)
            before = {number_of(date.fromisoformat(day)) for day in told.get(one.code, [])}
            self.days[one.code] = sorted(before | {day for day, count in counts.items() if count >= enough})
            self._longest[one.code] = PERIOD_DAYS[str(datahub.get_item(one.item).delivery.period)] + PATIENCE

    def late_on(self, day: int) -> dict[str, str]:
        """Indicators whose last release is too old on ``day``, with the day of that release."""
        late = {}
        for code, releases in self.days.items():
            past = [release for release in releases if release <= day]
            if past and day - past[-1] > self._longest[code]:
                late[code] = day_of(past[-1]).isoformat()
        return late

    def kept(self, until: int) -> dict[str, list[str]]:
        """The last release days up to a day, for the next run."""
        return {
            code: [day_of(day).isoformat() for day in days if day <= until][-KEPT:]
            for code, days in self.days.items()
        }

"""Which sources are late: periodic indicators without a release that was due, others silent as never before.

A periodic figure that is late for everybody is not imputed in silence: the day is provisional, its alerts have no
data. A silent source of single facts makes the headline less fresh and is named there.
Releases are read from the facts themselves, since a figure that repeats changes no score. A source of single facts
(filings, penalties, mortgages) is late when nothing new came for half as long again as its longest silence so far, and
its period and a week at least, beside its days of grace: rare facts break their own record by a little now and then.
Too few facts to tell are never late.
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
ENOUGH_NEWS = 20
PERIODIC = (RuleKind.LATEST, RuleKind.LATEST_RATIO, RuleKind.LATEST_LEVEL)
Releases = dict[str, dict[int, int]]  # indicator, day, for how many entities


def note_releases(found: Releases, code: str, kind: RuleKind, path: Path) -> None:
    """Count the release days of a periodic indicator's path, or the days on which new facts began."""
    told = path.day[~np.isnan(path.value)] if kind in PERIODIC else path.day[_rises(path)]
    days, counts = np.unique(told, return_counts=True)
    own = found.setdefault(code, {})
    for day, count in zip(days.tolist(), counts.tolist(), strict=True):
        own[day] = own.get(day, 0) + count


def _rises(path: Path) -> np.ndarray:
    """Changes by which an entity's count or sum grew: a new fact, not the mere end of an old one."""
    first = np.r_[True, path.entity[1:] != path.entity[:-1]] if len(path.entity) else np.zeros(0, bool)
    before = np.where(first, 0.0, np.r_[0.0, path.value[:-1]]) if len(path.entity) else path.value
    return np.asarray(path.value > before)


class Freshness:
    """Days on which each indicator brought news, ascending, and how long the next one may take."""

    def __init__(
        self, basket: Basket, supplied: Sequence[str], releases: Releases, told: Mapping[str, Any]
    ) -> None:
        self.days: dict[str, list[int]] = {}
        self.silence: dict[str, int] = {}
        self._longest: dict[str, int] = {}
        self._periodic: set[str] = set()
        days_told, silence_told = told.get("days", {}), told.get("silence", {})
        for one in basket.indicators:
            if one.code not in supplied:
                continue
            counts, periodic = releases.get(one.code, {}), one.rule.kind in PERIODIC
            # A release reaches many at once; a straggler's figure is no release.
            enough = max(2, max(counts.values(), default=0) // 10) if periodic else 1
            before = {number_of(date.fromisoformat(day)) for day in days_told.get(one.code, [])}
            days = sorted(before | {day for day, count in counts.items() if count >= enough})
            delivery = datahub.get_item(one.item).delivery
            longest = PERIOD_DAYS[str(delivery.period)] + PATIENCE
            if not periodic:
                # A later run sees single firms' histories: only what came since the last one tells of silences.
                recent = [day for day in days if not before or day >= min(before)]
                silence = max(silence_told.get(one.code, 0), _longest_silence(recent, bool(before)))
                if not silence:
                    continue
                self.silence[one.code] = silence
                longest = max(longest, silence * 3 // 2) + delivery.grace_days
            else:
                self._periodic.add(one.code)
            self.days[one.code], self._longest[one.code] = days, longest

    def late_on(self, day: int) -> dict[str, str]:
        """Indicators whose last release is too old on ``day``, with the day of that release."""
        late = {}
        for code, releases in self.days.items():
            past = [release for release in releases if release <= day]
            if past and day - past[-1] > self._longest[code]:
                late[code] = day_of(past[-1]).isoformat()
        return late

    def overdue_on(self, day: int) -> dict[str, str]:
        """Those of them that owe a release: their values are carried on, so the day is provisional. Silence of
        single facts may just mean that nothing happened."""
        return {code: last for code, last in self.late_on(day).items() if code in self._periodic}

    def kept(self, until: int) -> dict[str, Any]:
        """The last days with news up to a day, and the longest silences, for the next run."""
        days = {
            code: [day_of(day).isoformat() for day in days if day <= until][-KEPT:]
            for code, days in self.days.items()
        }
        return {"days": days, "silence": self.silence}


def _longest_silence(days: Sequence[int], known: bool) -> int:
    """The longest time between two days with news; 0 where there are too few of them to tell (unless ``known``)."""
    return int(np.diff(days).max(initial=0)) if known or len(days) >= ENOUGH_NEWS else 0

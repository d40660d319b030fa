"""Awards: claims, limits, the pool."""

import datetime as dt
from collections.abc import Sequence

from villages.engine.windows import LOCAL

from .book import CapKey, PlainAward, PlainBook, PlainCap


class PlainAwards(PlainBook):
    """What people earn."""

    def award(self, items: Sequence[PlainAward], now: dt.datetime) -> list[tuple[int, str]]:
        """``(granted, reason)`` of each item, taken strictly one after the other."""
        self._open(now)
        answers = []
        for item in items:
            if item.key in self.answers:
                before, granted, reason = self.answers[item.key]
                answers.append((granted, reason) if before == item else (0, "key_reused"))
            elif item.resident not in self.active:
                answers.append((0, "not_active"))
            elif (item.resident, item.task, item.on_date) in self.claims:
                answers.append((0, "claimed"))
            else:
                answers.append(self._grant(item, now))
        return answers

    def _grant(self, item: PlainAward, now: dt.datetime) -> tuple[int, str]:
        granted, reason = item.points, ""
        for level in (1, 2, 3):
            rooms = [(self._room(cap, item.resident), cap.code) for cap in item.caps if cap.level == level]
            if rooms and min(rooms)[0] < granted:
                granted, reason = min(rooms)
        home = self._home(item.resident)
        pool = ("pool", home, 0)
        free = max(self._free(pool) - (0 if item.exempt else self.reserve.get(home, 0)), 0)
        if free < granted:
            granted, reason = free, "pool"
        self.claims.add((item.resident, item.task, item.on_date))
        self.answers[item.key] = (item, granted, reason)
        if granted:
            year = now.astimezone(LOCAL).year
            self._move(item.key, pool, ("resident", item.resident, year), granted, "award")
            draws = [(self._key(cap, item.resident), 1 if cap.measure else granted) for cap in item.caps]
            self.draws[item.key] = draws
            for key, taken in draws:
                self.used[key] = self.used.get(key, 0) + taken
        return granted, reason

    def _key(self, cap: PlainCap, resident: int) -> CapKey:
        owner = {1: resident, 2: self.households[resident], 3: self._home(resident)}[cap.level]
        return (owner, cap.level, cap.code, cap.window)

    def _room(self, cap: PlainCap, resident: int) -> int:
        room = max(cap.limit - self.used.get(self._key(cap, resident), 0), 0)
        return room if cap.measure == 0 else (2**31 - 1 if room else 0)

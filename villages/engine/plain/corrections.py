"""Budget, reversals, deductions, the end of a vintage, the seal of a day."""

import datetime as dt
from uuid import UUID

from villages.engine.identifiers import derived_id

from .book import PlainBook, Refused, whole


class PlainCorrections(PlainBook):
    """What is granted to the pool, taken back, or ends."""

    def fund(self, key: UUID, points: int, now: dt.datetime, village: int | None = None) -> bool:
        self._open(now)
        home = village or self.village
        if key in self.moves:
            self._same(key, ("fund", points))
            return True
        pool, treasury = ("pool", home, 0), ("treasury", home, 0)
        if points < 0 and self._free(pool) < -points:
            raise Refused("VL002")
        self.bodies[key] = ("fund", points)
        source, target = (treasury, pool) if points > 0 else (pool, treasury)
        self._move(key, source, target, abs(points), "fund" if points > 0 else "unfund")
        self.reserve[home] = whole(-self.posted[treasury] * self.reserve_pct, 100)
        return False

    def reverse(self, original: UUID, now: dt.datetime) -> tuple[int, int]:
        """``(points, expired at once)``."""
        if original not in self.moves:
            raise Refused("VL003")
        source, target, points, code = self.moves[original]
        if code not in ("award", "deduct"):
            raise Refused("VL005")
        self._open(now)
        reversal = derived_id(original, "reversal")
        if reversal in self.moves:
            return points, 0
        heir = self._follow(target)
        if self._free(heir) < points:
            raise Refused("VL002")
        if heir != target:
            self._carry(heir, target, points)
        self._move(reversal, target, source, points, "reversal")
        for key, taken in self.draws.get(original, []):
            self.used[self._heir_of(key)] -= taken
        return points, self._expire_late(source, reversal, points)

    def deduct(self, key: UUID, resident: int, points: int, now: dt.datetime) -> int:
        if resident not in self.households:
            raise Refused("VL003")
        self._open(now)
        if key in self.moves:
            self._same(key, ("deduct", resident, points))
            return points
        purse = self._purse(resident)
        if sum(free for _, free in purse) < points:
            raise Refused("VL002")
        self.bodies[key] = ("deduct", resident, points)
        rest, part = points, 0
        for account, free in purse:
            if rest:
                part += 1
                line = key if part == 1 else derived_id(key, f"part:{part}")
                self._move(line, account, ("adjustment", self._home(resident), 0), min(rest, free), "deduct")
                rest -= min(rest, free)
        return points

    def expire(self, vintage: int, now: dt.datetime, village: int | None = None) -> tuple[int, int]:
        """``(accounts, points)`` of one village, this one unless told."""
        self._open(now)
        home = village or self.village
        if (home, vintage) not in self.ended:
            due = [
                a for a in self.posted
                if a[0] == "resident" and a[2] == vintage and self._home(a[1]) == home and self._free(a) > 0
            ]  # fmt: skip
            points = 0
            for account in due:
                free = self._free(account)
                points += free
                self._shift(account, ("expired", home, 0), free)
            self.ended[home, vintage] = (len(due), points)
        return self.ended[home, vintage]

    def seal(self, day: dt.date) -> None:
        self.sealed = max(self.sealed, day)

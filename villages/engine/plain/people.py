"""Entries that are merged or move to the neighbour."""

import datetime as dt
from uuid import UUID

from .book import PlainBook, Refused


class PlainPeople(PlainBook):
    """Who goes on under another entry."""

    def go_on(self, key: UUID, leaves: int, joins: int, kind: str, now: dt.datetime) -> tuple[int, int]:
        """``(points, expired at once)``: the entry ends, every vintage goes along as it is."""
        if leaves not in self.households or joins not in self.households:
            raise Refused("VL003")
        self._open(now)
        if key in self.bodies:
            self._same(key, ("go on", leaves, joins, kind), extra=True)
            return self.bodies[key][1]  # type: ignore[no-any-return]
        same_village = self._home(leaves) == self._home(joins)
        own = [a for a in self.posted if a[0] == "resident" and a[1] == leaves]
        if (
            leaves not in self.active
            or joins not in self.active
            or leaves == joins
            or (kind == "merged") != same_village
            or any(self.held.get(account, 0) for account in own)
        ):
            raise Refused("VL005")
        points = expired = 0
        for account in own:
            amount, target = self.posted[account], ("resident", joins, account[2])
            if amount:
                self._carry(account, target, amount)
                points += amount
                expired += self._expire_late(target, None, amount)
        self.active.discard(leaves)
        self.heirs[leaves] = joins
        for cap_key in [k for k in self.used if k[:2] == (leaves, 1)]:
            heir = self._heir_of(cap_key)
            self.used[heir] = self.used.get(heir, 0) + self.used.pop(cap_key)
        self.claims |= {(joins, task, on) for resident, task, on in self.claims if resident == leaves}
        self.bodies[key] = (("go on", leaves, joins, kind), (points, expired))
        return points, expired

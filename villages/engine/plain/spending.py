"""Stock, holds, pick-up, refunds, settlement."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from .book import PlainBook, PlainHold, Refused


class PlainSpending(PlainBook):
    """What people spend."""

    def put_stock(self, key: UUID, goods: int, quantity: int) -> int:
        shelf = self.stock.setdefault(goods, [0, 0])
        if key in self.bodies:
            self._same(key, ("stock", goods, quantity))
            return shelf[0]
        if shelf[0] + quantity < shelf[1]:
            raise Refused("VL006")
        self.bodies[key] = ("stock", goods, quantity)
        shelf[0] += quantity
        return shelf[0]

    def open_hold(
        self, key: UUID, resident: int, shop: int, wanted: Mapping[int, int], expires: dt.datetime
    ) -> int:
        if key in self.holds:
            hold = self.holds[key]
            if (hold.resident, hold.shop, {g: q for g, (q, _) in hold.items.items()}) != (
                resident,
                shop,
                dict(wanted),
            ):
                raise Refused("VL004")
            return hold.amount
        if resident in self.elsewhere:
            raise Refused("VL003")
        if resident not in self.active:
            raise Refused("VL005")
        for goods in sorted(wanted):
            if self.prices[goods][0] != shop:
                raise Refused("VL003")
            has_shelf = self.prices[goods][2]
            if has_shelf and self.stock[goods][0] - self.stock[goods][1] < wanted[goods]:
                raise Refused("VL006")
        items = {goods: (quantity, self.prices[goods][1]) for goods, quantity in wanted.items()}
        amount = sum(quantity * unit for quantity, unit in items.values())
        purse = self._purse(resident)
        if sum(free for _, free in purse) < amount:
            raise Refused("VL002")
        parts = []
        rest = amount
        for account, free in purse:
            if rest:
                take = min(rest, free)
                parts.append((account[2], take))
                self.held[account] = self.held.get(account, 0) + take
                rest -= take
        for goods, quantity in wanted.items():
            if self.prices[goods][2]:
                self.stock[goods][1] += quantity
        self.holds[key] = PlainHold(resident, shop, items, expires, parts)
        return amount

    def capture(self, key: UUID, shop: int, given: Mapping[int, int] | None, now: dt.datetime) -> int:
        hold = self.holds.get(key)
        if hold is None or hold.shop != shop:
            raise Refused("VL003")
        full = {g: q for g, (q, _) in hold.items.items()}
        if hold.state != "open" or hold.expires <= now:
            asked = None if given is None else {g: given.get(g, 0) for g in full}
            if hold.state != "captured" or (asked is not None and asked != hold.given):
                raise Refused("VL005")
            return sum(hold.captured.values())
        self._open(now)
        handed = {g: (q if given is None else given.get(g, 0)) for g, q in full.items()}
        if any(not 0 <= handed[g] <= full[g] for g in full):
            raise Refused("VL005")
        self._settle(key, hold, handed)
        total = sum(hold.captured.values())
        hold.state = "captured" if total else "void"
        return total

    def release(self, key: UUID, state: str, now: dt.datetime) -> bool:
        hold = self.holds.get(key)
        if hold is None:
            raise Refused("VL003")
        if hold.state != "open" or (state == "expired" and hold.expires > now):
            if hold.state != state:
                raise Refused("VL005")
            return True
        self._open(now)
        self._settle(key, hold, dict.fromkeys(hold.items, 0))
        hold.state = state
        return False

    def sweep(self, now: dt.datetime) -> int:
        due = [key for key, hold in self.holds.items() if hold.state == "open" and hold.expires <= now]
        if due:
            self._open(now)
        for key in due:
            self.release(key, "expired", now)
        return len(due)

    def refund(self, key: UUID, hold_key: UUID, back: Mapping[int, int], now: dt.datetime) -> tuple[int, int]:
        """``(points, expired at once)``; goods go back to the shelf."""
        hold = self.holds.get(hold_key)
        if hold is None:
            raise Refused("VL003")
        if key in self.bodies:
            self._same(key, ("refund", hold_key, dict(back)), extra=True)
            return self.bodies[key][1]  # type: ignore[no-any-return]
        if hold.state != "captured":
            raise Refused("VL005")
        self._open(now)
        for goods in back:
            left = hold.given.get(goods, 0) - hold.back.get(goods, 0)
            if not 0 < back[goods] <= left:
                raise Refused("VL005")
        total = sum(quantity * hold.items[goods][1] for goods, quantity in back.items())
        till = ("shop", hold.shop, 0)
        if self._free(till) < total:
            raise Refused("VL002")
        rest, expired = total, 0
        for vintage in sorted(hold.captured, reverse=True):
            points = min(rest, hold.captured[vintage] - hold.refunded.get(vintage, 0))
            if points > 0:
                account = ("resident", hold.resident, vintage)
                self._shift(till, account, points)
                hold.refunded[vintage] = hold.refunded.get(vintage, 0) + points
                expired += self._expire_late(account, None, points)
                rest -= points
        for goods, quantity in back.items():
            hold.back[goods] = hold.back.get(goods, 0) + quantity
            if self.prices[goods][2]:
                self.stock[goods][0] += quantity
        self.bodies[key] = (("refund", hold_key, dict(back)), (total, expired))
        return total, expired

    def settle_shop(self, key: UUID, shop: int, points: int, now: dt.datetime) -> bool:
        self._open(now)
        if key in self.moves:
            self._same(key, ("settle", shop, points))
            return True
        till = ("shop", shop, 0)
        if self._free(till) < points:
            raise Refused("VL002")
        self.bodies[key] = ("settle", shop, points)
        self._move(key, till, ("treasury", self.village, 0), points, "settle")
        return False

    def _settle(self, key: UUID, hold: PlainHold, handed: Mapping[int, int]) -> None:
        hold.given = dict(handed)
        total = sum(quantity * hold.items[goods][1] for goods, quantity in handed.items())
        for goods, (quantity, _) in hold.items.items():
            if self.prices[goods][2]:
                self.stock[goods][0] -= handed[goods]
                self.stock[goods][1] -= quantity
        for vintage, amount in hold.parts:
            account = ("resident", hold.resident, vintage)
            used = min(total, amount)
            self.held[account] -= amount
            if used:
                self._shift(account, ("shop", hold.shop, 0), used)
                hold.captured[vintage] = used
                total -= used
            if amount > used:
                self._expire_late(account, key, amount - used)

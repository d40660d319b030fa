"""The ledger in plain Python, one thing at a time: what the set-based functions must equal.

Slow, obvious and without a database. The simulator and the property tests hold its answers and its state
against what the database says.
"""

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from .identifiers import derived_id
from .windows import LOCAL

Account = tuple[str, int, int]


def _whole(number: int, by: int) -> int:
    """Divided towards zero, as the database does."""
    return number // by if number >= 0 else -(-number // by)


class Refused(Exception):
    """``code`` is the database's: VL001 sealed, VL002 points, VL003 unknown, VL004 key, VL005 state, VL006 stock."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class PlainCap:
    code: str
    limit: int
    window: Hashable
    level: int
    measure: int


@dataclass(frozen=True)
class PlainAward:
    key: UUID
    resident: int
    task: UUID
    on_date: dt.date
    points: int
    caps: tuple[PlainCap, ...] = ()
    exempt: bool = False


@dataclass
class PlainHold:
    resident: int
    shop: int
    items: dict[int, tuple[int, int]]
    expires: dt.datetime
    parts: list[tuple[int, int]]
    state: str = "open"
    given: dict[int, int] = field(default_factory=dict)
    back: dict[int, int] = field(default_factory=dict)
    captured: dict[int, int] = field(default_factory=dict)
    refunded: dict[int, int] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        return sum(quantity * unit for quantity, unit in self.items.values())


class PlainLedger:
    """One village: its pool, people, households and shops; and a neighbour that people move to."""

    def __init__(self, village: int, households: Mapping[int, int], reserve_pct: int) -> None:
        self.village, self.households, self.reserve_pct = village, dict(households), reserve_pct
        self.active = set(households)
        self.elsewhere: dict[int, int] = {}
        self.heirs: dict[int, int] = {}
        self.posted: dict[Account, int] = {}
        self.held: dict[Account, int] = {}
        self.reserve: dict[int, int] = {}
        self.claims: set[tuple[int, UUID, dt.date]] = set()
        self.answers: dict[UUID, tuple[PlainAward, int, str]] = {}
        self.draws: dict[UUID, list[tuple[Hashable, int]]] = {}
        self.used: dict[Hashable, int] = {}
        self.moves: dict[UUID, tuple[Account, Account, int, str]] = {}
        self.bodies: dict[UUID, Any] = {}
        self.prices: dict[int, tuple[int, int, bool]] = {}
        self.stock: dict[int, list[int]] = {}
        self.holds: dict[UUID, PlainHold] = {}
        self.ended: dict[tuple[int, int], tuple[int, int]] = {}
        self.sealed = dt.date.min

    # -- awards ------------------------------------------------------------------------------------------
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

    def _key(self, cap: PlainCap, resident: int) -> Hashable:
        owner = {1: resident, 2: self.households[resident], 3: self._home(resident)}[cap.level]
        return (owner, cap.level, cap.code, cap.window)

    def _room(self, cap: PlainCap, resident: int) -> int:
        room = max(cap.limit - self.used.get(self._key(cap, resident), 0), 0)
        return room if cap.measure == 0 else (2**31 - 1 if room else 0)

    # -- corrections -------------------------------------------------------------------------------------
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
        self.reserve[home] = _whole(-self.posted[treasury] * self.reserve_pct, 100)
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
            self.used[key] -= taken
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

    # -- spending ----------------------------------------------------------------------------------------
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

    # -- people ------------------------------------------------------------------------------------------
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
        self.bodies[key] = (("go on", leaves, joins, kind), (points, expired))
        return points, expired

    def _home(self, resident: int) -> int:
        return self.elsewhere.get(resident, self.village)

    def _follow(self, account: Account) -> Account:
        kind, owner, vintage = account
        while kind == "resident" and owner in self.heirs:
            owner = self.heirs[owner]
        return (kind, owner, vintage)

    def _carry(self, source: Account, target: Account, points: int) -> None:
        left, come = self._home(source[1]), self._home(target[1])
        if left == come:
            self._shift(source, target, points)
        else:
            self._shift(source, ("treasury", left, 0), points)
            self._shift(("treasury", come, 0), target, points)

    # -- periods -----------------------------------------------------------------------------------------
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

    # -- inside ------------------------------------------------------------------------------------------
    def _open(self, now: dt.datetime) -> None:
        if now.astimezone(LOCAL).date() <= self.sealed:
            raise Refused("VL001")

    def _same(self, key: UUID, body: Any, extra: bool = False) -> None:
        known = self.bodies.get(key)
        if (known[0] if extra and known else known) != body:
            raise Refused("VL004")

    def _free(self, account: Account) -> int:
        return self.posted.get(account, 0) - self.held.get(account, 0)

    def _purse(self, resident: int) -> list[tuple[Account, int]]:
        own = sorted(a for a in self.posted if a[0] == "resident" and a[1] == resident)
        return [(account, self._free(account)) for account in own if self._free(account) > 0]

    def _move(self, key: UUID, source: Account, target: Account, points: int, code: str) -> None:
        self.moves[key] = (source, target, points, code)
        self._shift(source, target, points)

    def _shift(self, source: Account, target: Account, points: int) -> None:
        self.posted[source] = self.posted.get(source, 0) - points
        self.posted[target] = self.posted.get(target, 0) + points

    def _expire_late(self, account: Account, cause: UUID | None, points: int) -> int:
        """What came back follows its owner, and ends at once where its vintage has ended."""
        if account[0] != "resident":
            return 0
        heir = self._follow(account)
        if heir != account:
            self._carry(account, heir, points)
            return self._expire_late(heir, cause, points)
        home = self._home(account[1])
        if (home, account[2]) not in self.ended:
            return 0
        self._shift(account, ("expired", home, 0), points)
        return points

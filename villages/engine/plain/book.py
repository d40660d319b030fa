"""The book itself: accounts, keys, who goes on as whom, what has ended."""

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from villages.engine.windows import LOCAL

Account = tuple[str, int, int]
CapKey = tuple[int, int, str, Hashable]  # owner, level, code of the cap, window


def whole(number: int, by: int) -> int:
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


class PlainBook:
    """State, and the small steps that every subject of the ledger is made of."""

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
        self.draws: dict[UUID, list[tuple[CapKey, int]]] = {}
        self.used: dict[CapKey, int] = {}
        self.moves: dict[UUID, tuple[Account, Account, int, str]] = {}
        self.bodies: dict[UUID, Any] = {}
        self.prices: dict[int, tuple[int, int, bool]] = {}
        self.stock: dict[int, list[int]] = {}
        self.holds: dict[UUID, PlainHold] = {}
        self.ended: dict[tuple[int, int], tuple[int, int]] = {}
        self.sealed = dt.date.min

    def _home(self, resident: int) -> int:
        return self.elsewhere.get(resident, self.village)

    def _follow(self, account: Account) -> Account:
        kind, owner, vintage = account
        while kind == "resident" and owner in self.heirs:
            owner = self.heirs[owner]
        return (kind, owner, vintage)

    def _heir_of(self, cap: CapKey) -> CapKey:
        """A person's use of a limit goes along; a household's and a village's stays."""
        owner, level, code, window = cap
        while level == 1 and owner in self.heirs:
            owner = self.heirs[owner]
        return (owner, level, code, window)

    def _carry(self, source: Account, target: Account, points: int) -> None:
        left, come = self._home(source[1]), self._home(target[1])
        if left == come:
            self._shift(source, target, points)
        else:
            self._shift(source, ("treasury", left, 0), points)
            self._shift(("treasury", come, 0), target, points)

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

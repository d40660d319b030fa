"""One seed, one village year: the real ledger functions under faults, held against the plain model.

Safety phase: operations come in any order, twice, with their replies lost, on connections that are killed
before their commit, against locks that do not go away in time, with clocks that jump, while the shop is
offline. Every answer is compared. Liveness phase: the faults stop; everything pending is delivered, holds
resolve, the outbox drains, the year expires. Then state and all invariants are compared.

Needs an empty book in a database for tests and as its owner: nothing else can remove a journal.
"""

import contextlib
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.db import Error as DatabaseProblem
from django.db import connection, transaction

from accounts.models import Agency
from accounts.roles import AgencyKind
from villages.contracts import Award, Cap
from villages.definitions import ledger_numbers
from villages.engine.identifiers import uuid7
from villages.engine.plain_ledger import PlainAward, PlainCap, PlainLedger, Refused
from villages.engine.windows import LOCAL, Window, window_start
from villages.models import Account, CapUse, Goods, Hold, Household, Outbox, Resident, Shop, Stock, Village
from villages.services import budget, expiry, holds, ledger, outbox, seals, settlement, stock
from villages.services.posting import REFUSALS, UnableToPost
from villages.services.verification import verify

BEGIN = dt.datetime(2026, 1, 1, 8, 0, tzinfo=LOCAL)
TABLES = (
    "villages_transfer, villages_claim, villages_capuse, villages_dayseal, villages_vintageend, villages_outbox,"
    " villages_refund, villages_holditem, villages_holdpart, villages_hold, villages_stockmove, villages_stock,"
    " villages_goods, villages_shop, villages_account, villages_resident, villages_household, villages_village"
)
CODES = {kind: code for code, kind in REFUSALS.items() if code.startswith("VL")}


class UnableToSimulate(RuntimeError):
    """Not a database for tests."""


@dataclass(frozen=True)
class Options:
    """A seed and how much happens: printed with every failure, enough to replay it."""

    seed: int
    operations: int = 160
    people: int = 12
    faults: float = 0.35
    days: int = 365


@dataclass
class Operation:
    """Something a client wants, with its key; ``model`` and ``real`` do the same thing at an instant."""

    name: str
    model: Callable[[dt.datetime], Any]
    real: Callable[[dt.datetime], Any]
    compare: bool = True
    at_shop: bool = False
    answer: Any = None
    answered: bool = False


@dataclass
class Outcome:
    """What a seed came to; ``differences`` empty and ``broken`` empty is a pass."""

    options: Options
    delivered: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    transfers: int = 0

    @property
    def passed(self) -> bool:
        return not self.differences and not self.broken


def clear_book() -> None:
    """Empty the village tables. Refuses any database that is not one for tests."""
    if not str(connection.settings_dict["NAME"]).startswith("test_"):
        raise UnableToSimulate("模拟只能在测试数据库中进行。")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname LIKE 'villages%%no_truncate' AND NOT tgisinternal"
        )
        for name, table in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name} ON {table}")
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")


def simulate(options: Options) -> Outcome:
    """Run one seed on an empty book."""
    clear_book()
    return Simulation(options).run()


class Simulation:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.random = random.Random(options.seed)
        self.now = BEGIN
        self.outcome = Outcome(options)
        self.pending: list[Operation] = []
        self.shop_online = True
        self.awards: list[UUID] = []
        self.deductions: list[UUID] = []
        self._build()

    # -- world -------------------------------------------------------------------------------------------
    def _build(self) -> None:
        agency, _ = Agency.objects.get_or_create(
            code="simulation.village", defaults={"name": "模拟村", "kind": AgencyKind.VILLAGE}
        )
        self.village = Village.objects.create(
            code="330282999001", name="模拟村", town_code="330282999", agency=agency
        )
        self.homes: dict[int, int] = {}
        for number in range(self.options.people):
            if number % 3 == 0:
                house = Household.objects.create(village=self.village, number=str(number))
            person = Resident.objects.create(village=self.village, household=house, name=f"村民{number}")
            self.homes[person.pk] = house.pk
        self.people = sorted(self.homes)
        self.plain = PlainLedger(self.village.pk, self.homes, ledger_numbers().budget_reserve_pct)
        self.shops = [
            Shop.objects.create(village=self.village, name=name, state="approved", proposed_at=BEGIN)
            for name in ("供销社", "理发店")
        ]
        self.goods: dict[int, list[int]] = {shop.pk: [] for shop in self.shops}
        for shop in self.shops:
            for number, points in enumerate((5, 20, 60)):
                kind = "service" if number == 2 else "goods"
                item = Goods.objects.create(shop=shop, name=f"商品{number}", points=points, kind=kind)
                self.goods[shop.pk].append(item.pk)
                self.plain.prices[item.pk] = (shop.pk, points, kind == "goods")
                if kind == "goods":
                    self._deliver(self._receipt(item.pk, 5), self.now)
        self._deliver(self._fund(4000), self.now)
        task = UUID(int=1000)
        pairs = [self._one_award(person, task, self.now.date(), points=100) for person in self.people]
        self._deliver(self._awarding(pairs, "batch"), self.now)

    def _key(self) -> UUID:
        return uuid7(int(self.now.timestamp() * 1000), self.random.getrandbits(74))

    # -- operations --------------------------------------------------------------------------------------
    def _next(self) -> Operation:
        chosen = self.random.choices(
            [
                self._award, self._batch, self._hold, self._capture, self._release, self._refund, self._reverse,
                self._deduct, self._stock, self._more_budget, self._sweep, self._settle,
            ],
            [30, 8, 18, 14, 3, 6, 4, 4, 6, 2, 3, 2],
        )[0]  # fmt: skip
        return chosen()

    def _caps(self, on: dt.date) -> tuple[tuple[Cap, ...], tuple[PlainCap, ...]]:
        pick = self.random
        caps = []
        for code, window, limit, level, measure in (
            ("A.day", Window.DAY, 25, 1, 0), ("A.month", Window.MONTH, 90, 1, 0), ("A.times", Window.WEEK, 3, 1, 1),
            ("H.month", Window.MONTH, 120, 2, 0), ("H.times", Window.DAY, 2, 2, 1), ("V.month", Window.MONTH, 500, 3, 0),
        ):  # fmt: skip
            if pick.random() < 0.35:
                caps.append(Cap(code, limit, window_start(window, on), level, measure))
        return tuple(caps), tuple(PlainCap(c.code, c.limit, c.window_start, c.level, c.measure) for c in caps)

    def _one_award(self, resident: int, task: UUID, on: dt.date, points: int = 0) -> tuple[Award, PlainAward]:
        caps, plain_caps = ((), ()) if points else self._caps(on)
        points = points or self.random.choice((2, 5, 10, 20, 50))
        exempt, key = self.random.random() < 0.1, self._key()
        self.awards.append(key)
        real = Award(key, resident, task, on, points, caps=caps, exempt=exempt)
        return real, PlainAward(key, resident, task, on, points, plain_caps, exempt)

    def _award(self) -> Operation:
        task = UUID(int=self.random.randint(1, 12))
        pair = self._one_award(self.random.choice(self.people), task, self.now.date())
        return self._awarding([pair], "award")

    def _batch(self) -> Operation:
        task, on = UUID(int=self.random.randint(100, 130)), self.now.date()
        size = self.random.randint(2, 2 * len(self.people))
        pairs = [self._one_award(self.random.choice(self.people), task, on) for _ in range(size)]
        if self.random.random() < 0.3:
            pairs.append(self.random.choice(pairs))
        return self._awarding(pairs, "batch")

    def _awarding(self, pairs: list[tuple[Award, PlainAward]], name: str) -> Operation:
        return Operation(
            name,
            lambda now: self.plain.award([plain for _, plain in pairs], now),
            lambda now: [
                (r.granted, r.reason) for r in ledger.award_batch([real for real, _ in pairs], now=now)
            ],
        )

    def _hold(self) -> Operation:
        key, resident = self._key(), self.random.choice(self.people)
        shop = self.random.choice(self.shops).pk
        wanted = {g: self.random.randint(1, 2) for g in self.goods[shop] if self.random.random() < 0.5}
        wanted = wanted or {self.goods[shop][0]: 1}

        def model(now: dt.datetime) -> int:
            waiting = sum(
                h.state == "open" and h.resident == resident for k, h in self.plain.holds.items() if k != key
            )
            if waiting >= ledger_numbers().open_holds_per_person:
                raise Refused("VL005")
            expires = now + dt.timedelta(hours=ledger_numbers().pickup_hours)
            return self.plain.open_hold(key, resident, shop, wanted, expires)

        return Operation(
            "hold", model, lambda now: holds.open_hold(key, resident, shop, wanted, now=now).points
        )

    def _some_hold(self) -> UUID:
        known = list(self.plain.holds)
        if not known or self.random.random() < 0.03:
            return self._key()
        return self.random.choice(known[-6:])

    def _capture(self) -> Operation:
        key = self._some_hold()
        hold = self.plain.holds.get(key)
        shop = hold.shop if hold and self.random.random() < 0.97 else self.random.choice(self.shops).pk
        given = None
        if hold and self.random.random() < 0.3:
            given = {
                g: self.random.randint(0, q + (self.random.random() < 0.1))
                for g, (q, _) in hold.items.items()
            }
        return Operation(
            "capture", lambda now: self.plain.capture(key, shop, given, now),
            lambda now: holds.capture(key, shop, now=now, given=given), at_shop=True,
        )  # fmt: skip

    def _release(self) -> Operation:
        key = self._some_hold()
        return Operation(
            "release", lambda now: self.plain.release(key, "void", now),
            lambda now: holds.release(key, now=now), compare=False,
        )  # fmt: skip

    def _sweep(self) -> Operation:
        return Operation("sweep", lambda now: self.plain.sweep(now), holds.release_overdue, compare=False)

    def _refund(self) -> Operation:
        hold_key, key = self._some_hold(), self._key()
        hold = self.plain.holds.get(hold_key)
        items = list(hold.items) if hold else [self.goods[self.shops[0].pk][0]]
        back = {self.random.choice(items): self.random.randint(1, 2)}

        def real(now: dt.datetime) -> tuple[int, int]:
            made = holds.refund(key, hold_key, back, now=now)
            return made.points, made.expired

        return Operation(
            "refund", lambda now: self.plain.refund(key, hold_key, back, now), real, at_shop=True
        )

    def _reverse(self) -> Operation:
        source = self.awards if self.random.random() < 0.7 or not self.deductions else self.deductions
        original = self.random.choice(source[-15:]) if source else self._key()
        return Operation(
            "reverse", lambda now: self.plain.reverse(original, now)[0],
            lambda now: ledger.reverse(original, now=now).points,
        )  # fmt: skip

    def _deduct(self) -> Operation:
        key, resident, points = self._key(), self.random.choice(self.people), self.random.randint(1, 60)
        self.deductions.append(key)
        return Operation(
            "deduct", lambda now: self.plain.deduct(key, resident, points, now),
            lambda now: ledger.deduct(key, resident, points, now=now).points,
        )  # fmt: skip

    def _receipt(self, goods: int, quantity: int) -> Operation:
        key = self._key()

        def real(now: dt.datetime) -> int:
            if quantity > 0:
                return stock.receive(key, goods, quantity, now=now)
            return stock.lose(key, goods, -quantity, "破损", now=now)

        return Operation("stock", lambda now: self.plain.put_stock(key, goods, quantity), real, compare=False)

    def _stock(self) -> Operation:
        shop = self.random.choice(self.shops).pk
        goods = self.random.choice(self.goods[shop][:2])
        return self._receipt(goods, self.random.choice((10, 5, -1, -3)))

    def _fund(self, points: int) -> Operation:
        key = self._key()
        return Operation(
            "fund", lambda now: self.plain.fund(key, points, now),
            lambda now: budget.fund_pool(key, self.village.pk, points, now=now), compare=False,
        )  # fmt: skip

    def _more_budget(self) -> Operation:
        return self._fund(self.random.choice((500, 1000, -200, -5000)))

    def _settle(self) -> Operation:
        key, shop = self._key(), self.random.choice(self.shops).pk
        points = max(1, self.plain.posted.get(("shop", shop, 0), 0) // 2)
        return Operation(
            "settle", lambda now: self.plain.settle_shop(key, shop, points, now),
            lambda now: settlement.pay(key, shop, points, now=now), compare=False,
        )  # fmt: skip

    # -- delivery and faults -----------------------------------------------------------------------------
    def run(self) -> Outcome:
        with psycopg.connect(_dsn(), autocommit=True) as self.control:
            for _ in range(self.options.operations):
                self._pass_time()
                self.pending.append(self._next())
                self._deliver_some()
            self._liveness()
        self._compare_state()
        report = verify()
        self.outcome.broken, self.outcome.transfers = report.broken, report.transfers
        return self.outcome

    def _pass_time(self) -> None:
        # Most acts follow each other within hours, some after weeks: a pick-up must be able to come in time.
        mean = 4 * self.options.days * 86400 / self.options.operations
        step = mean if self.random.random() < 0.25 else 2 * 3600
        before = self.now.date()
        self.now += dt.timedelta(seconds=self.random.expovariate(1 / step))
        if self.now.date() > before and self.random.random() < 0.3:
            self._seal(self.now.date() - dt.timedelta(days=1))
        if self.random.random() < 0.1:
            self.shop_online = not self.shop_online
        if self.now.date() > ledger_numbers().last_day_of(2026) and 2026 not in self.plain.ended:
            self._expire()

    def _seal(self, day: dt.date) -> None:
        seals.seal_until(day, now=self.now)
        self.plain.seal(day)

    def _expire(self) -> None:
        self._deliver(
            Operation(
                "expire", lambda now: self.plain.expire(2026, now)[1],
                lambda now: expiry.expire_vintage(self.village.pk, 2026, now=now).points,
            ),
            self.now,
        )  # fmt: skip

    def _deliver_some(self) -> None:
        while self.pending and self.random.random() < 0.85:
            place = self.random.randrange(len(self.pending)) if self.random.random() < 0.3 else 0
            operation = self.pending[place]
            if operation.at_shop and not self.shop_online:
                return
            self.pending.pop(place)
            self._deliver_with_fault(operation)

    def _deliver_with_fault(self, operation: Operation) -> None:
        if self.random.random() >= self.options.faults:
            self._deliver(operation, self.now)
            return
        fault = self.random.choices(
            ["duplicate", "lost reply", "killed", "locked", "clock back", "clock ahead"], [8, 8, 4, 1, 4, 2]
        )[0]
        self.outcome.faults[fault] = self.outcome.faults.get(fault, 0) + 1
        if fault == "duplicate":
            for _ in range(2):
                self._deliver(operation, self.now)
        elif fault == "lost reply":
            self._deliver(operation, self.now)
            self.pending.append(operation)
        elif fault == "killed":
            self._killed(operation)
            self._deliver(operation, self.now)
        elif fault == "locked":
            self._locked(operation)
            self._deliver(operation, self.now)
        elif fault == "clock back":
            self._deliver(operation, self.now - dt.timedelta(hours=self.random.choice((1, 30, 24 * 20))))
        else:
            self._deliver(operation, self.now + dt.timedelta(hours=self.random.choice((1, 6))))

    def _killed(self, operation: Operation) -> None:
        """The backend dies between the statement and its commit: nothing may stay."""
        try:
            with transaction.atomic():
                try:
                    operation.real(self.now)
                except UnableToPost:
                    return
                self.control.execute(
                    "SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid]
                )
                Account.objects.first()
        except (DatabaseProblem, psycopg.Error):
            pass
        finally:
            connection.close()

    def _locked(self, operation: Operation) -> None:
        """Somebody else sits on the rows longer than the caller waits."""
        connection.ensure_connection()
        with self.control.transaction():
            self.control.execute(
                "SELECT FROM villages_account WHERE village_id = %s FOR UPDATE", [self.village.pk]
            )
            connection.connection.execute("SET lock_timeout = '4ms'")
            try:
                # What needs none of these rows happens all the same; the delivery that follows repeats it.
                with contextlib.suppress(UnableToPost):
                    operation.real(self.now)
            finally:
                connection.connection.execute("RESET lock_timeout")

    def _deliver(self, operation: Operation, now: dt.datetime) -> None:
        self.outcome.delivered += 1
        expected = _answer(lambda: operation.model(now), lambda refusal: refusal.code, Refused)
        got = _answer(
            lambda: operation.real(now), lambda refusal: CODES.get(type(refusal), "?"), UnableToPost
        )
        refused = isinstance(expected, str) or isinstance(got, str)
        if isinstance(expected, str):
            self.outcome.refusals[expected] = self.outcome.refusals.get(expected, 0) + 1
        if expected != got and (operation.compare or refused):
            self.outcome.differences.append(f"{operation.name} at {now}: model {expected}, ledger {got}")

    # -- the end -----------------------------------------------------------------------------------------
    def _liveness(self) -> None:
        self.shop_online = True
        for operation in self.pending:
            self._deliver(operation, self.now)
        self.now += dt.timedelta(hours=ledger_numbers().pickup_hours + 1)
        self._deliver(self._sweep(), self.now)
        if Hold.objects.filter(state="open").exists():
            self.outcome.differences.append("holds remain open after everything was delivered")
        self.now = max(self.now, dt.datetime(2027, 4, 1, 1, 0, tzinfo=LOCAL))
        self._expire()
        while outbox.drain(self.now)[0]:
            pass
        if Outbox.objects.filter(done_at__isnull=True).exists():
            self.outcome.differences.append("the outbox did not drain")
        self._seal(self.now.date() - dt.timedelta(days=1))

    def _compare_state(self) -> None:
        rows = Account.objects.values_list("kind", "owner_id", "vintage", "posted", "held")
        real = {row[:3]: (row[3], row[4]) for row in rows if row[3] or row[4]}
        plain = {a: (p, self.plain.held.get(a, 0)) for a, p in self.plain.posted.items()}
        self._same("accounts", {a: v for a, v in plain.items() if any(v)}, real)
        used = {
            (u.owner_id, u.level, u.cap_code, u.window_start): u.used for u in CapUse.objects.all() if u.used
        }
        self._same("caps", {k: v for k, v in self.plain.used.items() if v}, used)
        shelves = {s.goods_id: (s.on_hand, s.reserved) for s in Stock.objects.all()}
        self._same("stock", {g: tuple(s) for g, s in self.plain.stock.items()}, shelves)
        states = dict(Hold.objects.values_list("pk", "state"))
        self._same("holds", {k: h.state for k, h in self.plain.holds.items()}, states)

    def _same(self, what: str, plain: dict[Any, Any], real: dict[Any, Any]) -> None:
        for key in sorted(set(plain) | set(real), key=str):
            if plain.get(key) != real.get(key):
                self.outcome.differences.append(
                    f"{what} {key}: model {plain.get(key)}, ledger {real.get(key)}"
                )


def _answer(ask: Callable[[], Any], code_of: Callable[[Any], str], refusal: type[Exception]) -> Any:
    try:
        return ask()
    except refusal as error:
        return code_of(error)


def _dsn() -> str:
    connection.ensure_connection()
    told = connection.connection.info
    return psycopg.conninfo.make_conninfo(
        host=told.host, port=told.port, dbname=told.dbname, user=told.user, password=told.password
    )

"""One seed, one village year: the real ledger functions under faults, held against the plain model.

Safety phase: operations come in any order, twice, with their replies lost, on connections that are killed
before their commit, against locks that do not go away in time, with clocks that jump, while the shop is
offline. Every answer is compared. Liveness phase: the faults stop; everything pending is delivered, holds
resolve, the outbox drains, the year expires. Then state and all invariants are compared.

Needs an empty book in a database for tests and as its owner: nothing else can remove a journal.
"""

import datetime as dt
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from villages.definitions import ledger_numbers
from villages.engine.windows import LOCAL
from villages.models import Account, CapUse, Hold, Outbox, Stock
from villages.services import expiry, outbox, seals
from villages.services.verification import verify
from villages.simulation.delivery import Delivery, dsn
from villages.simulation.world import Operation, Options, Outcome

TABLES = (
    "villages_transfer, villages_claim, villages_capuse, villages_dayseal, villages_vintageend, villages_outbox,"
    " villages_refund, villages_holditem, villages_holdpart, villages_hold, villages_stockmove, villages_stock,"
    " villages_goods, villages_shop, villages_account, villages_residentmove, villages_resident,"
    " villages_household, villages_village"
)


class UnableToSimulate(RuntimeError):
    """Not a database for tests."""


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


class Simulation(Delivery):
    """A year of one seed: safety phase, liveness phase, comparison."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        for goods, (_, _, has_shelf) in self.plain.prices.items():
            if has_shelf:
                self.deliver(self._receipt(goods, 5), self.now)
        self.deliver(self._fund(4000), self.now)
        self.deliver(self._fund(300, self.neighbour.pk), self.now)
        task = UUID(int=1000)
        pairs = [self._one_award(person, task, self.now.date(), points=100) for person in self.people]
        self.deliver(self._awarding(pairs, "batch"), self.now)

    def run(self) -> Outcome:
        with psycopg.connect(dsn(), autocommit=True) as self.control:
            for _ in range(self.options.operations):
                self._pass_time()
                self.pending.append(self.next())
                self.deliver_some()
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
        for village in (self.village.pk, self.neighbour.pk):
            over = self.now.date() > ledger_numbers().last_day_of(2026)
            # The neighbour's book may end its year some days later.
            if over and (village, 2026) not in self.plain.ended and (
                village == self.village.pk or self.random.random() < 0.3
            ):  # fmt: skip
                self._expire(village)

    def _seal(self, day: dt.date) -> None:
        seals.seal_until(day, now=self.now)
        self.plain.seal(day)

    def _expire(self, village: int) -> None:
        self.deliver(
            Operation(
                "expire", lambda now: self.plain.expire(2026, now, village)[1],
                lambda now: expiry.expire_vintage(village, 2026, now=now).points,
            ),
            self.now,
        )  # fmt: skip

    def _liveness(self) -> None:
        self.shop_online = True
        for operation in self.pending:
            self.deliver(operation, self.now)
        self.now += dt.timedelta(hours=ledger_numbers().pickup_hours + 1)
        self.deliver(self._sweep(), self.now)
        if Hold.objects.filter(state="open").exists():
            self.outcome.differences.append("holds remain open after everything was delivered")
        self.now = max(self.now, dt.datetime(2027, 4, 1, 1, 0, tzinfo=LOCAL))
        for village in (self.village.pk, self.neighbour.pk):
            self._expire(village)
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


__all__ = ["Options", "Outcome", "Simulation", "UnableToSimulate", "clear_book", "simulate"]

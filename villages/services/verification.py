"""Proof of the ledger: every invariant, over one village or the whole book, in one view of the database."""

import datetime as dt
import time
from dataclasses import dataclass

from django.db import connection, transaction

from villages.invariants import INVARIANTS
from villages.models import LedgerCheck, Village

from .ledger import local_day

MOST_SHOWN = 20
SAMPLE_DAYS = 2


@dataclass(frozen=True)
class Outcome:
    """One invariant: how many breaches, the first of them in words, seconds it took."""

    code: str
    promise: str
    breaches: int
    shown: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Report:
    """All invariants over one scope."""

    outcomes: tuple[Outcome, ...]
    transfers: int
    seconds: float

    @property
    def intact(self) -> bool:
        return not any(outcome.breaches for outcome in self.outcomes)

    @property
    def broken(self) -> list[str]:
        return [outcome.code for outcome in self.outcomes if outcome.breaches]


def verify(
    village_id: int | None = None, *, sealed_from: dt.date | None = None, only: frozenset[str] | None = None
) -> Report:
    """Check the invariants in one repeatable view; ``sealed_from`` limits how many seals are recomputed."""
    begun = time.perf_counter()
    given = {"village": village_id, "sealed_from": sealed_from or dt.date(2000, 1, 1)}
    outcomes = []
    with transaction.atomic(), connection.cursor() as cursor:
        if not any(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT set_config('work_mem', '128MB', true)")
        for invariant in INVARIANTS:
            if only is None or invariant.code in only:
                started = time.perf_counter()
                cursor.execute(invariant.sql, given)
                rows = cursor.fetchall()
                shown = tuple(f"{what}：{detail}" for what, detail in rows[:MOST_SHOWN])
                outcomes.append(
                    Outcome(
                        invariant.code, invariant.promise, len(rows), shown, time.perf_counter() - started
                    )
                )
        cursor.execute(
            "SELECT count(*) FROM villages_transfer WHERE %(village)s::bigint IS NULL OR village_id = %(village)s",
            given,
        )
        transfers = int(cursor.fetchone()[0])
    return Report(tuple(outcomes), transfers, time.perf_counter() - begun)


def check_and_keep(village: Village | None, scope: str, *, now: dt.datetime) -> LedgerCheck:
    """Verify and keep the outcome for the villagers' page. ``scope``: sample (last seals only) or full."""
    since = local_day(now) - dt.timedelta(days=SAMPLE_DAYS) if scope == "sample" else None
    return keep(verify(village.pk if village else None, sealed_from=since), village, scope, now=now)


def keep(report: Report, village: Village | None, scope: str, *, now: dt.datetime) -> LedgerCheck:
    """Store an outcome."""
    return LedgerCheck.objects.create(
        village=village, scope=scope, at=now, seconds=report.seconds, transfers=report.transfers,
        intact=report.intact,
        results=[
            {"code": o.code, "promise": o.promise, "breaches": o.breaches, "shown": list(o.shown)}
            for o in report.outcomes
        ],
    )  # fmt: skip

"""A village's points as money: budget, issued, spent, expired, liability. Sealed days come from their totals."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, Sum

from villages.models import (
    Account,
    AccountKind,
    DaySeal,
    Hold,
    LedgerCheck,
    Shop,
    Transfer,
    TransferCode,
    Village,
)

from .scores import LINEAGE

TOTALS = """
    SELECT code, sum(n), sum(points) FROM (
        SELECT kind.key AS code, (kind.value ->> 0)::bigint AS n, (kind.value ->> 1)::bigint AS points
        FROM villages_dayseal s CROSS JOIN LATERAL jsonb_each(s.totals) AS kind WHERE s.village_id = %(village)s
        UNION ALL
        SELECT t.code, count(*), sum(t.amount) FROM villages_transfer t
        WHERE t.village_id = %(village)s AND t.posted_on > %(sealed)s GROUP BY t.code) AS told
    GROUP BY code"""


@dataclass(frozen=True)
class Money:
    """Points since the beginning; ``liability_yuan`` is what the points in circulation are worth."""

    granted: int
    left: int
    issued: int
    spent: int
    expired: int
    deducted: int
    circulating: int
    held: int
    owed_to_shops: int
    settled: int
    liability_yuan: float
    rows: list[tuple[str, int, int]]

    @property
    def used_pct(self) -> float:
        return 100.0 * (self.granted - self.left) / self.granted if self.granted else 0.0


def money_of(village: Village) -> Money:
    """The village's figures; four queries."""
    sealed = DaySeal.objects.filter(village=village).order_by("-day").values_list("day", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"village": village.pk, "sealed": sealed or dt.date(2000, 1, 1)})
        totals = {code: (int(n), int(points)) for code, n, points in cursor.fetchall()}
    kinds = Account.objects.filter(village=village).order_by().values_list("kind")
    balances = {kind: (posted, held) for kind, posted, held in kinds.annotate(p=Sum("posted"), h=Sum("held"))}

    def points(*codes: str) -> int:
        return sum(totals.get(code, (0, 0))[1] for code in codes)

    circulating, held = balances.get("resident", (0, 0))
    owed = balances.get("shop", (0, 0))[0]
    granted, left = points("fund") - points("unfund"), balances.get("pool", (0, 0))[0]
    spent = points("capture") - points("refund")
    expired, deducted = balances.get("expired", (0, 0))[0], balances.get("adjustment", (0, 0))[0]
    rows = [(str(TransferCode(code).label), *totals[code]) for code in TransferCode.values if code in totals]
    return Money(
        granted, left, granted - left, spent, expired, deducted, circulating, held, owed, points("settle"),
        (circulating + owed) / village.points_per_yuan, rows,
    )  # fmt: skip


def shops_spent(village: Village) -> list[dict[str, Any]]:
    """Pick-ups and points by shop."""
    done = Q(holds__state=Hold.State.CAPTURED)
    rows = Shop.objects.filter(village=village).annotate(
        pickups=Count("holds", filter=done),
        points=Sum(F("holds__captured") - F("holds__refunded"), filter=done, default=0),
    )
    names = ("name", "pickups", "points", "state")
    return [dict(row) for row in rows.order_by("-points", "name").values(*names)]


def signed_lines(resident_id: int, limit: int | None = None) -> list[tuple[Transfer, int]]:
    """A person's journal, newest first, with 1 for what came in and -1 for what went out.

    It goes on over all entries of the person; what only went from one of them to the other is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(LINEAGE, [[resident_id], None])
        entries = {entry for entry, _ in cursor.fetchall()}
    found = Transfer.objects.filter(resident_id__in=entries).select_related("debit", "credit")
    lines = []
    for line in found.order_by("-posted_at", "-id")[:limit]:
        sign = _belongs(line.credit, entries) - _belongs(line.debit, entries)
        if sign:
            lines.append((line, sign))
    return lines


def _belongs(account: Account, entries: set[int]) -> int:
    return int(account.kind == AccountKind.RESIDENT and account.owner_id in entries)


def latest_check(village: Village) -> LedgerCheck | None:
    """The newest proof that covers the village: its own or one of the whole book."""
    return LedgerCheck.objects.filter(Q(village=village) | Q(village__isnull=True)).order_by("-at").first()


def recent_seals(village: Village, limit: int = 14) -> list[DaySeal]:
    return list(DaySeal.objects.filter(village=village).order_by("-day")[:limit])

"""The end of a vintage (积分到期): notices before it, then one statement a village."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum

from villages.definitions import ledger_numbers
from villages.models import Account, Outbox, VintageEnd

from .ledger import local_day, new_key
from .posting import call

EXPIRE = "SELECT * FROM villages_expire_vintage(%s::uuid, %s::bigint, %s::int, %s::timestamptz, %s::date)"


@dataclass(frozen=True)
class Expired:
    """How many accounts of a vintage were emptied, and of how many points."""

    accounts: int
    points: int
    replayed: bool


@dataclass(frozen=True)
class Ending:
    """What a village's vintage would lose if it ended now."""

    village_id: int
    vintage: int
    last_day: dt.date
    accounts: int
    points: int


def expire_vintage(village_id: int, vintage: int, *, now: dt.datetime, key: UUID | None = None) -> Expired:
    """Move what is free of a vintage to the expired points; points in an open hold follow when it resolves."""
    rows = call(EXPIRE, [key or new_key(now), village_id, vintage, now, local_day(now)])
    return Expired(*rows[0])


def preview(village_id: int, vintage: int) -> Ending:
    """What would expire, before it does."""
    due = Account.objects.filter(kind="resident", village_id=village_id, vintage=vintage, posted__gt=0)
    return Ending(
        village_id, vintage, ledger_numbers().last_day_of(vintage), due.count(),
        due.aggregate(all=Sum("posted"))["all"] or 0,
    )  # fmt: skip


def expire_due(now: dt.datetime) -> list[tuple[int, int, Expired]]:
    """End every vintage whose last day has passed: ``(village, vintage, outcome)``."""
    today = local_day(now)
    ended = set(VintageEnd.objects.values_list("village_id", "vintage"))
    waiting = _vintages_in_use() - ended
    due = sorted(pair for pair in waiting if ledger_numbers().last_day_of(pair[1]) < today)
    return [(village, vintage, expire_vintage(village, vintage, now=now)) for village, vintage in due]


def announce_ending(now: dt.datetime) -> int:
    """Leave a notice in the outbox for every village whose vintage ends in 60, 30 or 7 days; how many."""
    numbers, today = ledger_numbers(), local_day(now)
    notices = []
    for village, vintage in sorted(_vintages_in_use()):
        days = (numbers.last_day_of(vintage) - today).days
        if days in numbers.vintage_notice_days:
            payload = {"vintage": vintage, "days": days, "last_day": str(numbers.last_day_of(vintage))}
            if not Outbox.objects.filter(topic="ending", village_id=village, payload=payload).exists():
                notices.append(
                    Outbox(
                        topic="ending", village_id=village, payload=payload, created_at=now, next_try_at=now
                    )
                )
    return len(Outbox.objects.bulk_create(notices))


def _vintages_in_use() -> set[tuple[int, int]]:
    return set(
        Account.objects.filter(kind="resident", closed_at__isnull=True, posted__gt=0)
        .order_by()
        .values_list("village_id", "vintage")
        .distinct()
    )

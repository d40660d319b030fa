"""Effects outside of the ledger, from rows written in the same commit as their cause: at least once, in order."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

from accounts.inbox import notify
from villages.definitions import ledger_numbers
from villages.models import Account, Claim, Outbox, Resident

logger = logging.getLogger(__name__)
ROWS_A_TURN = 200
Handler = Callable[[Outbox, dt.datetime], None]


def drain(now: dt.datetime, limit: int = ROWS_A_TURN) -> tuple[int, int]:
    """Work off up to ``limit`` rows that are due: ``(done, failed)``. Several workers may drain at once; none waits
    for another, and a row whose effect fails waits longer each time without holding up the others."""
    done: list[int] = []
    failed = 0
    with transaction.atomic():
        due = Outbox.objects.select_for_update(skip_locked=True).filter(
            done_at__isnull=True, next_try_at__lte=now
        )
        for row in due.order_by("id")[:limit]:
            try:
                with transaction.atomic():
                    HANDLERS[row.topic](row, now)
            except Exception as error:
                logger.exception("outbox row %s failed", row.pk)
                _put_off(row, error, now)
                failed += 1
            else:
                done.append(row.pk)
        Outbox.objects.filter(pk__in=done).update(done_at=now)
    return len(done), failed


def _put_off(row: Outbox, error: Exception, now: dt.datetime) -> None:
    waits = ledger_numbers().outbox_retry_seconds
    row.next_try_at = now + dt.timedelta(seconds=waits[min(row.attempts, len(waits) - 1)])
    row.attempts += 1
    row.error = type(error).__name__
    row.save(update_fields=["next_try_at", "attempts", "error"])


def _awarded(row: Outbox, now: dt.datetime) -> None:
    claims = Claim.objects.filter(key__in=row.payload["keys"]).select_related("resident__user")
    for claim in claims:
        user = claim.resident.user
        if user is not None:
            title = f"获得 {claim.granted} 积分" if claim.granted else "本次未获得积分"
            text = f"应得 {claim.asked}，实得 {claim.granted}：{why(claim.reason)}" if claim.reason else ""
            notify([user], title, text=text, url="/villages/", now=now)


def why(reason: str) -> str:
    """A clipping in words: the pool, or a cap's code (``V01.day.p1``)."""
    if reason == "pool":
        return "本村积分额度不足"
    if reason in ("claimed", "went_on"):
        return "该事项当天已奖励"
    if reason == "not_active":
        return "不在本村名册"
    parts = reason.split(".")
    windows = {
        "day": "每天",
        "week": "每周",
        "month": "每月",
        "quarter": "每季度",
        "year": "每年",
        "once": "累计",
    }
    window = windows.get(parts[1], "") if len(parts) > 1 else ""
    level = "每户" if reason.endswith("2") else "全村" if reason.endswith("3") else "每人"
    return f"已达到{level}{window}上限（{parts[0]}）"


def _ending(row: Outbox, now: dt.datetime) -> None:
    vintage, days = row.payload["vintage"], row.payload["days"]
    for resident, points in _holders(row.village_id, vintage):
        notify(
            [resident.user], f"{points} 积分将在 {days} 天后到期",
            text=f"{vintage} 年获得的积分可用至 {row.payload['last_day']}，请及时兑换。", url="/villages/", now=now,
        )  # fmt: skip


def _expired(row: Outbox, now: dt.datetime) -> None:
    """The village's administrators see the total on the money page; residents were told before."""


def _holders(village_id: int, vintage: int) -> list[tuple[Any, int]]:
    balances = dict(
        Account.objects.filter(
            kind="resident", village_id=village_id, vintage=vintage, posted__gt=0
        ).values_list("owner_id", "posted")
    )
    people = Resident.objects.filter(pk__in=balances, user__isnull=False).select_related("user")
    return [(resident, balances[resident.pk]) for resident in people]


HANDLERS: dict[str, Handler] = {"award": _awarded, "ending": _ending, "expired": _expired}

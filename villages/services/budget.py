"""Budget: a village asks, the town grants, points go from the town's treasury to the village's pool."""

import datetime as dt
from typing import Any
from uuid import UUID

import audit
from accounts.inbox import close_tasks, holders, notify, open_task
from accounts.roles import Role
from villages.definitions import ledger_numbers
from villages.models import Account, BudgetRequest, Village

from .ledger import local_day, new_key
from .posting import call

LARGEST_REQUEST = 10_000_000
FUND = (
    "SELECT villages_fund(%s::uuid, %s::bigint, %s::int, %s::int, %s::uuid, %s::bigint, %s::text,"
    " %s::timestamptz, %s::date)"
)


class UnableToDecideBudget(ValueError):
    """The request cannot be made or decided; the text is for the user."""


def fund_pool(
    key: UUID, village_id: int, points: int, *, now: dt.datetime, ref: UUID | None = None,
    actor_id: int | None = None, memo: str = "",
) -> bool:  # fmt: skip
    """Move ``points`` into the pool (negative: back to the treasury); True if this key had done so before.

    Raises :class:`UnableToSpendMissingPoints` if the pool has less than is taken back.
    """
    reserve = ledger_numbers().budget_reserve_pct
    rows = call(FUND, [key, village_id, points, reserve, ref, actor_id, memo[:120], now, local_day(now)])
    return bool(rows[0][0])


def ask_for_budget(
    user: Any, village: Village, points: int, purpose: str, *, origin: audit.Origin, now: dt.datetime
) -> BudgetRequest:
    """The village asks its town for points. Raises :class:`UnableToDecideBudget`."""
    if not 0 < points <= LARGEST_REQUEST:
        raise UnableToDecideBudget("申请额度须为 1 至 10,000,000 积分。")
    if not purpose.strip():
        raise UnableToDecideBudget("请写明额度的用途。")
    with audit.action(
        "villages.budget.requested",
        origin=origin,
        target=f"village:{village.code}",
        detail={"points": points},
    ):
        request = BudgetRequest.objects.create(
            id=new_key(now), village=village, points=points, purpose=purpose.strip()[:200], asked_by=user,
            asked_at=now,
        )  # fmt: skip
        open_task(
            holders(Role.TOWN_ADMIN, scope_code=village.town_code), f"villages.budget:{request.pk}",
            f"{village.name}申请积分额度 {points}", url="/villages/approvals/", now=now,
        )  # fmt: skip
    return request


def decide_budget(
    user: Any, request_id: UUID, granted: bool, reason: str = "", *, origin: audit.Origin, now: dt.datetime
) -> BudgetRequest:
    """The town grants (the points move in the same commit) or refuses with a reason.

    Raises :class:`UnableToDecideBudget` if it was decided before, by whom asked, or a refusal has no reason.
    """
    code = "villages.budget.granted" if granted else "villages.budget.refused"
    with audit.action(code, origin=origin) as entry:
        request = (
            BudgetRequest.objects.select_for_update(of=("self",)).select_related("village").get(pk=request_id)
        )
        entry.target = f"village:{request.village.code}"
        entry.detail |= {"points": request.points, "request": str(request.pk)}
        if request.state != BudgetRequest.State.ASKED:
            raise UnableToDecideBudget("该申请已处理，请刷新页面。")
        if request.asked_by_id == user.pk:
            raise UnableToDecideBudget("申请人不能审批自己的申请。")
        if not granted and not reason.strip():
            raise UnableToDecideBudget("请写明不予批准的理由。")
        request.state = BudgetRequest.State.GRANTED if granted else BudgetRequest.State.REFUSED
        request.decided_by, request.decided_at, request.reason = user, now, reason.strip()[:200]
        request.save(update_fields=["state", "decided_by", "decided_at", "reason"])
        if granted:
            fund_pool(
                request.pk, request.village_id, request.points, now=now, ref=request.pk, actor_id=user.pk
            )
        close_tasks(f"villages.budget:{request.pk}", now)
        if request.asked_by is not None:
            word = "已拨入" if granted else "未获批准"
            notify([request.asked_by], f"积分额度 {request.points} {word}", text=request.reason, now=now)
    return request


def budget_used_pct(village_id: int) -> float:
    """How much of what was ever granted has left the pool, in percent."""
    rows = dict(
        Account.objects.filter(owner_id=village_id, kind__in=["pool", "treasury"]).values_list(
            "kind", "posted"
        )
    )
    granted = -rows.get("treasury", 0)
    return 100.0 * (granted - rows.get("pool", 0)) / granted if granted > 0 else 0.0

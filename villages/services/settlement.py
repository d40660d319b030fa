"""Monthly settlement: a statement per shop, confirmed by both sides, paid out by the town."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

import audit
from villages.engine.windows import LOCAL
from villages.models import Hold, Refund, Shop, Statement

from .ledger import local_day, new_key
from .posting import call

SETTLE = (
    "SELECT villages_settle(%s::uuid, %s::bigint, %s::int, %s::bigint, %s::text, %s::timestamptz, %s::date)"
)
State = Statement.State


class UnableToSettle(ValueError):
    """The step is not possible now; the text is for the user."""


def pay(
    key: UUID, shop_id: int, points: int, *, now: dt.datetime, actor_id: int | None = None, memo: str = ""
) -> bool:
    """Move a shop's points back to the treasury that pays them in yuan; True if this key had done so before.

    Raises :class:`UnableToSpendMissingPoints`, :class:`UnableToReuseKey`.
    """
    return bool(call(SETTLE, [key, shop_id, points, actor_id, memo[:120], now, local_day(now)])[0][0])


def make_statements(month: dt.date, *, now: dt.datetime) -> int:
    """Statements of a past month for every shop with movements and none yet; returns how many were made.

    A month's captures less its refunds, by the time they were posted; a statement that nobody confirmed yet
    is drawn up again.
    """
    first, end = _month(month)
    if local_day(now) < end.date():
        raise UnableToSettle("当月尚未结束，不能出具结算单。")
    made = 0
    for shop in Shop.objects.exclude(state__in=[Shop.State.PROPOSED, Shop.State.REFUSED]).select_related(
        "village"
    ):
        figures = month_figures(shop, month)
        if not figures["pickups"] and not figures["refunds"]:
            continue
        values = figures | {"points_per_yuan": shop.village.points_per_yuan, "made_at": now}
        _, created = Statement.objects.get_or_create(
            shop=shop, month=first.date(), defaults={"id": new_key(now), **values}
        )
        made += created
    return made


def month_figures(shop: Shop, month: dt.date) -> dict[str, int]:
    """``captures``, ``refunds``, ``pickups`` and ``points`` of a shop in a month."""
    first, end = _month(month)
    taken = Hold.objects.filter(
        shop=shop, state=Hold.State.CAPTURED, resolved_at__gte=first, resolved_at__lt=end
    ).aggregate(points=Sum("captured"), pickups=Count("id"))
    back = Refund.objects.filter(shop=shop, at__gte=first, at__lt=end).aggregate(points=Sum("points"))
    captures, refunds = taken["points"] or 0, back["points"] or 0
    return {
        "captures": captures,
        "refunds": refunds,
        "pickups": taken["pickups"] or 0,
        "points": captures - refunds,
    }


def confirm(user: Any, statement_id: UUID, side: str, *, origin: audit.Origin, now: dt.datetime) -> Statement:
    """One side (``shop`` or ``village``) agrees; with both it is confirmed. The two are different people.

    Raises :class:`UnableToSettle`, also if the journal says something else by now.
    """
    with audit.action("villages.statement.confirmed", origin=origin, detail={"side": side}) as entry:
        statement = _locked(statement_id)
        entry.target = f"statement:{statement.pk}"
        if statement.state not in (State.OPEN, State.DISPUTED):
            raise UnableToSettle("该结算单已确认，请刷新页面。")
        figures = month_figures(statement.shop, statement.month)
        if any(getattr(statement, name) != value for name, value in figures.items()):
            for name, value in figures.items():
                setattr(statement, name, value)
            statement.shop_by = statement.village_by = statement.shop_at = statement.village_at = None
            statement.save()
            entry.detail["redrawn"] = True
            return statement
        other = statement.village_by_id if side == "shop" else statement.shop_by_id
        if other == user.pk:
            raise UnableToSettle("双方须由不同的人确认。")
        setattr(statement, f"{side}_by", user)
        setattr(statement, f"{side}_at", now)
        statement.objection = ""
        both = statement.shop_by_id and statement.village_by_id
        statement.state = State.CONFIRMED if both else State.OPEN
        statement.save()
        return statement


def dispute(user: Any, statement_id: UUID, text: str, *, origin: audit.Origin, now: dt.datetime) -> Statement:
    """Either side objects: the payout is blocked until both confirm again."""
    with audit.action("villages.statement.disputed", origin=origin) as entry:
        statement = _locked(statement_id)
        entry.target = f"statement:{statement.pk}"
        if statement.state == State.PAID:
            raise UnableToSettle("该结算单已付款，不能再提出异议。")
        if not text.strip():
            raise UnableToSettle("请写明异议内容。")
        statement.state, statement.objection = State.DISPUTED, text.strip()[:200]
        statement.shop_by = statement.village_by = statement.shop_at = statement.village_at = None
        statement.save()
        return statement


def pay_out(user: Any, statement_id: UUID, *, origin: audit.Origin, now: dt.datetime) -> Statement:
    """The town records the payout: the points leave the shop's account in the same commit.

    Raises :class:`UnableToSettle` unless both sides have confirmed.
    """
    with audit.action("villages.statement.paid", origin=origin) as entry:
        statement = _locked(statement_id)
        entry.target = f"statement:{statement.pk}"
        if statement.state != State.CONFIRMED:
            raise UnableToSettle("双方确认后才能结算。")
        if user.pk in (statement.shop_by_id, statement.village_by_id):
            raise UnableToSettle("确认过结算单的人不能办理付款。")
        if statement.points > 0:
            pay(statement.pk, statement.shop_id, statement.points, now=now, actor_id=user.pk)
        statement.state, statement.paid_at, statement.paid_by = State.PAID, now, user
        statement.save()
        entry.detail["points"] = statement.points
        return statement


def _locked(statement_id: UUID) -> Statement:
    found = (
        Statement.objects.select_for_update(of=("self",))
        .select_related("shop__village")
        .filter(pk=statement_id)
        .first()
    )
    if found is None:
        raise UnableToSettle("没有找到这张结算单。")
    return found


def _month(month: dt.date) -> tuple[dt.datetime, dt.datetime]:
    first = dt.datetime(month.year, month.month, 1, tzinfo=LOCAL)
    end = first.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return first, end

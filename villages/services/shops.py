"""Shops and goods: opened by the village, approved by the town; prices have versions and a ceiling."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

import audit
from accounts.inbox import close_tasks, holders, notify, open_task
from accounts.models import Agency
from accounts.roles import AgencyKind, Role
from villages.definitions import ledger_numbers
from villages.models import BasketLine, Goods, GoodsPrice, Hold, Resident, Shop, Stock, Village

from . import holds

State = Shop.State


class UnableToKeepShop(ValueError):
    """The step is refused; the text is for the user."""


def propose_shop(
    user: Any, village: Village, *, name: str, address: str, agency: Agency | None, origin: audit.Origin,
    now: dt.datetime,
) -> Shop:  # fmt: skip
    """The village proposes a shop to its town."""
    if not name.strip():
        raise UnableToKeepShop("请填写商户名称。")
    if agency is not None and (agency.kind != AgencyKind.SHOP or Shop.objects.filter(agency=agency).exists()):
        raise UnableToKeepShop("该机构不是商户，或已有兑换点。")
    with audit.action("villages.shop.proposed", origin=origin) as entry:
        try:
            with transaction.atomic():
                shop = Shop.objects.create(
                    village=village, name=name.strip()[:60], address=address.strip()[:120], agency=agency,
                    proposed_by=user, proposed_at=now,
                )  # fmt: skip
        except IntegrityError as error:
            raise UnableToKeepShop("本村已有同名商户。") from error
        entry.target = f"shop:{shop.pk}"
        open_task(
            holders(Role.TOWN_ADMIN, scope_code=village.town_code), f"villages.shop:{shop.pk}",
            f"{village.name}申请开设兑换点：{shop.name}", url="/villages/approvals/", now=now,
        )  # fmt: skip
    return shop


def decide_shop(
    user: Any, shop_id: int, approved: bool, reason: str = "", *, origin: audit.Origin, now: dt.datetime
) -> Shop:
    """The town approves or refuses; not by who proposed it."""
    code = "villages.shop.approved" if approved else "villages.shop.refused"
    with audit.action(code, origin=origin, target=f"shop:{shop_id}"):
        shop = Shop.objects.select_for_update(of=("self",)).select_related("village").get(pk=shop_id)
        if shop.state != State.PROPOSED:
            raise UnableToKeepShop("该商户已处理，请刷新页面。")
        if shop.proposed_by_id == user.pk:
            raise UnableToKeepShop("申请人不能审批自己的申请。")
        if not approved and not reason.strip():
            raise UnableToKeepShop("请写明不予批准的理由。")
        shop.state = State.APPROVED if approved else State.REFUSED
        shop.decided_by, shop.decided_at, shop.reason = user, now, reason.strip()[:200]
        shop.save()
        close_tasks(f"villages.shop:{shop.pk}", now)
    return shop


def close_shop(user: Any, shop_id: int, reason: str, *, origin: audit.Origin, now: dt.datetime) -> int:
    """A shop ends: nothing new is put aside, what waits is released at once; how many pick-ups that were.

    What it is owed stays until it is settled. Raises :class:`UnableToKeepShop`.
    """
    if not reason.strip():
        raise UnableToKeepShop("请写明停业原因，待取货的村民会看到。")
    with audit.action("villages.shop.closed", origin=origin, target=f"shop:{shop_id}") as entry:
        shop = Shop.objects.select_for_update(of=("self",)).get(pk=shop_id)
        if shop.state != State.APPROVED:
            raise UnableToKeepShop("该商户未在营业。")
        shop.state, shop.reason = State.CLOSED, reason.strip()[:200]
        shop.save(update_fields=["state", "reason"])
        waiting = Hold.objects.filter(shop=shop, state=Hold.State.OPEN).select_related("resident__user")
        released = list(waiting.order_by("pk"))
        for hold in released:
            holds.release(hold.pk, now=now, reason=f"商户停业：{shop.reason}"[:100], actor_id=user.pk)
        people = [hold.resident.user for hold in released if hold.resident.user]
        notify(
            people, f"{shop.name}已停业，积分已退回", text=shop.reason, url="/villages/my/wallet/", now=now
        )
        entry.detail["released"] = len(released)
    return len(released)


def keep_goods(
    user: Any, shop: Shop, *, name: str, points: int, cost_fen: int, kind: str = Goods.Kind.GOODS, unit: str = "件",
    goods_id: int | None = None, is_listed: bool = True, low_at: int = 5, origin: audit.Origin, now: dt.datetime,
) -> Goods:  # fmt: skip
    """Add or change goods; a changed price is a new version.

    Raises :class:`UnableToKeepShop` above the ceiling: points at most cost x rate x 1.1.
    """
    if not name.strip() or points <= 0 or cost_fen < 0:
        raise UnableToKeepShop("请填写名称、积分价和进价。")
    rate, ratio = shop.village.points_per_yuan, ledger_numbers().price_ceiling_ratio
    ceiling = int(cost_fen / 100 * rate * ratio + 1e-9)
    if points > max(ceiling, 1):
        raise UnableToKeepShop(f"积分价不能高于 {ceiling} 分（进价 × {rate} × {ratio}）。")
    with audit.action(
        "villages.goods.kept", origin=origin, detail={"points": points, "cost_fen": cost_fen}
    ) as entry:
        goods = Goods.objects.select_for_update().filter(pk=goods_id or 0, shop=shop).first() or Goods(
            shop=shop
        )
        priced = (goods.points, goods.cost_fen) != (points, cost_fen) or goods.pk is None
        goods.name, goods.points, goods.cost_fen, goods.kind = name.strip()[:60], points, cost_fen, kind
        goods.unit, goods.is_listed, goods.low_at = unit[:8] or "件", is_listed, low_at
        try:
            with transaction.atomic():
                goods.save()
        except IntegrityError as error:
            raise UnableToKeepShop("该商户已有同名商品。") from error
        if kind == Goods.Kind.GOODS:
            Stock.objects.get_or_create(goods=goods)
        if priced:
            GoodsPrice.objects.create(goods=goods, points=points, cost_fen=cost_fen, set_at=now, set_by=user)
        entry.target = f"goods:{goods.pk}"
    return goods


def put_in_basket(resident: Resident, goods_id: int, quantity: int) -> None:
    """Set how many of something lie in the basket; 0 takes it out. Raises :class:`UnableToKeepShop`."""
    if quantity <= 0:
        BasketLine.objects.filter(resident=resident, goods_id=goods_id).delete()
        return
    goods = Goods.objects.filter(
        pk=goods_id, is_listed=True, shop__state=State.APPROVED, shop__village=resident.village
    ).first()
    if goods is None or quantity > 99:
        raise UnableToKeepShop("该商品目前不能兑换。")
    BasketLine.objects.update_or_create(resident=resident, goods=goods, defaults={"quantity": quantity})

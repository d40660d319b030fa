"""A villager spends: wallet, basket, hold, pick-up code; and what the village's points come to."""

import datetime as dt
import io
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from villages.definitions import ledger_numbers
from villages.models import Account, BasketLine, Goods, Hold, VintageEnd
from villages.selectors import money
from villages.selectors.scores import book_of, rule_set_in_force, score_of
from villages.services import holds
from villages.services.ledger import new_key
from villages.services.posting import UnableToPost
from villages.services.shops import UnableToKeepShop, put_in_basket

from .villager import Villager, villager_page


def _villager(request: HttpRequest) -> Villager:
    return request.villager  # type: ignore[attr-defined,no-any-return]


@villager_page
@require_GET
def wallet(request: HttpRequest) -> HttpResponse:
    """Points by the day they end, goods of the village's shops, pick-ups that wait."""
    person = _villager(request).resident
    ended = set(VintageEnd.objects.filter(village_id=person.village_id).values_list("vintage", flat=True))
    purse: list[dict[str, Any]] = [
        {
            "points": account.available,
            "held": account.held,
            "until": ledger_numbers().last_day_of(account.vintage),
        }
        for account in Account.objects.filter(kind="resident", owner_id=person.pk).order_by("vintage")
        if account.posted and account.vintage not in ended
    ]
    goods = Goods.objects.filter(shop__village_id=person.village_id, shop__state="approved", is_listed=True)
    basket = dict(BasketLine.objects.filter(resident=person).values_list("goods_id", "quantity"))
    waiting = Hold.objects.filter(resident=person, state="open", expires_at__gt=timezone.now())
    context = {
        "villager": _villager(request), "purse": purse, "points": sum(row["points"] for row in purse),
        "held": sum(row["held"] for row in purse), "waiting": waiting.select_related("shop"),
        "goods": [
            (item, basket.get(item.pk, 0))
            for item in goods.select_related("shop", "stock").order_by("shop__name", "points")
        ],
        "basket_count": sum(basket.values()),
    }  # fmt: skip
    return render(request, "villages/shop/wallet.html", context)


@villager_page
@require_POST
def basket_put(request: HttpRequest) -> HttpResponse:
    """Set the number of one goods (fields ``goods``, ``quantity``)."""
    try:
        put_in_basket(
            _villager(request).resident,
            int(request.POST.get("goods", 0)),
            int(request.POST.get("quantity", 0)),
        )
    except (UnableToKeepShop, ValueError) as refusal:
        messages.error(request, str(refusal) if isinstance(refusal, UnableToKeepShop) else "数量须为整数。")
    back = request.POST.get("next") == "villages:my_basket"
    return redirect("villages:my_basket" if back else "villages:my_wallet")


@villager_page
@require_GET
def basket(request: HttpRequest) -> HttpResponse:
    person = _villager(request).resident
    discount = discount_of(request)
    shops: dict[int, dict[str, Any]] = {}
    for line in (
        BasketLine.objects.filter(resident=person)
        .select_related("goods__shop")
        .order_by("goods__shop", "goods")
    ):
        unit = -(-line.goods.points * (100 - discount) // 100)
        row = shops.setdefault(line.goods.shop_id, {"shop": line.goods.shop, "lines": [], "points": 0})
        row["lines"].append((line, unit, unit * line.quantity))
        row["points"] += unit * line.quantity
    free = sum(a.available for a in Account.objects.filter(kind="resident", owner_id=person.pk))
    context = {
        "villager": _villager(request), "shops": list(shops.values()), "free": free, "discount": discount,
        "key": new_key(timezone.now()), "hours": ledger_numbers().pickup_hours,
    }  # fmt: skip
    return render(request, "villages/shop/basket.html", context)


@villager_page
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Put aside what lies in the basket of one shop (fields ``shop``, ``key``: a UUIDv7)."""
    person = _villager(request).resident
    try:
        shop_id, key = int(request.POST.get("shop", "0")), UUID(request.POST.get("key", ""))
    except ValueError as error:
        raise Http404 from error
    lines = BasketLine.objects.filter(resident=person, goods__shop_id=shop_id)
    wanted = dict(lines.values_list("goods_id", "quantity"))
    known = Hold.objects.filter(pk=key, resident=person).exists()
    if not wanted and not known:
        messages.error(request, "篮子是空的，请先选择商品。")
        return redirect("villages:my_wallet")
    if not known:
        try:
            holds.open_hold(
                key, person.pk, shop_id, wanted, now=timezone.now(), discount_pct=discount_of(request),
                actor_id=request.user.pk,
            )  # fmt: skip
        except UnableToPost as refusal:
            messages.error(request, str(refusal))
            return redirect("villages:my_basket")
        lines.delete()
    return redirect("villages:my_pickup", pk=key)


@villager_page
@never_cache
@require_GET
def pickup(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The one-time code, large and as a QR, or how the pick-up ended."""
    found = _own_hold(request, pk)
    code = holds.code_of(found) if found.state == Hold.State.OPEN else ""
    svg = io.BytesIO()
    if code:
        segno.make(code, micro=False, error="m").save(
            svg, kind="svg", scale=8, xmldecl=False, svgns=True, omitsize=True
        )
    context = {
        "villager": _villager(request), "hold": found, "code": f"{code[:4]} {code[4:]}", "svg": svg.getvalue().decode(),
        "items": found.items.select_related("goods"), "is_late": found.expires_at <= timezone.now(),
    }  # fmt: skip
    return render(request, "villages/shop/pickup.html", context)


@villager_page
@require_POST
def pickup_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _own_hold(request, pk)
    try:
        holds.release(found.pk, now=timezone.now(), reason="本人取消", actor_id=request.user.pk)
        messages.success(request, "兑换单已取消，积分已退回。")
    except UnableToPost as refusal:
        messages.error(request, str(refusal))
    return redirect("villages:my_wallet")


@villager_page
@require_GET
def village_money(request: HttpRequest) -> HttpResponse:
    """What every villager may see: the village's points, the proof of the book, the seals."""
    village = _villager(request).resident.village
    context = {"villager": _villager(request)} | money_context(village)
    return render(request, "villages/money/phone.html", context)


def money_context(village: Any) -> dict[str, Any]:
    return {
        "village": village, "money": money.money_of(village), "shops": money.shops_spent(village),
        "check": money.latest_check(village), "seals": money.recent_seals(village),
    }  # fmt: skip


def discount_of(request: HttpRequest) -> int:
    """The shop discount of the resident's grade, in percent."""
    person, now = _villager(request).resident, timezone.now()
    today: dt.date = timezone.localdate(now)
    rule_set = rule_set_in_force(person.village, today)
    if rule_set is None:
        return 0
    found = score_of(person, today, now)
    return book_of(rule_set).discounts.get(found.grade.code, 0) if found else 0


def _own_hold(request: HttpRequest, pk: UUID) -> Hold:
    found = Hold.objects.select_related("shop").filter(pk=pk, resident=_villager(request).resident).first()
    if found is None:
        raise Http404
    return found

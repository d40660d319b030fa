"""The shop keeper's phone: a code, what was put aside, hand out; goods, stock, statements."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.models import Goods, Hold, Shop, Statement
from villages.selectors.places import administers, shop_of
from villages.services import holds, settlement, stock
from villages.services.ledger import new_key
from villages.services.posting import UnableToPost
from villages.services.settlement import UnableToSettle
from villages.services.shops import UnableToKeepShop, keep_goods

KEEPER = (Role.SHOP_KEEPER,)


@audience(*KEEPER)
@require_http_methods(["GET", "POST"])
def till(request: HttpRequest) -> HttpResponse:
    """Type or scan a pick-up code; the keeper never types an amount and sees no name."""
    shop = _shop(request)
    if request.method == "POST":
        found = holds.find_by_code(shop.pk, request.POST.get("code", ""))
        if found is not None and found.expires_at > timezone.now():
            return redirect("villages:till_hold", pk=found.pk)
        messages.error(request, "没有找到待取货的兑换单，请核对取货码，或该单已超过取货时间。")
    today = timezone.localdate()
    done = Hold.objects.filter(shop=shop, state="captured", resolved_at__date=today).order_by("-resolved_at")
    context = {
        "shop": shop, "done": done, "points": sum(hold.captured - hold.refunded for hold in done),
        "waiting": Hold.objects.filter(shop=shop, state="open", expires_at__gt=timezone.now()).count(),
        "low": [g for g in _goods(shop) if g.kind == "goods" and g.stock.free <= g.low_at and g.is_listed],
    }  # fmt: skip
    return render(request, "villages/shop/till.html", context)


@audience(*KEEPER)
@require_http_methods(["GET", "POST"])
def till_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand out all or what there is; afterwards take goods back."""
    shop = _shop(request)
    found = Hold.objects.filter(pk=pk, shop=shop).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        try:
            _act(request, found)
        except UnableToPost as refusal:
            messages.error(request, str(refusal))
        except ValueError:
            messages.error(request, "数量须为不超过预留的整数。")
        return redirect("villages:till_hold", pk=pk)
    items = [(item, item.captured - item.refunded) for item in found.items.select_related("goods")]
    context = {"shop": shop, "hold": found, "items": items, "key": new_key(timezone.now())}
    return render(request, "villages/shop/till_hold.html", context)


def _act(request: HttpRequest, hold: Hold) -> None:
    now, actor = timezone.now(), request.user.pk
    counts = {item.goods_id: int(request.POST.get(f"q{item.goods_id}") or 0) for item in hold.items.all()}
    if request.POST.get("act") == "refund":
        back = {goods: count for goods, count in counts.items() if count > 0}
        if not back:
            raise ValueError
        key, reason = UUID(request.POST.get("key", "")), request.POST.get("reason", "")
        made = holds.refund(key, hold.pk, back, now=now, reason=reason, actor_id=actor)
        late = f"其中 {made.expired} 积分已过有效期" if made.expired else ""
        messages.success(request, f"已退还 {made.points} 积分{'，' + late if late else ''}。")
        return
    points = holds.capture(hold.pk, hold.shop_id, now=now, given=counts, actor_id=actor)
    messages.success(request, f"已核销 {points} 积分。" if points else "未交付商品，积分已全部退回。")


@audience(*KEEPER)
@require_http_methods(["GET", "POST"])
def till_goods(request: HttpRequest) -> HttpResponse:
    """Goods with stock; receipts, losses and counts."""
    shop = _shop(request)
    if request.method == "POST":
        try:
            messages.success(request, _move(request, shop))
        except (UnableToPost, stock.UnableToMoveStock, UnableToKeepShop) as refusal:
            messages.error(request, str(refusal))
        except (ValueError, OverflowError):
            messages.error(request, "请填写整数。")
        return redirect("villages:till_goods")
    now = timezone.now()
    context = {"shop": shop, "goods": [(item, new_key(now)) for item in _goods(shop)]}
    return render(request, "villages/shop/till_goods.html", context)


def _move(request: HttpRequest, shop: Shop) -> str:
    now, told = timezone.now(), request.POST
    if told.get("act") == "new":
        cost = round(float(told.get("cost") or 0) * 100)
        keep_goods(
            request.user, shop, name=told.get("name", ""), points=int(told.get("points") or 0), cost_fen=cost,
            kind="service" if told.get("kind") == "service" else "goods", unit=told.get("unit", "件"),
            origin=audit.origin_of(request), now=now,
        )  # fmt: skip
        return "商品已上架。"
    goods = Goods.objects.filter(pk=int(told.get("goods") or 0), shop=shop, kind="goods").first()
    if goods is None:
        raise Http404
    key, quantity, note = UUID(told.get("key", "")), int(told.get("quantity") or 0), told.get("reason", "")
    do: dict[str, Any] = {
        "receipt": lambda: stock.receive(
            key, goods.pk, quantity, now=now, note=note, actor_id=request.user.pk
        ),
        "loss": lambda: stock.lose(key, goods.pk, quantity, note, now=now, actor_id=request.user.pk),
        "count": lambda: stock.count(key, goods.pk, quantity, now=now, note=note, actor_id=request.user.pk),
    }
    on_hand = do.get(told.get("act", ""), do["receipt"])()
    return f"{goods.name}现有 {on_hand} {goods.unit}。"


@audience(*KEEPER)
@require_GET
def till_statements(request: HttpRequest) -> HttpResponse:
    shop = _shop(request)
    return render(
        request,
        "villages/shop/till_statements.html",
        {"shop": shop, "rows": Statement.objects.filter(shop=shop)},
    )


@audience(*KEEPER, Role.VILLAGE_ADMIN)
@require_POST
def statement_act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm or object, for the shop or for the village."""
    statement = Statement.objects.select_related("shop").filter(pk=pk).first()
    keeper = Role.SHOP_KEEPER in request.user.roles  # type: ignore[union-attr]
    if statement is None or not _may_confirm(request, statement, keeper):
        raise Http404
    origin, now = audit.origin_of(request), timezone.now()
    try:
        if request.POST.get("act") == "dispute":
            settlement.dispute(request.user, pk, request.POST.get("text", ""), origin=origin, now=now)
            messages.success(request, "异议已登记，付款暂停。")
        else:
            settlement.confirm(request.user, pk, "shop" if keeper else "village", origin=origin, now=now)
            messages.success(request, "已确认。")
    except UnableToSettle as refusal:
        messages.error(request, str(refusal))
    return redirect("villages:till_statements" if keeper else "villages:settlements")


def _may_confirm(request: HttpRequest, statement: Statement, keeper: bool) -> bool:
    if keeper:
        own = shop_of(request.user)
        return own is not None and own.pk == statement.shop_id
    return administers(request.user, statement.shop.village)


def _shop(request: HttpRequest) -> Shop:
    shop = shop_of(request.user)
    if shop is None:
        raise PermissionDenied("您的账号所属商户尚未开通兑换点，请联系村管理员。")
    return shop


def _goods(shop: Shop) -> list[Goods]:
    return list(Goods.objects.filter(shop=shop).select_related("stock"))

"""Staff pages: money, proof and export of the book, shops, approvals, rule sets, the dishonesty list."""

import datetime as dt
from itertools import chain, islice
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from accounts.models import Agency
from accounts.roles import Role
from villages.access import (
    get_own_village,
    villages_administered_by,
    villages_of_office,
    villages_supervised_by,
    villages_visible_to,
)
from villages.engine.rules import Kind
from villages.models import (
    BudgetRequest,
    DishonestyEntry,
    RuleSet,
    Shop,
    Statement,
    Village,
)
from villages.selectors.residents import find_only
from villages.selectors.scores import book_of, rule_set_in_force
from villages.services import budget, dishonesty, rules, seals, settlement, shops

from .score import groups_of
from .staff import READERS, STAFF, attempt, day_of, how_of, id_of
from .wallet import money_context

LINES_A_PIECE = 1000


@audience(*STAFF)
@require_http_methods(["GET", "POST"])
def money_page(request: HttpRequest) -> HttpResponse:
    """The village's points as money; the administrator asks for budget here."""
    village = _visible(request, request.GET.get("village", ""))
    if request.method == "POST":
        own = get_own_village(request.user, request.POST.get("village", ""))
        attempt(request, "申请已送镇街审批。", lambda: budget.ask_for_budget(
            request.user, own, _number(request, "points"), request.POST.get("purpose", ""), **how_of(request)))  # fmt: skip
        return redirect("villages:village_money")
    context = money_context(village) | {
        "villages": villages_of_office(request.user).order_by("code"),
        "requests": BudgetRequest.objects.filter(village=village)[:20],
        "may_ask": villages_administered_by(request.user).filter(pk=village.pk).exists(),
    }
    return render(request, "villages/money/money.html", context)


@audience(*READERS)
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """A month of the sealed journal with pseudonymous accounts: anyone can recompute the seals from it."""
    village = _visible(request, request.GET.get("village", ""))
    month = day_of(f"{request.GET.get('month', '')}-01") or timezone.localdate().replace(day=1)
    end = (month + dt.timedelta(days=32)).replace(day=1)
    head = [f"# {village.code} {village.name}", "# 每日：seal|日期|前一印记|印记，其后为当日流水"]
    lines = chain(head, seals.export_lines(village, month, end))
    pieces = iter(lambda: list(islice(lines, LINES_A_PIECE)), [])
    answer = StreamingHttpResponse(
        ("\n".join([*piece, ""]) for piece in pieces), content_type="text/plain; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="journal-{village.code}-{month:%Y-%m}.txt"'
    return answer


@audience(*STAFF)
@require_http_methods(["GET", "POST"])
def shop_list(request: HttpRequest) -> HttpResponse:
    """Shops of the villages with their statements; the administrator proposes one, or closes one of the own."""
    if request.method == "POST" and request.POST.get("close", "").isdigit():
        own = Shop.objects.filter(village__in=villages_administered_by(request.user))
        closing = get_object_or_404(own, pk=int(request.POST["close"]))
        attempt(request, "已停业，待取货的积分已退回。", lambda: shops.close_shop(
            request.user, closing.pk, request.POST.get("reason", ""), **how_of(request)))  # fmt: skip
        return redirect("villages:settlements")
    if request.method == "POST":
        village = get_own_village(request.user, request.POST.get("village", ""))
        agency = Agency.objects.filter(code=request.POST.get("agency", ""), kind="shop").first()
        attempt(request, "已报镇街审批。", lambda: shops.propose_shop(
            request.user, village, name=request.POST.get("name", ""), address=request.POST.get("address", ""),
            agency=agency, **how_of(request)))  # fmt: skip
        return redirect("villages:settlements")
    visible = villages_of_office(request.user)
    context = {
        "shops": Shop.objects.filter(village__in=visible)
        .select_related("village")
        .prefetch_related("goods__stock"),
        "statements": Statement.objects.filter(shop__village__in=visible).select_related("shop__village")[
            :60
        ],
        "may_propose": villages_administered_by(request.user).exists(),
        "agencies": Agency.objects.filter(kind="shop", is_active=True, shop__isnull=True)[:50],
    }
    return render(request, "villages/shop/shops.html", context)


@audience(Role.TOWN_ADMIN)
@require_http_methods(["GET", "POST"])
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for the town: budgets, shops, payouts, legal checks."""
    visible = villages_supervised_by(request.user)
    if request.method == "POST":
        _decide(request, visible)
        return redirect("villages:town_budget")
    context = {
        "budgets": BudgetRequest.objects.filter(village__in=visible, state="asked").select_related(
            "village", "asked_by"
        ),
        "shops": Shop.objects.filter(village__in=visible, state="proposed").select_related(
            "village", "proposed_by"
        ),
        "statements": Statement.objects.filter(shop__village__in=visible, state="confirmed").select_related(
            "shop__village"
        ),
        "drafts": RuleSet.objects.filter(
            town_code__in=visible.values("town_code"), published_at__isnull=True
        ).exclude(state="withdrawn"),
    }
    return render(request, "villages/money/approvals.html", context)


def _decide(request: HttpRequest, visible: Any) -> None:
    told, how = request.POST, how_of(request)
    yes, why = told.get("decision") == "yes", told.get("reason", "")
    if told.get("what") == "budget":
        asked = get_object_or_404(BudgetRequest, pk=id_of(told.get("pk", "")), village__in=visible)
        attempt(request, "已处理。", lambda: budget.decide_budget(request.user, asked.pk, yes, why, **how))
    elif told.get("what") == "shop":
        shop = get_object_or_404(Shop, pk=_number(request, "pk"), village__in=visible)
        attempt(request, "已处理。", lambda: shops.decide_shop(request.user, shop.pk, yes, why, **how))
    else:
        due = get_object_or_404(Statement, pk=id_of(told.get("pk", "")), shop__village__in=visible)
        attempt(request, "付款已记录。", lambda: settlement.pay_out(request.user, due.pk, **how))


@audience(*STAFF)
@require_http_methods(["GET", "POST"])
def rule_sets(request: HttpRequest) -> HttpResponse:
    """Versions of the town's and the villages' rules; a village drafts its extension."""
    visible = villages_of_office(request.user)
    if request.method == "POST":
        _draft(request)
        return redirect("villages:rules")
    towns = visible.values("town_code")
    own = visible.order_by("code").first()
    current = rule_set_in_force(own, timezone.localdate()) if own else None
    context = {
        "rows": RuleSet.objects.filter(town_code__in=towns).select_related("village", "made_by"),
        "current": current, "groups": groups_of(book_of(current)) if current else [],
        "is_town": Role.TOWN_ADMIN in request.user.roles,  # type: ignore[union-attr]
        "switchable": [r for r in book_of(current).rules.values() if r.switchable] if current else [],
    }  # fmt: skip
    return render(request, "villages/rules/list.html", context)


def _draft(request: HttpRequest) -> None:
    told, how = request.POST, how_of(request)
    if told.get("what") == "town":
        town = villages_supervised_by(request.user).values_list("town_code", flat=True).first()
        if town is None:
            raise Http404
        attempt(
            request,
            "草案已建立。",
            lambda: rules.draft_town_rules(request.user, town, rules.starting_content(), **how),
        )
        return
    village = get_own_village(request.user, told.get("village", ""))
    changes: dict[str, Any] = {"off": told.getlist("off")}
    if told.get("title", "").strip():
        changes["add"] = [
            {
                "code": told.get("code", "").strip().upper(), "category": "local", "kind": "earn",
                "title": told["title"].strip(), "trigger": told.get("trigger", "").strip(),
                "evidence": told.get("evidence", "").strip() or "现场记录", "points": _number(request, "points"),
                "caps": [{"per": "month", "limit": max(_number(request, "times"), 1), "of": "times"}],
            }
        ]  # fmt: skip
    attempt(
        request,
        "草案已建立，待村民代表会议表决。",
        lambda: rules.draft_village_rules(request.user, village, changes, **how),
    )


@audience(*STAFF)
@require_http_methods(["GET", "POST"])
def rule_set(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: its steps, what it changes, and who would change grade under it."""
    visible = villages_of_office(request.user)
    found = (
        RuleSet.objects.filter(pk=pk, town_code__in=visible.values("town_code"))
        .select_related("village", "parent")
        .first()
    )
    if found is None or (found.village_id and not visible.filter(pk=found.village_id).exists()):
        raise Http404
    if request.method == "POST":
        _rule_step(request, found)
        return redirect("villages:rule_set", pk=pk)
    seen, changes = rules.dry_run(found, now=timezone.now()) if found.published_at is None else (0, [])
    context = {
        "set": found, "groups": groups_of(book_of(found)), "seen": seen, "changes": changes[:200],
        "more": max(len(changes) - 200, 0), "total": len(changes), "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "villages/rules/one.html", context)


def _rule_step(request: HttpRequest, found: RuleSet) -> None:
    told, how = request.POST, how_of(request)
    on = day_of(told.get("minutes_on", "")) or timezone.localdate()
    steps: dict[str, Any] = {
        "council": lambda: rules.record_council(
            request.user, found.pk, minutes_ref=told.get("minutes_ref", ""), minutes_on=on,
            votes=told.get("votes", ""), **how),
        "legal": lambda: rules.record_legal_check(request.user, found.pk, note=told.get("note", ""), **how),
        "notice": lambda: rules.announce(request.user, found.pk, **how),
        "publish": lambda: rules.publish(request.user, found.pk, **how),
    }  # fmt: skip
    step = told.get("step", "")
    is_town = Role.TOWN_ADMIN in request.user.roles  # type: ignore[union-attr]
    if step not in steps or (step in ("legal", "publish") and not is_town):
        raise Http404
    attempt(request, "已登记。", steps[step])


@audience(*STAFF)
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """失信清单, for named officers only; every opening is recorded."""
    visible = villages_of_office(request.user)
    if request.method == "POST":
        _list_step(request)
        return redirect("villages:dishonesty")
    audit.record("villages.dishonesty.viewed", origin=audit.origin_of(request))
    own = villages_administered_by(request.user).order_by("code").first()
    current = rule_set_in_force(own, timezone.localdate()) if own else None
    rows = DishonestyEntry.objects.filter(village__in=visible).select_related(
        "event__resident", "event__rule_set", "village", "proposed_by"
    )
    context = {
        "rows": [(row, book_of(row.event.rule_set).rules[row.event.rule_code]) for row in rows[:200]], "own": own,
        "rules": [
            r for r in book_of(current).rules.values() if r.is_negative and r.kind in (Kind.SCORE, Kind.VETO)
        ] if current else [],
    }  # fmt: skip
    return render(request, "villages/rules/dishonesty.html", context)


def _list_step(request: HttpRequest) -> None:
    told, how = request.POST, how_of(request)
    mine = villages_administered_by(request.user)
    if told.get("act") == "propose":
        village = mine.order_by("code").first()
        person = find_only(village, told.get("resident", "")) if village else None
        on = day_of(told.get("occurred_on", ""))
        if person is None or on is None:
            words = "请填写发生日期。" if person else "没有找到唯一的一位，请写户号和姓名，例如“012 余阿根”。"
            messages.error(request, words)
            return
        attempt(request, "已登记，待另一位工作人员复核。", lambda: dishonesty.propose(
            request.user, person, told.get("rule", ""), occurred_on=on,
            evidence=told.get("evidence", ""), **how))  # fmt: skip
        return
    entry = DishonestyEntry.objects.filter(
        pk=id_of(told.get("pk", "")), village__in=villages_of_office(request.user)
    ).first()
    if entry is None:
        raise Http404
    steps: dict[str, Any] = {
        "confirm": lambda: dishonesty.confirm(request.user, entry.pk, **how),
        "drop": lambda: dishonesty.drop(request.user, entry.pk, told.get("note", ""), **how),
        "repair": lambda: dishonesty.repair(request.user, entry.pk, told.get("note", ""), **how),
    }
    if told.get("act") in steps:
        attempt(request, "已登记。", steps[told["act"]])


def _visible(request: HttpRequest, code: str) -> Village:
    visible = villages_visible_to(request.user)
    found = visible.filter(code=code).first() if code else visible.order_by("code").first()
    if found is None:
        raise Http404
    return found


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() else 0

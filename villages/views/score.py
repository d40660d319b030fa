"""The villager's 桥头分: score, one event, household, appeals, honours, progress board, rules."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from foundation.files import UnableToStoreFile
from villages.engine.windows import WINDOW_LABELS
from villages.models import Appeal, BoardConsent, Honour, ScoreEvent
from villages.selectors.explanation import progress_board, tell_event, tell_score
from villages.selectors.money import signed_lines
from villages.selectors.scores import book_of, household_view, numbers, rule_set_in_force
from villages.services import appeals, honours
from villages.services.appeals import UnableToAppeal
from villages.services.consents import choose_board
from villages.services.honours import UnableToDeclareHonour

from .villager import Villager, villager_page


def _villager(request: HttpRequest) -> Villager:
    return request.villager  # type: ignore[attr-defined,no-any-return]


@villager_page
@require_GET
def score(request: HttpRequest) -> HttpResponse:
    """The score and everything it is made of."""
    now = timezone.now()
    told = tell_score(_villager(request).resident, now=now, today=timezone.localdate(now)) or {}
    return render(request, "villages/score/score.html", {"villager": _villager(request), **told})


@villager_page
@require_http_methods(["GET", "POST"])
def event(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One event: before, rule, evidence, after, when it ends, how to appeal."""
    person, now = _villager(request).resident, timezone.now()
    own = Q(resident=person) | Q(household__isnull=False, household_id=person.household_id)
    found = ScoreEvent.objects.filter(own, pk=pk).select_related("rule_set").first()
    if found is None:
        raise Http404
    if request.method == "POST":
        try:
            filed = appeals.appeal_event(
                person, pk, request.POST.get("text", ""), origin=audit.origin_of(request), now=now
            )
            messages.success(request, f"申诉已提交，将在 {filed.due_on} 前办结。办结前该项不计入。")
            return redirect("villages:my_appeal", pk=filed.pk)
        except UnableToAppeal as refusal:
            messages.error(request, str(refusal))
    told = tell_event(found, now=now, today=timezone.localdate(now))
    return render(request, "villages/score/event.html", {"villager": _villager(request), "told": told})


@villager_page
@require_GET
def household(request: HttpRequest) -> HttpResponse:
    person, now = _villager(request).resident, timezone.now()
    view = household_view(person.household, timezone.localdate(now), now) if person.household else None
    return render(request, "villages/score/household.html", {"villager": _villager(request), "view": view})


@villager_page
@require_GET
def my_appeals(request: HttpRequest) -> HttpResponse:
    rows = Appeal.objects.filter(resident=_villager(request).resident).select_related("event__rule_set")
    return render(
        request,
        "villages/appeals/mine.html",
        {"villager": _villager(request), "rows": [(a, subject_of(a)) for a in rows]},
    )


@villager_page
@require_http_methods(["GET", "POST"])
def my_appeal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How an appeal stands; its decision; the step to the town."""
    person, now = _villager(request).resident, timezone.now()
    found = Appeal.objects.filter(pk=pk, resident=person).select_related("event__rule_set").first()
    if found is None:
        raise Http404
    if request.method == "POST":
        try:
            appeals.take_to_town(person, pk, origin=audit.origin_of(request), now=now)
            messages.success(request, "已提请镇街复核。")
        except UnableToAppeal as refusal:
            messages.error(request, str(refusal))
        return redirect("villages:my_appeal", pk=pk)
    context = {
        "villager": _villager(request),
        "appeal": found,
        "subject": subject_of(found),
        "days": numbers()["appeal_days"],
    }
    return render(request, "villages/appeals/mine_one.html", context)


def subject_of(appeal: Appeal) -> str:
    """What an appeal is about, in words."""
    if appeal.event is None:
        return "积分扣减"
    return book_of(appeal.event.rule_set).rules[appeal.event.rule_code].title


@villager_page
@require_http_methods(["GET", "POST"])
def my_honours(request: HttpRequest) -> HttpResponse:
    """Honours declared, and the form to declare one."""
    person, now = _villager(request).resident, timezone.now()
    rule_set = rule_set_in_force(person.village, timezone.localdate(now))
    rules = [r for r in book_of(rule_set).rules.values() if r.category == "honour"] if rule_set else []
    choices = [(f"{r.code}|{level}", f"{r.title}（{level}）") for r in rules for level in r.levels]
    choices += [(f"{r.code}|", r.title) for r in rules if not r.levels]
    if request.method == "POST":
        try:
            _declare(request, dict(choices))
            messages.success(request, "申报已提交，审核后将公示。")
            return redirect("villages:my_honours")
        except (UnableToDeclareHonour, UnableToStoreFile) as refusal:
            messages.error(request, str(refusal))
    rows = Honour.objects.filter(resident=person)
    return render(
        request,
        "villages/score/honours.html",
        {"villager": _villager(request), "rows": rows, "choices": choices},
    )


def _declare(request: HttpRequest, choices: dict[str, str]) -> None:
    chosen, document = request.POST.get("kind", ""), request.FILES.get("document")
    try:
        issued_on = parse_date(request.POST.get("issued_on", ""))
    except ValueError:
        issued_on = None
    if chosen not in choices or document is None or issued_on is None:
        raise UnableToDeclareHonour("请选择荣誉类别、填写授予日期并上传证明材料。")
    code, _, level = chosen.partition("|")
    honours.declare(
        _villager(request).resident, rule_code=code, level=level, title=request.POST.get("title", ""),
        issued_by=request.POST.get("issued_by", ""), issued_on=issued_on, document=document,  # type: ignore[arg-type]
        document_name=document.name or "", may_publish=request.POST.get("may_publish") == "1",
        origin=audit.origin_of(request), now=timezone.now(),
    )  # fmt: skip


@villager_page
@require_http_methods(["GET", "POST"])
def board(request: HttpRequest) -> HttpResponse:
    """The opt-in progress board; joining and leaving is one tap."""
    person, now = _villager(request).resident, timezone.now()
    if request.method == "POST":
        wanted = {"named": True, "leave": None}.get(request.POST.get("act", ""), False)
        choose_board(person, wanted, request.user, now=now, origin=audit.origin_of(request))
        return redirect("villages:my_board")
    rows = progress_board(person.village, now=now, today=timezone.localdate(now))
    own = BoardConsent.objects.filter(resident=person).first()
    return render(
        request, "villages/score/board.html", {"villager": _villager(request), "rows": rows, "own": own}
    )


@villager_page
@require_GET
def my_rules(request: HttpRequest) -> HttpResponse:
    """The rules in force, in words."""
    person = _villager(request).resident
    rule_set = rule_set_in_force(person.village, timezone.localdate())
    context: dict[str, Any] = {"villager": _villager(request), "rule_set": rule_set}
    if rule_set is not None:
        context["groups"] = groups_of(book_of(rule_set))
        context["book"] = book_of(rule_set)
    return render(request, "villages/rules/mine.html", context)


LEVEL_WORDS = {1: "每人", 2: "每户", 3: "全村"}


def _cap_words(cap: Any) -> str:
    return f"{LEVEL_WORDS[cap.level]}{WINDOW_LABELS[cap.window]} {cap.limit} {'次' if cap.measure else '分'}"


def groups_of(book: Any) -> list[tuple[str, list[Any]]]:
    """Rules by category, with their caps in words."""
    groups = []
    for code, (name, _, _) in book.categories.items():
        rows = []
        for rule in book.rules.values():
            if rule.category == code:
                caps = "；".join(_cap_words(cap) for cap in rule.caps)
                rows.append((rule, caps))
        if rows:
            groups.append((name, rows))
    return groups


@villager_page
@require_POST
def appeal_transfer(request: HttpRequest) -> HttpResponse:
    """Contest a deduction of points (fields ``transfer``, ``text``)."""
    try:
        filed = appeals.appeal_transfer(
            _villager(request).resident, UUID(request.POST.get("transfer", "")), request.POST.get("text", ""),
            origin=audit.origin_of(request), now=timezone.now(),
        )  # fmt: skip
        messages.success(request, f"申诉已提交，将在 {filed.due_on} 前办结。")
        return redirect("villages:my_appeal", pk=filed.pk)
    except ValueError as refusal:
        messages.error(request, str(refusal) if isinstance(refusal, UnableToAppeal) else "没有找到这笔扣减。")
        return redirect("villages:my_journal")


@villager_page
@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """Every movement of the own points."""
    person = _villager(request).resident
    contested = set(Appeal.objects.filter(resident=person).values_list("transfer_id", flat=True))
    rows = [(line, sign, line.pk in contested) for line, sign in signed_lines(person.pk, 100)]
    return render(request, "villages/money/journal.html", {"villager": _villager(request), "rows": rows})

"""The register as the village administrator works with it; the town opens one entry with a stated reason."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.access import residents_visible_to, villages_administered_by, villages_supervised_by
from villages.forms import ResidentForm
from villages.models import Resident, Village
from villages.selectors.balances import points_of, points_of_many
from villages.selectors.consents import consents_of
from villages.selectors.explanation import tell_score
from villages.selectors.mobile import taps_of
from villages.selectors.openings import openings_of
from villages.selectors.residents import find_residents, quiet_residents, statement_of
from villages.services import residents as register
from villages.services.grid_workers import agree_grid_worker, workers_of
from villages.services.openings import note_opening
from villages.services.proxy import UnableToHelp, agree_helper, end_helper
from villages.services.residents import UnableToChangeResident
from villages.services.sign_in import issue_ticket
from villages.services.town_checks import UnableToCheck, open_check

from .activities import svg_of
from .desk import own_village
from .score import subject_of

PAGE = 50
STATEMENT_DAYS = 365


@audience(Role.VILLAGE_ADMIN)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Find by name, pinyin, phone tail or household."""
    village = own_village(request)
    words, status = request.GET.get("q", "").strip(), request.GET.get("status", "active")
    if status == "quiet":
        found = quiet_residents(village, now=timezone.now())
    else:
        found = find_residents(village, words, status="" if status == "all" else status)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    points = points_of_many([r.pk for r in page])
    rows = [{"resident": r, "points": points.get(r.pk, 0)} for r in page]
    context = {"village": village, "rows": rows, "page_obj": page, "words": words, "status": status}
    return render(request, "villages/residents.html", context)


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    village, now = own_village(request), timezone.now()
    form = ResidentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            resident = register.add_resident(
                village, user=request.user, now=now, origin=audit.origin_of(request), on_date=timezone.localdate(now),
                **form.cleaned_data,
            )  # fmt: skip
        except UnableToChangeResident as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, f"{resident.name}已登记。")
            return redirect("villages:resident", pk=resident.pk)
    context = {"village": village, "form": form}
    return render(request, "villages/resident_form.html", context, status=400 if form.errors else 200)


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
@never_cache
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One resident: entry, points, record, helpers, who looked. Every opening is logged."""
    resident = get_resident(request, pk)
    note_opening(resident, request.user, "村民档案", now=timezone.now(), origin=audit.origin_of(request))
    now = timezone.now()
    helpers = resident.helpers.filter(ended_at__isnull=True).select_related("helper", "helper_user")
    appeals = resident.appeals.select_related("event__rule_set").order_by("-filed_at")[:10]
    context: dict[str, Any] = {
        "village": resident.village, "resident": resident, "points": points_of(resident), "helpers": helpers,
        "workers": workers_of(resident.village),
        "taps": taps_of(resident)[:20], "events": resident.events.select_related("by_user")[:20],
        "consents": consents_of(resident), "openings": openings_of(resident, 10),
        "may_change": villages_administered_by(request.user).filter(pk=resident.village_id).exists(),
        "other_villages": Village.objects.filter(town_code=resident.village.town_code, is_active=True)
        .exclude(pk=resident.village_id)
        .order_by("code"),
        "standing": tell_score(resident, now=now, today=timezone.localdate(now)),
        "appeals": [(appeal, subject_of(appeal)) for appeal in appeals],
        "devices": resident.devices.filter(revoked_at__isnull=True).count(),
        "members": resident.household.members.filter(status="active").exclude(pk=pk) if resident.household else [],
    }  # fmt: skip
    return render(request, "villages/resident.html", context)


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    resident, now = get_own(request, pk), timezone.now()
    initial = {
        "name": resident.name, "household_number": resident.household.number if resident.household else "",
        "address": resident.household.address if resident.household else "", "birth_year": resident.birth_year,
        "gender": resident.gender, "is_head": resident.is_head, "is_party_member": resident.is_party_member,
    }  # fmt: skip
    form = ResidentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            register.correct_resident(
                resident, request.user, now=now, origin=audit.origin_of(request), on_date=timezone.localdate(now),
                **form.cleaned_data,
            )  # fmt: skip
            messages.success(request, "已更正。")
            return redirect("villages:resident", pk=pk)
        except UnableToChangeResident as refusal:
            form.add_error(refusal.field or None, str(refusal))
    context = {"village": resident.village, "form": form, "resident": resident}
    return render(request, "villages/resident_form.html", context, status=400 if form.errors else 200)


@audience(Role.VILLAGE_ADMIN)
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Move out, death, return, merge, helpers: one small form each on the resident's page."""
    resident, now, origin = get_own(request, pk), timezone.now(), audit.origin_of(request)
    told, today = request.POST, timezone.localdate(now)
    try:
        on = date.fromisoformat(told.get("on_date", "") or today.isoformat())
        match told.get("what", ""):
            case "moved_out" | "died" as kind:
                register.leave_register(
                    resident,
                    kind,
                    request.user,
                    on_date=on,
                    note=told.get("note", ""),
                    now=now,
                    origin=origin,
                )
            case "returned":
                register.return_to_register(
                    resident, request.user, on_date=on, note=told.get("note", ""), now=now, origin=origin
                )
            case "merge":
                kept = _by_words(request, told.get("other", ""), resident)
                register.merge_residents(resident, kept, request.user, on_date=on, now=now, origin=origin)
                messages.success(request, f"已并入{kept.name}的档案。")
                return redirect("villages:resident", pk=kept.pk)
            case "to_village":
                there = Village.objects.filter(code=told.get("village", "")).first()
                if there is None:
                    raise UnableToChangeResident("请选择迁入的村。", "village")
                register.move_to_village(
                    resident, there, request.user, on_date=on, now=now, origin=origin,
                    household_number=told.get("household", ""),
                )  # fmt: skip
                messages.success(request, f"已迁往{there.name}，积分和桥头分一并转入。")
                return redirect("villages:resident", pk=pk)
            case "helper":
                helper = _by_words(request, told.get("other", ""), resident)
                agree_helper(resident, helper, request.user, told.get("reason", ""), now=now, origin=origin)
            case "grid_worker":
                worker = _number(told.get("worker", ""))
                agree_grid_worker(
                    resident, worker, request.user, told.get("reason", ""), now=now, origin=origin
                )
            case "end_helper":
                end_helper(_number(told.get("helper", "")), resident, now=now, origin=origin)
        messages.success(request, "已保存。")
    except (UnableToChangeResident, UnableToHelp) as refusal:
        messages.error(request, str(refusal))
    except ValueError:
        messages.error(request, "日期格式有误。")
    return redirect("villages:resident", pk=pk)


@audience(Role.VILLAGE_ADMIN)
@never_cache
@require_POST
def binding(request: HttpRequest, pk: int) -> HttpResponse:
    """A binding QR on the screen, for the resident's phone: one day, one use."""
    resident = get_own(request, pk)
    token = issue_ticket(resident, request.user, now=timezone.now(), origin=audit.origin_of(request))
    url = request.build_absolute_uri(reverse("villages:bind", args=[token]))
    return render(request, "villages/binding.html", {"resident": resident, "svg": svg_of(url), "url": url})


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
@never_cache
@require_GET
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """A resident's statement, to read and to print."""
    resident, today = get_resident(request, pk), timezone.localdate()
    since = today - timedelta(days=STATEMENT_DAYS)
    note_opening(resident, request.user, "积分对账单", now=timezone.now(), origin=audit.origin_of(request))
    context = {
        "village": resident.village, "resident": resident, "rows": statement_of(resident, since, today), "since": since,
        "until": today, "points": points_of(resident),
    }  # fmt: skip
    return render(request, "villages/statement.html", context)


@audience(Role.TOWN_ADMIN)
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The town says whom it wants to see and why; the entry is open until the end of the day."""
    words, found = request.GET.get("q", "").strip(), []
    supervised = villages_supervised_by(request.user)
    if len(words) >= 2:
        found = list(
            Resident.objects.filter(village__in=supervised, name=words, status="active").select_related(
                "village", "household"
            )[:20]
        )
    if request.method == "POST":
        now = timezone.now()
        resident = Resident.objects.filter(
            pk=_number(request.POST.get("resident", "")), village__in=supervised
        ).first()
        try:
            if resident is None:
                raise UnableToCheck("没有找到这位村民。")
            open_check(
                resident,
                request.user,
                request.POST.get("reason", ""),
                now=now,
                origin=audit.origin_of(request),
            )
            return redirect("villages:resident", pk=resident.pk)
        except UnableToCheck as refusal:
            messages.error(request, str(refusal))
    return render(request, "villages/check.html", {"words": words, "found": found})


def get_resident(request: HttpRequest, pk: int) -> Resident:
    """A resident the user may open now. Raises Http404."""
    found = (
        residents_visible_to(request.user, timezone.now())
        .select_related("village", "household")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def get_own(request: HttpRequest, pk: int) -> Resident:
    """A resident of a village the user administers. Raises Http404."""
    found = Resident.objects.select_related("village", "household", "user").filter(
        pk=pk, village__in=villages_administered_by(request.user)
    )
    resident = found.first()
    if resident is None:
        raise Http404
    return resident


def _by_words(request: HttpRequest, words: str, resident: Resident) -> Resident:
    """The one other resident meant by ``name`` or ``household name``. Raises UnableToChangeResident."""
    found = list(find_residents(resident.village, words).exclude(pk=resident.pk)[:2]) if words.strip() else []
    if len(found) != 1:
        raise UnableToChangeResident("没有找到唯一的一位，请写户号和姓名，例如“012 余阿根”。")
    return found[0]


def _number(typed: str) -> int:
    """An id as a form sends it; 0, which nothing has, for anything else."""
    return int(typed) if typed.isdecimal() else 0

"""The villager's own pages: home, one activity, scanning, record, self."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from villages.models import Activity, Consent, Mode
from villages.outcomes import steps_of
from villages.selectors import mobile
from villages.selectors.balances import points_of
from villages.selectors.consents import consents_of, purpose
from villages.selectors.openings import openings_of
from villages.services.consents import withdraw_consent
from villages.services.lessons import BEAT_SECONDS, draw_paper
from villages.services.paper_ballots import is_over, results_of
from villages.services.review import UnableToReview, ask_for_human_look, may_go_to_town
from villages.services.sign_in import forget_device
from villages.services.taps import words

from .villager import ACTING_FOR, Villager, villager_page, villager_step

# What a size of type is called, and its two cookies: the elder version, and a step more than the version's own.
SIZES = {"标准": ("0", ""), "较大": ("0", "more"), "大（长辈版）": ("1", ""), "特大": ("1", "more")}
YEAR_SECONDS = 365 * 24 * 3600
RECENT = 3
SHOWN = 60


def _villager(request: HttpRequest) -> Villager:
    return request.villager  # type: ignore[attr-defined,no-any-return]


@villager_page
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Balance, the four taps, what is open, what happened last."""
    villager, now = _villager(request), timezone.now()
    rows = mobile.open_activities(villager.resident, now=now)
    wanted = request.GET.get("channel", "")
    shown = [row for row in rows if not wanted or row.activity.channel == wanted]
    context = {
        "villager": villager, "points": points_of(villager.resident), "channels": mobile.channel_counts(rows),
        "rows": sorted(shown, key=lambda row: (row.is_done, row.activity.closes_at)), "wanted": wanted,
        "coming": [] if wanted else mobile.coming_activities(villager.resident, now=now),
        "recent": [] if wanted else mobile.taps_of(villager.resident)[:RECENT],
    }  # fmt: skip
    return render(request, "villages/my_home.html", context)


@villager_page
@never_cache
@require_GET
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """One activity, with what its mode needs to take part."""
    villager, now = _villager(request), timezone.now()
    found = Activity.objects.filter(pk=pk, village_id=villager.resident.village_id).first()
    if found is None:
        raise Http404
    rows = mobile.open_activities(villager.resident, now=now)
    row = next((row for row in rows if row.activity.pk == pk), None)
    context: dict[str, Any] = {
        "villager": villager, "activity": found, "row": row, "is_open": row is not None,
        "tap_words": words(row.tap) if row and row.tap else ("", ""),
    }  # fmt: skip
    if row is None or row.is_done:
        return render(request, "villages/my_activity.html", context)
    if found.mode == Mode.VOTE:
        context["choices"] = found.choices.all()
    if found.mode in (Mode.QUIZ, Mode.LESSON) and (found.questions_asked or found.mode == Mode.QUIZ):
        context["questions"] = draw_paper(found, villager.resident, now=now)
    context["beat_seconds"] = BEAT_SECONDS
    return render(request, "villages/my_activity.html", context)


@villager_page
@require_GET
def scan(request: HttpRequest) -> HttpResponse:
    """The camera."""
    return render(request, "villages/my_scan.html", {"villager": _villager(request)})


@villager_page
@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """Everything the villager has handed in, latest first."""
    villager = _villager(request)
    found = mobile.taps_of(villager.resident)[:SHOWN]
    return render(request, "villages/my_records.html", {"villager": villager, "found": found})


@villager_page
@never_cache
@require_GET
def record(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One tap: state, points asked and granted, the reason, what was handed in."""
    villager, now = _villager(request), timezone.now()
    tap = mobile.taps_of(villager.resident).prefetch_related("pieces").filter(pk=pk).first()
    if tap is None:
        raise Http404
    headline, message = words(tap)
    results = []
    if tap.activity.mode == Mode.VOTE and is_over(tap.activity, now):
        results = results_of(tap.activity)
    context = {
        "villager": villager, "tap": tap, "headline": headline, "message": message, "results": results,
        "steps": steps_of(tap, now=now), "may_go_to_town": may_go_to_town(tap),
    }  # fmt: skip
    return render(request, "villages/my_record.html", context)


@villager_page
@require_POST
def ask_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A person shall look at what a machine refused."""
    villager = _villager(request)
    try:
        ask_for_human_look(pk, villager.resident, now=timezone.now(), origin=audit.origin_of(request))
        messages.success(request, "已提交复核，结果会通知您。")
    except UnableToReview as refusal:
        messages.error(request, str(refusal))
    return redirect("villages:my_record", pk=pk)


@villager_step
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Who I am here: consents, devices, helpers, who opened my data."""
    villager = _villager(request)
    if request.method == "POST":
        if device := request.POST.get("device", ""):
            if device.isdecimal() and forget_device(villager.own, int(device), now=timezone.now()):
                messages.success(request, "该设备已退出登录。")
        elif request.POST.get("withdraw"):
            withdraw_consent(villager.own, request.user, now=timezone.now(), origin=audit.origin_of(request))
            messages.success(request, "已撤回同意。积分和权利不受影响，再次参加活动前需重新确认。")
        elif request.POST.get("size", "") in SIZES:
            return _in_size(request, request.POST["size"])
        return redirect("villages:my_self")
    resident = villager.resident
    given = consents_of(resident)
    context = {
        "villager": villager, "resident": resident, "points": points_of(resident),
        "consents": [(label, given[kind]) for kind, label in Consent.Kind.choices],
        "devices": resident.devices.filter(revoked_at__isnull=True), "purpose": purpose(),
        "this_device": request.session.get("village_device"),
        "helpers": resident.helpers.filter(ended_at__isnull=True).select_related("helper", "helper_user"),
        "openings": openings_of(resident), "waiting": mobile.waiting_of(resident),
        "sizes": SIZES, "size": _size_of(request),
    }  # fmt: skip
    return render(request, "villages/my_self.html", context)


def _size_of(request: HttpRequest) -> str:
    now = request.COOKIES.get("elder") == "1", request.COOKIES.get("text") == "more"
    return next(name for name, (elder, more) in SIZES.items() if (elder == "1", more == "more") == now)


def _in_size(request: HttpRequest, size: str) -> HttpResponse:
    """The page again, in another size of type; the browser remembers it."""
    response = redirect("villages:my_self")
    for name, value in zip(("elder", "text"), SIZES[size], strict=True):
        response.set_cookie(
            name, value, max_age=YEAR_SECONDS, samesite="Lax", secure=request.is_secure(), httponly=False
        )
    return response


@villager_step
@require_POST
def act_for(request: HttpRequest) -> HttpResponse:
    """Begin or end acting for somebody one helps."""
    villager = _villager(request)
    wanted = request.POST.get("resident", "")
    request.session.pop(ACTING_FOR, None)
    if wanted.isdecimal() and int(wanted) in {resident.pk for resident in villager.helped}:
        request.session[ACTING_FOR] = int(wanted)
    return redirect("villages:my")

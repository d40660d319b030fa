"""Activities as the village administrator runs them: templates, publishing, sheet, grid, the code's screen."""

from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.access import villages_administered_by
from villages.activity_templates import Template, templates
from villages.engine.geofence import Datum, Position
from villages.engine.rotating_code import SLOT_SECONDS, Moment
from villages.forms import ActivityForm
from villages.models import Activity, PlaceCode, Resident
from villages.selectors.mobile import meant_for, moments_of
from villages.selectors.residents import MOST_LISTED, list_people, matching
from villages.services.activities import (
    UnableToPublishActivity,
    Wish,
    close_activity,
    present_code,
    publish_activity,
)
from villages.services.attendance import UnableToEnterSheet, enter_sheet, take_sample
from villages.services.paper_ballots import is_over, results_of

from .desk import own_village

SHOWN = 60


@audience(Role.VILLAGE_ADMIN)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Open and past activities with how many took part and what they cost."""
    village = own_village(request)
    state = request.GET.get("state", "open")
    now = timezone.now()
    found = Activity.objects.filter(village=village)
    is_open = Q(state=Activity.State.OPEN, closes_at__gt=now)
    found = found.filter(is_open) if state == "open" else found.exclude(is_open)
    live = ~Q(taps__state__in=("refused", "revoked"))
    found = found.annotate(
        people=Count("taps__resident", filter=live, distinct=True),
        given=Sum("taps__points_granted", filter=live),
    )
    context = {
        "village": village,
        "state": state,
        "found": found.order_by("closes_at" if state == "open" else "-closes_at")[:SHOWN],
    }
    return render(request, "villages/activities.html", context)


@audience(Role.VILLAGE_ADMIN)
@require_GET
def choose_template(request: HttpRequest) -> HttpResponse:
    """The templates by kind."""
    kinds: dict[str, list[Template]] = {}
    for template in templates().values():
        kinds.setdefault(template.kind_label, []).append(template)
    return render(
        request, "villages/activity_templates.html", {"village": own_village(request), "kinds": kinds}
    )


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """A template with dates and place filled in ahead: change what differs, publish."""
    template = templates().get(code)
    if template is None:
        raise Http404
    village, now = own_village(request), timezone.now()
    form = ActivityForm(
        request.POST or None, village=village, mode=template.mode, initial=_initial(template, now, village.pk)
    )
    if request.method == "POST" and form.is_valid():
        try:
            activity = publish_activity(
                village,
                _wish(template, form.cleaned_data),
                request.user,
                now=now,
                origin=audit.origin_of(request),
            )
        except UnableToPublishActivity as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, "活动已发布，村民在手机上可以看到。")
            return redirect("villages:activity", pk=activity.pk)
    context = {"village": village, "form": form, "template": template}
    return render(request, "villages/activity_new.html", context, status=400 if form.errors else 200)


def _initial(template: Template, now: datetime, village_id: int) -> dict[str, Any]:
    """An event takes place next Saturday at nine; what is open for days opens now."""
    today = timezone.localdate(now)
    if template.minutes:
        day = today + timedelta(days=(5 - today.weekday()) % 7 or 7)
        opens = timezone.make_aware(datetime.combine(day, time(9)))
        closes = opens + timedelta(minutes=template.minutes)
    else:
        opens = timezone.localtime(now).replace(second=0, microsecond=0)
        closes = timezone.make_aware(datetime.combine(today + timedelta(days=template.days or 7), time(21)))
    people = Resident.objects.filter(village_id=village_id, status="active").count()
    worth = template.points or template.points_per_hour * max(1, template.minutes // 60)
    return {
        "title": template.title, "text": template.text, "audience": template.audience, "opens_at": opens,
        "closes_at": closes, "place": template.place, "points": template.points, "repeat": template.repeat,
        "points_per_hour": template.points_per_hour, "person_cap": template.person_cap, "radius_m": 150,
        "budget": max(worth * max(20, people // 4), worth), "choices": "\n".join(template.choices),
        "is_secret": template.is_secret,
    }  # fmt: skip


def _wish(template: Template, told: dict[str, Any]) -> Wish:
    place: PlaceCode | None = told.get("use_place")
    return Wish(
        kind=template.kind, mode=template.mode, title=told["title"].strip(), text=told["text"], rule_code=template.rule,
        template_code=template.code, audience=told["audience"], opens_at=told["opens_at"], closes_at=told["closes_at"],
        planned_minutes=template.minutes, place=told["place"], radius_m=told.get("radius_m") or 150,
        position=Position(place.latitude, place.longitude, Datum.WGS84) if place else None,
        points=told["points"], points_per_hour=told.get("points_per_hour") or 0, budget=told["budget"],
        person_cap=told["person_cap"], repeat=told["repeat"], photos_wanted=template.photos,
        needs_review=template.needs_review, is_secret=bool(told.get("is_secret")), lesson_seconds=template.seconds,
        questions_asked=template.ask, questions_right=template.right, questions=template.questions,
        choices=[line.strip() for line in told.get("choices", "").splitlines() if line.strip()],
    )  # fmt: skip


@audience(Role.VILLAGE_ADMIN)
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One activity: who took part, what it cost, a sample for a second look."""
    activity = get_activity(request, pk)
    taps = activity.taps.select_related("resident__household", "by_user", "by_resident").order_by(
        "-received_at"
    )
    live = activity.taps.exclude(state__in=("refused", "revoked"))
    now = timezone.now()
    context = {
        "village": activity.village, "activity": activity, "taps": taps[:200],
        "is_open": activity.state == "open" and activity.closes_at > now,
        "total": live.aggregate(people=Count("resident", distinct=True), points=Sum("points_granted", default=0)),
        "sample": take_sample(activity)[:10], "has_screen": activity.channel == "scan",
        "results": results_of(activity) if activity.mode == "vote" and is_over(activity, now) else [],
        "takes_paper": activity.mode == "vote" and is_over(activity, now) and activity.state != "cancelled",
    }  # fmt: skip
    return render(request, "villages/activity.html", context)


@audience(Role.VILLAGE_ADMIN)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    activity = get_activity(request, pk)
    try:
        close_activity(
            activity,
            cancel=request.POST.get("cancel") == "1",
            now=timezone.now(),
            origin=audit.origin_of(request),
        )
        messages.success(request, "活动已结束，已得积分不变。")
    except UnableToPublishActivity as refusal:
        messages.error(request, str(refusal))
    return redirect("villages:activity", pk=pk)


@audience(Role.VILLAGE_ADMIN)
@require_GET
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The attendance sheet to print: names in household order, with lines to sign and empty ones."""
    activity = get_activity(request, pk)
    people = matching(people_of(activity).select_related("household"), "")
    page = Paginator(people, MOST_LISTED).get_page(request.GET.get("page"))
    context = {"village": activity.village, "activity": activity, "page_obj": page, "blank": range(12)}
    return render(request, "villages/sheet.html", context)


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def grid(request: HttpRequest, pk: int) -> HttpResponse:
    """The signed sheet goes in: tick who came, the true date, minutes where time counts."""
    activity = get_activity(request, pk)
    today = timezone.localdate()
    first, last = timezone.localdate(activity.opens_at), timezone.localdate(activity.closes_at)
    chosen = request.POST.get("on", "") or min(last, today).isoformat()
    present = [int(pk) for pk in request.POST.getlist("present") if pk.isdecimal()]
    typed = {pk: request.POST.get(f"minutes_{pk}", "") for pk in present}
    if request.method == "POST" and "find" not in request.POST:
        try:
            on = date.fromisoformat(chosen)
            minutes = {pk: _minutes(text, activity) for pk, text in typed.items()}
            entered = enter_sheet(
                activity, on, minutes, request.user, now=timezone.now(), origin=audit.origin_of(request)
            )
        except (UnableToEnterSheet, ValueError) as refusal:
            text = str(refusal) if isinstance(refusal, UnableToEnterSheet) else "日期或时长格式有误。"
            messages.error(request, text)
        else:
            messages.success(request, f"已登记 {entered.people} 人，共 {entered.points} 分。")
            for name, reason in entered.left_out[:20]:
                messages.warning(request, f"{name}未登记：{reason}")
            return redirect("villages:activity", pk=pk)
    done = set(activity.taps.exclude(state__in=("refused", "revoked")).values_list("resident_id", flat=True))
    listed = list_people(people_of(activity), request.POST.get("q", "").strip(), present)
    context = {
        "village": activity.village, "activity": activity, "listed": listed, "done": done, "on": chosen,
        "rows": [(r, r.pk in typed, typed.get(r.pk, "")) for r in listed.people],
        "first": first.isoformat(), "last": min(last, today).isoformat(), "is_timed": activity.mode == "hours",
    }  # fmt: skip
    return render(request, "villages/grid.html", context)


@audience(Role.VILLAGE_ADMIN)
@never_cache
@require_GET
def screen(request: HttpRequest, pk: int) -> HttpResponse:
    """The code for a screen at the scene; it changes every 15 seconds."""
    activity = get_activity(request, pk)
    moments = moments_of(activity)
    chosen = Moment.OUT if request.GET.get("moment") == "out" and Moment.OUT in moments else Moment.IN
    context = {"activity": activity, "moment": chosen, "moments": moments, "seconds": SLOT_SECONDS} | _code(
        activity, chosen
    )
    return render(request, "villages/screen.html", context)


@audience(Role.VILLAGE_ADMIN)
@never_cache
@require_GET
def screen_code(request: HttpRequest, pk: int, moment: str) -> HttpResponse:
    """The present code as a fragment, asked for by the screen every few seconds."""
    activity = get_activity(request, pk)
    if moment not in (Moment.IN, Moment.OUT):
        raise Http404
    return render(
        request, "villages/_screen_code.html", {"activity": activity} | _code(activity, Moment(moment))
    )


def _code(activity: Activity, moment: Moment) -> dict[str, Any]:
    text = present_code(activity, moment, now=timezone.now())
    people = activity.taps.exclude(state__in=("refused", "revoked")).count()
    return {"code": text, "svg": svg_of(text), "people": people}


def get_activity(request: HttpRequest, pk: int) -> Activity:
    """An activity of a village the user administers. Raises Http404."""
    found = (
        Activity.objects.select_related("village")
        .filter(pk=pk, village__in=villages_administered_by(request.user))
        .first()
    )
    if found is None:
        raise Http404
    return found


def svg_of(text: str) -> str:
    """A QR code as inline SVG, black on white whatever the theme."""
    out = BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=1, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=True,
        svgclass="qr", lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


def people_of(activity: Activity) -> QuerySet[Resident]:
    """Whom an activity is for."""
    return meant_for(activity, timezone.localdate(activity.opens_at))


def _minutes(typed: str, activity: Activity) -> int:
    return int(typed) if typed.strip().isdecimal() else activity.planned_minutes

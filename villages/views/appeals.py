"""Appeals as the desk and the panel see them."""

from uuid import UUID

from django.db.models import Case, F, Q, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from accounts.models import User
from villages.access import villages_administered_by, villages_of_office, villages_supervised_by
from villages.models import Appeal, PanelSeat, Transfer
from villages.selectors.places import resident_of
from villages.services import appeals
from villages.services.openings import note_opening

from .score import subject_of
from .staff import READERS, STAFF, attempt, how_of

SHOWN = 200
DECIDED = (Appeal.State.UPHELD, Appeal.State.REJECTED)


@audience(*READERS)
@require_GET
def appeal_list(request: HttpRequest) -> HttpResponse:
    """Appeals of the villages and those the user sits on."""
    seats = PanelSeat.objects.filter(member_id=request.user.pk).values("appeal")
    rows = Appeal.objects.filter(pk__in=seats)
    if request.user.roles & set(STAFF):  # type: ignore[union-attr]
        rows = Appeal.objects.filter(village__in=villages_of_office(request.user)) | rows
    open_first = rows.distinct().annotate(is_decided=Q(state__in=DECIDED))
    found = open_first.select_related("village", "resident", "event__rule_set").order_by(
        "is_decided", Case(When(is_decided=False, then="due_on")), F("decided_at").desc(nulls_last=True), "pk"
    )[:SHOWN]
    context = {
        "rows": [(a, subject_of(a)) for a in found], "today": timezone.localdate(),
        "is_staff": bool(request.user.roles & set(STAFF)),  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "villages/appeals/list.html", context)


@audience(*READERS)
@require_http_methods(["GET", "POST"])
def appeal_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One appeal: the panel is named, its members vote; opening it is recorded."""
    found = Appeal.objects.filter(pk=pk).select_related("village", "resident", "event__rule_set").first()
    if found is None or not _may_open(request, found):
        raise Http404
    if request.method == "POST":
        _appeal_step(request, found)
        return redirect("villages:appeal", pk=pk)
    origin = audit.origin_of(request)
    audit.record("villages.appeal.viewed", origin=origin, target=f"appeal:{pk}")
    note_opening(found.resident, request.user, "申诉材料", now=timezone.now(), origin=origin)
    seat = found.seats.filter(member_id=request.user.pk, voted_at__isnull=True).first()
    needs_panel = found.state in ("filed", "town") and not found.seats.filter(voted_at__isnull=True).exists()
    context = {
        "appeal": found, "subject": subject_of(found), "is_staff": _is_desk(request, found),
        "transfer": Transfer.objects.filter(pk=found.transfer_id).first() if found.transfer_id else None,
        "seats": found.seats.select_related("member"), "seat": seat,
        "candidates": appeals.may_sit(found).select_related("agency")[:60]
        if needs_panel and _is_desk(request, found) else [],
        "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "villages/appeals/one.html", context)


def _appeal_step(request: HttpRequest, found: Appeal) -> None:
    how = how_of(request)
    if request.POST.get("act") == "seat" and _is_desk(request, found):
        members = list(
            User.objects.filter(pk__in=[int(v) for v in request.POST.getlist("member") if v.isdecimal()])
        )
        attempt(request, "评议组已组成。", lambda: appeals.seat_panel(request.user, found.pk, members, **how))
    elif request.POST.get("act") == "vote":
        uphold = request.POST.get("uphold") == "1"
        attempt(
            request,
            "表决已记录。",
            lambda: appeals.vote(request.user, found.pk, uphold, request.POST.get("reason", ""), **how),
        )


def _may_open(request: HttpRequest, found: Appeal) -> bool:
    return _is_desk(request, found) or found.seats.filter(member_id=request.user.pk).exists()


def _is_desk(request: HttpRequest, found: Appeal) -> bool:
    """Village administrators who are not the person concerned; the town for its villages."""
    own = resident_of(request.user)
    if own is not None and own.pk == found.resident_id:
        return False
    desks = (
        villages_supervised_by(request.user)
        if found.second_step
        else villages_administered_by(request.user) | villages_supervised_by(request.user)
    )
    return desks.filter(pk=found.village_id).exists()

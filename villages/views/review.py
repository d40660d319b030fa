"""The review desk: a queue, one submission at a time, a reason, and the next."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.selectors.review import clock_of, evidence_of, queue_for
from villages.services.openings import note_opening
from villages.services.review import UnableToReview, decide, hand_up, reasons, revoke

REVIEWERS = (Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
PAGE = 30


@audience(*REVIEWERS)
@never_cache
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, the most urgent first."""
    order, channel = request.GET.get("order", "due"), request.GET.get("channel", "")
    page = Paginator(queue_for(request.user, order, channel), PAGE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [{"tap": tap, "clock": clock_of(tap, today)} for tap in page]
    return render(
        request, "villages/review.html", {"rows": rows, "page_obj": page, "order": order, "channel": channel}
    )


@audience(*REVIEWERS)
@never_cache
@require_GET
def one(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One submission with everything a decision needs; opening it is logged."""
    now = timezone.now()
    evidence = evidence_of(request.user, pk, request.GET.get("order", "due"))
    if evidence is None:
        raise Http404
    origin = audit.origin_of(request)
    note_opening(evidence.tap.resident, request.user, "审核提交的材料", now=now, origin=origin)
    for owner in evidence.owners_of_twins:
        note_opening(owner, request.user, "比对相似照片", now=now, origin=origin)
    context: dict[str, Any] = {
        "evidence": evidence, "tap": evidence.tap, "clock": clock_of(evidence.tap, timezone.localdate(now)),
        "reasons": reasons().values(), "is_waiting": evidence.tap.state == "waiting",
    }  # fmt: skip
    return render(request, "villages/review_one.html", context)


@audience(*REVIEWERS)
@require_POST
def decision(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Approve, refuse, hand up or revoke; then the next one."""
    now, origin = timezone.now(), audit.origin_of(request)
    onward = request.POST.get("next", "")
    try:
        if "hand_up" in request.POST:
            hand_up(pk, request.user, now=now, origin=origin)
            messages.success(request, "已转镇街审核。")
        elif "revoke" in request.POST:
            revoke(pk, request.user, request.POST.get("note", ""), now=now, origin=origin)
            messages.success(request, "已撤销该笔积分，并通知村民。")
            return redirect("villages:review_one", pk=pk)
        else:
            tap = decide(
                pk,
                request.user,
                request.POST.get("reason", ""),
                request.POST.get("note", ""),
                now=now,
                origin=origin,
            )
            granted = f"，得 {tap.points_granted} 分" if tap.state == "counted" else ""
            messages.success(request, f"{tap.resident.name}：{tap.get_state_display()}{granted}。")
    except UnableToReview as refusal:
        messages.error(request, str(refusal))
        return redirect("villages:review_one", pk=pk)
    try:
        return redirect(reverse("villages:review_one", args=[uuid.UUID(onward)]))
    except ValueError:
        return redirect("villages:review")

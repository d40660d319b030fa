"""代办: the grid worker's own list, and handing in for one resident."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.models import Mode
from villages.selectors.mobile import open_activities
from villages.services.grid_workers import HANDED_IN, hand_in_for, residents_helped_by
from villages.services.ledger import new_key
from villages.services.openings import note_opening
from villages.services.posting import UnableToPost
from villages.services.taps import UnableToTap, Upload

FILES = ("photo1", "photo2", "photo3", "before", "after", "voice")


@audience(Role.VILLAGE_ADMIN)
@require_GET
def helping(request: HttpRequest) -> HttpResponse:
    """Whom I may act for."""
    return render(request, "villages/helping.html", {"people": residents_helped_by(request.user)})


@audience(Role.VILLAGE_ADMIN)
@never_cache
@require_http_methods(["GET", "POST"])
def helping_one(request: HttpRequest, pk: int) -> HttpResponse:
    """What is open for one resident, and handing it in for him."""
    resident = residents_helped_by(request.user).filter(pk=pk).first()
    if resident is None:
        raise Http404
    now = timezone.now()
    if request.method == "POST":
        try:
            answer = _hand_in(request, pk)
            messages.success(request, f"已为{resident.name}代办：{answer.headline}。{answer.message}")
        except (UnableToTap, UnableToPost) as refusal:
            messages.error(request, str(refusal))
        return redirect("villages:helping_one", pk=pk)
    note_opening(resident, request.user, "代办", now=now, origin=audit.origin_of(request))
    rows, found = [], open_activities(resident, now=now)
    prefetch_related_objects([row.activity for row in found if row.activity.mode == Mode.VOTE], "choices")
    for row in found:
        may = row.activity.mode in HANDED_IN and not row.activity.is_secret
        choices = list(row.activity.choices.all()) if may and row.activity.mode == Mode.VOTE else []
        rows.append({"row": row, "may": may and not row.is_done, "choices": choices, "key": new_key(now)})
    rows.sort(key=lambda told: not told["may"])
    return render(request, "villages/helping_one.html", {"resident": resident, "rows": rows})


def _hand_in(request: HttpRequest, pk: int) -> Any:
    told = request.POST
    try:
        key, activity_id = UUID(told.get("key", "")), int(told.get("activity", ""))
    except ValueError as error:
        raise UnableToTap("提交的内容格式有误，请刷新后重试。", code="malformed") from error
    body = {name: told[name] for name in ("choice", "agree", "text") if told.get(name)}
    sent = [(name, request.FILES.get(name)) for name in FILES]
    files = tuple(
        Upload(name, file.content_type or "", file.read()) for name, file in sent if file is not None
    )
    return hand_in_for(pk, request.user, activity_id, key, body, files, now=timezone.now())

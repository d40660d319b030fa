"""Handing in a file."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

import audit
from accounts.access import audience
from accounts.roles import Role
from datahub import tasks
from datahub.engine.definitions import get_item
from datahub.forms import DeliveryForm, file_problem
from datahub.models import Channel
from datahub.selectors.batches import departments_seen_by
from datahub.services import following
from datahub.services.deliveries import UnableToReceive, receive_delivery
from datahub.uploads import declares_too_much, limit_text, limit_upload, shown_name, too_large

DELIVERERS = (Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR)


# The CSRF check reads the body, and the body must not be read before its limit is set: the inner view checks.
@csrf_exempt
@audience(*DELIVERERS)
@require_http_methods(["GET", "HEAD", "POST"])
def deliver(request: HttpRequest) -> HttpResponse:
    """The delivery form, and the door behind it."""
    if declares_too_much(request):
        form = DeliveryForm(departments=departments_seen_by(request.user), today=timezone.localdate())
        return _page(request, form, file_problem(None, True), status=413)
    limit_upload(request)
    return _deliver(request)


@csrf_protect
def _deliver(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    departments = departments_seen_by(request.user)
    if request.method != "POST":
        first = {"item": request.GET.get("item", ""), "file_date": today}
        return _page(request, DeliveryForm(initial=first, departments=departments, today=today))
    form = DeliveryForm(request.POST, departments=departments, today=today)
    upload = request.FILES.get("file")
    problem = file_problem(upload, too_large(request))
    if problem or not form.is_valid():
        return _page(request, form, problem, status=422)
    try:
        batch_id, is_new = _receive(request, form.cleaned_data, upload)
    except UnableToReceive as error:
        return _page(request, form, str(error), status=422)
    if not is_new:
        messages.info(
            request, f"这个文件已经报送过，就是批次 {batch_id}，未重复入库。如需重新报送，请先撤回该批次。"
        )
    return redirect("datahub:batch", pk=batch_id)


def _receive(request: HttpRequest, told: dict[str, Any], upload: Any) -> tuple[int, bool]:
    origin = audit.origin_of(request)
    received = receive_delivery(
        get_item(told["item"]), upload, file_name=shown_name(upload.name), period=told["period"],
        file_date=told["file_date"], channel=Channel.PAGE, origin=origin, now=timezone.now(),
    )  # fmt: skip
    if received.is_new:
        url = reverse("datahub:batch", args=[received.batch_id])
        following.announce(received.batch_id, "正在核验文件", owner_id=request.user.pk, next_url=url)
        tasks.process_batch.delay(received.batch_id, origin.as_dict())
    return received.batch_id, received.is_new


def _page(request: HttpRequest, form: DeliveryForm, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "max_bytes": settings.PORTAL_DELIVERY_MAX_BYTES,
        "hint": f"CSV（UTF-8 或 GB18030）或 XLSX，不超过 {limit_text()}",
        "crumbs": [{"label": "数据报送", "url": reverse("datahub:desk")}, {"label": "上传文件"}],
    }
    return render(request, "datahub/deliver.html", context, status=status)

"""What people decide about a batch: confirm, withdraw, match a row, try again; and the reject report."""

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

import audit
from accounts.access import audience
from accounts.roles import Role
from datahub import policies, tasks
from datahub.models import BatchState, WaitingRow
from datahub.services import following
from datahub.services.matching import UnableToMatchRow, enterprise_named, settle_row
from datahub.services.reports import UnableToWriteReport, reject_report
from datahub.views.batches import AT_THE_DESK, batch_or_404
from datahub.views.downloads import attachment

DECIDING = (Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR)


@audience(*DECIDING)
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Promote a checked batch although it ends more than a tenth of the facts."""
    batch = batch_or_404(request, pk)
    if refusal := policies.refusal_to_confirm(batch, request.user.pk):
        messages.error(request, refusal)
        return redirect("datahub:batch", pk=pk)
    _announce(request, pk, "正在入库")
    tasks.process_batch.delay(pk, audit.origin_of(request).as_dict(), confirmed=True)
    return redirect("datahub:batch", pk=pk)


@audience(*DECIDING)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a batch back, with the reason."""
    batch = batch_or_404(request, pk)
    reason = request.POST.get("reason", "").strip()[:400]
    refusal = policies.refusal_to_withdraw(batch) or ("" if reason else "请填写撤回原因后再提交。")
    if refusal:
        messages.error(request, refusal)
        return redirect("datahub:batch", pk=pk)
    _announce(request, pk, "正在撤回批次")
    tasks.withdraw_batch.delay(pk, reason, audit.origin_of(request).as_dict())
    return redirect("datahub:batch", pk=pk)


@audience(*AT_THE_DESK)
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue a received batch again whose work failed or fell silent; promoting twice changes nothing."""
    batch = batch_or_404(request, pk)
    if batch.state == BatchState.RECEIVED:
        _announce(request, pk, "正在核验文件")
        tasks.process_batch.delay(pk, audit.origin_of(request).as_dict())
    else:
        messages.info(request, f"该批次当前为“{batch.get_state_display()}”，无需重新处理。")
    return redirect("datahub:batch", pk=pk)


@audience(*AT_THE_DESK)
@require_POST
def settle(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Say which enterprise a waiting row is about: chosen from the bearers of its name, or typed."""
    batch = batch_or_404(request, pk)
    chosen, typed = request.POST.get("enterprise", ""), request.POST.get("typed")
    if typed is None and not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
        messages.error(request, "请先在该行选择企业，再点击“确认匹配”。")
        return redirect("datahub:batch", pk=pk)
    try:
        if not WaitingRow.objects.filter(pk=row, batch=batch).exists():
            raise UnableToMatchRow("该行已处理或不属于本批次，请刷新页面。")
        firm = int(chosen) if typed is None else enterprise_named(typed[:200])
        settle_row(row, firm, origin=audit.origin_of(request), now=timezone.now())
    except UnableToMatchRow as error:
        messages.error(request, str(error))
    else:
        tasks.tell_upper_floors()
        messages.success(request, "已匹配并入库。")
    return redirect("datahub:batch", pk=pk)


@audience(*AT_THE_DESK)
@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The unit's own rejected rows with what is wrong beside them, as XLSX."""
    batch = batch_or_404(request, pk)
    try:
        written = reject_report(batch, origin=audit.origin_of(request))
    except UnableToWriteReport as error:
        messages.error(request, str(error))
        return redirect("datahub:batch", pk=pk)
    return attachment(written, f"退回报告-批次{batch.pk}.xlsx")


def _announce(request: HttpRequest, pk: int, title: str) -> None:
    url = reverse("datahub:batch", args=[pk])
    following.announce(pk, title, owner_id=request.user.pk, next_url=url)

"""Pages of the auditor. Looking, exporting and verifying stand in the log themselves."""

import datetime as dt
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import audience
from accounts.roles import Role
from audit import export as audit_export
from audit import public as audit
from audit import selectors, tasks
from foundation import progress

from . import presenters
from .forms import FilterForm

WAIT_AT_MOST = dt.timedelta(minutes=10)


@audience(Role.AUDITOR)
@never_cache
@require_GET
def entry_list(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    filters = form.filters()
    page = selectors.list_page(filters, before=_number(request, "before"), after=_number(request, "after"))
    detail = {"filters": filters.told(), "rows": len(page.entries)}
    audit.record("audit.viewed", origin=audit.origin_of(request), target="audit", detail=detail)
    context = {
        "form": form,
        "filters": filters.told(),
        "rows": [presenters.row(entry) for entry in page.entries],
        "page": page,
        "first_seq": page.entries[0].seq if page.entries else None,
        "last_seq": page.entries[-1].seq if page.entries else None,
        "count": presenters.count_text(selectors.count_at_most(filters), selectors.MOST_COUNTED),
        "state": selectors.log_state(),
        "work": _verification_under_way(request),
        "result_chips": presenters.result_chips(request.GET.get("result", "")),
        "since_chips": presenters.since_chips(request.GET.get("since", ""), timezone.now()),
        "crumbs": [{"label": "审计日志", "url": ""}],
    }
    return render(request, "audit/list.html", context)


@audience(Role.AUDITOR)
@never_cache
@require_GET
def entry_detail(request: HttpRequest, seq: int) -> HttpResponse:
    entry = selectors.find_entry(seq)
    if entry is None:
        raise Http404
    finding = selectors.check(entry)
    audit.record("audit.entry.viewed", origin=audit.origin_of(request), target=f"audit:{seq}")
    context = {
        "entry": entry,
        "row": presenters.row(entry),
        "facts": presenters.facts(entry),
        "proof": presenters.proof(entry),
        "detail_rows": presenters.detail_rows(entry.detail),
        "finding": finding,
        "newest_seq": selectors.head()[0],
        "prev_seq": seq - 1,
        "next_seq": seq + 1,
        "crumbs": [{"label": "审计日志", "url": reverse("audit:list")}, {"label": f"第 {seq} 条", "url": ""}],
    }
    return render(request, "audit/detail.html", context)


@audience(Role.AUDITOR)
@never_cache
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that matches, as CSV with its proof; asked for is logged before the first byte leaves."""
    form = FilterForm(request.GET)
    filters = form.filters()
    if not form.is_valid():
        raise BadRequest("筛选条件有误")
    origin, now, head = audit.origin_of(request), timezone.now(), selectors.head()
    detail = {"filters": filters.told(), "until_seq": head[0]}
    audit.record("audit.exported", origin=origin, target="audit", detail=detail)
    pieces = audit_export.stream(
        selectors.each(filters, head[0]), filters=filters.told(), head=head, origin=origin, now=now
    )
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    name = f"audit-{timezone.localtime(now):%Y%m%d-%H%M%S}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@audience(Role.AUDITOR)
@require_POST
def start_verification(request: HttpRequest) -> HttpResponse:
    """Start a full verification in the background, unless this auditor's own is still under way."""
    if _verification_under_way(request) is None:
        origin = audit.origin_of(request)
        audit.record("audit.verification.started", origin=origin, target="audit")
        key = progress.register(
            "正在核验日志",
            key=_progress_key(request),
            owner_id=request.user.pk,
            total=selectors.head()[0],
            next_url=reverse("audit:list"),
        )
        tasks.verify.delay(key, origin.as_dict(), from_archive=True)
    return redirect("audit:list")


def _progress_key(request: HttpRequest) -> str:
    return f"audit-verification-{request.user.pk}"


def _verification_under_way(request: HttpRequest) -> dict[str, Any] | None:
    """The auditor's running verification as the progress component takes it; None if there is none."""
    work, now = progress.find(_progress_key(request)), timezone.now()
    if work is None or work.state in (progress.State.DONE, progress.State.FAILED):
        return None
    if progress.is_silent(work, now) or (now - work.created_at > WAIT_AT_MOST and work.heartbeat_at is None):
        return None
    return {
        "url": reverse("progress", args=[work.key]),
        "title": work.title,
        "state": progress.as_dict(work, now),
    }


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

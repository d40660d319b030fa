"""The desk, the list of batches, and one batch with all that came of it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import audience
from accounts.roles import Role
from datahub import policies, presenters
from datahub.models import Batch, BatchState
from datahub.selectors import batches as selectors
from datahub.selectors import freshness
from datahub.services import following
from datahub.views.deliver import DELIVERERS
from foundation import progress

AT_THE_DESK = (Role.DATA_STEWARD, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR)
DECIDERS = frozenset({Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR})
ROWS_A_PAGE = 50
WAITING_SHOWN = 50


@audience(*AT_THE_DESK)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for me."""
    now = timezone.now()
    found = selectors.desk(request.user, now)
    departments = selectors.departments_seen_by(request.user)
    late = freshness.list_late(departments, timezone.localdate(now))
    context = {
        "to_confirm": [presenters.batch_row(b) for b in found.to_confirm],
        "refused": [presenters.batch_row(b) for b in found.refused],
        "with_rejections": [presenters.batch_row(b) for b in found.with_rejections],
        "with_doubts": [presenters.batch_row(b) for b in found.with_doubts],
        "recent": [presenters.batch_row(b) for b in found.recent],
        "late": [presenters.freshness_row(one) for one in late[: selectors.DESK_ROWS]],
        "late_count": len(late),
        "may_deliver": bool(request.user.roles & frozenset(DELIVERERS)),  # type: ignore[union-attr]
        "all_departments": departments is None,
    }
    return render(request, "datahub/desk.html", context)


@audience(*AT_THE_DESK)
@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in BatchState.values else ""
    found = selectors.list_batches(
        request.user,
        state=state,
        item=request.GET.get("item", ""),
        words=request.GET.get("q", "").strip()[:100],
    )
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    chips = [("", "全部"), *BatchState.choices]
    context = {
        "page_obj": page,
        "rows": [presenters.batch_row(batch) for batch in page],
        "chips": [{"value": v, "label": label, "active": v == state} for v, label in chips],
        "words": request.GET.get("q", ""),
        "state": state,
        "item": presenters.item_name(request.GET["item"]) if request.GET.get("item") else "",
        "may_deliver": bool(request.user.roles & frozenset(DELIVERERS)),  # type: ignore[union-attr]
        "crumbs": [{"label": "数据报送", "url": reverse("datahub:desk")}, {"label": "报送批次"}],
    }
    return render(request, "datahub/batch_list.html", context)


@audience(*AT_THE_DESK)
@require_safe
def batch_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: how it was read, where its rows went, what is wrong, what can be done."""
    batch = batch_or_404(request, pk)
    rejections = Paginator(selectors.list_rejections(batch), ROWS_A_PAGE).get_page(request.GET.get("page"))
    waiting = list(selectors.list_waiting(batch)[:WAITING_SHOWN]) if batch.rows_waiting else []
    context = {
        "batch": batch,
        "row": presenters.batch_row(batch),
        "facts": presenters.batch_facts(batch),
        "balance": presenters.balance(batch),
        "page_obj": rejections,
        "waiting": presenters.waiting_rows(waiting, selectors.candidates(waiting)),
        "work": _work(batch),
        "has_report": policies.has_report(batch),
        "crumbs": [
            {"label": "数据报送", "url": reverse("datahub:desk")},
            {"label": "报送批次", "url": reverse("datahub:batches")},
            {"label": f"批次 {batch.pk}"},
        ],
    } | _rights(request, batch)
    return render(request, "datahub/batch.html", context)


@audience(*AT_THE_DESK)
@require_safe
def batch_progress(request: HttpRequest, pk: int) -> JsonResponse:
    """How far the work on the batch is, for everyone who may see the batch."""
    batch = batch_or_404(request, pk)
    work = progress.find(following.key_of(batch.pk))
    if work is None:
        raise Http404
    answer = JsonResponse(progress.as_dict(work, timezone.now()))
    answer["Cache-Control"] = "no-store"
    return answer


def batch_or_404(request: HttpRequest, pk: int) -> Batch:
    """The batch, or 404 where it is another department's: its existence is no one else's business."""
    try:
        return selectors.get_batch(request.user, pk)
    except Batch.DoesNotExist:
        raise Http404 from None


def _rights(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """Which buttons the page shows; the views behind them ask again."""
    roles = request.user.roles  # type: ignore[union-attr]
    decides = bool(roles & DECIDERS)
    refusal = policies.refusal_to_confirm(batch, request.user.pk)
    return {
        "decides": decides,
        "may_confirm": decides and not refusal,
        "confirm_refusal": refusal if decides and batch.state == BatchState.CHECKED else "",
        "may_withdraw": decides and not policies.refusal_to_withdraw(batch),
        "may_deliver": bool(roles & frozenset(DELIVERERS)),
        "may_settle": batch.state == BatchState.PROMOTED,
    }


def _work(batch: Batch) -> dict[str, Any] | None:
    """Unfinished or failed work on the batch as the progress component takes it; None if there is none."""
    work = progress.find(following.key_of(batch.pk))
    if work is None or work.state == progress.State.DONE:
        return None
    now = timezone.now()
    return {
        "title": work.title,
        "url": reverse("datahub:batch_progress", args=[batch.pk]),
        "state": progress.as_dict(work, now),
        "is_stuck": work.state == progress.State.FAILED or progress.is_silent(work, now),
    }

"""Feedback and data requests: given by anybody, answered by departments, read by all once released."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import audit
from accounts.access import audience, open_to_all
from accounts.roles import Role
from catalog.forms import AnswerForm, FeedbackForm
from catalog.models import Feedback, FeedbackKind, FeedbackState
from catalog.selectors.datasets import published
from catalog.selectors.feedback import handled_by, public_feedback
from catalog.services.feedback import (
    UnableToAnswer,
    UnableToTakeFeedback,
    Words,
    accept_feedback,
    answer_feedback,
    contact_of,
    give_feedback,
    is_late,
)

HANDLERS = (Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR)
PAGE_SIZE = 20


@open_to_all
@require_safe
def feedback_list(request: HttpRequest) -> HttpResponse:
    """What was asked and answered, in public."""
    kind = request.GET.get("kind", "")
    found = public_feedback()
    if kind in FeedbackKind.values:
        found = found.filter(kind=kind)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    chips = [{"label": "全部", "value": "", "active": not kind, "count": None}]
    chips += [
        {"label": k.label, "value": k.value, "active": kind == k.value, "count": None} for k in FeedbackKind
    ]
    context = {"page_obj": page, "chips": chips, "crumbs": _crumbs("需求与反馈")}
    return render(request, "catalog/feedback_list.html", context)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def feedback_new(request: HttpRequest) -> HttpResponse:
    """The form, and the door behind it. The sender sees the matter afterwards by its number."""
    name = (request.POST if request.method == "POST" else request.GET).get("dataset", "")[:100]
    dataset = published().filter(name=name).select_related("publisher").first() if name else None
    kind = request.GET.get("kind", FeedbackKind.QUESTION)
    form = FeedbackForm(request.POST or None, initial={"kind": kind})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            words = Words(told["kind"], told["title"], told["text"], told["contact"])
            try:
                given = give_feedback(
                    words,
                    dataset=dataset,
                    publisher=None,
                    now=timezone.now(),
                    origin=audit.origin_of(request),
                )
            except UnableToTakeFeedback as error:
                form.add_error(None, str(error))
                status = 429
            else:
                messages.success(request, f"已收到，编号 {given.number}。凭此编号可随时查看办理情况。")
                return redirect("catalog:feedback_item", given.number)
    context = {"form": form, "dataset": dataset, "crumbs": _crumbs("提出反馈")}
    return render(request, "catalog/feedback_new.html", context, status=status)


@open_to_all
@require_safe
def feedback_item(request: HttpRequest, number: str) -> HttpResponse:
    """One matter by its number: whole once released, else only how far it has come."""
    found = Feedback.objects.select_related("dataset", "publisher").filter(number=number).first()
    if found is None:
        raise Http404
    context = {"one": found, "is_whole": found.is_public, "crumbs": _crumbs(number)}
    return render(request, "catalog/feedback_item.html", context)


@audience(*HANDLERS)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the most urgent first."""
    now = timezone.now()
    waiting = handled_by(request.user).filter(state__in=(FeedbackState.RECEIVED, FeedbackState.ACCEPTED))
    done = handled_by(request.user).exclude(state__in=(FeedbackState.RECEIVED, FeedbackState.ACCEPTED))
    rows = [{"one": one, "late": is_late(one, now)} for one in waiting.order_by("answer_by", "pk")[:200]]
    context = {"rows": rows, "done": done[:30], "crumbs": _crumbs("反馈办理")}
    return render(request, "catalog/feedback_desk.html", context)


@audience(*HANDLERS)
@require_http_methods(["GET", "HEAD", "POST"])
def handle(request: HttpRequest, number: str) -> HttpResponse:
    """One matter on its handler's desk: words, contact, answer."""
    found = _own(request, number)
    form = AnswerForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                answer_feedback(
                    found, told["answer"], declined=told["declined"], is_public=told["is_public"], by=request.user,
                    now=timezone.now(), origin=audit.origin_of(request),
                )  # fmt: skip
            except UnableToAnswer as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{found.number} 已办结。")
                return redirect("catalog:feedback_desk")
    context = {
        "one": found, "form": form, "contact": contact_of(found), "late": is_late(found, timezone.now()),
        "is_open": found.state in (FeedbackState.RECEIVED, FeedbackState.ACCEPTED),
        "crumbs": [*_crumbs("反馈办理", reverse("catalog:feedback_desk")), {"label": found.number, "url": ""}],
    }  # fmt: skip
    return render(request, "catalog/feedback_handle.html", context, status=status)


@audience(*HANDLERS)
@require_POST
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Take a matter on."""
    found = _own(request, number)
    try:
        accept_feedback(found, by=request.user, now=timezone.now(), origin=audit.origin_of(request))
    except UnableToAnswer as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{found.number} 已受理。")
    return redirect("catalog:feedback_handle", found.number)


def _own(request: HttpRequest, number: str) -> Feedback:
    found = handled_by(request.user).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _crumbs(label: str, url: str = "") -> list[dict[str, Any]]:
    return [{"label": "数据开放", "url": reverse("catalog:list")}, {"label": label, "url": url}]

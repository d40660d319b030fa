"""The yearly key list: the public page with comments and export, and the desk that keeps it."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience, open_to_all
from accounts.roles import Role
from accounts.scopes import departments_of
from catalog.forms_rules import CommentForm, KeyEntryForm, ProgressForm
from catalog.models import KeyList, KeyListEntry
from catalog.opening_words import KeyListState, Progress
from catalog.services import keylist as services
from catalog.vocabulary import Lane

HEADS = (
    "领域",
    "数据名称",
    "主要内容",
    "责任部门",
    "开放属性",
    "计划开放日期",
    "进展",
    "开放日期",
    "逾期理由",
    "说明",
)
PUBLIC = (KeyListState.CONSULTATION, KeyListState.ADOPTED)


@open_to_all
@require_http_methods(["GET", "POST"])
def public_page(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """The list by lanes with progress and reasons; while it is put to the public, a form for comments."""
    key_list = _public(year)
    if key_list is None:
        if year is not None:
            raise Http404
        return render(request, "catalog/keylist/none.html")
    now = timezone.now()
    form = CommentForm(request.POST or None, key_list=key_list)
    if request.method == "POST" and form.is_valid():
        try:
            services.comment(key_list, **form.cleaned_data, now=now, origin=audit.origin_of(request))
            messages.success(request, "意见已收到，经审核后公开并答复。")
            return redirect("catalog:keylist_year", year=key_list.year)
        except services.UnableToKeepList as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    today = timezone.localdate(now)
    lanes = _lanes(key_list, today)
    done = sum(lane["done"] for lane in lanes)
    total = sum(len(lane["rows"]) for lane in lanes)
    context = {
        "key_list": key_list, "lanes": lanes, "total": total, "done": done,
        "late": sum(lane["late"] for lane in lanes), "form": form,
        "open_for_comments": key_list.state == KeyListState.CONSULTATION and today <= (key_list.consultation_to or today),
        "comments": key_list.comments.filter(is_public=True, replied_at__isnull=False).select_related("entry"),
        "years": KeyList.objects.filter(state__in=PUBLIC).values_list("year", flat=True),
    }  # fmt: skip
    return render(request, "catalog/keylist/public.html", context, status=400 if form.errors else 200)


@open_to_all
@require_GET
def export(request: HttpRequest, year: int) -> HttpResponse:
    """The list as CSV with a byte order mark, so that spreadsheets read it."""
    key_list = _public(year)
    if key_list is None:
        raise Http404
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADS)
    today = timezone.localdate()
    for lane in _lanes(key_list, today):
        for row in lane["rows"]:
            e = row["entry"]
            writer.writerow([
                _plain(cell) for cell in (
                    lane["label"], e.title, e.content, e.publisher.name, e.get_opening_display(), e.due_on,
                    row["state"], e.done_on or "", e.late_reason, e.note,
                )
            ])  # fmt: skip
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="key-list-{year}.csv"'
    return response


@audience(Role.DATA_CENTRE_OPERATOR, Role.DATA_STEWARD)
@require_http_methods(["GET", "POST"])
def desk_page(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """The centre keeps the list, departments report their lines' progress."""
    user = _me(request)
    centre = Role.DATA_CENTRE_OPERATOR in user.roles
    if request.method == "POST":
        return _act(request, year) if centre else redirect("catalog:keylist_desk")
    key_list = KeyList.objects.filter(year=year).first() if year else KeyList.objects.first()
    if year and key_list is None:
        raise Http404
    entries = (
        key_list.entries.select_related("publisher", "dataset") if key_list else KeyListEntry.objects.none()
    )
    if not centre:
        entries = entries.filter(publisher__code__in=departments_of(user))
    today = timezone.localdate()
    context = {
        "key_list": key_list, "centre": centre, "years": KeyList.objects.values_list("year", flat=True),
        "rows": [_row(e, today) for e in entries], "form": KeyEntryForm() if centre else None,
        "comments": key_list.comments.select_related("entry").order_by("due_on") if key_list and centre else (),
        "next_year": today.year if not KeyList.objects.filter(year=today.year).exists() else today.year + 1,
    }  # fmt: skip
    return render(request, "catalog/keylist/desk.html", context)


def _act(request: HttpRequest, year: int | None) -> HttpResponse:
    """The centre's steps (field ``action``)."""
    told: dict[str, Any] = {"now": timezone.now(), "origin": audit.origin_of(request)}
    user = _me(request)
    action = request.POST.get("action", "")
    try:
        if action == "start":
            made = services.start_list(user, int(request.POST.get("year") or 0), **told)
            return redirect("catalog:keylist_desk_year", year=made.year)
        key_list = KeyList.objects.filter(year=year or 0).first()
        if key_list is None:
            raise Http404
        if action == "entry":
            form = KeyEntryForm(request.POST)
            if not form.is_valid():
                raise services.UnableToKeepList("请填全条目：领域、名称、责任部门、计划日期。")
            services.save_entry(user, key_list, form.cleaned_data, origin=told["origin"])
        elif action == "consult":
            services.open_consultation(user, key_list, **told)
        elif action == "adopt":
            services.adopt(user, key_list, **told)
        elif action == "reply":
            said = key_list.comments.filter(pk=request.POST.get("comment") or 0).first()
            if said is None:
                raise Http404
            services.reply(
                user, said, request.POST.get("reply", ""), accepted=request.POST.get("accepted") == "1",
                public=request.POST.get("public") == "1", **told,
            )  # fmt: skip
        else:
            raise Http404
        messages.success(request, "已保存。")
    except (services.UnableToKeepList, ValueError) as refusal:
        messages.error(request, str(refusal))
    return redirect("catalog:keylist_desk_year", year=year) if year else redirect("catalog:keylist_desk")


@audience(Role.DATA_CENTRE_OPERATOR, Role.DATA_STEWARD)
@require_http_methods(["GET", "POST"])
def progress_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one line is."""
    user = _me(request)
    found = KeyListEntry.objects.select_related("publisher", "key_list", "dataset")
    if Role.DATA_CENTRE_OPERATOR not in user.roles:
        found = found.filter(publisher__code__in=departments_of(user))
    entry = found.filter(pk=pk).first()
    if entry is None:
        raise Http404
    initial = {n: getattr(entry, n) for n in ("progress", "note", "late_reason", "dataset")}
    form = ProgressForm(request.POST or None, publisher=entry.publisher, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.report_progress(
                user, entry, **form.cleaned_data, now=timezone.now(), origin=audit.origin_of(request)
            )
            messages.success(request, "进展已保存。")
            return redirect("catalog:keylist_desk_year", year=entry.key_list.year)
        except services.UnableToKeepList as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {"entry": entry, "form": form}
    return render(request, "catalog/keylist/progress.html", context, status=400 if form.errors else 200)


def _public(year: int | None) -> KeyList | None:
    lists = KeyList.objects.filter(state__in=PUBLIC)
    return lists.filter(year=year).first() if year is not None else lists.first()


def _lanes(key_list: KeyList, today: Any) -> list[dict[str, Any]]:
    rows = [_row(entry, today) for entry in key_list.entries.select_related("publisher", "dataset")]
    lanes = []
    for lane in Lane:
        own = [row for row in rows if row["entry"].lane == lane.value]
        lanes.append({
            "label": lane.label, "rows": own, "done": sum(r["entry"].progress == Progress.DONE for r in own),
            "late": sum(r["late"] for r in own),
        })  # fmt: skip
    return lanes


def _row(entry: KeyListEntry, today: Any) -> dict[str, Any]:
    late = entry.key_list.state == KeyListState.ADOPTED and services.is_late(entry, today)
    open_late = late and entry.progress != Progress.DONE
    state = "逾期" if open_late else entry.get_progress_display()
    tone = {Progress.DONE: "good", Progress.DOING: "info"}.get(Progress(entry.progress), "")
    return {"entry": entry, "late": open_late, "state": state, "tone": "bad" if open_late else tone}


def _plain(cell: Any) -> str:
    """No cell that a spreadsheet would take for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _me(request: HttpRequest) -> Any:
    """Who asks; the services say what they may."""
    return request.user

"""Publishers at work: drafts, their resources, and files whose reading is proposed and confirmed."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import audit
from accounts.access import audience
from accounts.models import User
from accounts.roles import Role
from catalog.engine.encodings import CHOICES, labels
from catalog.engine.file_plan import DELIMITER_LABELS, DELIMITERS, FilePlan, Wishes
from catalog.forms import DatasetForm
from catalog.models import Dataset, Intake, IntakeState, Publisher
from catalog.selectors.datasets import visible_to
from catalog.selectors.visibility import is_centre, own_publishers
from catalog.services import drafts, intake, linked_rows
from catalog.services.drafts import UnableToEditDataset, UnableToSaveDataset
from catalog.vocabulary import FieldType, State

PUBLISHERS = (Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR)
SAMPLE_SHOWN = 8


@audience(*PUBLISHERS)
@require_safe
def drafts_page(request: HttpRequest) -> HttpResponse:
    """The datasets one works on: drafts and revisions first, then what is published."""
    own = visible_to(request.user).filter(publisher__in=_publishers(request))
    context = {
        "drafts": own.exclude(state=State.PUBLISHED).order_by("-modified_at")[:200],
        "published": own.filter(state=State.PUBLISHED, revises__isnull=True).order_by("-modified_at")[:200],
        "crumbs": _crumbs("编目"),
    }  # fmt: skip
    return render(request, "catalog/drafts.html", context)


@audience(*PUBLISHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_new(request: HttpRequest) -> HttpResponse:
    """A new dataset."""
    publishers = {p.code: p for p in _publishers(request)}
    form = DatasetForm(
        request.POST or None, publishers=[(c, p.name) for c, p in publishers.items()], is_new=True,
        initial={"cycle": "7", "subject": "other"},
    )  # fmt: skip
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = drafts.create_draft(
                    form.values(), publisher=publishers[form.cleaned_data["publisher"]], editor=request.user,
                    now=timezone.now(), origin=audit.origin_of(request),
                )  # fmt: skip
            except UnableToSaveDataset as error:
                _tell(form, error)
            else:
                messages.success(request, "草稿已建立，请上传数据文件。")
                return redirect("catalog:draft", made.uid)
    context = {"form": form, "crumbs": _crumbs("新建数据集", "编目")}
    return render(request, "catalog/draft_new.html", context, status=status)


@audience(*PUBLISHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, uid: Any) -> HttpResponse:
    """Description and resources of a draft; saving a published dataset opens its revision."""
    dataset = _own(request, uid)
    first = {
        name: getattr(dataset, name) for name in DatasetForm.base_fields if name not in ("publisher", "tags")
    }
    first["tags"] = "、".join(dataset.tags)
    form = DatasetForm(request.POST or None, initial=first, publishers=[], is_new=False)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = form.values()
            values.pop("name", None)
            try:
                saved = drafts.edit_draft(
                    dataset, values, editor=request.user, now=timezone.now(), origin=audit.origin_of(request)
                )
            except UnableToSaveDataset as error:
                _tell(form, error)
            except UnableToEditDataset as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "已保存。")
                return redirect("catalog:draft", saved.uid)
    context = {
        "dataset": dataset, "form": form, "resources": dataset.resources.select_related("current"),
        "waiting": Intake.objects.filter(resource__dataset=dataset, state=IntakeState.PROPOSED),
        "sources": linked_rows.list_sources(dataset, timezone.now()) if dataset.state == State.DRAFT else (),
        "crumbs": _crumbs(dataset.title, "编目"),
    }  # fmt: skip
    return render(request, "catalog/draft.html", context, status=status)


@audience(*PUBLISHERS)
@require_POST
def draft_link(request: HttpRequest, uid: Any) -> HttpResponse:
    """A table made of what the portal already holds."""
    dataset = _own(request, uid)
    try:
        release = linked_rows.link_rows(
            cast(User, request.user),
            dataset,
            request.POST.get("source", ""),
            now=timezone.now(),
            origin=audit.origin_of(request),
        )
    except (linked_rows.UnableToLinkRows, UnableToEditDataset, UnableToSaveDataset) as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, f"已生成数据表，共 {release.row_count:,} 行。请核对分级与脱敏规则后提交审核。"
        )
    return redirect("catalog:draft", dataset.uid)


@audience(*PUBLISHERS)
@require_POST
def draft_upload(request: HttpRequest, uid: Any) -> HttpResponse:
    """A file for a new resource of the draft; how it is read is shown next."""
    dataset = _own(request, uid)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, "请选择文件。")
        return redirect("catalog:draft", dataset.uid)
    now, origin = timezone.now(), audit.origin_of(request)
    try:
        with audit.action("catalog.resource.saved", origin=origin, target=f"dataset:{dataset.name}"):
            name = intake.safe_name(upload.name or "data").rpartition(".")[0] or "数据资源"
            resource = drafts.save_resource(
                dataset, {"name": name}, editor=request.user, now=now, origin=origin
            )
            taken = intake.receive_file(
                resource, upload, upload.name or "", editor=request.user, now=now, origin=origin
            )
    except (intake.UnableToTakeFile, UnableToEditDataset, UnableToSaveDataset) as error:
        messages.error(request, str(error))
        return redirect("catalog:draft", dataset.uid)
    if taken.state == IntakeState.PROPOSED:
        return redirect("catalog:intake", taken.pk)
    messages.success(request, "文件已保存。")
    return redirect("catalog:draft", resource.dataset.uid)


@audience(*PUBLISHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def intake_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How a file is read: encoding, header, columns; changed by the publisher until it is right."""
    found = Intake.objects.select_related("resource__dataset__publisher").filter(pk=pk).first()
    if found is None or found.resource.dataset.publisher not in _publishers(request):
        raise Http404
    problem = ""
    if request.method == "POST" and found.state == IntakeState.PROPOSED:
        try:
            if "again" in request.POST:
                intake.propose_again(found, _wishes(request))
            else:
                intake.confirm_columns(found, _columns(request, found))
                intake.take_rows(found, now=timezone.now(), origin=audit.origin_of(request))
                messages.success(
                    request, f"已入表 {found.resource.releases.latest('number').row_count:,} 行。"
                )
                return redirect("catalog:intake", found.pk)
        except (intake.UnableToTakeFile, UnableToEditDataset) as error:
            problem = str(error)
    plan = FilePlan.from_dict(found.plan) if found.plan else None
    context = {
        "intake": found, "plan": plan, "problem": problem, "dataset": found.resource.dataset, "types": FieldType.choices,
        "columns": _shown(plan), "encodings": labels(CHOICES), "delimiters": [(d, DELIMITER_LABELS[d]) for d in DELIMITERS],
        "asks_encoding": bool(plan and "encoding" in plan.questions), "is_text": bool(plan and not plan.sheet),
        "is_open": found.state == IntakeState.PROPOSED, "crumbs": _crumbs(found.file_name, "编目"),
    }  # fmt: skip
    return render(request, "catalog/intake.html", context, status=422 if problem else 200)


def _shown(plan: FilePlan | None) -> list[dict[str, Any]]:
    if plan is None:
        return []
    return [
        {"place": c.place, "code": c.code, "title": c.title, "type": c.type, "hint": c.hint, "unit": c.unit,
         "cells": [row[c.place] for _, row in plan.sample[:SAMPLE_SHOWN]]}
        for c in plan.columns
    ]  # fmt: skip


def _wishes(request: HttpRequest) -> Wishes:
    line = request.POST.get("header_line", "")
    return Wishes(
        encoding=request.POST.get("encoding", ""), delimiter=request.POST.get("delimiter", ""),
        sheet=request.POST.get("sheet", ""), header_line=int(line) if line.isdigit() and len(line) < 6 else None,
    )  # fmt: skip


def _columns(request: HttpRequest, found: Intake) -> dict[int, dict[str, str]]:
    told = {}
    for column in found.plan.get("columns", []):
        place = column["place"]
        told[place] = {
            name: request.POST[f"{name}-{place}"]
            for name in ("code", "title", "type")
            if f"{name}-{place}" in request.POST
        }
    return told


def _publishers(request: HttpRequest) -> list[Publisher]:
    found = Publisher.objects.all()
    return list(found if is_centre(request.user) else found.filter(code__in=own_publishers(request.user)))


def _own(request: HttpRequest, uid: Any) -> Dataset:
    dataset = visible_to(request.user).filter(uid=uid).first()
    if dataset is None or dataset.publisher not in _publishers(request):
        raise Http404
    return dataset


def _tell(form: DatasetForm, error: UnableToSaveDataset) -> None:
    for name, reasons in error.errors.items():
        for reason in reasons:
            form.add_error(name if name in form.fields else None, reason)


def _crumbs(label: str, above: str = "") -> list[dict[str, str]]:
    middle = [{"label": above, "url": reverse("catalog:drafts")}] if above else []
    return [{"label": "数据开放", "url": reverse("catalog:list")}, *middle, {"label": label, "url": ""}]

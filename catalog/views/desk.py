"""The desk of departments and the data centre: what is on its way, the gate's word, fields and their rules."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.roles import Role
from catalog.engine.gate import ASSESSMENT_WORDS
from catalog.forms_masking import MaskingForm, initial_of
from catalog.forms_rules import AssessmentForm, GradeForm, OpeningForm, PlanForm
from catalog.models import (
    Dataset,
    FieldRule,
    GradeChange,
    ProtectionPlan,
    ReleaseProof,
    Resource,
    ResourceField,
)
from catalog.opening_words import FieldRole, Method
from catalog.policies import grade_in_force, opening_in_force
from catalog.selectors import desk
from catalog.selectors.visibility import datasets_visible_to, works_on
from catalog.services import assessments, grading, opening, workflow
from catalog.services.desensitise import CHECK_WORDS, UnableToDesensitise, proof_in_force, protect, source_of
from catalog.services.gating import ask_gate
from catalog.vocabulary import Opening, State

WORKERS = (Role.DATA_STEWARD, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR)
GRADERS = (*WORKERS, Role.SECURITY_OFFICER)
ROWS_A_PAGE = 30
Mover = Callable[..., Dataset]
MOVES: dict[str, tuple[Mover, str]] = {
    "submit": (workflow.submit, "已提交部门审核。"),
    "recall": (workflow.recall, "已撤回，可继续修改。"),
    "pass": (workflow.pass_review, "已转数据中心审核。"),
    "return": (workflow.send_back, "已退回部门修改。"),
    "approve": (workflow.approve, "已审核通过。"),
    "withdraw": (workflow.withdraw, "已下架，公众即刻不能再访问。"),
    "restore": (workflow.restore, "已恢复为草稿。"),
}


@audience(*WORKERS)
@require_GET
def desk_page(request: HttpRequest) -> HttpResponse:
    user = _me(request)
    state = request.GET.get("state", "")
    listed = desk.desk_datasets(user, state if state in State.values else "")
    waiting = desk.desk_datasets(user).filter(state__in=desk.waiting_states(user))
    chips = [{"label": "全部", "value": "", "active": not state}] + [
        {"label": s.label, "value": s.value, "active": state == s.value} for s in State
    ]
    context = {
        "waiting": waiting[:20], "chips": chips,
        "page_obj": Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "is_centre": Role.DATA_CENTRE_OPERATOR in user.roles,
        "may_list": bool(user.roles & {Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR}),
        "changes": desk.waiting_changes(user).count() + desk.waiting_rules(user).count(),
        "applications": desk.applications_visible_to(user).filter(state__in=["department_review", "centre_review"]),
        "registrations": desk.waiting_registrations() if Role.DATA_CENTRE_OPERATOR in user.roles else (),
    }  # fmt: skip
    return render(request, "catalog/desk/desk.html", context)


@audience(*WORKERS)
@require_GET
def dataset_page(request: HttpRequest, uid: str) -> HttpResponse:
    """One dataset on its way: whose turn it is, what the gate says, fields, proofs, history."""
    dataset = _dataset(request, uid)
    user = _me(request)
    tables = [
        _table(resource) for resource in dataset.resources.select_related("dataset", "revises", "current")
    ]
    initial = {n: getattr(dataset, n) for n in ("opening", "opening_reason", "opening_review_on", "category")}
    context = {
        "dataset": dataset, "tables": tables, "turn": workflow.next_turn(dataset),
        "findings": ask_gate(dataset, timezone.localdate()) if dataset.state != State.PUBLISHED else (),
        "steps": dataset.steps.select_related("by").order_by("-at", "-pk"), "form": OpeningForm(initial=initial),
        "moves": _moves(user, dataset), "may_edit": dataset.state == State.DRAFT,
        "needs_assessment": assessments.is_about_persons(dataset),
    }  # fmt: skip
    return render(request, "catalog/desk/dataset.html", context)


@audience(*WORKERS)
@require_POST
def move(request: HttpRequest, uid: str) -> HttpResponse:
    """Take a step of the workflow (field ``action``), with a reason."""
    dataset = _dataset(request, uid)
    action = request.POST.get("action", "")
    if action not in MOVES or action not in {m["action"] for m in _moves(_me(request), dataset)}:
        raise Http404
    take, done = MOVES[action]
    told: dict[str, Any] = {"now": timezone.now(), "origin": audit.origin_of(request)}
    if action == "approve" and request.POST.get("publish_on"):
        told["publish_on"] = parse_date(request.POST["publish_on"])
    try:
        moved = take(_me(request), dataset, request.POST.get("reason", ""), **told)
        if action == "approve":
            done = "已发布。" if moved.state == State.PUBLISHED else f"已排定 {moved.publish_on} 发布。"
        messages.success(request, done)
        return redirect("catalog:desk_dataset", uid=moved.uid)
    except workflow.UnableToMoveDataset as refusal:
        messages.error(request, str(refusal))
    return redirect("catalog:desk_dataset", uid=dataset.uid)


@audience(*WORKERS)
@require_POST
def set_opening(request: HttpRequest, uid: str) -> HttpResponse:
    dataset = _dataset(request, uid)
    form = OpeningForm(request.POST)
    if form.is_valid():
        try:
            opening.set_opening(
                _me(request),
                dataset,
                **form.cleaned_data,
                now=timezone.now(),
                origin=audit.origin_of(request),
            )
            messages.success(request, "开放属性已保存。")
        except opening.UnableToSetOpening as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, "请核对开放属性、理由代码与复核日期。")
    return redirect("catalog:desk_dataset", uid=dataset.uid)


@audience(*WORKERS)
@require_POST
def make_proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Run the rules now and show what comes of it."""
    resource = _resource(request, pk)
    try:
        proof = protect(resource, by=_me(request), now=timezone.now(), origin=audit.origin_of(request))
    except UnableToDesensitise as refusal:
        messages.error(request, str(refusal))
        return redirect("catalog:desk_dataset", uid=resource.dataset.uid)
    if proof is None:
        messages.error(request, "该资源还没有封存的数据，请先上传并确认。")
        return redirect("catalog:desk_dataset", uid=resource.dataset.uid)
    return redirect("catalog:desk_proof", pk=proof.pk)


@audience(*WORKERS)
@require_http_methods(["GET", "POST"])
def assessment_page(request: HttpRequest, uid: str) -> HttpResponse:
    """The impact assessment of a dataset about persons: those made, and a form for the next."""
    dataset = _dataset(request, uid)
    made = assessments.assessments_of(dataset)
    first = {n: getattr(made[0], n) for n in ("purpose", "impact", "measures", "level")} if made else {}
    form = AssessmentForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            assessments.assess(
                _me(request),
                dataset,
                **form.cleaned_data,
                now=timezone.now(),
                origin=audit.origin_of(request),
            )
            messages.success(request, "影响评估已保存。")
            return redirect("catalog:desk_dataset", uid=dataset.uid)
        except assessments.UnableToAssess as refusal:
            form.add_error(refusal.field or None, str(refusal))
    lacks = assessments.what_is_missing(dataset)
    context = {
        "dataset": dataset, "made": made, "lacks": ASSESSMENT_WORDS.get(lacks, ""),
        "form": form if dataset.state == State.DRAFT else None,
    }  # fmt: skip
    return render(request, "catalog/desk/assessment.html", context, status=400 if form.errors else 200)


@audience(*WORKERS)
@require_GET
def proof_page(request: HttpRequest, pk: int) -> HttpResponse:
    proof = (
        ReleaseProof.objects.select_related("release__resource__dataset__publisher", "made_by")
        .filter(pk=pk)
        .first()
    )
    if proof is None or not works_on(_me(request), proof.release.resource.dataset):
        raise Http404
    problems = proof.findings[0]["problems"] if proof.findings else []
    report = proof.report
    checks = [c | {"label": CHECK_WORDS.get(c["name"], "t-接近性")} for c in report.get("checks", [])]
    methods, roles = dict(Method.choices), dict(FieldRole.choices)
    rules = [
        r | {"role_label": roles.get(r["role"], ""), "method_label": methods.get(r["method"], "")}
        for r in proof.rules
    ]
    context = {
        "proof": proof, "dataset": proof.release.resource.dataset, "report": report, "problems": problems,
        "checks": checks, "rules": rules,
        "diversity": list(report.get("l_diversity", {}).items()),
        "closeness": [(c, list(d.items())) for c, d in report.get("t_closeness", {}).items()],
        "personal": list((proof.findings[0]["personal"] if proof.findings else {}).items()),
    }  # fmt: skip
    return render(request, "catalog/desk/proof.html", context)


@audience(*WORKERS)
@require_http_methods(["GET", "POST"])
def field_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A field's rule and grade."""
    field = _field(request, pk)
    rule = getattr(field, "rule", None)
    now, origin = timezone.now(), audit.origin_of(request)
    asks_grade = "grade" in request.POST
    rule_form = MaskingForm(
        request.POST if request.method == "POST" and not asks_grade else None,
        initial=_initial(rule),
        columns=frozenset(field.resource.fields.values_list("code", flat=True)),
    )
    grade_form = GradeForm(request.POST if asks_grade else None, initial={"grade": field.grade})
    form: Any = grade_form if asks_grade else rule_form
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            if asks_grade:
                change = grading.set_grade(
                    _me(request),
                    field,
                    told["grade"],
                    told["grade_reason"],
                    now=now,
                    origin=origin,
                )
                messages.success(
                    request,
                    "已提交，待另一人复核。" if change.state == "waiting" else "分级已调高，即时生效。",
                )
            else:
                grading.set_rule(_me(request), field, **told, now=now, origin=origin)
                messages.success(request, "脱敏规则已保存。")
            return redirect("catalog:desk_dataset", uid=field.resource.dataset.uid)
        except grading.UnableToGrade as refusal:
            form.add_error(None, str(refusal))
    context = {
        "field": field, "dataset": field.resource.dataset, "rule_form": rule_form, "grade_form": grade_form,
        "openings": Opening.choices,
        "inherited": grading.inherited_grade(field),
        "changes": GradeChange.objects.filter(resource=field.resource, code=field.code).select_related(
            "asked_by", "decided_by"
        ),
    }  # fmt: skip
    return render(request, "catalog/desk/field.html", context, status=400 if form.errors else 200)


@audience(*WORKERS)
@require_POST
def field_opening(request: HttpRequest, pk: int) -> HttpResponse:
    field = _field(request, pk)
    try:
        opening.set_field_opening(
            _me(request), field, request.POST.get("opening", ""), now=timezone.now(),
            origin=audit.origin_of(request),
        )  # fmt: skip
        messages.success(request, "字段的开放属性已保存。")
    except opening.UnableToSetOpening as refusal:
        messages.error(request, str(refusal))
    return redirect("catalog:desk_field", pk=field.pk)


@audience(*WORKERS)
@require_http_methods(["GET", "POST"])
def plan_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a table's rows must meet."""
    resource = _resource(request, pk)
    plan = ProtectionPlan.objects.filter(resource=resource).first()
    initial = {"about_persons": plan.about_persons, "missing": plan.missing, **plan.policy} if plan else {}
    form = PlanForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            grading.set_plan(
                _me(request), resource, about_persons=form.cleaned_data["about_persons"], policy=form.policy(),
                missing=form.cleaned_data["missing"], now=timezone.now(), origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, "匿名化要求已保存。")
            return redirect("catalog:desk_dataset", uid=resource.dataset.uid)
        except grading.UnableToGrade as refusal:
            form.add_error(None, str(refusal))
    context = {"resource": resource, "dataset": resource.dataset, "form": form}
    return render(request, "catalog/desk/plan.html", context, status=400 if form.errors else 200)


@audience(*GRADERS)
@require_GET
def changes_page(request: HttpRequest) -> HttpResponse:
    """Lowerings that wait for a second person."""
    context = {"changes": desk.waiting_changes(_me(request)), "rules": desk.waiting_rules(_me(request))}
    return render(request, "catalog/desk/changes.html", context)


@audience(*GRADERS)
@require_POST
def decide_change(request: HttpRequest, pk: int) -> HttpResponse:
    change = desk.waiting_changes(_me(request)).filter(pk=pk).first()
    if change is None:
        raise Http404
    agree = request.POST.get("agree") == "1"
    try:
        grading.decide_grade(
            _me(request), change, agree, request.POST.get("opinion", ""), now=timezone.now(),
            origin=audit.origin_of(request),
        )  # fmt: skip
        messages.success(request, "分级已调低。" if agree else "已记录为不同意。")
    except grading.UnableToGrade as refusal:
        messages.error(request, str(refusal))
    return redirect("catalog:desk_changes")


@audience(*GRADERS)
@require_POST
def confirm_rule(request: HttpRequest, pk: int) -> HttpResponse:
    rule = desk.waiting_rules(_me(request)).filter(pk=pk).first()
    if rule is None:
        raise Http404
    try:
        grading.confirm_rule(_me(request), rule, now=timezone.now(), origin=audit.origin_of(request))
        messages.success(request, "脱敏规则已复核，降低的分级开始生效。")
    except grading.UnableToGrade as refusal:
        messages.error(request, str(refusal))
    return redirect("catalog:desk_changes")


def _dataset(request: HttpRequest, uid: str) -> Dataset:
    found = datasets_visible_to(_me(request)).filter(uid=uid).first()
    if found is None or not works_on(_me(request), found):
        raise Http404
    return found


def _resource(request: HttpRequest, pk: int) -> Resource:
    found = Resource.objects.select_related("dataset__publisher", "revises").filter(pk=pk).first()
    if found is None or not works_on(_me(request), found.dataset):
        raise Http404
    return found


def _field(request: HttpRequest, pk: int) -> ResourceField:
    found = ResourceField.objects.select_related("resource__dataset__publisher", "rule").filter(pk=pk).first()
    if found is None or not works_on(_me(request), found.resource.dataset):
        raise Http404
    return found


def _initial(rule: FieldRule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    return initial_of(rule.method, rule.parameters) | {
        "role": rule.role, "method": rule.method, "grade_after": rule.grade_after, "reason": rule.reason,
    }  # fmt: skip


def _table(resource: Resource) -> dict[str, Any]:
    fields = list(resource.fields.select_related("rule").order_by("position"))
    waiting = {c.code: c for c in resource.grade_changes.filter(state="waiting")}
    return {
        "resource": resource, "plan": ProtectionPlan.objects.filter(resource=resource).first(),
        "proof": proof_in_force(resource), "source": source_of(resource),
        "fields": [
            {
                "field": f, "rule": getattr(f, "rule", None), "in_force": grade_in_force(f),
                "opening": opening_in_force(f, resource.dataset.opening), "waiting": waiting.get(f.code),
            }
            for f in fields
        ],
    }  # fmt: skip


def _moves(user: Any, dataset: Dataset) -> list[dict[str, Any]]:
    """Buttons of the viewer for the dataset's state."""
    roles, state = user.roles, dataset.state
    steward, reviewer, centre = (role in roles for role in WORKERS)
    moves: list[tuple[bool, str, str, bool]] = [
        (steward and state == State.DRAFT, "submit", "提交部门审核", False),
        (steward and state == State.DEPARTMENT_REVIEW, "recall", "撤回提交", False),
        (reviewer and state == State.DEPARTMENT_REVIEW, "pass", "审核通过", False),
        (reviewer and state == State.DEPARTMENT_REVIEW, "return", "退回修改", True),
        (centre and state == State.CENTRE_REVIEW, "approve", "审核通过并发布", False),
        (centre and state in (State.CENTRE_REVIEW, State.SCHEDULED), "return", "退回修改", True),
        ((reviewer or centre) and state == State.PUBLISHED, "withdraw", "下架", True),
        (steward and state == State.WITHDRAWN, "restore", "恢复为草稿", False),
    ]
    return [{"action": a, "label": label, "danger": danger} for shown, a, label, danger in moves if shown]


def _me(request: HttpRequest) -> Any:
    """Who asks; the services say what they may."""
    return request.user

"""Grades and desensitisation rules of fields. Raising a grade works at once; lowering it needs a second person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import Role
from audit import Origin
from catalog.engine.privacy.transforms import parameter_problem
from catalog.models import Dataset, FieldRule, GradeChange, ProtectionPlan, Resource, ResourceField
from catalog.opening_policy import UnableToSetPolicy, check_own
from catalog.opening_words import ChangeState, FieldRole, Method
from catalog.selectors.visibility import works_on
from catalog.vocabulary import Grade, State
from datahub.public import get_item

SECOND_PEOPLE = (Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR, Role.SECURITY_OFFICER)
IN_REVIEW = (State.DEPARTMENT_REVIEW, State.CENTRE_REVIEW, State.SCHEDULED)
MISSING_WAYS = ("category", "wildcard", "distinct")


class UnableToGrade(RuntimeError):
    """The grade or rule cannot be set like this; the text says why."""


def set_grade(
    actor: User, field: ResourceField, grade: str, reason: str, *, now: datetime, origin: Origin
) -> GradeChange:
    """Ask for another grade. A higher one is in force at once, even of published data; a lower one waits.

    Raises :class:`UnableToGrade`.
    """
    detail = {"field": field.code, "before": field.grade, "after": grade}
    with audit.action("catalog.grade.asked", origin=origin, target=_target(field), detail=detail):
        _require_worker(actor, field)
        if grade not in Grade.values or grade == field.grade:
            raise UnableToGrade("请选择与现分级不同的分级。")
        if not reason.strip():
            raise UnableToGrade("请写明分级变更的理由。")
        if _changes(field).filter(state=ChangeState.WAITING).exists():
            raise UnableToGrade("该字段已有一项分级变更待复核，请先办结。")
        change = GradeChange(
            resource=field.resource, code=field.code, title=field.title, before=field.grade, after=grade,
            reason=reason.strip(), asked_by=actor, asked_at=now,
        )  # fmt: skip
        if grade < field.grade:
            _require_not_in_review(field)
        else:
            change.state, change.decided_by, change.decided_at = ChangeState.CONFIRMED, actor, now
            _apply(field, grade)
        change.save()
        if change.state == ChangeState.WAITING:
            _ask_second(actor, field, f"catalog.grade:{change.pk}", f"复核分级变更：{field.title}", now)
        return change


def decide_grade(
    actor: User, change: GradeChange, agree: bool, opinion: str, *, now: datetime, origin: Origin
) -> GradeChange:
    """The second person's word on a lowering. Raises :class:`UnableToGrade`."""
    detail = {"field": change.code, "before": change.before, "after": change.after, "agreed": agree}
    target = f"dataset:{change.resource.dataset.name}"
    with audit.action("catalog.grade.decided", origin=origin, target=target, detail=detail):
        locked = GradeChange.objects.select_for_update().get(pk=change.pk)
        if locked.state != ChangeState.WAITING:
            raise UnableToGrade("该分级变更已经办结。")
        field = ResourceField.objects.filter(resource=locked.resource, code=locked.code).first()
        if field is None:
            raise UnableToGrade("该字段已不存在。")
        _require_second(actor, field, locked.asked_by_id)
        if not agree and not opinion.strip():
            raise UnableToGrade("不同意时请写明理由。")
        locked.state = ChangeState.CONFIRMED if agree else ChangeState.REFUSED
        locked.decided_by, locked.decided_at, locked.decision = actor, now, opinion.strip()
        locked.save()
        if agree:
            _apply(field, locked.after)
        inbox.close_tasks(f"catalog.grade:{locked.pk}", now)
        return locked


def set_rule(
    actor: User,
    field: ResourceField,
    *,
    role: str,
    method: str,
    parameters: Mapping[str, Any],
    grade_after: str = "",
    reason: str = "",
    now: datetime,
    origin: Origin,
) -> FieldRule:
    """Attach a rule to a field, instead of the one it had. Raises :class:`UnableToGrade`.

    A rule that lowers the grade counts once a second person has confirmed it; any change of it asks anew.
    """
    detail = {"field": field.code, "method": method, "role": role, "grade_after": grade_after}
    with audit.action("catalog.rule.set", origin=origin, target=_target(field), detail=detail):
        _require_worker(actor, field)
        _require_not_in_review(field)
        _check_rule(field, role, method, parameters, grade_after)
        rule, _ = FieldRule.objects.update_or_create(
            field=field,
            defaults={
                "role": role, "method": method, "parameters": dict(parameters), "grade_after": grade_after,
                "reason": reason.strip(), "set_by": actor, "set_at": now, "confirmed_by": None, "confirmed_at": None,
            },
        )  # fmt: skip
        inbox.close_tasks(f"catalog.rule:{field.pk}", now)
        if grade_after and grade_after < field.grade:
            _ask_second(actor, field, f"catalog.rule:{field.pk}", f"复核脱敏规则：{field.title}", now)
        return rule


def confirm_rule(actor: User, rule: FieldRule, *, now: datetime, origin: Origin) -> FieldRule:
    """The second person's yes to a rule that lowers a grade. Raises :class:`UnableToGrade`."""
    detail = {"field": rule.field.code, "method": rule.method, "grade_after": rule.grade_after}
    with audit.action("catalog.rule.confirmed", origin=origin, target=_target(rule.field), detail=detail):
        locked = FieldRule.objects.select_for_update().get(pk=rule.pk)
        if locked.confirmed_at is not None:
            raise UnableToGrade("该规则已复核。")
        _require_second(actor, locked.field, locked.set_by_id)
        locked.confirmed_by, locked.confirmed_at = actor, now
        locked.save(update_fields=["confirmed_by", "confirmed_at"])
        inbox.close_tasks(f"catalog.rule:{locked.field_id}", now)
        return locked


def set_plan(
    actor: User,
    resource: Resource,
    *,
    about_persons: bool,
    policy: Mapping[str, Any] | None = None,
    missing: str = "category",
    now: datetime,
    origin: Origin,
) -> ProtectionPlan:
    """Say whether rows are about persons and what they must meet beyond the default. Raises :class:`UnableToGrade`."""
    dataset = resource.dataset
    detail = {"about_persons": about_persons, "policy": dict(policy or {}), "missing": missing}
    with audit.action("catalog.plan.set", origin=origin, target=f"dataset:{dataset.name}", detail=detail):
        if not works_on(actor, dataset):
            raise UnableToGrade("只能为本部门的数据设置匿名化要求。")
        if missing not in MISSING_WAYS:
            raise UnableToGrade("缺失的算法应为 category、wildcard 或 distinct。")
        try:
            check_own(dataset.opening, policy or {})
        except UnableToSetPolicy as error:
            raise UnableToGrade(str(error)) from error
        plan, _ = ProtectionPlan.objects.update_or_create(
            resource=resource,
            defaults={
                "about_persons": about_persons, "policy": dict(policy or {}), "missing": missing, "set_by": actor,
                "set_at": now,
            },
        )  # fmt: skip
        return plan


def inherited_grade(field: ResourceField) -> str:
    """The grade of the data hub's field behind this one; '' if there is none."""
    if not field.data_item or not field.item_field:
        return ""
    try:
        return get_item(field.data_item).field(field.item_field).grade.value
    except KeyError:
        return ""


def inherit_grades(resource: Resource) -> int:
    """Raise fields to the grade of the data item they come from; never lowers. Returns how many were raised."""
    raised = 0
    for field in resource.fields.all():
        grade = inherited_grade(field)
        if grade > field.grade and not _lowered_by_two(field):
            _apply(field, grade)
            raised += 1
    return raised


def unagreed_lowering(field: ResourceField, published: Mapping[str, str]) -> str:
    """The grade the field should have and has not: of its data item, or of the published field of that code.

    '' when it is high enough or two people have lowered it.
    """
    due = max(inherited_grade(field), published.get(field.code, ""))
    return due if due > field.grade and not _lowered_by_two(field) else ""


def carry_rules(source: Resource, target: Resource) -> None:
    """Give ``target`` the rules and plan of ``source`` for fields of the same code that have none."""
    with transaction.atomic():
        have = set(FieldRule.objects.filter(field__resource=target).values_list("field__code", flat=True))
        fields = {field.code: field for field in target.fields.all()}
        for rule in FieldRule.objects.filter(field__resource=source).select_related("field"):
            field = fields.get(rule.field.code)
            if field is not None and rule.field.code not in have:
                rule.pk, rule.field = None, field
                rule.save()
        plan = ProtectionPlan.objects.filter(resource=source).first()
        if plan is not None and not ProtectionPlan.objects.filter(resource=target).exists():
            plan.pk, plan.resource = None, target
            plan.save()


def _lowered_by_two(field: ResourceField) -> bool:
    """Whether a confirmed change led down to the field's grade, here or in the resource it revises."""
    return (
        _changes(field).filter(state=ChangeState.CONFIRMED, after=field.grade, before__gt=F("after")).exists()
    )


def _changes(field: ResourceField) -> QuerySet[GradeChange]:
    resources = [pk for pk in (field.resource_id, field.resource.revises_id) if pk is not None]
    return GradeChange.objects.filter(resource__in=resources, code=field.code)


def _apply(field: ResourceField, grade: str) -> None:
    field.grade = grade
    field.save(update_fields=["grade"])
    dataset = field.resource.dataset
    grades = ResourceField.objects.filter(resource__dataset=dataset).values_list("grade", flat=True)
    Dataset.objects.filter(pk=dataset.pk).update(grade=max(grades, default=Grade.L1))


def _check_rule(
    field: ResourceField, role: str, method: str, parameters: Mapping[str, Any], grade_after: str
) -> None:
    if role not in FieldRole.values or method not in Method.values:
        raise UnableToGrade("请选择列角色与脱敏方法。")
    if grade_after and grade_after not in Grade.values:
        raise UnableToGrade("请选择脱敏后的分级。")
    if grade_after and grade_after < field.grade and method == Method.KEEP:
        raise UnableToGrade("原样发布不能降低分级。")
    if grade_after and grade_after < field.grade and field.grade == Grade.L4:
        raise UnableToGrade("L4 字段禁止开放，不能以脱敏降低分级；确有误定的，请申请分级变更。")
    if problem := parameter_problem(method, parameters):
        raise UnableToGrade(problem)


def _require_worker(actor: User, field: ResourceField) -> None:
    if not works_on(actor, field.resource.dataset) and Role.SECURITY_OFFICER not in actor.roles:
        raise UnableToGrade("只能办理本部门数据的分级与脱敏。")


def _require_not_in_review(field: ResourceField) -> None:
    if field.resource.dataset.state in IN_REVIEW:
        raise UnableToGrade("数据集正在审核，请先退回为草稿。")


def _require_second(actor: User, field: ResourceField, first_id: int | None) -> None:
    if not actor.roles & frozenset(SECOND_PEOPLE):
        raise UnableToGrade("复核须由部门审核员、数据中心运营员或安全保密管理员办理。")
    if not works_on(actor, field.resource.dataset) and Role.SECURITY_OFFICER not in actor.roles:
        raise UnableToGrade("只能复核本部门的数据。")
    if actor.pk == first_id:
        raise UnableToGrade("降低分级须由另一人复核，提出人不能自行复核。")


def _ask_second(actor: User, field: ResourceField, key: str, title: str, now: datetime) -> None:
    """Leave the matter with the department's reviewers and the security officers."""
    code = field.resource.dataset.publisher.code
    people = {
        *inbox.holders(Role.DATA_REVIEWER, scope_code=code),
        *inbox.holders(Role.SECURITY_OFFICER),
    }
    inbox.open_task(people - {actor}, key, title, url="/catalog/desk/changes/", now=now)


def _target(field: ResourceField) -> str:
    return f"dataset:{field.resource.dataset.name}"

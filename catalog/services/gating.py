"""Asking the gate about a dataset: the facts gathered from what is stored."""

from datetime import date

from catalog.engine.gate import DatasetFacts, FieldFacts, Finding, TableFacts, check
from catalog.models import Dataset, GradeChange, ReleaseProof, Resource, ResourceField, ResourceKind
from catalog.opening_words import ChangeState
from catalog.policies import grade_in_force
from catalog.services.assessments import what_is_missing
from catalog.services.desensitise import personal_found, plan_of, proof_in_force, source_of
from catalog.services.grading import unagreed_lowering


def ask_gate(dataset: Dataset, today: date) -> tuple[Finding, ...]:
    """What stands between the dataset and the public today. Pages, interfaces and publication itself ask here."""
    resources = list(dataset.resources.select_related("revises", "dataset"))
    tables = [table_facts(resource) for resource in resources if resource.kind == ResourceKind.TABLE]
    facts = DatasetFacts(
        opening=dataset.opening,
        reason=dataset.opening_reason,
        review_on=dataset.opening_review_on,
        today=today,
        tables=tables,
        assessment=what_is_missing(dataset),
    )
    return (*_lowered(resources), *_empty(dataset, resources), *_files(dataset, resources), *check(facts))


def table_facts(resource: Resource) -> TableFacts:
    """A table as the gate sees it."""
    proof = proof_in_force(resource)
    waiting = {
        change.code: change.after
        for change in GradeChange.objects.filter(resource=resource, state=ChangeState.WAITING)
    }
    fields = [
        _field_facts(field, proof, waiting.get(field.code, ""))
        for field in resource.fields.select_related("rule").order_by("position")
    ]
    proven = None if proof is None else proof.passed
    problems = proof.findings[0]["problems"] if proof and proof.findings else ()
    return TableFacts(resource.name, fields, bool(plan_of(resource)["about_persons"]), proven, problems)


def _field_facts(field: ResourceField, proof: ReleaseProof | None, waiting: str) -> FieldFacts:
    rule = getattr(field, "rule", None)
    lowers = rule is not None and bool(rule.grade_after) and rule.grade_after < field.grade
    return FieldFacts(
        code=field.code,
        title=field.title,
        grade=field.grade,
        in_force=grade_in_force(field),
        opening=field.opening,
        role=rule.role if rule else "insensitive",
        method=rule.method if rule else "keep",
        waiting_rule=lowers and rule is not None and rule.confirmed_at is None,
        waiting_grade=waiting,
        found=personal_found(proof, field.code) if proof else {},
    )


def _lowered(resources: list[Resource]) -> list[Finding]:
    """Grades lower than the data item's or the published field's that no two people agreed on."""
    found = []
    taken_out = _grades_taken_out(resources)
    for resource in resources:
        published = (
            dict(ResourceField.objects.filter(resource=resource.revises).values_list("code", "grade"))
            if resource.revises
            else taken_out
        )
        for field in resource.fields.all():
            if due := unagreed_lowering(field, published):
                place = f"{resource.name}／{field.title}"
                found.append(Finding("LOWERED", f"分级应为 {due}，降低须经另一人复核。", place))
    return found


def _grades_taken_out(resources: list[Resource]) -> dict[str, str]:
    """Highest grade by code of the published tables a revision leaves out: a new table is no way round them."""
    draft = resources[0].dataset if resources else None
    if draft is None or draft.revises_id is None:
        return {}
    kept = [resource.revises_id for resource in resources if resource.revises_id]
    fields = ResourceField.objects.filter(resource__dataset=draft.revises_id).exclude(resource__in=kept)
    return dict(fields.order_by("grade").values_list("code", "grade"))


def _empty(dataset: Dataset, resources: list[Resource]) -> list[Finding]:
    """A dataset needs something to open; a table needs rows."""
    if not resources:
        return [Finding("NO_RESOURCE", "还没有任何资源。")]
    return [
        Finding("NO_ROWS", "数据表还没有封存的数据。", resource.name)
        for resource in resources
        if resource.kind == ResourceKind.TABLE
        and source_of(resource) is None
        and dataset.opening != "forbidden"
    ]


def _files(dataset: Dataset, resources: list[Resource]) -> list[Finding]:
    """A file leaves as it is: beside fields that are not everybody's it cannot stand."""
    files = [resource for resource in resources if resource.kind == ResourceKind.FILE]
    if dataset.opening != "open" or not files:
        return []
    fields = ResourceField.objects.filter(resource__dataset=dataset)
    if not fields.exclude(grade="L1", opening="open").exists():
        return []
    message = "数据集有非公开的字段，文件无法按字段控制：请将文件转为数据表，或移除该文件。"
    return [Finding("FILE", message, resource.name) for resource in files]

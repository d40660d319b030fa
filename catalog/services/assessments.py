"""Impact assessments: made by the department before rows about persons are opened, asked for by the gate."""

from datetime import datetime
from typing import Any

import orjson
from django.db.models import Q

import audit
from accounts.models import User
from audit import Origin
from catalog.models import Dataset, FieldRule, ImpactAssessment, ProtectionPlan, Resource
from catalog.opening_words import Method, RiskLevel
from catalog.selectors.visibility import works_on
from catalog.services.desensitise import rules_of
from catalog.vocabulary import State
from foundation import keys

SHORTEST = 10
WORDS = {"purpose": "目的与必要性", "impact": "影响与风险", "measures": "保护措施"}
NEEDED, CHANGED, TOO_HIGH = "missing", "changed", "high"


class UnableToAssess(ValueError):
    """The assessment is refused; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


def assess(
    actor: User, dataset: Dataset, *, purpose: str, impact: str, measures: str, level: str, now: datetime, origin: Origin
) -> ImpactAssessment:  # fmt: skip
    """Write an assessment of a draft down. Raises :class:`UnableToAssess`."""
    detail = {"level": level}
    with audit.action(
        "catalog.impact.assessed", origin=origin, target=f"dataset:{dataset.name}", detail=detail
    ):
        if not works_on(actor, dataset):
            raise UnableToAssess("只能评估本部门的数据集。")
        if dataset.state != State.DRAFT:
            raise UnableToAssess("影响评估在提交之前完成；已提交的请先退回为草稿。")
        told = {"purpose": purpose.strip(), "impact": impact.strip(), "measures": measures.strip()}
        for name, text in told.items():
            if len(text) < SHORTEST:
                raise UnableToAssess(f"请写明{WORDS[name]}，不少于 {SHORTEST} 字。", name)
        if level not in RiskLevel.values:
            raise UnableToAssess("请选择评估结论。", "level")
        return ImpactAssessment.objects.create(
            dataset=dataset.revises or dataset,
            level=level,
            basis=basis_of(dataset),
            made_by=actor,
            made_at=now,
            **told,
        )


def assessments_of(dataset: Dataset) -> list[ImpactAssessment]:
    """All of a dataset and its revisions, the latest first."""
    return list(
        ImpactAssessment.objects.filter(dataset=dataset.revises_id or dataset.pk).select_related("made_by")
    )


def is_about_persons(dataset: Dataset) -> bool:
    """Whether a table of the dataset, or the published table it stands for, was said to be about persons."""
    ids = dataset.resources.values_list("pk", "revises")
    of = [pk for pair in ids for pk in pair if pk is not None]
    return ProtectionPlan.objects.filter(Q(resource__in=of), about_persons=True).exists()


def what_is_missing(dataset: Dataset) -> str:
    """``missing``, ``changed`` (since it was made) or ``high`` where the gate must speak; '' where it need not."""
    if not is_about_persons(dataset):
        return ""
    last = next(iter(assessments_of(dataset)), None)
    if last is None:
        return NEEDED
    if last.basis != basis_of(dataset):
        return CHANGED
    return TOO_HIGH if last.level == RiskLevel.HIGH else ""


def basis_of(dataset: Dataset) -> str:
    """Digest of what is assessed: opening, fields, grades and rules; new rows alone leave it as it was."""
    tables = [
        [[r["code"], r["grade"], r["opening"], r["leaves"], r["role"], r["method"], r["parameters"]]
         for r in _rules_to_be(resource)]
        for resource in dataset.resources.select_related("dataset", "revises__dataset").order_by("position", "pk")
    ]  # fmt: skip
    return keys.sm3(orjson.dumps([dataset.opening, tables], option=orjson.OPT_SORT_KEYS)).hex()


def _rules_to_be(resource: Resource) -> list[dict[str, Any]]:
    """The rules as they will be run: a revision's fields without a rule take that of the published field."""
    own = set(FieldRule.objects.filter(field__resource=resource).values_list("field__code", flat=True))
    standing = {r["code"]: r for r in rules_of(resource.revises)} if resource.revises else {}
    found = []
    for rule in rules_of(resource):
        kept = standing.get(rule["code"]) if rule["code"] not in own else None
        if kept is not None:
            leaves = rule["leaves"] and kept["method"] != Method.SUPPRESS
            rule |= {name: kept[name] for name in ("role", "method", "parameters")} | {"leaves": leaves}
        found.append(rule)
    return found

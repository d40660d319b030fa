"""Drafts with rows and rules, taken along their way by the people whose turn it is."""

from datetime import date

from catalog.engine.columns import Column
from catalog.services import grading, workflow
from catalog.services.assessments import assess
from catalog.services.publish_tables import fill_release, seal_release, start_release
from tests.catalog.openings import NOW, ORIGIN, make_dataset

TODAY = date(2026, 11, 23)
TOLD = {"now": NOW, "origin": ORIGIN}
PEOPLE = [
    (
        f"人{n}",
        f"1381234{n:04d}",
        str(20 + n % 2),
        ["甲镇", "乙镇"][n % 2],
        ["糖尿病", "高血压", "哮喘"][n % 3],
    )
    for n in range(12)
]
PEOPLE_FIELDS = (("name", "L3"), ("phone", "L3"), ("age", "L1"), ("town", "L1"), ("disease", "L1"))


def give_rows(resource, rows):
    """A sealed release with text columns named as the fields."""
    fields = list(resource.fields.order_by("position"))
    columns = tuple(Column(f.code, f.title, "text", f"c{n}") for n, f in enumerate(fields, 1))
    release = start_release(resource, columns, now=NOW)
    fill_release(release, columns, rows)
    return seal_release(release, columns, now=NOW)


def rule(scene, code, method, role="insensitive", grade_after="", resource=None, **parameters):
    field = (resource or scene["resource"]).fields.get(code=code)
    made = grading.set_rule(
        scene["steward"],
        field,
        role=role,
        method=method,
        parameters=parameters,
        grade_after=grade_after,
        **TOLD,
    )
    if grade_after and grade_after < field.grade:
        grading.confirm_rule(scene["reviewer"], made, **TOLD)
    return made


def persons(scene, rows=PEOPLE, **plan):
    """A draft about persons, with its rules."""
    dataset, resource = make_dataset(scene["publisher"], PEOPLE_FIELDS)
    give_rows(resource, rows)
    scene |= {"dataset": dataset, "resource": resource}
    rule(scene, "name", "suppress", "identifier")
    rule(scene, "phone", "suppress", "identifier")
    rule(scene, "age", "keep", "quasi")
    rule(scene, "town", "keep", "quasi")
    rule(scene, "disease", "keep", "sensitive")
    grading.set_plan(scene["steward"], resource, about_persons=True, policy=plan, **TOLD)
    assessed(scene)
    return resource


def assessed(scene, dataset=None, level="low"):
    """An impact assessment of the draft as it stands."""
    return assess(
        scene["steward"], dataset or scene["dataset"], purpose="逐人公示是法定要求，不能汇总代替",
        impact="可能被熟人认出，后果轻微", measures="姓名隐去，年龄分段，k 不小于要求", level=level, **TOLD,
    )  # fmt: skip


def to_centre(scene, dataset=None):
    dataset = workflow.submit(scene["steward"], dataset or scene["dataset"], **TOLD)
    return workflow.pass_review(scene["reviewer"], dataset, **TOLD)


def published(scene, dataset=None):
    return workflow.approve(scene["operator"], to_centre(scene, dataset), **TOLD)

"""Grades: raised at once, lowered by two, inherited, opened by rules."""

import pytest

from accounts.roles import Role
from catalog.models import FieldRule, Release, ReleaseProof
from catalog.selectors.rights import field_right
from catalog.services import grading, workflow
from catalog.services.drafts import open_revision
from catalog.services.gating import ask_gate
from datahub.public import get_item
from tests.catalog.openings import NOW, make_department
from tests.catalog.ways import TODAY, TOLD, published
from tests.people import make_person

pytestmark = pytest.mark.django_db


def test_raising_works_at_once_even_when_published(scene):
    done = published(scene)
    resource = done.resources.get()
    grading.set_grade(scene["reviewer"], resource.fields.get(code="amount"), "L3", "重新评估", **TOLD)
    assert field_right(make_person(Role.LEADER), resource, NOW).fields == {"name"}
    done.refresh_from_db()
    assert done.grade == "L3"


def test_lowering_waits_for_a_second_person(scene):
    field = scene["resource"].fields.get(code="amount")
    grading.set_grade(scene["steward"], field, "L3", "含个人信息", **TOLD)
    change = grading.set_grade(scene["steward"], field, "L1", "已汇总", **TOLD)
    field.refresh_from_db()
    assert (field.grade, change.state) == ("L3", "waiting")
    both = make_person(Role.DATA_STEWARD, Role.DATA_REVIEWER, agency=scene["steward"].agency)
    with pytest.raises(grading.UnableToGrade, match="部门审核员"):
        grading.decide_grade(scene["steward"], change, True, "", **TOLD)
    with pytest.raises(grading.UnableToGrade):
        grading.decide_grade(make_department("tax")[2], change, True, "", **TOLD)
    grading.decide_grade(both, change, True, "", **TOLD)
    field.refresh_from_db()
    assert field.grade == "L1"


def test_who_asked_does_not_confirm_the_own_lowering(scene):
    both = make_person(Role.DATA_STEWARD, Role.DATA_REVIEWER, agency=scene["steward"].agency)
    field = scene["resource"].fields.get(code="amount")
    grading.set_grade(both, field, "L2", "调整", **TOLD)
    change = grading.set_grade(both, field, "L1", "调整", **TOLD)
    with pytest.raises(grading.UnableToGrade, match="不能自行复核"):
        grading.decide_grade(both, change, True, "", **TOLD)
    made = grading.set_rule(
        both, field, role="insensitive", method="round", parameters={"base": 100}, grade_after="L1", **TOLD
    )
    with pytest.raises(grading.UnableToGrade, match="不能自行复核"):
        grading.confirm_rule(both, made, **TOLD)


def test_a_grade_lowered_behind_the_back_is_found_by_the_gate(scene):
    done = published(scene)
    resource = done.resources.get()
    resource.fields.filter(code="amount").update(grade="L3")
    revision = open_revision(done, editor=scene["steward"], **TOLD)
    revision.resources.get().fields.filter(code="amount").update(grade="L1")
    assert "LOWERED" in [f.code for f in ask_gate(revision, TODAY)]


def test_the_grade_of_the_data_item_is_inherited(scene):
    scene["resource"].fields.filter(code="amount").update(
        data_item="court.equity_freeze", item_field="amount"
    )
    grading.inherit_grades(scene["resource"])
    due = get_item("court.equity_freeze").field("amount").grade.value
    assert due > "L1"
    assert scene["resource"].fields.get(code="amount").grade == due
    scene["resource"].fields.filter(code="amount").update(grade="L1")
    assert "LOWERED" in [f.code for f in ask_gate(scene["dataset"], TODAY)]


def test_a_rule_that_lowers_opens_the_field_once_confirmed(scene):
    field = scene["resource"].fields.get(code="amount")
    grading.set_grade(scene["steward"], field, "L2", "经营数据", **TOLD)
    grading.set_rule(
        scene["steward"],
        field,
        role="insensitive",
        method="round",
        parameters={"base": 10},
        grade_after="L1",
        **TOLD,
    )
    with pytest.raises(workflow.UnableToMoveDataset, match="另一人复核"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    grading.confirm_rule(scene["reviewer"], FieldRule.objects.get(), **TOLD)
    done = published(scene)
    assert field_right(make_person(Role.LEADER), done.resources.get(), NOW).fields == {"name", "amount"}


@pytest.mark.parametrize(
    "told",
    [
        {"method": "melt"}, {"method": "mask"}, {"role": "king"}, {"grade_after": "L9"},
        {"method": "keep", "parameters": {}, "grade_after": "L1"},
    ],
)  # fmt: skip
def test_rules_that_mean_nothing_are_refused(scene, told):
    scene["resource"].fields.filter(code="amount").update(grade="L2")
    values = {"role": "insensitive", "method": "round", "parameters": {}, "grade_after": ""} | told
    with pytest.raises(grading.UnableToGrade):
        grading.set_rule(scene["steward"], scene["resource"].fields.get(code="amount"), **values, **TOLD)


def test_no_mask_lowers_an_l4_field(scene):
    scene["resource"].fields.filter(code="amount").update(grade="L4")
    field = scene["resource"].fields.get(code="amount")
    with pytest.raises(grading.UnableToGrade, match="L4"):
        grading.set_rule(
            scene["steward"], field, role="identifier", method="mask", parameters={"kind": "citizen_id"},
            grade_after="L1", **TOLD,
        )  # fmt: skip


def test_a_plan_may_be_stricter_never_laxer(scene):
    with pytest.raises(grading.UnableToGrade, match="宽于"):
        grading.set_plan(scene["steward"], scene["resource"], about_persons=True, policy={"k": 2}, **TOLD)
    grading.set_plan(scene["steward"], scene["resource"], about_persons=True, policy={"k": 10}, **TOLD)
    with pytest.raises(grading.UnableToGrade):
        grading.set_plan(make_department("tax")[1], scene["resource"], about_persons=False, **TOLD)


def test_proofs_are_few(scene):
    published(scene)
    assert ReleaseProof.objects.count() == 1
    assert Release.objects.count() == 2

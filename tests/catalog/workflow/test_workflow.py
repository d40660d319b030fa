"""A dataset's way to the public, with its rules run and its gate asked."""

from datetime import date, timedelta

import pytest

from accounts.models import InboxItem
from accounts.roles import Role
from audit.models import AuditEntry
from catalog.engine.columns import Column
from catalog.models import Dataset, FieldRule, Release, ReleaseProof, Resource, WorkflowStep
from catalog.selectors.rights import field_right
from catalog.services import grading, workflow
from catalog.services.assessments import UnableToAssess, assess
from catalog.services.desensitise import proof_in_force, protect, read_frame, rules_of
from catalog.services.drafts import open_revision
from catalog.services.gating import ask_gate
from catalog.services.publish_tables import fill_release, seal_release, start_release
from catalog.vocabulary import State
from datahub.public import get_item
from tests.catalog.openings import NOW, ORIGIN, make_dataset, make_department, make_operator
from tests.people import client_of, make_person

pytestmark = pytest.mark.django_db
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


@pytest.fixture
def scene():
    """A draft with open rows, its department, an operator."""
    publisher, steward, reviewer = make_department()
    dataset, resource = make_dataset(publisher, (("name", "L1"), ("amount", "L1")))
    give_rows(resource, [("甲", "1"), ("乙", "2")])
    return {"publisher": publisher, "steward": steward, "reviewer": reviewer, "operator": make_operator(),
            "dataset": dataset, "resource": resource}  # fmt: skip


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


# -- steps -------------------------------------------------------------------------------------------
def test_the_whole_way_to_the_public(scene):
    done = published(scene)
    assert (done.state, done.row_count) == (State.PUBLISHED, 2)
    assert [s.action for s in done.steps.all()] == ["submit", "pass", "approve", "publish"]
    assert field_right(make_person(Role.LEADER), done.resources.get(), NOW).fields == {"name", "amount"}


def test_each_step_belongs_to_its_person(scene):
    other_steward, other_reviewer = make_department("tax")[1:]
    for actor in (scene["reviewer"], scene["operator"], other_steward):
        with pytest.raises(workflow.UnableToMoveDataset):
            workflow.submit(actor, scene["dataset"], **TOLD)
    dataset = workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    for actor in (scene["steward"], scene["operator"], other_reviewer):
        with pytest.raises(workflow.UnableToMoveDataset):
            workflow.pass_review(actor, dataset, **TOLD)
    dataset = workflow.pass_review(scene["reviewer"], dataset, **TOLD)
    with pytest.raises(workflow.UnableToMoveDataset):
        workflow.approve(scene["reviewer"], dataset, **TOLD)


def test_who_holds_both_roles_does_not_review_the_own_submission(scene):
    both = make_person(Role.DATA_STEWARD, Role.DATA_REVIEWER, agency=scene["steward"].agency)
    dataset = workflow.submit(both, scene["dataset"], **TOLD)
    with pytest.raises(workflow.UnableToMoveDataset, match="自己提交"):
        workflow.pass_review(both, dataset, **TOLD)


def test_the_next_to_act_is_told_and_the_task_ends_with_the_step(scene):
    dataset = workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    assert workflow.next_turn(dataset).people == (scene["reviewer"],)
    assert InboxItem.objects.filter(user=scene["reviewer"], done_at=None).count() == 1
    workflow.pass_review(scene["reviewer"], dataset, **TOLD)
    assert not InboxItem.objects.filter(user=scene["reviewer"], done_at=None).exists()
    assert InboxItem.objects.filter(user=scene["operator"], done_at=None).count() == 1


def test_sending_back_needs_a_reason_and_tells_the_steward(scene):
    dataset = to_centre(scene)
    with pytest.raises(workflow.UnableToMoveDataset, match="写明"):
        workflow.send_back(scene["operator"], dataset, " ", **TOLD)
    back = workflow.send_back(scene["operator"], dataset, "请补充字段说明", **TOLD)
    assert back.state == State.DRAFT
    assert WorkflowStep.objects.filter(action="return", reason="请补充字段说明").exists()
    assert InboxItem.objects.filter(user=scene["steward"], done_at=None, text="请补充字段说明").exists()


def test_a_submission_is_recalled(scene):
    dataset = workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    assert workflow.recall(scene["steward"], dataset, **TOLD).state == State.DRAFT


def test_a_scheduled_dataset_is_published_on_its_day(scene):
    dataset = workflow.approve(
        scene["operator"], to_centre(scene), publish_on=TODAY + timedelta(days=3), **TOLD
    )
    assert (dataset.state, workflow.publish_due(NOW, ORIGIN)) == (State.SCHEDULED, (0, 0))
    assert workflow.publish_due(NOW + timedelta(days=3), ORIGIN) == (1, 0)
    dataset.refresh_from_db()
    assert dataset.state == State.PUBLISHED


def test_a_day_that_is_past_is_refused(scene):
    with pytest.raises(workflow.UnableToMoveDataset, match="不能早于"):
        workflow.approve(scene["operator"], to_centre(scene), publish_on=TODAY - timedelta(days=1), **TOLD)


def test_what_the_gate_stops_on_the_day_goes_back_to_the_centre(scene):
    dataset = workflow.approve(
        scene["operator"], to_centre(scene), publish_on=TODAY + timedelta(days=3), **TOLD
    )
    field = scene["resource"].fields.get(code="amount")
    grading.set_grade(scene["reviewer"], field, "L4", "发现含个人编号", **TOLD)
    assert workflow.publish_due(NOW + timedelta(days=3), ORIGIN) == (0, 1)
    dataset.refresh_from_db()
    assert dataset.state == State.CENTRE_REVIEW
    assert "L4" in dataset.steps.get(action="block").reason


def test_withdrawing_takes_the_rows_away_at_once(scene):
    done = published(scene)
    with pytest.raises(workflow.UnableToMoveDataset, match="理由"):
        workflow.withdraw(scene["reviewer"], done, "", **TOLD)
    gone = workflow.withdraw(scene["reviewer"], done, "数据有误", **TOLD)
    assert field_right(make_person(Role.LEADER), gone.resources.get(), NOW).fields == frozenset()
    assert workflow.restore(scene["steward"], gone, **TOLD).state == State.DRAFT


def test_every_step_is_in_the_log(scene):
    published(scene)
    codes = set(AuditEntry.objects.filter(result="ok").values_list("action", flat=True))
    assert {"catalog.dataset.submitted", "catalog.dataset.passed", "catalog.dataset.approved",
            "catalog.dataset.published", "catalog.release.desensitised"} <= codes  # fmt: skip


# -- the gate ----------------------------------------------------------------------------------------
def test_an_l4_field_blocks_the_submission_and_everything_after(scene):
    field = scene["resource"].fields.get(code="amount")
    grading.set_grade(scene["steward"], field, "L4", "个人编号", **TOLD)
    with pytest.raises(workflow.UnableToMoveDataset, match="L4") as refusal:
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    assert "L4" in [f.code for f in refusal.value.findings]


def test_a_forbidden_l4_field_is_left_out_of_the_published_table(scene):
    field = scene["resource"].fields.get(code="amount")
    grading.set_grade(scene["steward"], field, "L4", "个人编号", **TOLD)
    scene["resource"].fields.filter(code="amount").update(opening="forbidden")
    done = published(scene)
    release = done.resources.get().current
    assert [c["code"] for c in release.columns] == ["name"]
    assert release.made_from is not None


def test_a_dataset_without_rows_or_resources_is_stopped(scene):
    empty, _ = make_dataset(scene["publisher"])
    assert "NO_ROWS" in [f.code for f in ask_gate(empty, TODAY)]
    empty.resources.all().delete()
    assert "NO_RESOURCE" in [f.code for f in ask_gate(empty, TODAY)]


def test_personal_information_in_plain_text_is_found(scene):
    give_rows(scene["resource"], [("联系人张三，电话13812345678", "1"), ("无", "2")])
    with pytest.raises(workflow.UnableToMoveDataset, match="手机号 1 行"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    rule(scene, "name", "free_text")
    workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    frame = read_frame(proof_in_force(scene["resource"]).release, ["name"])
    assert frame["name"][0] == "联系人〔姓名〕，电话〔手机号〕"


# -- desensitising -----------------------------------------------------------------------------------
def test_the_rules_run_at_publication_and_the_proof_stays_with_the_release(scene):
    persons(scene)
    release = published(scene).resources.get().current
    proof = release.proof
    assert proof.passed and proof.report["k"] == 6 and proof.report["l_diversity"]["disease"]["distinct"] == 3
    assert [c["code"] for c in release.columns] == ["age", "town", "disease"]
    assert release.row_count == 12


def test_rows_that_stay_too_few_are_left_out_if_they_are_not_many(scene):
    rows = [*[PEOPLE[n % 12] for n in range(120)], ("独行", "13900000000", "88", "甲镇", "哮喘")]
    persons(scene, rows)
    release = published(scene).resources.get().current
    assert (release.row_count, release.proof.removed, release.proof.passed) == (120, 1, True)


def test_a_table_that_fails_its_policy_is_not_published(scene):
    rows = [(f"人{n}", "", str(n), "甲镇", "哮喘") for n in range(12)]
    resource = persons(scene, rows)
    proof = protect(resource, by=None, **TOLD)
    assert not proof.passed
    assert proof.release.state == "draft"
    with pytest.raises(workflow.UnableToMoveDataset, match="脱敏证明未通过"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)


def test_a_proof_is_made_once_and_again_when_a_rule_changes(scene):
    resource = persons(scene)
    first = protect(resource, by=None, **TOLD)
    assert protect(resource, by=None, **TOLD).pk == first.pk
    rule(scene, "age", "generalise", "quasi", width=10)
    assert proof_in_force(resource) is None
    assert protect(resource, by=None, **TOLD).pk != first.pk


def test_the_difference_to_the_public_release_is_checked(scene):
    resource = persons(scene)
    done = published(scene)
    revision = open_revision(done, editor=scene["steward"], **TOLD)
    again = revision.resources.get()
    give_rows(again, [*PEOPLE, ("新来", "13900000000", "20", "甲镇", "癌症")])
    with pytest.raises(workflow.UnableToMoveDataset, match="对照两版"):
        workflow.submit(scene["steward"], revision, **TOLD)
    give_rows(
        again,
        [
            *PEOPLE,
            *[("新来", "13900000000", "20", "甲镇", d) for d in ("癌症", "哮喘", "肺炎", "哮喘", "流感")],
        ],
    )
    final = published(scene, Dataset.objects.get(pk=revision.pk))
    assert final.pk == done.pk
    assert final.resources.get().current.row_count == 17
    assert resource.pk == final.resources.get().pk


def test_a_revision_takes_its_rules_along_and_gives_them_back(scene):
    resource = persons(scene)
    done = published(scene)
    before = [(r["code"], r["method"], r["role"]) for r in rules_of(resource)]
    revision = open_revision(done, editor=scene["steward"], **TOLD)
    give_rows(revision.resources.get(), [*PEOPLE, *PEOPLE])
    final = published(scene, revision)
    standing = final.resources.get()
    assert [(r["code"], r["method"], r["role"]) for r in rules_of(standing)] == before
    assert standing.protection.about_persons
    assert [c["code"] for c in standing.current.columns] == ["age", "town", "disease"]


def test_pseudonyms_are_keyed_and_only_for_restricted_opening(scene):
    rule(scene, "name", "pseudonym")
    with pytest.raises(workflow.UnableToMoveDataset, match="假名"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    Dataset.objects.filter(pk=scene["dataset"].pk).update(
        opening="restricted", opening_reason="R1", opening_review_on=TODAY + timedelta(days=300)
    )
    workflow.submit(scene["steward"], Dataset.objects.get(pk=scene["dataset"].pk), **TOLD)
    standing = Resource.objects.get(pk=scene["resource"].pk)
    frame = read_frame(proof_in_force(standing).release, ["name"])
    assert all(len(value) == 32 and value != name for value, name in zip(frame["name"], "甲乙", strict=True))
    assert frame["name"].n_unique() == 2


def test_numbers_and_gaps_survive_the_rules(scene):
    resource = make_dataset(scene["publisher"], (("n", "L1"), ("t", "L1")))[1]
    columns = (Column("n", "n", "integer", "c1"), Column("t", "t", "text", "c2"))
    release = start_release(resource, columns, now=NOW)
    fill_release(release, columns, [(14, "a,b"), (None, None), (96, '"引号"\n换行')])
    seal_release(release, columns, now=NOW)
    rule(scene | {"resource": resource}, "n", "round", base=10)
    made = protect(resource, by=None, **TOLD).release
    assert [c["type"] for c in made.columns] == ["integer", "text"]
    assert read_frame(made, ["n", "t"]).rows() == [("10", "a,b"), (None, None), ("100", '"引号"\n换行')]


# -- grades ------------------------------------------------------------------------------------------
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


# -- impact assessments ------------------------------------------------------------------------------
def test_rows_about_persons_need_an_impact_assessment(scene):
    persons(scene, k=5)
    scene["dataset"].assessments.all().delete()
    with pytest.raises(workflow.UnableToMoveDataset, match="影响评估"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    assessed(scene)
    assert workflow.submit(scene["steward"], scene["dataset"], **TOLD).state == State.DEPARTMENT_REVIEW


def test_an_assessment_of_high_risk_opens_nothing(scene):
    persons(scene, k=5)
    assessed(scene, level="high")
    with pytest.raises(workflow.UnableToMoveDataset, match="高风险"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)


def test_a_rule_changed_since_asks_for_another_assessment(scene):
    persons(scene, k=5)
    rule(scene, "age", "generalise", "quasi", width=20)
    with pytest.raises(workflow.UnableToMoveDataset, match="评估后已有变动"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)


def test_new_rows_alone_need_no_new_assessment(scene):
    persons(scene, k=5)
    standing = published(scene)
    revision = open_revision(standing, editor=scene["steward"], now=NOW, origin=ORIGIN)
    give_rows(revision.resources.get(), PEOPLE * 2)
    assert published(scene, revision).state == State.PUBLISHED


def test_an_assessment_belongs_to_the_department_and_to_a_draft(scene):
    persons(scene, k=5)
    told = {"purpose": "说明" * 6, "impact": "说明" * 6, "measures": "说明" * 6, "level": "low"}
    with pytest.raises(UnableToAssess, match="本部门"):
        assess(make_department("tax")[1], scene["dataset"], **told, **TOLD)
    with pytest.raises(UnableToAssess, match="不少于"):
        assess(scene["steward"], scene["dataset"], **told | {"impact": "无"}, **TOLD)
    workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    with pytest.raises(UnableToAssess, match="草稿"):
        assess(scene["steward"], Dataset.objects.get(pk=scene["dataset"].pk), **told, **TOLD)


def test_the_page_of_an_assessment_keeps_what_was_written(scene):
    persons(scene, k=5)
    scene["dataset"].assessments.all().delete()
    browser, path = client_of(scene["steward"]), f"/catalog/desk/{scene['dataset'].uid}/assessment/"
    assert "须先完成个人信息保护影响评估" in browser.get(path).content.decode()
    told = {
        "purpose": "逐人公示是法定要求，不能汇总",
        "impact": "可能被熟人认出，后果轻微",
        "level": "medium",
    }
    refused = browser.post(path, told | {"measures": "无"})
    assert refused.status_code == 400 and "不少于" in refused.content.decode()
    browser.post(path, told | {"measures": "姓名隐去，年龄分段发布"})
    page = browser.get(path).content.decode()
    assert "中风险" in page and "后果轻微" in page and "与当前字段、规则、开放属性一致" in page

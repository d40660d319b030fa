"""A dataset's way to the public: whose step it is, who is told, what is logged."""

from datetime import timedelta

import pytest

from accounts.models import InboxItem
from accounts.roles import Role
from audit.models import AuditEntry
from catalog.models import WorkflowStep
from catalog.selectors.rights import field_right
from catalog.services import grading, workflow
from catalog.vocabulary import State
from tests.catalog.openings import NOW, ORIGIN, make_department
from tests.catalog.ways import TODAY, TOLD, published, to_centre
from tests.people import make_person

pytestmark = pytest.mark.django_db


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

"""What the gate stops on a dataset's way."""

import pytest

from catalog.services import grading, workflow
from catalog.services.desensitise import proof_in_force, read_frame
from catalog.services.gating import ask_gate
from tests.catalog.openings import make_dataset
from tests.catalog.ways import TODAY, TOLD, give_rows, published, rule

pytestmark = pytest.mark.django_db


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

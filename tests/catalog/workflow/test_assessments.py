"""Impact assessments of rows about persons."""

import pytest

from catalog.models import Dataset
from catalog.services import workflow
from catalog.services.assessments import UnableToAssess, assess
from catalog.services.drafts import open_revision
from catalog.vocabulary import State
from tests.catalog.openings import NOW, ORIGIN, make_department
from tests.catalog.ways import PEOPLE, TOLD, assessed, give_rows, persons, published, rule
from tests.people import client_of

pytestmark = pytest.mark.django_db


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

"""A steward's way from a file to a draft, a visitor's from a question to a public answer."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.roles import AgencyKind, Role
from catalog.models import Dataset, Feedback, Intake
from tests.datasets import make_published, publishers
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_ambiguous_file_is_asked_about_and_then_taken() -> None:
    agency = make_agency(AgencyKind.DEPARTMENT, scope_code="market")
    publishers()
    steward = client_of(make_person(Role.DATA_STEWARD, agency=agency))
    told = {"title": "测试表", "name": "uploaded", "publisher": "market", "subject": "other", "cycle": "7",
            "opening": "open", "licence": "cixi-open-1.0", "tags": "甲、乙"}  # fmt: skip
    assert steward.post("/catalog/drafts/new/", told).status_code == 302
    draft = Dataset.objects.get(name="uploaded")
    assert draft.tags == ["甲", "乙"]
    file = SimpleUploadedFile("表.csv", "code,n\n啊,1\n".encode("gb18030"))
    sent = steward.post(f"/catalog/drafts/{draft.uid}/upload/", {"file": file})
    intake = Intake.objects.get()
    assert sent["Location"] == f"/catalog/intakes/{intake.pk}/"
    assert "无法从字节判定编码" in steward.get(sent["Location"]).content.decode()
    steward.post(
        sent["Location"], {"again": "1", "encoding": "gb18030", "delimiter": ",", "header_line": "1"}
    )
    names = {
        "title-0": "单位",
        "code-0": "unit",
        "type-0": "text",
        "title-1": "数量",
        "code-1": "n",
        "type-1": "integer",
    }
    assert steward.post(sent["Location"], names).status_code == 302
    release = draft.resources.get().releases.get()
    assert (release.row_count, [c["code"] for c in release.columns]) == (1, ["unit", "n"])


def test_a_question_is_answered_in_public_once_released() -> None:
    dataset = make_published("market", name="asked")
    agency = make_agency(AgencyKind.DEPARTMENT, scope_code="market")
    visitor, steward = Client(), client_of(make_person(Role.DATA_STEWARD, agency=agency))
    told = {
        "kind": "question",
        "title": "何时更新数据",
        "text": "请问这个数据什么时候更新？",
        "dataset": "asked",
        "contact": "a@b.cn",
    }
    sent = visitor.post("/catalog/feedback/new/", told)
    number = Feedback.objects.get().number
    assert sent["Location"] == f"/catalog/feedback/{number}/"
    assert "a@b.cn" not in Feedback.objects.get().contact
    assert "何时更新数据" not in visitor.get(sent["Location"]).content.decode()
    page = f"/catalog/feedback-desk/{number}/"
    assert "a@b.cn" in steward.get(page).content.decode()
    steward.post(f"{page}accept/")
    steward.post(page, {"answer": "每月五日更新。", "is_public": "on"})
    shown = visitor.get(f"/catalog/datasets/{dataset.name}/").content.decode()
    assert "每月五日更新。" in shown and "a@b.cn" not in shown

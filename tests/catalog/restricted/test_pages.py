"""Restricted opening walked through on pages, each step by its own person."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.roles import AgencyKind, Role
from catalog.models import Application, Grant, Registration, ResourceField
from catalog.opening_words import RegistrationState
from tests.catalog.openings import NOW
from tests.datasets import make_published, the_resource
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
SECRET = "1234567.5"


@pytest.fixture
def scene():
    cache.clear()
    told = (("name", "名称", "text"), ("amount", "金额", "number"))
    dataset = make_published("court", rows=[("甲公司", SECRET)], told=told, name="loans", title="贷款明细")
    resource = the_resource(dataset)
    ResourceField.objects.filter(resource=resource, code="amount").update(grade="L3", opening="restricted")
    court = make_agency(AgencyKind.DEPARTMENT, scope_code="court")
    bank = make_agency(AgencyKind.BANK)
    Registration.objects.create(
        credit_code="91330282704801404R", name=bank.name, contact="某人", phone="", purpose="授信", agency=bank,
        submitted_at=NOW, state=RegistrationState.CONFIRMED,
    )  # fmt: skip
    people = {
        "applicant": make_person(Role.BANK_MANAGER, agency=bank), "clerk": make_person(Role.BANK_OFFICER, agency=bank),
        "reviewer": make_person(Role.DATA_REVIEWER, agency=court), "centre": make_person(Role.DATA_CENTRE_OPERATOR),
        "other_centre": make_person(Role.DATA_CENTRE_OPERATOR), "stranger": make_person(Role.BANK_MANAGER),
    }  # fmt: skip
    return {name: client_of(person) for name, person in people.items()} | {"resource": resource, "bank": bank}


def wish(**told):
    today = timezone.localdate()
    return {
        "fields_wanted": ["amount"], "purpose": "小微企业授信", "scene": "贷前审查模型", "way": "both", "quota": "20",
        "starts_on": today.isoformat(), "ends_on": (today + timedelta(days=90)).isoformat(), "security": "等级保护三级",
        "committed": "on",
    } | told  # fmt: skip


def applied(scene, **told):
    scene["applicant"].post(f"/catalog/apply/{scene['resource'].uid}/", wish(**told))
    return Application.objects.latest("pk")


def act(scene, who, application, action, **told):
    path = f"/catalog/applications/{application.number}/act/"
    answer = scene[who].post(path, {"action": action} | told, follow=True)
    application.refresh_from_db()
    return answer.content.decode()


def granted(scene, **told):
    application = applied(scene, **told)
    for who, action in (("reviewer", "pass"), ("centre", "pass"), ("centre", "offer"), ("applicant", "sign")):
        act(scene, who, application, action)
    return Grant.objects.get(application=application)


def reads_it(scene):
    page = scene["applicant"].get(f"/catalog/datasets/loans/resources/{scene['resource'].uid}/")
    rows = scene["applicant"].get(f"/api/v1/catalog/resources/{scene['resource'].uid}/rows/")
    seen = (SECRET in page.content.decode(), SECRET in rows.content.decode())
    assert seen[0] == seen[1]
    return seen[0]


def test_a_returned_application_is_corrected_and_handed_in_again_on_its_page(scene):
    application = applied(scene, proof=SimpleUploadedFile("证明.pdf", b"%PDF-1.4 eins"))
    path = f"/catalog/applications/{application.number}/resubmit/"
    assert scene["applicant"].get(path).status_code == 404
    act(scene, "reviewer", application, "return", reason="请写明模型名称")
    assert "补正并重新提交" in scene["applicant"].get(path.replace("resubmit/", "")).content.decode()
    page = scene["applicant"].get(path).content.decode()
    assert "请写明模型名称" in page and "贷前审查模型" in page and "证明.pdf" in page
    assert scene["stranger"].get(path).status_code == 404
    assert scene["clerk"].get(path).status_code == 403
    refused = scene["applicant"].post(path, wish(quota="0"))
    assert refused.status_code == 400
    scene["applicant"].post(path, wish(scene="贷前审查模型“甬风”", quota="7"))
    application.refresh_from_db()
    assert (application.state, application.quota) == ("department_review", 7)
    assert application.security_name == "证明.pdf" and "甬风" in application.scene
    assert "补正并重新提交" not in scene["applicant"].get(path.replace("resubmit/", "")).content.decode()


def test_from_application_to_grant_and_its_use(scene):
    assert not reads_it(scene)
    grant = granted(scene)
    assert reads_it(scene)
    grant.refresh_from_db()
    assert grant.used == 2
    page = scene["applicant"].get(f"/catalog/grants/{grant.pk}/").content.decode()
    assert "页面查看" in page and "接口调用" in page
    assert scene["stranger"].get(f"/catalog/grants/{grant.pk}/").status_code == 404


def test_a_revocation_works_at_once_and_its_appeal_is_answered_by_another(scene):
    grant = granted(scene)
    assert reads_it(scene)
    scene["centre"].post(f"/catalog/grants/{grant.pk}/revoke/", {"reason": "超出约定用途"})
    assert not reads_it(scene)
    application = grant.application
    assert "已收回" in scene["applicant"].get(f"/catalog/applications/{application.number}/").content.decode()
    act(scene, "applicant", application, "appeal", reason="用途未超出约定范围")
    told = act(scene, "centre", application, "answer", upheld="1", reason="属实")
    assert "经办过该申请的人不能答复" in told and not reads_it(scene)
    act(scene, "other_centre", application, "answer", upheld="1", reason="经核，用途相符")
    assert reads_it(scene)


def test_a_refusal_is_appealed_and_goes_back_to_review(scene):
    application = applied(scene)
    act(scene, "reviewer", application, "refuse", reason="目的不明")
    assert application.state == "refused"
    act(scene, "applicant", application, "appeal", reason="目的已写明")
    act(scene, "centre", application, "answer", upheld="1", reason="理由成立")
    assert application.state == "centre_review"


def test_a_grant_is_renewed_by_a_new_application(scene):
    grant = granted(scene, quota="1")
    scene["applicant"].get(f"/api/v1/catalog/resources/{scene['resource'].uid}/rows/")
    assert not reads_it(scene)
    page = (
        scene["applicant"].get(f"/catalog/apply/{scene['resource'].uid}/?renews={grant.pk}").content.decode()
    )
    assert "申请续期" in page
    scene["applicant"].post(f"/catalog/apply/{scene['resource'].uid}/?renews={grant.pk}", wish())
    renewal = Application.objects.latest("pk")
    assert renewal.renews == grant
    for who, action in (("reviewer", "pass"), ("centre", "pass"), ("centre", "offer"), ("applicant", "sign")):
        act(scene, who, renewal, action)
    assert reads_it(scene)


def test_a_renewal_begins_with_what_was_granted(scene):
    grant = granted(scene)
    page = (
        scene["applicant"].get(f"/catalog/apply/{scene['resource'].uid}/?renews={grant.pk}").content.decode()
    )
    assert "贷前审查模型" in page and "等级保护三级" in page

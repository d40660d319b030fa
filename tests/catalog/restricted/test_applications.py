"""From registration to grant, and what each person may not do."""

from datetime import date, timedelta

import pytest

from accounts.models import InboxItem
from accounts.roles import AgencyKind, Role
from catalog.models import Application, Grant, Registration
from catalog.selectors.desk import applications_visible_to
from catalog.selectors.rights import field_right
from catalog.services import applications as services
from catalog.services import grants
from catalog.services.registrations import (
    UnableToRegister,
    decide_registration,
    phone_of,
    register,
    registration_of,
)
from foundation.calendar import add_working_days
from tests.catalog.openings import (
    CODES,
    NOW,
    ORIGIN,
    make_applicant,
    make_department,
    make_operator,
    make_restricted,
)
from tests.people import make_agency, make_person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
TOLD = {"now": NOW, "origin": ORIGIN}


def wish(**told):
    values = {
        "fields": ("amount",), "purpose": "小微企业授信", "scene": "贷前审查模型", "way": "interface", "quota": 3,
        "starts_on": TODAY, "ends_on": TODAY + timedelta(days=90), "security": "等级保护三级", "committed": True,
    } | told  # fmt: skip
    return services.Wish(**values)


def registered(**told):
    values = {
        "credit_code": CODES[0], "name": "某研究院", "contact": "某人", "phone": "13812345678", "purpose": "研究农业",
    } | told  # fmt: skip
    return register(**values, **TOLD)


@pytest.fixture
def scene():
    """A restricted dataset, its department, an operator and a registered applicant."""
    publisher, steward, reviewer = make_department()
    dataset, resource = make_restricted(publisher)
    return {
        "publisher": publisher, "steward": steward, "reviewer": reviewer, "dataset": dataset, "resource": resource,
        "operator": make_operator(), "applicant": make_applicant(),
    }  # fmt: skip


def granted(scene, **told):
    """The whole way to a grant."""
    application = services.apply_for(scene["applicant"], scene["resource"], wish(**told), **TOLD)
    services.review(scene["reviewer"], application, "pass", "", **TOLD)
    services.review(scene["operator"], application, "pass", "", **TOLD)
    application.refresh_from_db()
    grants.offer_agreement(scene["operator"], application, **TOLD)
    return grants.sign_agreement(scene["applicant"], application, **TOLD)


# -- registration ------------------------------------------------------------------------------------
def test_an_organisation_registers_and_its_phone_is_kept_as_ciphertext():
    registration = registered()
    assert "13812345678" not in registration.phone
    assert phone_of(registration) == "13812345678"


def test_the_operator_is_told_and_confirms():
    operator = make_operator()
    registration = registered()
    assert InboxItem.objects.filter(user=operator, done_at=None).count() == 1
    system = make_person(Role.SYSTEM_OFFICER)
    assert decide_registration(operator, registration, True, "", **TOLD).state == "confirmed"
    assert not InboxItem.objects.filter(user=operator, done_at=None).exists()
    assert InboxItem.objects.filter(user=system, title__contains="开设账号").exists()


@pytest.mark.parametrize(
    ("told", "field"),
    [({"credit_code": "91330282144787113X"}, "credit_code"), ({"phone": "12345"}, "phone")],
)
def test_wrong_codes_and_phones_are_refused(told, field):
    with pytest.raises(UnableToRegister) as refusal:
        registered(**told)
    assert refusal.value.field == field


def test_a_code_registers_once_unless_it_was_refused():
    first = registered()
    with pytest.raises(UnableToRegister, match="已登记"):
        registered()
    decide_registration(make_operator(), first, False, "材料不符", **TOLD)
    assert registered().pk != first.pk


def test_only_the_operator_confirms_and_a_refusal_needs_a_reason():
    registration = registered()
    with pytest.raises(UnableToRegister, match="只有数据中心"):
        decide_registration(make_person(Role.DATA_REVIEWER), registration, True, "", **TOLD)
    with pytest.raises(UnableToRegister, match="理由"):
        decide_registration(make_operator(), registration, False, " ", **TOLD)


def test_an_agency_opened_later_finds_its_registration_by_the_credit_code():
    registration = registered()
    person = make_person(
        Role.OUTSIDE_APPLICANT, agency=make_agency(AgencyKind.OUTSIDE, scope_code=registration.credit_code)
    )
    assert registration_of(person) == registration
    assert registration_of(make_person(Role.DATA_STEWARD)) is None


# -- applying ----------------------------------------------------------------------------------------
def test_an_application_goes_to_the_department_with_a_clock_of_working_days(scene):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    assert (application.state, application.due_on) == ("department_review", add_working_days(TODAY, 10))
    task = InboxItem.objects.get(user=scene["reviewer"], done_at=None)
    assert (application.number in task.title, task.due_on) == (True, application.due_on)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"fields": ()}, "fields"), ({"fields": ("nothing",)}, "fields"), ({"purpose": " "}, "purpose"),
        ({"way": "post"}, "way"), ({"quota": 0}, "quota"), ({"committed": False}, "committed"),
        ({"ends_on": TODAY}, "ends_on"), ({"starts_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"ends_on": TODAY + timedelta(days=999)}, "ends_on"),
    ],
)  # fmt: skip
def test_the_formal_check(scene, told, field):
    with pytest.raises(services.UnableToApply) as refusal:
        services.apply_for(scene["applicant"], scene["resource"], wish(**told), **TOLD)
    assert refusal.value.field == field
    assert not Application.objects.exists()


def test_an_l4_or_forbidden_field_cannot_be_applied_for(scene):
    _, resource = make_restricted(
        scene["publisher"], (("id", "L4"), ("secret", "L2", "forbidden"), ("amount", "L3"))
    )
    assert [f.code for f in services.grantable_fields(resource)] == ["amount"]
    with pytest.raises(services.UnableToApply):
        services.apply_for(scene["applicant"], resource, wish(fields=("id",)), **TOLD)


def test_who_is_not_confirmed_or_no_applicant_may_not_apply(scene):
    for person in (make_applicant(confirmed=False), make_person(Role.OUTSIDE_APPLICANT), scene["steward"]):
        with pytest.raises(services.UnableToApply):
            services.apply_for(person, scene["resource"], wish(), **TOLD)


def test_two_reviews_by_two_bodies_lead_to_the_agreement(scene):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    with pytest.raises(services.UnableToApply, match="数源部门"):
        services.review(scene["operator"], application, "pass", "", **TOLD)
    other = make_department("tax")[2]
    with pytest.raises(services.UnableToApply, match="数源部门"):
        services.review(other, application, "pass", "", **TOLD)
    assert services.review(scene["reviewer"], application, "pass", "", **TOLD).state == "centre_review"
    with pytest.raises(services.UnableToApply, match="数据中心"):
        services.review(scene["reviewer"], application, "pass", "", **TOLD)
    assert services.review(scene["operator"], application, "pass", "", **TOLD).state == "agreement"


@pytest.mark.parametrize("verdict", ["return", "refuse"])
def test_no_without_a_reason_is_no_answer(scene, verdict):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    with pytest.raises(services.UnableToApply, match="理由"):
        services.review(scene["reviewer"], application, verdict, " ", **TOLD)


def test_a_returned_application_is_handed_in_again(scene):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    services.review(scene["reviewer"], application, "return", "请补充场景", **TOLD)
    assert InboxItem.objects.filter(user=scene["applicant"], kind="message").exists()
    with pytest.raises(services.UnableToApply, match="本单位"):
        services.resubmit(make_applicant(), application, wish(), **TOLD)
    again = services.resubmit(scene["applicant"], application, wish(scene="补充后的场景"), **TOLD)
    assert (again.state, again.scene) == ("department_review", "补充后的场景")
    assert [s.action for s in again.steps.all()] == ["提交申请", "部门退回补正", "补正后再次提交"]


def test_an_application_is_taken_back_by_its_own_agency_only(scene):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    with pytest.raises(services.UnableToApply):
        services.withdraw_application(make_applicant(), application, **TOLD)
    assert services.withdraw_application(scene["applicant"], application, **TOLD).state == "withdrawn"


def test_the_signed_text_keeps_its_digest_and_gives_the_grant(scene):
    grant = granted(scene)
    agreement = grant.application.agreement
    assert "amount" in agreement.text and scene["dataset"].title in agreement.text
    assert (len(agreement.digest), agreement.signed_by) == (64, scene["applicant"])
    assert (grant.fields, grant.quota, grant.application.state) == (["amount"], 3, "granted")


def test_nobody_else_signs_and_nothing_is_signed_before_it_was_offered(scene):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    with pytest.raises(grants.UnableToHandleGrant):
        grants.sign_agreement(scene["applicant"], application, **TOLD)
    services.review(scene["reviewer"], application, "pass", "", **TOLD)
    services.review(scene["operator"], application, "pass", "", **TOLD)
    application.refresh_from_db()
    grants.offer_agreement(scene["operator"], application, **TOLD)
    with pytest.raises(grants.UnableToHandleGrant, match="本单位"):
        grants.sign_agreement(make_applicant(), application, **TOLD)


def test_who_sees_an_application(scene):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    others = (make_applicant(), make_department("tax")[2], scene["steward"], make_person(Role.LEADER))
    assert all(application not in applications_visible_to(person) for person in others)
    for person in (scene["applicant"], scene["reviewer"], scene["operator"]):
        assert application in applications_visible_to(person)


# -- the grant ---------------------------------------------------------------------------------------
def right(scene, person=None, *, days=0, way=None):
    scene["resource"].refresh_from_db()
    return field_right(person or scene["applicant"], scene["resource"], NOW + timedelta(days=days), way)


def test_before_the_grant_nothing_restricted_is_readable(scene):
    assert right(scene).fields == frozenset()
    assert "受限开放" in right(scene).reason


def test_the_grant_opens_its_own_fields_for_its_own_agency(scene):
    grant = granted(scene)
    found = right(scene)
    assert (found.fields, found.grant_id) == ({"amount"}, grant.pk)
    assert scene["applicant"].agency.name in found.watermark
    assert right(scene, make_applicant()).fields == frozenset()


def test_the_grant_ends_with_its_last_day(scene):
    granted(scene)
    assert right(scene, days=90).fields == {"amount"}
    assert right(scene, days=91).fields == frozenset()


def test_the_grant_holds_for_its_way_only(scene):
    granted(scene)
    assert right(scene, way="interface").fields == {"amount"}
    assert right(scene, way="download").fields == frozenset()


def test_a_field_raised_to_l4_or_forbidden_is_gone_from_the_grant_at_once(scene):
    granted(scene)
    scene["resource"].fields.filter(code="amount").update(grade="L4")
    assert right(scene).fields == frozenset()
    scene["resource"].fields.filter(code="amount").update(grade="L2", opening="forbidden")
    assert right(scene).fields == frozenset()


def test_a_withdrawn_dataset_answers_no_grant(scene):
    granted(scene)
    type(scene["dataset"]).objects.filter(pk=scene["dataset"].pk).update(state="withdrawn")
    scene["resource"].dataset.refresh_from_db()
    assert right(scene).fields == frozenset()


def test_each_use_is_counted_marked_and_ends_with_the_quota(scene):
    grant = granted(scene)
    marks = {
        grants.use_grant(scene["applicant"], grant.pk, "interface", rows=10, **TOLD).mark for _ in range(3)
    }
    assert len(marks) == 3
    with pytest.raises(grants.UnableToUseGrant) as refusal:
        grants.use_grant(scene["applicant"], grant.pk, "interface", **TOLD)
    assert refusal.value.exhausted
    grant.refresh_from_db()
    assert (grant.used, grant.rows_taken) == (3, 30)
    assert right(scene).fields == frozenset()


def test_a_use_by_another_agency_or_way_is_refused_and_not_counted(scene):
    grant = granted(scene)
    with pytest.raises(grants.UnableToUseGrant):
        grants.use_grant(make_applicant(), grant.pk, "interface", **TOLD)
    with pytest.raises(grants.UnableToUseGrant, match="只允许"):
        grants.use_grant(scene["applicant"], grant.pk, "download", **TOLD)
    grant.refresh_from_db()
    assert grant.used == 0


def test_revocation_works_at_once_and_needs_a_reason_and_the_right_person(scene):
    grant = granted(scene)
    for person in (scene["steward"], make_department("tax")[2], scene["applicant"]):
        with pytest.raises(grants.UnableToHandleGrant):
            grants.revoke_grant(person, grant, "理由", **TOLD)
    with pytest.raises(grants.UnableToHandleGrant, match="理由"):
        grants.revoke_grant(scene["reviewer"], grant, " ", **TOLD)
    grants.revoke_grant(scene["reviewer"], grant, "超出约定用途", **TOLD)
    assert right(scene).fields == frozenset()
    with pytest.raises(grants.UnableToUseGrant, match="已收回"):
        grants.use_grant(scene["applicant"], grant.pk, "interface", **TOLD)


def test_a_use_report_moves_the_next_one(scene):
    grant = granted(scene, ends_on=TODAY + timedelta(days=400))
    assert grant.report_due_on == TODAY + timedelta(days=180)
    grants.report_use(
        scene["applicant"], grant, text="用于授信模型", now=NOW + timedelta(days=100), origin=ORIGIN
    )
    grant.refresh_from_db()
    assert grant.report_due_on == TODAY + timedelta(days=280)
    with pytest.raises(grants.UnableToHandleGrant):
        grants.report_use(make_applicant(), grant, text="用于授信模型", **TOLD)


def test_a_grant_is_renewed_by_a_new_application(scene):
    grant = granted(scene)
    renewal = services.apply_for(scene["applicant"], scene["resource"], wish(), renews=grant, **TOLD)
    assert renewal.renews == grant
    with pytest.raises(services.UnableToApply, match="本单位"):
        services.apply_for(make_applicant(), scene["resource"], wish(), renews=grant, **TOLD)


def test_an_appeal_is_answered_by_somebody_who_did_not_decide(scene):
    application = services.apply_for(scene["applicant"], scene["resource"], wish(), **TOLD)
    with pytest.raises(grants.UnableToHandleGrant):
        grants.appeal(scene["applicant"], application, "请复核我们的材料", **TOLD)
    services.review(scene["reviewer"], application, "pass", "", **TOLD)
    services.review(scene["operator"], application, "refuse", "用途不符", **TOLD)
    application.refresh_from_db()
    lodged = grants.appeal(scene["applicant"], application, "请复核我们的材料", **TOLD)
    with pytest.raises(grants.UnableToHandleGrant, match="由他人办理"):
        grants.answer_appeal(scene["operator"], lodged, True, "同意", **TOLD)
    grants.answer_appeal(make_operator(), lodged, True, "用途符合目录", **TOLD)
    application.refresh_from_db()
    assert application.state == "centre_review"


def test_an_upheld_appeal_gives_a_revoked_grant_back(scene):
    grant = granted(scene)
    grants.revoke_grant(scene["operator"], grant, "疑似超范围", **TOLD)
    lodged = grants.appeal(scene["applicant"], grant.application, "并未超出范围使用", **TOLD)
    grants.answer_appeal(make_person(Role.SECURITY_OFFICER), lodged, True, "查无此事", **TOLD)
    assert Grant.objects.get(pk=grant.pk).revoked_at is None
    assert right(scene).fields == {"amount"}


def test_registrations_are_found_by_state(scene):
    assert Registration.objects.filter(state="confirmed").count() == 1

"""A bank's grant covers its branches, downwards only and out of one quota."""

from datetime import timedelta

import pytest

from accounts.roles import AgencyKind, Role
from catalog.models import Application, Grant, Registration
from catalog.selectors.desk import grants_of_agency, grants_visible_to
from catalog.selectors.rights import field_right
from catalog.services.grants import UnableToHandleGrant, UnableToUseGrant, report_use, use_grant
from tests.catalog.openings import NOW, ORIGIN, make_department, make_restricted
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
TOLD = {"now": NOW, "origin": ORIGIN}


@pytest.fixture
def scene():
    publisher, _, _ = make_department()
    _, resource = make_restricted(publisher)
    head = make_agency(AgencyKind.BANK)
    branch, other = (make_agency(AgencyKind.BANK, parent=head) for _ in range(2))
    return {
        "resource": resource, "head": head, "branch": branch,
        "head_user": make_person(Role.BANK_MANAGER, agency=head),
        "branch_user": make_person(Role.BANK_OFFICER, agency=branch),
        "other_user": make_person(Role.BANK_OFFICER, agency=other),
    }  # fmt: skip


def give(scene, agency, *, signed=True, quota=2):
    """A grant of ``amount`` to an agency; one that was not signed for by application is a team's."""
    application = None
    if signed:
        registration = Registration.objects.create(
            credit_code=f"BRANCH{agency.pk:012d}", name=agency.name, contact="某人", phone="", purpose="授信",
            agency=agency, submitted_at=NOW, state="confirmed",
        )  # fmt: skip
        application = Application.objects.create(
            number=f"B{agency.pk}", registration=registration, dataset=scene["resource"].dataset,
            resource=scene["resource"], fields=["amount"], purpose="授信", scene="贷前", way="both", quota=quota,
            starts_on=NOW.date(), ends_on=NOW.date() + timedelta(days=30), security="三级", state="granted",
            made_by=scene["head_user"] if agency == scene["head"] else scene["branch_user"], made_at=NOW,
        )  # fmt: skip
    return Grant.objects.create(
        application=application, agency=agency, resource=scene["resource"], fields=["amount"], way="both", quota=quota,
        starts_on=NOW.date(), ends_on=NOW.date() + timedelta(days=30), given_at=NOW,
    )  # fmt: skip


def reads(user, scene):
    return "amount" in field_right(user, scene["resource"], NOW).fields


def test_a_branch_reads_under_the_grant_its_bank_signed_for(scene):
    grant = give(scene, scene["head"])
    assert reads(scene["branch_user"], scene) and reads(scene["other_user"], scene)
    assert scene["branch"].name in field_right(scene["branch_user"], scene["resource"], NOW).watermark
    assert list(grants_of_agency(scene["branch_user"])) == [grant]
    assert grant in grants_visible_to(scene["branch_user"])


def test_all_branches_share_one_quota(scene):
    grant = give(scene, scene["head"], quota=2)
    assert use_grant(scene["branch_user"], grant.pk, "page", **TOLD).user == scene["branch_user"]
    use_grant(scene["head_user"], grant.pk, "page", **TOLD)
    with pytest.raises(UnableToUseGrant, match="次数"):
        use_grant(scene["other_user"], grant.pk, "page", **TOLD)


def test_a_branchs_own_grant_is_not_the_banks_nor_another_branchs(scene):
    grant = give(scene, scene["branch"])
    assert reads(scene["branch_user"], scene)
    assert not reads(scene["head_user"], scene) and not reads(scene["other_user"], scene)
    with pytest.raises(UnableToUseGrant):
        use_grant(scene["head_user"], grant.pk, "page", **TOLD)


@pytest.mark.parametrize("closed", ["head", "branch"])
def test_a_closed_bank_or_branch_reads_nothing(scene, closed):
    grant = give(scene, scene["head"])
    scene[closed].is_active = False
    scene[closed].save()
    assert not reads(scene["branch_user"], scene)
    with pytest.raises(UnableToUseGrant):
        use_grant(scene["branch_user"], grant.pk, "page", **TOLD)


def test_a_competing_teams_data_and_another_kind_of_agency_below_are_left_out(scene):
    give(scene, scene["head"], signed=False)
    assert reads(scene["head_user"], scene) and not reads(scene["branch_user"], scene)
    give(scene, scene["head"])
    firm = make_person(
        Role.ENTERPRISE_REP, agency=make_agency(AgencyKind.ENTERPRISE, parent=scene["head"], scope_code="x")
    )
    assert not reads(firm, scene)


def test_a_branch_sees_the_grant_but_reports_are_its_banks(scene):
    grant = give(scene, scene["head"])
    page = client_of(scene["branch_user"]).get(f"/catalog/grants/{grant.pk}/").content.decode()
    assert "贵机构作为其分支机构在同一授权内使用" in page and "报送使用情况" not in page
    with pytest.raises(UnableToHandleGrant):
        report_use(scene["branch_user"], grant, text="用于贷前核查", **TOLD)

"""Granting and revoking: by the security officer alone, never for oneself, never two of the three officers."""

from itertools import permutations

import pytest
from django.db import IntegrityError

import audit
from accounts.models import RoleGrant, User
from accounts.roles import THREE_OFFICERS, AgencyKind, Role
from accounts.scopes import departments_of, granted_agencies, towns_of
from accounts.services.roles import (
    UnableToGrantRole,
    UnableToGrantScope,
    UnableToRevokeRole,
    grant_role,
    grant_scope,
    revoke_role,
    revoke_scope,
)
from audit.models import AuditEntry
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
ORIGIN = audit.Origin.system("test")


@pytest.fixture
def officer() -> User:
    return make_person(Role.SECURITY_OFFICER)


def centre_person(*roles: Role) -> User:
    return make_person(*roles, agency=make_agency(AgencyKind.DATA_CENTRE))


def test_a_granted_role_is_held_and_logged(officer: User) -> None:
    user = centre_person()
    grant_role(officer, user, Role.MODEL_MANAGER, origin=ORIGIN)
    assert User.objects.get(pk=user.pk).roles == {Role.MODEL_MANAGER}
    entry = AuditEntry.objects.get(action="accounts.role.granted")
    assert (entry.target, entry.detail["role"]) == (f"user:{user.pk}", "model_manager")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SECURITY_OFFICER])
def test_nobody_but_the_security_officer_grants(role: Role) -> None:
    with pytest.raises(UnableToGrantRole, match="只有安全保密管理员"):
        grant_role(make_person(role), centre_person(), Role.MODEL_MANAGER, origin=ORIGIN)
    assert AuditEntry.objects.get(action="accounts.role.granted").result == "refused"


def test_the_security_officer_does_not_grant_to_himself(officer: User) -> None:
    with pytest.raises(UnableToGrantRole, match="不能为自己"):
        grant_role(officer, officer, Role.MODEL_MANAGER, origin=ORIGIN)


@pytest.mark.parametrize(("held", "wanted"), list(permutations(sorted(THREE_OFFICERS), 2)))
def test_two_of_the_three_officers_are_never_one_person(officer: User, held: Role, wanted: Role) -> None:
    user = centre_person(held)
    with pytest.raises(UnableToGrantRole, match="不得由一人兼任"):
        grant_role(officer, user, wanted, origin=ORIGIN)
    with pytest.raises(IntegrityError):
        RoleGrant.objects.create(user=user, role=wanted)


def test_a_role_must_fit_the_agency(officer: User) -> None:
    user = make_person(agency=make_agency(AgencyKind.BANK))
    with pytest.raises(UnableToGrantRole, match="只能授予部门的人员"):
        grant_role(officer, user, Role.DATA_STEWARD, origin=ORIGIN)


@pytest.mark.parametrize("values", [{"is_active": False}, {"is_superuser": True}])
def test_disabled_people_and_superusers_get_no_role(officer: User, values: dict[str, bool]) -> None:
    user = make_person(agency=make_agency(AgencyKind.DATA_CENTRE), **values)
    with pytest.raises(UnableToGrantRole):
        grant_role(officer, user, Role.MODEL_MANAGER, origin=ORIGIN)


def test_a_role_is_not_granted_twice(officer: User) -> None:
    with pytest.raises(UnableToGrantRole, match="已有"):
        grant_role(officer, centre_person(Role.MODEL_MANAGER), Role.MODEL_MANAGER, origin=ORIGIN)


def test_revoking_takes_the_role_and_only_the_security_officer_does_it(officer: User) -> None:
    user = centre_person(Role.MODEL_MANAGER)
    with pytest.raises(UnableToRevokeRole):
        revoke_role(make_person(Role.SYSTEM_OFFICER), user, Role.MODEL_MANAGER, origin=ORIGIN)
    with pytest.raises(UnableToRevokeRole):
        revoke_role(officer, officer, Role.SECURITY_OFFICER, origin=ORIGIN)
    revoke_role(officer, user, Role.MODEL_MANAGER, origin=ORIGIN)
    assert not User.objects.get(pk=user.pk).roles


def test_a_refused_grant_is_told_on_the_page(officer: User) -> None:
    user = centre_person(Role.AUDITOR)
    page = client_of(officer).post(
        f"/accounts/rights/{user.pk}/grant/", {"role": "system_officer"}, follow=True
    )
    assert "不得由一人兼任" in page.content.decode()


def test_departments_and_towns_are_the_own_and_the_granted(officer: User) -> None:
    court = make_agency(AgencyKind.DEPARTMENT, scope_code="court")
    market = make_agency(AgencyKind.DEPARTMENT, scope_code="market")
    town = make_agency(AgencyKind.TOWN, scope_code="330282109")
    user = make_person(Role.DATA_REVIEWER, agency=court)
    assert (departments_of(user), towns_of(user)) == ({"court"}, frozenset())
    grant_scope(officer, user, market, origin=ORIGIN)
    grant_scope(officer, user, town, origin=ORIGIN)
    grant_scope(officer, user, town, origin=ORIGIN)
    assert (departments_of(user), towns_of(user)) == ({"court", "market"}, {"330282109"})
    assert user.has_perm("accounts.answer_for_agency", market)
    assert not user.has_perm("accounts.answer_for_agency", make_agency(AgencyKind.DEPARTMENT))
    revoke_scope(officer, user, market, origin=ORIGIN)
    assert departments_of(user) == {"court"}
    assert granted_agencies(user) == [town]


def test_a_scope_ends_with_the_agency_and_the_account(officer: User) -> None:
    market = make_agency(AgencyKind.DEPARTMENT, scope_code="market")
    user = centre_person(Role.DATA_CENTRE_OPERATOR)
    grant_scope(officer, user, market, origin=ORIGIN)
    assert departments_of(user) == {"market"}
    market.is_active = False
    market.save()
    assert departments_of(user) == frozenset()


@pytest.mark.parametrize(
    ("role", "kind"),
    [(Role.BANK_OFFICER, AgencyKind.DEPARTMENT), (Role.DATA_REVIEWER, AgencyKind.BANK)],
)
def test_a_scope_must_fit_role_and_agency(officer: User, role: Role, kind: AgencyKind) -> None:
    with pytest.raises(UnableToGrantScope):
        grant_scope(officer, make_person(role), make_agency(kind), origin=ORIGIN)


def test_only_the_security_officer_gives_scopes() -> None:
    user, town = make_person(Role.DATA_REVIEWER), make_agency(AgencyKind.TOWN)
    with pytest.raises(UnableToGrantScope):
        grant_scope(make_person(Role.SYSTEM_OFFICER), user, town, origin=ORIGIN)


def test_scopes_are_kept_in_a_table_with_a_foreign_key(officer: User) -> None:
    from guardian.models import UserObjectPermission

    grant_scope(officer, make_person(Role.DATA_REVIEWER), make_agency(AgencyKind.TOWN), origin=ORIGIN)
    assert not UserObjectPermission.objects.exists()

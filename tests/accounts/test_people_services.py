"""Accounts and agencies: kept by the system officer, who acts on everybody but himself."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

import audit
from accounts.models import Authenticator, User
from accounts.roles import AgencyKind, Role
from accounts.services.agencies import (
    UnableToKeepAgency,
    create_agency,
    rename_agency,
    set_agency_active,
)
from accounts.services.first_officers import UnableToAppointFirstOfficers, appoint_first_officers
from accounts.services.people import (
    UnableToChangeUser,
    UnableToCreateUser,
    create_user,
    disable_user,
    enable_user,
    reset_password,
    reset_second_factor,
)
from accounts.services.tokens import issue_token
from accounts.token_scopes import Scope
from audit.models import AuditEntry
from tests.people import PASSWORD, client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
ORIGIN = audit.Origin.system("test")


@pytest.fixture
def officer() -> User:
    return make_person(Role.SYSTEM_OFFICER)


def open_account(officer: User, username: str) -> tuple[User, str]:
    return create_user(officer, username, "王新", make_agency(), now=timezone.now(), origin=ORIGIN)


def test_a_new_account_has_no_role_and_must_change_its_password(officer: User) -> None:
    user, issued = open_account(officer, "Wang.Xin")
    assert (user.username, user.roles, user.must_change_password) == ("wang.xin", frozenset(), True)
    client = Client()
    client.post("/accounts/sign-in/", {"username": "wang.xin", "password": issued})
    assert client.get("/accounts/me/")["Location"] == "/accounts/password/"


@pytest.mark.parametrize("username", ["wang.xin", "WANG.XIN", "ｗａｎｇ.xin", "Wang．Xin"])
def test_a_name_that_looks_the_same_is_refused(officer: User, username: str) -> None:
    open_account(officer, "wang.xin")
    with pytest.raises(UnableToCreateUser, match="已被使用"):
        open_account(officer, username)


@pytest.mark.parametrize("username", ["WANG.XIN", "ｗａｎｇ.xin"])
def test_the_database_refuses_it_too(username: str) -> None:
    make_person(username="wang.xin")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_person(username=username)


@pytest.mark.parametrize("username", ["", "a", "-ab", "王新", "a b", "x" * 41, "<script>"])
def test_a_name_of_other_letters_is_refused(officer: User, username: str) -> None:
    with pytest.raises(UnableToCreateUser):
        open_account(officer, username)


@pytest.mark.parametrize("role", [Role.SECURITY_OFFICER, Role.AUDITOR, Role.BANK_MANAGER])
def test_nobody_else_keeps_accounts(role: Role) -> None:
    other, user = make_person(role), make_person(Role.BANK_OFFICER)
    with pytest.raises(UnableToCreateUser):
        open_account(other, "wang.xin")
    for change in (disable_user, enable_user, reset_password):
        with pytest.raises(UnableToChangeUser):
            change(other, user, now=timezone.now(), origin=ORIGIN)


def test_the_system_officer_does_not_act_on_himself(officer: User) -> None:
    for change in (disable_user, enable_user, reset_password):
        with pytest.raises(UnableToChangeUser, match="自己的账号"):
            change(officer, officer, now=timezone.now(), origin=ORIGIN)


def test_disabling_ends_tokens_and_authenticator(officer: User) -> None:
    user = make_person(Role.BANK_MANAGER)
    Authenticator.issue(user, "t", confirmed=True)
    token, _ = issue_token(user, "信贷系统", [Scope.ENTERPRISES_READ], 30, now=timezone.now(), origin=ORIGIN)
    disable_user(officer, user, now=timezone.now(), origin=ORIGIN)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert not Authenticator.objects.filter(user=user).exists()
    assert AuditEntry.objects.filter(action="accounts.user.disabled", target=f"user:{user.pk}").exists()


def test_a_reset_password_replaces_the_old_one_and_ends_the_sessions(officer: User) -> None:
    user = make_person(Role.BANK_OFFICER)
    client = client_of(user)
    issued = reset_password(officer, user, now=timezone.now(), origin=ORIGIN)
    assert client.get("/accounts/me/")["Location"].startswith("/accounts/sign-in/")
    user.refresh_from_db()
    assert user.check_password(issued) and not user.check_password(PASSWORD)
    assert user.must_change_password


def test_password_and_authenticator_are_reset_by_different_officers(officer: User) -> None:
    user, security = make_person(Role.AUDITOR), make_person(Role.SECURITY_OFFICER)
    Authenticator.issue(user, "t", confirmed=True)
    with pytest.raises(UnableToChangeUser):
        reset_second_factor(officer, user, origin=ORIGIN)
    with pytest.raises(UnableToChangeUser):
        reset_password(security, user, now=timezone.now(), origin=ORIGIN)
    client = client_of(user)
    reset_second_factor(security, user, origin=ORIGIN)
    assert not Authenticator.objects.filter(user=user).exists()
    assert client.get("/accounts/me/").status_code == 302


def test_the_issued_password_is_shown_once_and_stands_nowhere_else(officer: User) -> None:
    user = make_person(Role.BANK_OFFICER)
    page = client_of(officer).post(f"/accounts/people/{user.pk}/password/")
    issued = page.context["issued"]
    assert issued in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert issued not in str(list(AuditEntry.objects.values()))
    assert issued not in client_of(officer).get(f"/accounts/people/{user.pk}/").content.decode()


def test_an_account_is_opened_on_the_page(officer: User) -> None:
    agency = make_agency()
    client = client_of(officer)
    page = client.post(
        "/accounts/people/new/", {"username": "wang.xin", "full_name": "王新", "agency": agency.pk}
    )
    assert User.objects.get(username="wang.xin").check_password(page.context["issued"])
    again = client.post(
        "/accounts/people/new/", {"username": "WANG.xin", "full_name": "王新", "agency": agency.pk}
    )
    assert "已被使用" in again.content.decode()


def test_agencies_are_entered_renamed_and_closed_by_the_system_officer(officer: User) -> None:
    values = {"code": "bank.new", "name": "新示范银行", "kind": AgencyKind.BANK}
    agency = create_agency(officer, **values, origin=ORIGIN)  # type: ignore[arg-type]
    rename_agency(officer, agency, "更名示范银行", origin=ORIGIN)
    set_agency_active(officer, agency, False, origin=ORIGIN)
    agency.refresh_from_db()
    assert (agency.name, agency.is_active) == ("更名示范银行", False)
    with pytest.raises(UnableToKeepAgency, match="已被使用"):
        create_agency(officer, **values, origin=ORIGIN)  # type: ignore[arg-type]
    with pytest.raises(UnableToKeepAgency, match="只有系统管理员"):
        rename_agency(make_person(Role.SECURITY_OFFICER), agency, "x", origin=ORIGIN)
    with pytest.raises(UnableToKeepAgency, match="所在的机构"):
        set_agency_active(officer, officer.agency, False, origin=ORIGIN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "9x", "kind": AgencyKind.BANK}, "code"),
        ({"code": "town.x", "kind": AgencyKind.TOWN, "scope_code": "33028"}, "scope_code"),
        ({"code": "dept.x", "kind": AgencyKind.DEPARTMENT}, "scope_code"),
    ],
)
def test_an_agency_of_wrong_codes_is_refused(officer: User, values: dict[str, str], field: str) -> None:
    with pytest.raises(UnableToKeepAgency) as refusal:
        create_agency(officer, name="x", origin=ORIGIN, **values)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_the_first_officers_are_appointed_once() -> None:
    names = {Role.SYSTEM_OFFICER: "sys1", Role.SECURITY_OFFICER: "sec1", Role.AUDITOR: "aud1"}
    issued = appoint_first_officers(names, now=timezone.now(), origin=ORIGIN)
    assert set(issued) == {"sys1", "sec1", "aud1"}
    assert User.objects.get(username="sec1").roles == {Role.SECURITY_OFFICER}
    assert User.objects.get(username="sys1").check_password(issued["sys1"])
    again = {Role.SYSTEM_OFFICER: "sys2", Role.SECURITY_OFFICER: "sec2", Role.AUDITOR: "aud2"}
    with pytest.raises(UnableToAppointFirstOfficers):
        appoint_first_officers(again, now=timezone.now(), origin=ORIGIN)


def test_the_first_officers_are_three_people() -> None:
    names = dict.fromkeys((Role.SYSTEM_OFFICER, Role.SECURITY_OFFICER, Role.AUDITOR), "one")
    with pytest.raises(UnableToAppointFirstOfficers, match="三个不同"):
        appoint_first_officers(names, now=timezone.now(), origin=ORIGIN)

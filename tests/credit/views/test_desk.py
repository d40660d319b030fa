"""The loan officer's desk, the watch list, and what an enterprise grants and sees."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEntry
from credit.models import Authorisation, WatchEntry
from tests.firms import CODES, FREEZE_HEAD, Deliver, follow, freeze, full_run
from tests.people import client_of, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("firms")]
URL = f"/credit/enterprises/{CODES[0]}/"


@pytest.fixture
def officer() -> User:
    full_run()
    return make_person(Role.BANK_OFFICER)


@pytest.fixture
def rep() -> User:
    user = make_person(Role.ENTERPRISE_REP)
    user.agency.scope_code = CODES[0]
    user.agency.save()
    return user


def grant(client: Client, officer: User, **changes: object) -> int:
    until = timezone.localdate() + timedelta(days=30)
    values = {"bank": officer.agency_id, "purpose": "流动资金贷款", "scope": ["capital"], "expires_on": until}
    return client.post("/credit/own/", values | changes).status_code


def test_an_opened_profile_stands_under_recently_viewed(officer: User) -> None:
    client = client_of(officer)
    client.post(f"{URL}purpose/", {"purpose": "before"})
    client.get(URL)
    assert "慈溪示范0有限公司" in client.get("/").content.decode()


def test_a_watched_firm_shows_what_moved(officer: User, deliver: Deliver) -> None:
    client = client_of(officer)
    client.post(f"{URL}watch/", {"on": "1"})
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow(timezone.now())
    (row,) = client.get("/").context["watched"]
    assert row.change is not None and row.change < 0
    assert row.news >= 1


def test_watching_twice_is_watching_once(officer: User) -> None:
    client = client_of(officer)
    for _ in range(2):
        client.post(f"{URL}watch/", {"on": "1"})
    assert WatchEntry.objects.count() == 1
    client.post(f"{URL}watch/", {"on": "0"})
    assert WatchEntry.objects.count() == 0


def test_an_enterprise_authorises_a_bank(officer: User, rep: User) -> None:
    assert grant(client_of(rep), officer) == 302
    client = client_of(officer)
    client.post(f"{URL}purpose/", {"purpose": "before"})
    assert "1,200.00" in client.get(f"{URL}?tab=capital").content.decode()
    assert AuditEntry.objects.filter(action="credit.authorisation.granted").exists()


def test_a_revoked_authorisation_closes_at_once(officer: User, rep: User) -> None:
    grant(client_of(rep), officer)
    client = client_of(officer)
    client.post(f"{URL}purpose/", {"purpose": "before"})
    client_of(rep).post(f"/credit/own/authorisations/{Authorisation.objects.get().pk}/revoke/")
    assert "1,200.00" not in client.get(f"{URL}?tab=capital").content.decode()


def test_another_enterprise_cannot_revoke_it(officer: User, rep: User) -> None:
    grant(client_of(rep), officer)
    stranger = make_person(Role.ENTERPRISE_REP)
    client_of(stranger).post(f"/credit/own/authorisations/{Authorisation.objects.get().pk}/revoke/")
    assert Authorisation.objects.get().revoked_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": []},
        {"purpose": ""},
        {"expires_on": "2020-01-01"},
        {"expires_on": "2199-01-01"},
        {"bank": 0},
    ],
)
def test_a_faulty_authorisation_is_refused(officer: User, rep: User, wrong: dict[str, object]) -> None:
    assert grant(client_of(rep), officer, **wrong) == 400
    assert not Authorisation.objects.exists()


def test_an_enterprise_sees_who_looked(officer: User, rep: User) -> None:
    client = client_of(officer)
    client.post(f"{URL}purpose/", {"purpose": "after"})
    page = client_of(rep).get("/credit/own/").content.decode()
    assert str(officer.agency) in page
    assert "贷后管理" in page

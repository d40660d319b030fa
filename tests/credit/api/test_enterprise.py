"""The first bank interface: what the page shows, and nothing that it locks."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.roles import Role
from accounts.services.tokens import digest_of
from audit.models import AuditEntry
from tests.firms import CODES, full_run
from tests.people import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("firms")]
URL = f"/api/v1/enterprises/{CODES[0]}/"
SECRET = "cxp_testtoken_for_the_bank_interface_0123456789"


@pytest.fixture
def manager() -> User:
    full_run()
    return make_person(Role.BANK_MANAGER)


def token(user: User, scopes: tuple[str, ...] = ("enterprises.read",)) -> dict[str, str]:
    now = timezone.now()
    ApiToken.objects.create(
        agency=user.agency, user=user, name="信贷系统", prefix=SECRET[:8], digest=digest_of(SECRET),
        scopes=list(scopes), created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    return {"Authorization": f"Bearer {SECRET}"}


def test_identity_score_and_facts_come_in_one_answer(client: Client, manager: User) -> None:
    body = client.get(f"{URL}?purpose=before", headers=token(manager)).json()
    assert body["identity"]["code"] == CODES[0]
    assert len(body["score"]["forces"]) == 5
    assert {fact["item"] for fact in body["facts"]} == {"market.registration", "market.annual_assets"}


def test_a_locked_field_is_named_and_absent(client: Client, manager: User) -> None:
    body = client.get(f"{URL}?purpose=before", headers=token(manager)).json()
    (annual,) = [fact for fact in body["facts"] if fact["item"] == "market.annual_assets"]
    assert "revenue" in annual["locked_fields"]
    assert "revenue" not in annual["fields"]


def test_a_locked_reason_carries_no_points(client: Client, manager: User) -> None:
    body = client.get(f"{URL}?purpose=before", headers=token(manager)).json()
    reasons = body["score"]["adverse"] + body["score"]["favourable"]
    assert any(reason["locked"] for reason in reasons)
    assert all(reason["points"] is None and not reason["text"] for reason in reasons if reason["locked"])


def test_a_call_without_purpose_is_refused(client: Client, manager: User) -> None:
    answer = client.get(URL, headers=token(manager))
    assert answer.status_code == 400
    assert "查询目的" in str(answer.json()["error"]["fields"])


def test_a_call_is_in_the_log(client: Client, manager: User) -> None:
    client.get(f"{URL}?purpose=during", headers=token(manager))
    entry = AuditEntry.objects.filter(action="credit.profile.viewed").latest("seq")
    assert (entry.detail["way"], entry.detail["purpose"]) == ("api", "during")


def test_a_token_without_the_scope_is_refused(client: Client, manager: User) -> None:
    assert client.get(f"{URL}?purpose=before", headers=token(manager, ())).status_code == 403


def test_no_token_no_answer(client: Client) -> None:
    assert client.get(f"{URL}?purpose=before").status_code == 401


def test_an_unknown_enterprise_is_not_found(client: Client, manager: User) -> None:
    answer = client.get("/api/v1/enterprises/91330282PDY999994P/?purpose=before", headers=token(manager))
    assert answer.status_code == 404

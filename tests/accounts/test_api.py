"""API tokens: shown once, kept hashed, scoped, expiring, revocable; sessions only with a CSRF token."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework import throttling
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

import audit
from accounts.access import SIGNED_IN
from accounts.models import ApiToken, User
from accounts.roles import Role
from accounts.services.tokens import UnableToIssueToken, UnableToRevokeToken, issue_token, revoke_token
from accounts.token_scopes import Scope
from accounts.url_map import addresses
from audit.models import AuditEntry
from tests.people import client_of, make_person

pytestmark = pytest.mark.django_db
ORIGIN = audit.Origin.system("test")
ME = "/api/v1/me"


@pytest.fixture
def manager() -> User:
    return make_person(Role.BANK_MANAGER)


def issue(user: User, *scopes: Scope, days: int = 30) -> tuple[ApiToken, str]:
    wanted = scopes or (Scope.ENTERPRISES_READ,)
    return issue_token(user, "信贷系统", wanted, days, now=timezone.now(), origin=ORIGIN)


def call(secret: str, url: str = ME) -> Any:
    return Client().get(url, headers={"Authorization": f"Bearer {secret}"})


def test_a_token_answers_for_its_user(manager: User) -> None:
    token, secret = issue(manager)
    told = call(secret).json()
    assert told["username"] == manager.username
    assert told["roles"] == ["bank_manager"]
    assert told["agency"]["code"] == manager.agency.code  # type: ignore[union-attr]
    assert (told["token"]["prefix"], told["token"]["scopes"]) == (token.prefix, ["enterprises.read"])


def test_only_the_hash_is_kept_and_the_page_shows_the_secret_once(manager: User) -> None:
    client = client_of(manager)
    words = {"name": "信贷系统", "scopes": ["enterprises.read"], "days": "90"}
    page = client.post("/accounts/tokens/", words)
    secret, token = page.context["secret"], ApiToken.objects.get()
    assert secret in page.content.decode()
    assert secret not in str(ApiToken.objects.values().get())
    assert token.expires_at - token.created_at == timedelta(days=90)
    later = client.get("/accounts/tokens/").content.decode()
    assert secret not in later and token.prefix in later
    assert call(secret).status_code == 200


def test_no_token_and_a_wrong_token_get_401_in_the_error_shape() -> None:
    for answer, code in [
        (Client().get(ME), "not_authenticated"),
        (call("cxp_00000000_wrong"), "authentication_failed"),
        (call("something else"), "authentication_failed"),
    ]:
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        assert set(answer.json()["error"]) == {"code", "message", "fields", "request_id"}
        assert answer.json()["error"]["code"] == code


def test_a_token_in_the_address_is_not_looked_at(manager: User) -> None:
    _, secret = issue(manager)
    assert Client().get(f"{ME}?token={secret}&access_token={secret}").status_code == 401


def test_an_expired_token_is_refused(manager: User) -> None:
    _, secret = issue(manager)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert call(secret).status_code == 401


def test_a_revoked_token_is_refused_at_once(manager: User) -> None:
    token, secret = issue(manager)
    assert call(secret).status_code == 200
    client_of(manager).post(f"/accounts/tokens/{token.pk}/revoke/")
    assert call(secret).status_code == 401


@pytest.mark.parametrize("what", ["disabled", "agency", "moved"])
def test_a_token_ends_with_its_user_and_agency(manager: User, what: str) -> None:
    _, secret = issue(manager)
    if what == "disabled":
        User.objects.filter(pk=manager.pk).update(is_active=False)
    elif what == "agency":
        manager.agency.is_active = False  # type: ignore[union-attr]
        manager.agency.save()  # type: ignore[union-attr]
    else:
        User.objects.filter(pk=manager.pk).update(agency=make_person(Role.BANK_OFFICER).agency)
    assert call(secret).status_code == 401


def test_another_banks_manager_neither_sees_nor_revokes_the_token(manager: User) -> None:
    token, _ = issue(manager)
    other = make_person(Role.BANK_MANAGER)
    client = client_of(other)
    assert token.prefix not in client.get("/accounts/tokens/").content.decode()
    assert client.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404
    with pytest.raises(UnableToRevokeToken):
        revoke_token(other, token, now=timezone.now(), origin=ORIGIN)


def test_nobody_gives_a_scope_the_own_role_does_not_have(manager: User) -> None:
    with pytest.raises(UnableToIssueToken):
        issue(manager, Scope.DELIVERIES_WRITE)
    with pytest.raises(UnableToIssueToken):
        issue(make_person(Role.BANK_OFFICER), Scope.ENTERPRISES_READ)


@pytest.mark.parametrize("days", [0, 366])
def test_a_token_lives_at_most_a_year(manager: User, days: int) -> None:
    with pytest.raises(UnableToIssueToken):
        issue(manager, days=days)


def test_last_use_is_written_at_most_once_a_minute(manager: User) -> None:
    token, secret = issue(manager)
    call(secret)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    call(secret)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    call(secret)
    token.refresh_from_db()
    assert token.last_used_at >= first


class Base(APIView):
    audience: Any = SIGNED_IN
    required_scope: Any = None

    def get(self, request: Any) -> Response:
        return Response({"ok": True})

    post = get


def ask(view: type[APIView], secret: str, method: str = "get") -> Any:
    request = getattr(APIRequestFactory(), method)("/x", headers={"Authorization": f"Bearer {secret}"})
    answer = view.as_view()(request)
    answer.render()
    return answer


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"required_scope": "enterprises.read"}, 200),
        ({"required_scope": "watch.write"}, 403),
        ({"required_scope": ""}, 200),
        ({"required_scope": None}, 403),
        ({"audience": (Role.BANK_MANAGER,), "required_scope": "enterprises.read"}, 200),
        ({"audience": (Role.BANK_OFFICER,), "required_scope": "enterprises.read"}, 403),
        ({"audience": None, "required_scope": ""}, 403),
    ],
)
def test_audience_and_scope_must_both_allow(manager: User, values: dict[str, Any], status: int) -> None:
    _, secret = issue(manager, Scope.ENTERPRISES_READ)
    assert ask(type("View", (Base,), values), secret).status_code == status


def test_a_missing_scope_is_named(manager: User) -> None:
    _, secret = issue(manager, Scope.ENTERPRISES_READ)
    error = ask(type("View", (Base,), {"required_scope": "watch.write"}), secret).data["error"]
    assert error["code"] == "scope_missing"
    assert "watch.write" in error["message"]


def test_a_refused_call_stands_in_the_log_with_its_reason(manager: User) -> None:
    _, secret = issue(manager, Scope.ENTERPRISES_READ)
    ask(type("View", (Base,), {"required_scope": "watch.write"}), secret)
    entry = AuditEntry.objects.get(action="accounts.api.called")
    assert (entry.actor_id, entry.target, entry.result) == (manager.pk, "/x", "refused")
    assert entry.detail == {"method": "GET", "reason": "scope_missing"}


def test_too_many_calls_get_429_with_retry_after(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.SimpleRateThrottle, "THROTTLE_RATES", {"user": "3/min", "anon": "3/min"})
    cache.clear()
    _, secret = issue(manager)
    _, other = issue(manager)
    assert [call(secret).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = call(secret)
    assert 0 < int(answer["Retry-After"]) <= 60
    assert answer.json()["error"]["code"] == "throttled"
    assert call(other).status_code == 200  # each token is counted on its own


def test_visitors_are_throttled_and_do_not_escape_by_a_forged_address(monkeypatch: Any) -> None:
    monkeypatch.setattr(throttling.SimpleRateThrottle, "THROTTLE_RATES", {"user": "9/min", "anon": "2/min"})
    cache.clear()
    view = type("View", (Base,), {"audience": "anyone"}).as_view()
    factory = APIRequestFactory()
    answers = [view(factory.get("/x", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}")).status_code for n in range(4)]
    assert answers == [200, 200, 429, 429]


def test_a_signed_in_page_may_read_the_api_and_writes_need_the_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = client_of(make_person(Role.BANK_OFFICER)).cookies
    assert client.get(ME).json()["token"] is None
    refused = client.post(ME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
    client.get("/accounts/password/")
    csrf = client.cookies["csrftoken"].value
    allowed = client.post(ME, headers={"X-CSRFToken": csrf})
    assert allowed.status_code == 405  # let in; there is nothing to post to here


# Chooses how the upload is kept before it is read, then has the check made by an inner view.
CHECKED_INSIDE = {"datahub:deliver"}


def test_no_page_is_exempt_from_the_csrf_check() -> None:
    pages = [address for address in addresses() if not hasattr(address.view, "cls")]
    assert {page.name for page in pages if getattr(page.view, "csrf_exempt", False)} <= CHECKED_INSIDE


def test_a_page_that_checks_inside_refuses_a_post_without_the_token() -> None:
    client = client_of(make_person(Role.DATA_STEWARD))
    client.handler.enforce_csrf_checks = True
    for name in CHECKED_INSIDE:
        answer = client.post(reverse(name), {"item": "court.equity_freeze"})
        assert answer.status_code == 403
        assert "页面已过期" in answer.content.decode()


def test_no_cross_origin_answers_are_offered(manager: User) -> None:
    _, secret = issue(manager)
    answer = Client().get(ME, headers={"Authorization": f"Bearer {secret}", "Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_the_description_names_me_the_token_and_needs_a_caller(manager: User) -> None:
    _, secret = issue(manager)
    assert Client().get("/api/v1/schema/").status_code == 401
    answer = call(secret, "/api/v1/schema/?format=json")
    description = answer.json()
    assert description["openapi"].startswith("3.")
    assert "/api/v1/me" in description["paths"]
    assert {"type": "http", "scheme": "bearer"} in description["components"]["securitySchemes"].values()


def test_issuing_and_revoking_stand_in_the_log_without_the_secret(manager: User) -> None:
    from audit.models import AuditEntry

    token, secret = issue(manager)
    revoke_token(manager, token, now=timezone.now(), origin=ORIGIN)
    told = AuditEntry.objects.filter(action__startswith="accounts.token.").order_by("seq")
    assert [entry.action for entry in told] == ["accounts.token.issued", "accounts.token.revoked"]
    assert told[0].detail["prefix"] == token.prefix
    assert secret.rsplit("_", 1)[1] not in str([entry.detail for entry in told])

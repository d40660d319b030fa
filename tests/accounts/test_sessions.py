"""Sessions end on the server: by idleness, by age, by sign-out, by a disabled account or agency."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

import audit
from accounts.models import User
from accounts.roles import Role
from accounts.sign_in import BEGUN, SEEN
from tests.people import client_of, make_person

pytestmark = pytest.mark.django_db
PAGE = "/accounts/me/"
MINUTE = 60


def turn_back(client: Client, seconds: float, *keys: str) -> None:
    """Make the session believe that it was seen (begun) ``seconds`` ago."""
    session = client.session
    for key in keys:
        session[key] = time.time() - seconds
    session.save()


def is_alive(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("role", "minutes", "alive"),
    [
        (Role.BANK_OFFICER, 29, True),
        (Role.BANK_OFFICER, 31, False),
        (Role.SYSTEM_OFFICER, 14, True),
        (Role.SYSTEM_OFFICER, 16, False),
        (Role.DATA_CENTRE_OPERATOR, 16, False),
        (Role.VILLAGER, 16, True),
    ],
)
def test_an_idle_session_ends_sooner_for_the_powerful(role: Role, minutes: int, alive: bool) -> None:
    client = client_of(make_person(role))
    key = client.session.session_key
    turn_back(client, minutes * MINUTE, SEEN)
    assert is_alive(client) is alive
    assert Session.objects.filter(session_key=key).exists() is alive


def test_an_old_session_ends_however_busy(settings: Any) -> None:
    client = client_of(make_person(Role.BANK_OFFICER))
    turn_back(client, settings.SESSION_ABSOLUTE_SECONDS - MINUTE, BEGUN)
    assert is_alive(client)
    turn_back(client, settings.SESSION_ABSOLUTE_SECONDS + MINUTE, BEGUN)
    assert not is_alive(client)


def test_acting_extends_the_session_and_a_passive_poll_does_not() -> None:
    client = client_of(make_person(Role.BANK_OFFICER))
    turn_back(client, 20 * MINUTE, SEEN)
    before = client.session[SEEN]
    client.get(PAGE, headers={"X-Passive-Poll": "1"})
    assert client.session[SEEN] == before
    client.get(PAGE)
    assert client.session[SEEN] > before + 19 * MINUTE


def test_a_page_that_only_polls_is_signed_out_when_its_time_is_over() -> None:
    client = client_of(make_person(Role.BANK_OFFICER))
    turn_back(client, 31 * MINUTE, SEEN)
    answer = client.get(PAGE, headers={"X-Passive-Poll": "1"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/accounts/sign-in/?ended=1")


def test_the_sign_in_page_says_why_one_is_there_and_leads_back() -> None:
    client = client_of(make_person(Role.BANK_OFFICER))
    turn_back(client, 31 * MINUTE, SEEN)
    page = client.get("/inbox/?tab=done", follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/sign-in/?next=%2Finbox%2F%3Ftab%3Ddone&ended=1"
    assert "长时间未操作" in page.content.decode()


def test_a_fragment_leads_the_whole_page_back_to_where_it_was() -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/inbox/?tab=done"}
    answer = Client().get(PAGE, headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/accounts/sign-in/?next=%2Finbox%2F%3Ftab%3Ddone"


def test_a_disabled_account_is_out_at_once_and_its_session_does_not_revive() -> None:
    from django.utils import timezone

    from accounts.services.people import disable_user, enable_user

    officer, user = make_person(Role.SYSTEM_OFFICER), make_person(Role.BANK_OFFICER)
    client = client_of(user)
    origin = audit.Origin.system("test")
    disable_user(officer, user, now=timezone.now(), origin=origin)
    assert not is_alive(client)
    enable_user(officer, user, now=timezone.now(), origin=origin)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    assert not is_alive(client)


def test_people_of_a_closed_agency_are_out_at_once() -> None:
    user = make_person(Role.BANK_OFFICER)
    client = client_of(user)
    user.agency.is_active = False
    user.agency.save()
    assert not is_alive(client)


def test_a_superuser_does_not_get_in() -> None:
    user = make_person(Role.BANK_OFFICER, is_superuser=True)
    assert not is_alive(client_of(user))


def test_a_superuser_is_not_even_made() -> None:
    from accounts.models.user import UnableToMakeSuperuser

    with pytest.raises(UnableToMakeSuperuser):
        User.objects.create_superuser("root", password="x")


def test_a_revoked_role_is_gone_with_the_next_request() -> None:
    user = make_person(Role.SYSTEM_OFFICER)
    client = client_of(user)
    assert client.get("/accounts/people/").status_code == 200
    user.role_grants.all().delete()
    assert client.get("/accounts/people/").status_code == 403


PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "cixi_portal.settings.production",
    "DATABASE_URL": "postgresql://app@localhost/none",
    "REDIS_URL": "redis://localhost/0",
    "PORTAL_PROXY_COUNT": "2",
} | {
    name: name * 8
    for name in ("SECRET_KEY", "PORTAL_FIELD_KEY", "PORTAL_INDEX_KEY", "PORTAL_AUDIT_KEY", "PORTAL_HOSTS",
                 "PORTAL_FILES", "PORTAL_CHECKPOINTS")
}  # fmt: skip
COOKIE_NAMES = [
    f"{kind}_COOKIE_{what}"
    for kind in ("SESSION", "CSRF")
    for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
]


def test_production_cookies_are_bound_to_this_host_and_https() -> None:
    names = [*COOKIE_NAMES, "PORTAL_SUPERUSERS_ALLOWED", "PORTAL_PROXY_COUNT", "SECURE_HSTS_SECONDS"]
    program = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | PRODUCTION,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = dict(zip(names, json.loads(done.stdout), strict=True))
    for kind, name in (("SESSION", "__Host-session"), ("CSRF", "__Host-csrf")):
        cookie = [
            told[f"{kind}_COOKIE_{what}"]
            for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
        ]
        assert cookie == [name, True, True, "Lax", "/", None]
    assert (told["PORTAL_SUPERUSERS_ALLOWED"], told["PORTAL_PROXY_COUNT"]) == (False, 2)
    assert told["SECURE_HSTS_SECONDS"] >= 31_536_000


def test_own_pages_are_not_kept_by_caches() -> None:
    client = client_of(make_person(Role.BANK_OFFICER))
    for page in (PAGE, "/inbox/", "/accounts/password/"):
        assert "no-store" in client.get(page)["Cache-Control"]

"""The second step: nothing answers before it, a code works once, a recovery code works once."""

import time
from base64 import b32encode
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken

from accounts.models import Authenticator, User
from accounts.roles import CARDS, Role
from accounts.url_map import addresses
from foundation.keys import UnableToReadCiphertext
from tests.people import PASSWORD, client_of, make_person

pytestmark = pytest.mark.django_db
STEP = "/accounts/second-step/"
NEEDING = [role for role, card in CARDS.items() if card.second_factor]


def enter(user: User) -> Client:
    client = Client()
    client.post("/accounts/sign-in/", {"username": user.username, "password": PASSWORD})
    return client


def with_device(role: Role = Role.SYSTEM_OFFICER) -> tuple[User, Authenticator]:
    user = make_person(role)
    return user, Authenticator.issue(user, "t", confirmed=True)


def code_of(device: Authenticator, steps: int = 0) -> str:
    return f"{totp(device.seed, drift=steps):06d}"


@pytest.mark.parametrize("role", NEEDING)
def test_before_the_second_step_every_page_leads_to_it(role: Role) -> None:
    user, _ = with_device(role)
    client = enter(user)
    asked = 0
    for address in addresses():
        if "<" in address.route or getattr(address.view, "sign_in_step", False):
            continue
        answer = client.get(f"/{address.route}")
        is_api = address.route.startswith("api/")
        assert answer.status_code == (403 if is_api else 302), address.route
        assert is_api or answer["Location"].partition("?")[0] == STEP, address.route
        asked += 1
    assert asked > 10


def test_other_roles_are_not_asked() -> None:
    client = enter(make_person(Role.BANK_OFFICER))
    assert client.get("/accounts/me/").status_code == 200


def test_who_bound_an_authenticator_freely_is_asked_too() -> None:
    user, device = with_device(Role.BANK_OFFICER)
    client = enter(user)
    assert client.get("/accounts/me/")["Location"] == f"{STEP}?next=%2Faccounts%2Fme%2F"
    client.post(STEP, {"code": code_of(device)})
    assert client.get("/accounts/me/").status_code == 200


def test_a_code_opens_the_session_once_and_renews_its_key() -> None:
    user, device = with_device()
    client, second = enter(user), enter(user)
    before = client.session.session_key
    code = code_of(device)
    assert client.post(f"{STEP}?next=/accounts/me/", {"code": code})["Location"] == "/accounts/me/"
    assert client.session.session_key != before
    assert client.get("/accounts/people/").status_code == 200
    answer = second.post(STEP, {"code": code})
    assert "已使用过" in answer.content.decode()
    assert second.get("/accounts/people/")["Location"].startswith(STEP)


def test_a_code_of_ten_minutes_ago_is_refused() -> None:
    user, device = with_device()
    client = enter(user)
    assert client.post(STEP, {"code": code_of(device, -20)}).status_code == 200
    assert client.get("/accounts/people/").status_code == 302


def test_guessing_codes_is_slowed_down() -> None:
    user, device = with_device()
    client = enter(user)
    client.post(STEP, {"code": "000000" if code_of(device) != "000000" else "111111"})
    answer = client.post(STEP, {"code": code_of(device)})  # right, but too soon after a wrong one
    assert "请稍候片刻" in answer.content.decode()
    device.refresh_from_db()
    assert device.throttling_failure_count == 1


def test_a_recovery_code_works_once() -> None:
    user, _ = with_device()
    codes = shown_codes(client_of(user).post("/accounts/second-step/recovery-codes/"))
    assert len(codes) == 10
    first, again = enter(user), enter(user)
    assert first.post(f"{STEP}?recovery=1", {"code": codes[0].upper()}).status_code == 302
    assert first.get("/accounts/people/").status_code == 200
    assert "已使用过" in again.post(f"{STEP}?recovery=1", {"code": codes[0]}).content.decode()
    assert StaticToken.objects.filter(device__user=user).count() == 9


def test_recovery_codes_are_kept_as_hashes_and_new_ones_end_the_old() -> None:
    user, _ = with_device()
    client = client_of(user)
    old = shown_codes(client.post("/accounts/second-step/recovery-codes/"))
    kept = set(StaticToken.objects.filter(device__user=user).values_list("token", flat=True))
    assert not kept & {code.replace("-", "") for code in old}
    client.post("/accounts/second-step/recovery-codes/")
    answer = enter(user).post(f"{STEP}?recovery=1", {"code": old[1]})
    assert "不正确" in answer.content.decode()


def test_who_has_no_authenticator_yet_can_only_bind_one() -> None:
    user = make_person(Role.AUDITOR)
    client = enter(user)
    assert client.get("/")["Location"] == "/accounts/second-step/enrol/"
    page = client.get("/accounts/second-step/enrol/")
    device = Authenticator.objects.get(user=user, confirmed=False)
    picture = client.get("/accounts/second-step/enrol/code.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"<svg" in picture.content
    assert "data:" not in page.content.decode().split("<main", 1)[1]
    answer = client.post("/accounts/second-step/enrol/", {"code": code_of(device)})
    assert len(shown_codes(answer)) == 10
    assert client.get("/accounts/me/").status_code == 200


def test_binding_needs_the_right_code() -> None:
    user = make_person(Role.AUDITOR)
    client = enter(user)
    client.get("/accounts/second-step/enrol/")
    client.post("/accounts/second-step/enrol/", {"code": "123456"})
    assert not Authenticator.objects.filter(user=user, confirmed=True).exists()
    assert client.get("/")["Location"] == "/accounts/second-step/enrol/"


def test_an_authenticator_cannot_be_replaced_by_enrolling_again() -> None:
    user, device = with_device()
    client = enter(user)  # knows the password, not the code
    assert client.get("/accounts/second-step/enrol/").status_code == 302
    assert client.get("/accounts/second-step/enrol/code.svg").status_code == 404
    assert list(Authenticator.objects.filter(user=user)) == [device]


def test_the_second_step_comes_before_the_change_of_password() -> None:
    user, device = with_device()
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client = enter(user)
    words = {"current": PASSWORD, "new": "Kiln-glaze 41 harbour", "again": "Kiln-glaze 41 harbour"}
    assert client.post("/accounts/password/", words)["Location"] == STEP
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    client.post(STEP, {"code": code_of(device)})
    assert client.get("/")["Location"] == "/accounts/password/"


def test_second_steps_stand_in_the_log_with_their_result() -> None:
    from audit.models import AuditEntry

    user, device = with_device()
    client, code = enter(user), code_of(device)
    client.post(STEP, {"code": code})
    client.post("/accounts/sign-out/")
    enter(user).post(STEP, {"code": code})  # the same one again, even if its half minute has passed
    told = AuditEntry.objects.filter(action="accounts.second_step.passed").order_by("seq")
    assert [(entry.result, entry.actor_id) for entry in told] == [("ok", user.pk), ("refused", user.pk)]


def shown_codes(answer: Any) -> list[str]:
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return list(answer.context["codes"])


def test_a_demo_code_is_always_a_fresh_one() -> None:
    from django.utils import timezone

    from accounts.demo.codes import demo_code

    user, device = with_device()
    User.objects.filter(pk=user.pk).update(is_demo=True)
    for _ in range(2):
        code, seconds = demo_code(user.username, timezone.now())
        assert 0 < seconds <= 90
        client = enter(user)
        client.post(STEP, {"code": code})
        assert client.get("/accounts/people/").status_code == 200
    assert device.last_t < time.time()


def test_who_reads_the_table_reads_no_seed() -> None:
    _, device = with_device()
    stored = " ".join(str(value) for value in Authenticator.objects.values().get().values())
    assert device.seed.hex() not in stored
    assert b32encode(device.seed).decode().rstrip("=") not in stored


def test_a_seed_copied_to_another_users_row_is_refused() -> None:
    _, device = with_device()
    other, own = with_device()
    Authenticator.objects.filter(pk=own.pk).update(sealed_seed=device.sealed_seed)
    with pytest.raises(UnableToReadCiphertext):
        _ = Authenticator.objects.get(user=other).seed


def test_devices_of_the_plain_table_move_over_and_the_table_goes() -> None:
    user, seed = make_person(Role.SYSTEM_OFFICER), "0b" * 20
    migration = import_module("accounts.migrations.0004_sealed_authenticators")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE otp_totp_totpdevice (id bigserial, user_id bigint, name text, confirmed boolean,"
            " key text, drift int, last_t bigint)"
        )
        cursor.execute(
            "INSERT INTO otp_totp_totpdevice (user_id, name, confirmed, key, drift, last_t)"
            " VALUES (%s, '旧', true, %s, 1, 7)", [user.pk, seed],
        )  # fmt: skip
    migration.seal_plain_seeds(apps, SimpleNamespace(connection=connection))
    moved = Authenticator.objects.get(user=user)
    assert (moved.seed.hex(), moved.drift, moved.last_t, moved.confirmed) == (seed, 1, 7, True)
    assert "otp_totp_totpdevice" not in connection.introspection.table_names()

"""Signing in: the right words open a session, everything else is refused alike."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/sign-in/"


def attempt(client: Client, username: str, password: str) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password})


def test_the_right_password_opens_the_page_that_was_asked_for(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="bank1")
    answer = client.post(SIGN_IN, {"username": "bank1", "password": PASSWORD, "next": "/accounts/me/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/me/")
    assert client.get("/accounts/me/").status_code == 200


def test_another_host_is_not_followed_after_sign_in(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="bank1")
    words = {"username": "bank1", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(SIGN_IN, words)["Location"] == reverse("home")


def test_case_and_full_width_letters_name_the_same_person(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="bank1")
    assert attempt(client, "ＢＡＮＫ１", PASSWORD).status_code == 302


def test_an_account_entered_in_capitals_is_found_by_its_plain_name(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="Bank1")
    assert attempt(client, "bank1", PASSWORD).status_code == 302


def test_an_unknown_name_and_a_wrong_password_get_the_same_words(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="bank1")
    wrong = attempt(client, "bank1", "no").context["form"].non_field_errors()
    unknown = attempt(client, "nobody", "no").context["form"].non_field_errors()
    assert list(wrong) == list(unknown) == ["用户名或密码不正确，请核对后重新输入。"]


def test_a_disabled_account_gets_the_words_of_a_wrong_password(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="bank1", is_active=False)
    answer = attempt(client, "bank1", PASSWORD)
    assert answer.status_code == 200
    assert "用户名或密码不正确" in answer.content.decode()


def test_the_session_key_changes_at_sign_in(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="bank1")
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    before = session.session_key
    attempt(client, "bank1", PASSWORD)
    after = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert after != before
    assert not client.session.exists(before)


def test_signing_out_needs_a_post_and_kills_the_session_on_the_server(client: Client) -> None:
    make_person(Role.BANK_OFFICER, username="bank1")
    attempt(client, "bank1", PASSWORD)
    key = client.session.session_key
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/").status_code == 302
    assert not client.session.exists(key)
    assert client.get("/accounts/me/").status_code == 302


def test_sign_in_without_a_csrf_token_is_refused() -> None:
    make_person(Role.BANK_OFFICER, username="bank1")
    assert attempt(Client(enforce_csrf_checks=True), "bank1", PASSWORD).status_code == 403

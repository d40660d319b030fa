"""Guessing: counted by name and address, by name, by address; forged addresses do not help."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from audit.models import AuditEntry as Entry
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def attempt(password: str, address: str = HERE, username: str = "bank1", **headers: str) -> Any:
    words = {"username": username, "password": password}
    return Client().post("/accounts/sign-in/", words, REMOTE_ADDR=address, **headers)


@pytest.fixture(autouse=True)
def person() -> None:
    make_person(Role.BANK_OFFICER, username="bank1")


def lock(**where: Any) -> None:
    for _ in range(5):
        attempt("wrong", **where)


def test_five_wrong_passwords_lock_out_the_right_one() -> None:
    lock()
    answer = attempt(PASSWORD)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "1800"
    assert "登录已暂时锁定" in answer.content.decode()


def test_four_wrong_passwords_do_not() -> None:
    for _ in range(4):
        assert attempt("wrong").status_code == 200
    assert attempt(PASSWORD).status_code == 302


def test_the_same_person_signs_in_from_another_address() -> None:
    lock()
    assert attempt(PASSWORD, ELSEWHERE).status_code == 302


def test_another_person_signs_in_from_the_same_address() -> None:
    make_person(Role.BANK_OFFICER, username="bank2")
    lock()
    assert attempt(PASSWORD, username="bank2").status_code == 302


def test_an_unknown_name_is_locked_with_the_same_words() -> None:
    lock()
    lock(username="nobody")
    known, unknown = attempt(PASSWORD), attempt(PASSWORD, username="nobody")
    assert known.status_code == unknown.status_code == 429
    assert known.templates[0].name == unknown.templates[0].name == "accounts/locked_out.html"


def test_after_half_an_hour_the_right_password_is_taken_again() -> None:
    lock()
    attempt("wrong")  # a failure while locked does not prolong the lock
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=30, seconds=1))
    assert attempt(PASSWORD).status_code == 302


def test_attempts_while_locked_do_not_prolong_the_lock() -> None:
    lock()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=29))
    assert attempt("wrong").status_code == 429
    assert timezone.now() - AccessAttempt.objects.get().attempt_time > timedelta(minutes=28)


def test_case_and_width_do_not_give_fresh_attempts() -> None:
    for spelling in ("bank1", "BANK1", "Ｂank1", "bank１", " bank1 "):
        attempt("wrong", username=spelling)
    assert attempt(PASSWORD).status_code == 429


def test_a_forged_forwarded_address_does_not_escape_the_lock() -> None:
    for number in range(5):
        attempt("wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert attempt(PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.77").status_code == 429


def test_behind_one_proxy_the_address_the_proxy_saw_counts(settings: Any) -> None:
    settings.PORTAL_PROXY_COUNT = settings.AXES_IPWARE_PROXY_COUNT = 1
    proxy = "10.0.0.1"
    for number in range(5):
        attempt("wrong", proxy, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, {HERE}")
    assert attempt(PASSWORD, proxy, HTTP_X_FORWARDED_FOR=f"203.0.113.9, {HERE}").status_code == 429
    assert attempt(PASSWORD, proxy, HTTP_X_FORWARDED_FOR=ELSEWHERE).status_code == 302


def test_a_name_has_a_ceiling_over_all_addresses(settings: Any) -> None:
    settings.SIGN_IN_USER_CEILING = 8
    for number in range(8):
        attempt("wrong", f"198.51.100.{number}")
    assert attempt(PASSWORD, ELSEWHERE).status_code == 429


def test_an_address_has_a_ceiling_over_all_names(settings: Any) -> None:
    settings.SIGN_IN_ADDRESS_CEILING = 8
    for number in range(8):
        attempt("wrong", username=f"name{number}")
    assert attempt(PASSWORD).status_code == 429
    assert attempt(PASSWORD, ELSEWHERE).status_code == 302


def test_success_wipes_the_failures_of_this_name_and_address() -> None:
    for _ in range(4):
        attempt("wrong")
    attempt(PASSWORD)
    for _ in range(4):
        attempt("wrong")
    assert attempt(PASSWORD).status_code == 302


def test_every_attempt_stands_in_the_log_without_what_was_typed() -> None:
    lock()
    attempt(PASSWORD, ELSEWHERE)
    attempt("wrong", username="My-Secret-Typed-As-Name")
    told = list(Entry.objects.filter(action="accounts.session.opened").order_by("seq"))
    assert [entry.result for entry in told] == ["refused"] * 5 + ["ok", "refused"]
    assert {entry.address for entry in told} == {HERE, ELSEWHERE}
    assert "my-secret" not in str([entry.detail for entry in told]).casefold()
    assert told[0].detail["reason"] == "wrong"
    assert told[4].detail["reason"] == "locked"

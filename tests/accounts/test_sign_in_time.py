"""How long a refusal takes tells nobody whether the name exists."""

import statistics
import time

import pytest
from django.test import Client

from accounts.roles import Role
from tests.people import make_person

HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.mark.django_db
def test_unknown_names_take_as_long_as_wrong_passwords(settings: pytest.FixtureRequest) -> None:
    settings.PASSWORD_HASHERS = HASHERS  # type: ignore[attr-defined]
    make_person(Role.BANK_OFFICER, username="bank1")
    make_person(Role.BANK_OFFICER, username="closed", is_active=False)

    def seconds(username: str, number: int) -> float:
        begun = time.perf_counter()
        words = {"username": username, "password": "wrong"}
        Client().post("/accounts/sign-in/", words, REMOTE_ADDR=f"192.0.2.{number}")
        return time.perf_counter() - begun

    seconds("warm.up", 250)
    taken: dict[str, list[float]] = {"bank1": [], "nobody": [], "closed": []}
    for number in range(12):
        for name, times in taken.items():
            times.append(seconds(name, number))
    middle = {name: statistics.median(times) for name, times in taken.items()}
    assert max(middle.values()) < 1.6 * min(middle.values()), middle

"""The address that the progress bar asks."""

import pytest
from django.test import Client

from accounts.models import User
from foundation import progress
from tests.people import client_of, make_person

pytestmark = pytest.mark.django_db


def signed_in(name: str) -> tuple[Client, User]:
    user = make_person(username=name)
    return client_of(user), user


def test_the_owner_gets_the_state_and_another_user_nothing() -> None:
    client, owner = signed_in("owner")
    other, _ = signed_in("other")
    key = progress.register("核验", owner_id=owner.pk, total=10)
    answer = client.get(f"/progress/{key}/")
    assert (answer.status_code, answer.json()["state"], answer.json()["total"]) == (200, "waiting", 10)
    assert answer["Cache-Control"] == "no-store"
    assert other.get(f"/progress/{key}/").status_code == 404


def test_a_visitor_is_sent_to_the_sign_in() -> None:
    key = progress.register("核验", owner_id=1)
    assert Client().get(f"/progress/{key}/").status_code == 302

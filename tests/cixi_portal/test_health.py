"""Health addresses answer without a sign-in."""

import pytest
from django.test import Client


def test_healthz_answers_without_a_sign_in(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_names_the_part_that_is_down(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.json()["database"] == "ok"
    assert answer.json()["redis"] == "ok"

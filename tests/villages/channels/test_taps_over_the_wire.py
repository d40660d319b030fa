"""Taps through the API: answers, refusals, tokens, acting for somebody, consent."""

import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.people import client_of
from tests.villages.channels.orders import photo, photo_activity
from tests.villages.worlds import World, make_activity, make_resident, make_world
from villages.models import Activity, Tap
from villages.selectors.balances import points_of
from villages.services import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def post(client: Client, activity: Activity, body: dict[str, Any], **more: Any) -> Any:
    told = {
        "id": str(ledger.new_key(timezone.now())), "activity": activity.pk, "at": timezone.now().isoformat(),
        "body": json.dumps(body),
    }  # fmt: skip
    return client.post("/api/v1/villages/taps/", told | more)


def test_the_api_answers_with_state_points_and_where_to_read_on(world: World) -> None:
    answer = post(client_of(world.user), make_activity(world.village), {"agree": "yes"})
    told = answer.json()
    assert answer.status_code == 200 and (told["state"], told["points"]) == ("counted", 5)
    assert client_of(world.user).get(told["url"]).status_code == 200


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "x"},
        {"id": str(uuid.uuid4())},
        {"at": "2026-11-22"},
        {"body": "["},
        {"body": "[]"},
        {"activity": "999999"},
    ],
)
def test_the_api_says_what_is_wrong(world: World, broken: dict[str, Any]) -> None:
    told = {
        "id": str(ledger.new_key(timezone.now())), "activity": str(make_activity(world.village).pk),
        "at": timezone.now().isoformat(), "body": "{}",
    }  # fmt: skip
    answer = client_of(world.user).post("/api/v1/villages/taps/", told | broken)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


def test_a_mini_programme_uses_the_token_of_its_device(world: World) -> None:
    from villages.services.sign_in import remember_device

    opened = remember_device(world.resident, "小程序", now=timezone.now())
    head = {"HTTP_AUTHORIZATION": f"Device {opened.token}"}
    assert Client().get("/api/v1/villages/me/", **head).json()["name"] == world.resident.name
    activity = photo_activity(world)
    word = Client().post(f"/api/v1/villages/activities/{activity.pk}/challenge/", **head).json()["challenge"]
    told = {
        "id": str(ledger.new_key(timezone.now())), "activity": activity.pk, "at": timezone.now().isoformat(),
        "body": json.dumps({"challenge": word, "in_page": True}),
        "photo1": SimpleUploadedFile("a.jpg", photo(6).content, "image/jpeg"),
    }  # fmt: skip
    assert Client().post("/api/v1/villages/taps/", told, **head).json()["state"] == "waiting"
    assert Tap.objects.get().device_id == opened.device.pk
    assert Client().get("/api/v1/villages/me/", HTTP_AUTHORIZATION="Device nothing").status_code == 401


def test_acting_for_somebody_needs_an_agreement_and_keeps_both_names(world: World) -> None:
    from tests.villages.worlds import ORIGIN
    from villages.services.proxy import agree_helper

    mother = make_resident(world.village, "胡彩娟", agreed=False)
    activity = make_activity(world.village)
    refused = post(client_of(world.user), activity, {"agree": "yes"}, resident=mother.pk)
    assert refused.status_code == 403
    agree_helper(mother, world.resident, world.admin, "年事已高", now=timezone.now(), origin=ORIGIN)
    assert post(client_of(world.user), activity, {"agree": "yes"}, resident=mother.pk).status_code == 200
    tap = Tap.objects.get()
    assert (tap.resident_id, tap.by_resident_id) == (mother.pk, world.resident.pk)
    assert points_of(mother) == 5 and points_of(world.resident) == 0


def test_without_consent_nothing_is_taken(world: World) -> None:
    from tests.villages.worlds import ORIGIN
    from villages.services.consents import withdraw_consent

    withdraw_consent(world.resident, world.user, now=timezone.now(), origin=ORIGIN)
    assert post(client_of(world.user), make_activity(world.village), {"agree": "yes"}).status_code == 403

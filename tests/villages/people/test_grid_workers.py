"""代办 by a grid worker: agreed beforehand, both names on record, never in what is a person's own."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import InboxItem
from accounts.roles import Role
from tests.people import client_of, make_person
from tests.villages.worlds import ORIGIN, World, make_activity, make_village, make_world
from villages.models import Helper, Tap
from villages.selectors.balances import points_of
from villages.services import ledger
from villages.services.grid_workers import agree_grid_worker, hand_in_for
from villages.services.proxy import UnableToHelp, end_helper
from villages.services.review import UnableToReviewOwnMatter, decide
from villages.services.taps import UnableToTap

pytestmark = pytest.mark.django_db
WORDS = "希望文化礼堂每周放一场电影，大家一起热闹热闹。"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def helper(world: World) -> Helper:
    return agree_grid_worker(
        world.resident, world.admin.pk, world.other_admin, "独居", now=timezone.now(), origin=ORIGIN
    )


def hand_in(world: World, activity: Any, body: dict[str, Any], user: Any = None) -> Tap:
    now = timezone.now()
    key = ledger.new_key(now)
    return hand_in_for(world.resident.pk, user or world.admin, activity.pk, key, body, now=now).tap


def test_a_grid_worker_hands_in_and_both_names_stand_on_the_record(world: World, helper: Helper) -> None:
    pledge = make_activity(world.village)
    client = client_of(world.admin)
    url = reverse("villages:helping_one", args=[world.resident.pk])
    page = client.get(url)
    key = page.context["rows"][0]["key"]
    for _ in range(2):
        client.post(url, {"activity": pledge.pk, "key": key, "agree": "yes"})
    tap = Tap.objects.get()
    assert (tap.by_user_id, tap.resident_id, points_of(world.resident)) == (
        world.admin.pk,
        world.resident.pk,
        5,
    )
    told = InboxItem.objects.get(user=world.user, title__startswith="毛桂芳为您代办了")
    assert "移风易俗承诺" in told.title
    record = client_of(world.user).get(reverse("villages:my_record", args=[tap.pk])).content.decode()
    assert (
        "毛桂芳" in record and "岑阿根" in client_of(world.user).get(reverse("villages:my")).content.decode()
    )


def test_who_handed_in_for_another_does_not_review_it(world: World, helper: Helper) -> None:
    tap = hand_in(world, make_activity(world.village, mode="note", points=3), {"text": WORDS})
    with pytest.raises(UnableToReviewOwnMatter, match="由您代办"):
        decide(tap.pk, world.admin, "complete", now=timezone.now(), origin=ORIGIN)
    assert decide(tap.pk, world.other_admin, "complete", now=timezone.now(), origin=ORIGIN).state == "counted"


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "vote", "choices": ["同意", "不同意"], "is_secret": True},
        {"mode": "lesson", "lesson_seconds": 20},
        {"mode": "sign_in"},
    ],
)
def test_what_is_a_persons_own_cannot_be_handed_in(
    world: World, helper: Helper, values: dict[str, Any]
) -> None:
    with pytest.raises(UnableToTap, match="须本人参加"):
        hand_in(world, make_activity(world.village, **values), {"choice": "1"})


def test_without_agreement_or_after_its_end_nobody_hands_in(world: World, helper: Helper) -> None:
    pledge = make_activity(world.village)
    with pytest.raises(UnableToTap, match="授权"):
        hand_in(world, pledge, {"agree": "yes"}, world.other_admin)
    end_helper(helper.pk, world.resident, now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToTap, match="授权"):
        hand_in(world, pledge, {"agree": "yes"})
    url = reverse("villages:helping_one", args=[world.resident.pk])
    assert client_of(world.admin).get(url).status_code == 404


def test_only_a_cadre_of_the_village_becomes_a_grid_worker(world: World) -> None:
    other = make_village("330282109914", "五丰村", world.village.agency.parent)
    stranger = make_person(Role.VILLAGE_ADMIN, agency=other.agency)
    for user in (stranger, world.town, world.user):
        with pytest.raises(UnableToHelp, match="本村"):
            agree_grid_worker(world.resident, user.pk, world.admin, "独居", now=timezone.now(), origin=ORIGIN)

"""An older photo that a submission resembles: opened by whoever decides on the submission, and by nobody else."""

import io
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from foundation import files
from tests.people import client_of, make_person
from tests.villages.worlds import ORIGIN, World, make_activity, make_resident, make_village, make_world
from villages.models import Opening, Piece, Resident, Tap
from villages.services import ledger
from villages.services.review import hand_up

pytestmark = pytest.mark.django_db
ADDRESSES = ("villages:piece", "villages:piece_small")


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def older(world: World) -> Piece:
    return photo(world, make_resident(world.village, "沈阿珍"))


@pytest.fixture
def doubtful(world: World, older: Piece) -> Tap:
    return photo(world, world.resident, twin=older, twin_likeness="same").tap


def photo(world: World, resident: Resident, **told: Any) -> Piece:
    now = timezone.now()
    kept = files.store().put(io.BytesIO(b"picture"), limit_bytes=100)
    tap = Tap.objects.create(
        id=ledger.new_key(now), activity=make_activity(world.village), village=world.village, resident=resident,
        body_digest="0" * 64, occasion="once", occurred_at=now, received_at=now, state="waiting",
    )  # fmt: skip
    return Piece.objects.create(
        tap=tap, village=world.village, kind="photo", digest=kept.digest, mime="image/jpeg", size=7,
        received_at=now, **told,
    )  # fmt: skip


def answers(user: User | None, piece: Piece) -> set[int]:
    assert user is not None
    client = client_of(user)
    return {client.get(reverse(name, args=[piece.pk])).status_code for name in ADDRESSES}


def test_the_town_opens_it_with_the_submission_that_was_handed_up(
    world: World, doubtful: Tap, older: Piece
) -> None:
    assert answers(world.town, older) == {404}
    hand_up(doubtful.pk, world.admin, now=timezone.now(), origin=ORIGIN)
    page = client_of(world.town).get(reverse("villages:review_one", args=[doubtful.pk])).content.decode()
    assert reverse("villages:piece_small", args=[older.pk]) in page
    assert answers(world.town, older) == {200}


def test_what_it_does_not_resemble_stays_closed_to_the_town(world: World, doubtful: Tap) -> None:
    hand_up(doubtful.pk, world.admin, now=timezone.now(), origin=ORIGIN)
    assert answers(world.town, photo(world, make_resident(world.village, "毛国良"))) == {404}


def test_neither_the_villager_nor_another_village_opens_it(world: World, doubtful: Tap, older: Piece) -> None:
    other = make_village("330282109913", "五姓村", world.village.agency.parent)
    stranger = make_person(Role.VILLAGE_ADMIN, agency=other.agency)
    assert (answers(world.user, older), answers(stranger, older)) == ({404}, {404})


def test_whose_older_photo_was_looked_at_can_read_it(world: World, doubtful: Tap, older: Piece) -> None:
    client_of(world.admin).get(reverse("villages:review_one", args=[doubtful.pk]))
    told = Opening.objects.get(resident=older.tap.resident)
    assert (told.user_id, told.what) == (world.admin.pk, "比对相似照片")

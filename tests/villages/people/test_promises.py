"""What the purpose text promises, promise by promise."""

import datetime as dt
import uuid

import fastexcel
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.people import client_of
from tests.villages.worlds import HALL, ORIGIN, World, make_activity, make_resident, make_world
from villages.models import BoardConsent, Consent, Opening, Tap
from villages.schedule import BEAT
from villages.selectors.consents import consents_of, purpose
from villages.services.attendance import enter_sheet
from villages.services.consents import record_consents, withdraw_consent
from villages.services.locations import KEPT, forget_locations
from villages.services.openings import note_opening
from villages.tasks import forget_locations as task

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def located(world: World, received_at: dt.datetime) -> Tap:
    activity = make_activity(world.village, now=received_at)
    return Tap.objects.create(
        id=uuid.uuid4(), activity=activity, village=world.village, resident=world.resident, body_digest="x",
        occasion="once", occurred_at=received_at, received_at=received_at, state="counted", latitude=HALL[0],
        longitude=HALL[1], accuracy_m=12.0, datum="wgs84", distance_m=31.0, presence="inside",
    )  # fmt: skip


def test_the_text_promises_ninety_days() -> None:
    assert any("位置满 90 天后" in point["text"] for point in purpose().points)
    assert dt.timedelta(days=90) == KEPT


def test_a_position_is_gone_after_ninety_days_and_only_the_outcome_stays(world: World) -> None:
    now = timezone.now()
    old, young = (
        located(world, now - dt.timedelta(days=90)),
        located(world, now - dt.timedelta(days=89, hours=23)),
    )
    assert forget_locations(now=now) == 1
    old.refresh_from_db(), young.refresh_from_db()
    assert (old.latitude, old.longitude, old.accuracy_m, old.datum, old.distance_m) == (
        None,
        None,
        None,
        "",
        None,
    )
    assert old.presence == "inside"
    assert (young.latitude, young.distance_m) == (HALL[0], 31.0)
    assert forget_locations(now=now) == 0


def test_forgetting_many_takes_one_statement(world: World, django_assert_num_queries: object) -> None:
    now = timezone.now()
    first = located(world, now - dt.timedelta(days=100))
    Tap.objects.bulk_create(
        Tap(
            id=uuid.uuid4(), activity=first.activity, village=world.village, resident=world.resident, body_digest="x",
            occasion=f"{n}", occurred_at=now, received_at=now - dt.timedelta(days=91), state="counted",
            latitude=1.0, longitude=1.0,
        )
        for n in range(300)
    )  # fmt: skip
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert forget_locations(now=now) == 301


def test_it_runs_every_day() -> None:
    assert task.name in {entry["task"] for entry in BEAT.values()}
    assert task() == 0


def test_withdrawing_takes_every_consent_back(world: World) -> None:
    now = timezone.now()
    for kind in ("photo", "board"):
        Consent.objects.create(
            resident=world.resident, kind=kind, version=1, is_given=True, at=now, by_user=world.user
        )
    BoardConsent.objects.create(resident=world.resident, show_name=True, given_at=now)
    withdraw_consent(world.resident, world.user, now=timezone.now(), origin=ORIGIN)
    assert not any(consents_of(world.resident).values())
    assert not BoardConsent.objects.exists()


def test_a_villager_takes_the_own_data_home_and_nobody_elses(world: World, client: Client) -> None:
    now = timezone.now()
    neighbour = make_resident(world.village, "胡阿娣")
    activity = make_activity(world.village, points=7)
    enter_sheet(
        activity, timezone.localdate(), {world.resident.pk: 0, neighbour.pk: 0}, world.admin, now=now,
        origin=ORIGIN,
    )  # fmt: skip
    note_opening(world.resident, world.admin, "村民档案", now=now, origin=ORIGIN)
    client.force_login(world.user)
    answer = client.get(reverse("villages:my_data"))
    assert answer.status_code == 200
    book = fastexcel.read_excel(answer.content)
    told = {name: book.load_sheet(name).to_polars().rows() for name in book.sheet_names}
    assert [row[2] for row in told["档案"]] == [world.resident.name]
    assert [row[4] for row in told["积分流水"]] == [7]
    assert [row[2] for row in told["活动记录"]] == [activity.title]
    assert [row[1] for row in told["查看记录"]] == [world.admin.full_name]
    assert told["同意记录"][0][3] == "同意"
    assert "胡阿娣" not in str(told)


def test_who_opens_an_appeal_is_shown_to_the_villager(world: World, client: Client) -> None:
    from villages.services import appeals, ledger

    now = timezone.now()
    enter_sheet(
        make_activity(world.village, points=7), timezone.localdate(), {world.resident.pk: 0}, world.admin, now=now,
        origin=ORIGIN,
    )  # fmt: skip
    taken = ledger.deduct(ledger.new_key(now), world.resident.pk, 3, now=now, actor_id=world.admin.pk)
    appeal = appeals.appeal_transfer(world.resident, taken.ids[0], "不是我", origin=ORIGIN, now=now)
    client.force_login(world.other_admin)
    assert client.get(reverse("villages:appeal", args=[appeal.pk])).status_code == 200
    seen = Opening.objects.get(resident=world.resident)
    assert (seen.user, seen.what) == (world.other_admin, "申诉材料")


def test_the_progress_board_follows_what_was_agreed_to(world: World) -> None:
    now, agreed = timezone.now(), ("use", "board")
    record_consents(world.resident, agreed, world.user, now=now, origin=ORIGIN)
    assert BoardConsent.objects.get(resident=world.resident).show_name
    record_consents(world.resident, ("use",), world.user, now=timezone.now(), origin=ORIGIN)
    assert not BoardConsent.objects.get(resident=world.resident).show_name
    client, url = client_of(world.user), reverse("villages:my_board")
    client.post(url, {"act": "named"})
    assert consents_of(world.resident)["board"]
    client.post(url, {"act": "masked"})
    assert not BoardConsent.objects.get(resident=world.resident).show_name
    assert not consents_of(world.resident)["board"]
    client.post(url, {"act": "leave"})
    assert not BoardConsent.objects.filter(resident=world.resident).exists()

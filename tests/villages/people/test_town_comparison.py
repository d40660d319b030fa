"""What the town compares: review speed and how appeals end, by village."""

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.villages.worlds import World, make_activity, make_resident, make_village, make_world
from villages.models import Appeal, Tap, Village
from villages.selectors.town import read_town
from villages.selectors.town_outcomes import AppealOutcomes, ReviewSpeed, appeal_outcomes, review_speeds

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(dt.datetime(2026, 11, 20, 12))
SINCE = NOW - dt.timedelta(days=90)


@pytest.fixture
def world() -> World:
    return make_world()


def reviewed(
    world: World, hours: float, *, state: str = "counted", due_in_days: int = 3, reason: str = "complete"
) -> None:
    activity = make_activity(world.village)
    received = NOW - dt.timedelta(days=20)
    Tap.objects.create(
        id=uuid.uuid4(), activity=activity, village=world.village, resident=world.resident, body_digest="x",
        occasion="once", occurred_at=received, received_at=received, state=state, reason_code=reason,
        reviewed_by=world.admin, reviewed_at=received + dt.timedelta(hours=hours),
        due_on=received.date() + dt.timedelta(days=due_in_days),
    )  # fmt: skip


def appeal(
    village: Village, resident: object, state: str, days: float = 0, due: int = 5, filed_ago: int = 30
) -> None:
    filed = NOW - dt.timedelta(days=filed_ago)
    open_still = state in ("filed", "panel", "town")
    Appeal.objects.create(
        id=uuid.uuid4(), village=village, resident=resident, transfer_id=uuid.uuid4(), text="不是我", state=state,
        filed_at=filed, due_on=NOW.date() + dt.timedelta(days=due),
        decided_at=None if open_still else filed + dt.timedelta(days=days),
    )  # fmt: skip


def test_speed_counts_people_who_decided_and_nothing_else(world: World) -> None:
    for hours in (1, 2, 30):
        reviewed(world, hours)
    reviewed(world, 100, state="refused", due_in_days=3)
    reviewed(world, 500, reason="sheet"), reviewed(world, 500, state="revoked", reason="revoked")
    speed = review_speeds([world.village.pk], SINCE)[world.village.pk]
    assert (speed.decided, speed.median_hours, speed.mean_hours) == (4, 16.0, pytest.approx(33.25))
    assert (speed.in_time, speed.in_time_pct, speed.refused_pct) == (3, 75.0, 25.0)


def test_outcomes_are_of_the_window_and_waiting_ones_of_now(world: World) -> None:
    who, village = world.resident, world.village
    appeal(village, who, "upheld", 2), appeal(village, who, "upheld", 4), appeal(village, who, "rejected", 9)
    appeal(village, who, "upheld", 1, filed_ago=200)
    appeal(village, who, "panel", due=-1), appeal(village, who, "filed", filed_ago=150)
    told = appeal_outcomes([village.pk], SINCE, NOW.date())[village.pk]
    assert told == AppealOutcomes(filed=4, upheld=2, rejected=1, waiting=2, late=1, median_days=4.0)
    assert told.upheld_pct == pytest.approx(200 / 3)


def test_a_village_without_any_is_told_without_a_share(world: World) -> None:
    row = read_town(world.town, now=NOW).rows[0]
    assert (row.speed, row.appeals) == (ReviewSpeed(), AppealOutcomes())
    assert (row.speed.in_time_pct, row.appeals.upheld_pct, row.used_pct) == (None, None, 0.0)


def test_villages_do_not_see_each_others_cases(world: World) -> None:
    other = make_village("330282109912", "五姓村", town_agency=world.village.agency.parent)
    appeal(other, make_resident(other, "胡阿娣", agreed=False), "upheld", 3)
    rows = {row.village.pk: row for row in read_town(world.town, now=NOW).rows}
    assert (rows[other.pk].appeals.upheld, rows[world.village.pk].appeals.upheld) == (1, 0)


def test_the_page_shows_outcomes_as_table_and_charts(world: World, client: Client) -> None:
    Appeal.objects.create(
        id=uuid.uuid4(), village=world.village, resident=world.resident, transfer_id=uuid.uuid4(), text="不是我",
        state="upheld", filed_at=timezone.now() - dt.timedelta(days=3), due_on=timezone.localdate(),
        decided_at=timezone.now(),
    )  # fmt: skip
    client.force_login(world.town)
    page = client.get(reverse("villages:town")).content.decode()
    for words in ("申诉结果", "办结中位数（天）", "按时审核率", "额度使用率", "审核用时中位数"):
        assert words in page
    assert "100.0%" in page or "100%" in page

"""In a village of many hundreds the server finds whom to tick, and keeps who is ticked already."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.people import client_of
from tests.villages.worlds import World, make_activity, make_world
from villages.models import Activity, BulkAward, Resident, Tap
from villages.selectors.mobile import belongs_to_audience, meant_for
from villages.selectors.residents import MOST_LISTED

pytestmark = pytest.mark.django_db
TICKED = re.compile(r'value="(\d+)" checked')


@pytest.fixture
def world() -> World:
    made = make_world()
    Resident.objects.bulk_create(
        Resident(village=made.village, name=f"村民{n}", pinyin=f"cunmin{n:04d}|cm", birth_year=1970)
        for n in range(MOST_LISTED + 20)
    )
    return made


def last(world: World) -> Resident:
    return Resident.objects.get(village=world.village, name=f"村民{MOST_LISTED + 19}")


def test_a_bulk_award_reaches_people_beyond_the_list(world: World) -> None:
    client, url = client_of(world.admin), reverse("villages:bulk_new")
    assert last(world).name not in client.get(url).content.decode()
    typed = {"points": 5, "reason": "清理河道", "on_date": str(timezone.localdate())}
    found = client.post(url, typed | {"resident": world.resident.pk, "find": 1, "q": last(world).name})
    page = found.content.decode()
    assert (
        last(world).name in page and "清理河道" in page and TICKED.findall(page) == [str(world.resident.pk)]
    )
    assert not BulkAward.objects.exists()
    client.post(url, typed | {"resident": [world.resident.pk, last(world).pk]})
    assert set(BulkAward.objects.get().resident_ids) == {world.resident.pk, last(world).pk}


def test_a_sheet_keeps_ticks_and_minutes_while_names_are_looked_for(world: World) -> None:
    activity = make_activity(
        world.village, mode="hours", points=0, points_per_hour=10, planned_minutes=120, budget=9999
    )
    client, url = client_of(world.admin), reverse("villages:activity_grid", args=[activity.pk])
    own = {
        "present": world.resident.pk,
        f"minutes_{world.resident.pk}": "90",
        "on": str(timezone.localdate()),
    }
    page = client.post(url, own | {"find": 1, "q": last(world).name}).content.decode()
    assert last(world).name in page and TICKED.findall(page) == [str(world.resident.pk)]
    assert f'name="minutes_{world.resident.pk}"' in page and 'value="90"' in page
    assert not Tap.objects.exists()
    client.post(url, own | {"present": [world.resident.pk, last(world).pk]})
    assert dict(Tap.objects.values_list("resident_id", "minutes")) == {
        world.resident.pk: 90,
        last(world).pk: 120,
    }


def test_looking_for_names_enters_no_ballots(world: World) -> None:
    vote = make_activity(world.village, mode="vote", choices=["同意", "不同意"])
    Activity.objects.filter(pk=vote.pk).update(closes_at=timezone.now(), state="closed")
    client, url = client_of(world.admin), reverse("villages:activity_ballots", args=[vote.pk])
    told = {"voter": world.resident.pk, "choice_1": "7", "find": 1, "q": last(world).name}
    page = client.post(url, told).content.decode()
    assert (
        last(world).name in page and TICKED.findall(page) == [str(world.resident.pk)] and 'value="7"' in page
    )
    assert not vote.paper_counts.exists()


def test_a_printed_sheet_has_pages(world: World) -> None:
    activity = make_activity(world.village)
    url = reverse("villages:activity_sheet", args=[activity.pk])
    pages = [client_of(world.admin).get(f"{url}?page={n}").content.decode() for n in (1, 2)]
    assert [last(world).name in page for page in pages] == [False, True]


@pytest.mark.parametrize("audience", Activity.Audience.values)
def test_the_database_and_the_rule_agree_on_an_audience(audience: str) -> None:
    world, today = make_world(), timezone.localdate()
    Resident.objects.bulk_create(
        Resident(
            village=world.village, name=f"{age}", birth_year=None if age is None else today.year - age,
            is_head=bool(n % 2), is_party_member=bool(n % 3),
        )
        for n, age in enumerate((None, 3, 17, 18, 19, 64, 65, 66, 99))
    )  # fmt: skip
    activity = make_activity(world.village, audience=audience)
    meant = {
        r.pk
        for r in Resident.objects.filter(village=world.village)
        if belongs_to_audience(r, activity, today)
    }
    assert set(meant_for(activity, today).values_list("pk", flat=True)) == meant

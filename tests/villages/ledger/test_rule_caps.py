"""The published rule table binds every way of earning: taps, sheets, bulk awards, honours."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.utils import timezone

from tests.villages.worlds import ORIGIN, World, make_activity, make_resident, make_world
from villages.activity_templates import templates
from villages.contracts import Award
from villages.engine.identifiers import derived_id
from villages.models import Activity, Claim, EventStatus, ScoreEvent, Tap, Transfer
from villages.services import bulk_awards, ledger, review
from villages.services.activities import UnableToPublishActivity
from villages.services.attendance import enter_sheet
from villages.services.rule_awards import award_under_rules, problem_with
from villages.services.rules import install_starting_rules
from villages.services.score_events import current_status
from villages.services.taps import TapOrder, record_tap

pytestmark = pytest.mark.django_db
LONG_AGO = dt.date(2020, 1, 1)


@pytest.fixture
def world() -> World:
    made = make_world()
    install_starting_rules(made.village.town_code, valid_from=LONG_AGO, now=timezone.now())
    return made


def pledge(world: World, rule: str, points: int = 2, **more: Any) -> Activity:
    return make_activity(world.village, world.admin, rule_code=rule, points=points, **more)


def tap(world: World, activity: Activity) -> Tap:
    now = timezone.now()
    order = TapOrder(uuid.uuid4(), activity.pk, world.resident, now, {"agree": True})
    return record_tap(order, now=now).tap


def test_a_rules_cap_binds_across_activities_and_the_villager_reads_why(world: World) -> None:
    # P06 gives 2 points once a month, whatever number of activities stand under it.
    first, second = tap(world, pledge(world, "P06")), tap(world, pledge(world, "P06"))
    assert (first.points_granted, first.clip_reason) == (2, "")
    assert (second.points_asked, second.points_granted) == (2, 0)
    assert second.clip_reason == "规则“阅读村务公开并答题”每人每月 1 次，已达上限"


def test_a_tap_names_the_version_of_the_rules_it_stands_on(world: World) -> None:
    counted = tap(world, pledge(world, "P06"))
    posted = Transfer.objects.get(pk=counted.pk)
    assert posted.rule_code == "P06"
    assert posted.rule_set_id is not None


def test_more_than_the_rule_gives_cannot_be_published(world: World) -> None:
    with pytest.raises(UnableToPublishActivity, match="每次最多 2 分"):
        pledge(world, "P06", points=50)


@pytest.mark.parametrize(
    ("rule", "told"), [("Z99", "未在本村施行"), ("E08", "不发积分"), ("G01", "不发积分")]
)
def test_an_activity_stands_under_a_rule_that_gives_points(world: World, rule: str, told: str) -> None:
    with pytest.raises(UnableToPublishActivity, match=told):
        pledge(world, rule)


def test_every_template_is_within_the_starting_table(world: World) -> None:
    today = timezone.localdate()
    assert templates()
    for template in templates().values():
        assert template.rule
        told = problem_with(
            world.village, template.rule, today,
            points=template.points, points_per_hour=template.points_per_hour,
        )  # fmt: skip
        assert told == "", template.code


def test_an_older_activity_is_clipped_to_the_rules_amount(world: World) -> None:
    activity = pledge(world, "P06")
    Activity.objects.filter(pk=activity.pk).update(points=50)
    counted = tap(world, activity)
    assert (counted.points_asked, counted.points_granted) == (50, 2)
    assert counted.clip_reason == "规则“阅读村务公开并答题”每次最多 2 分"
    assert Claim.objects.get(key=counted.pk).asked == 2


def test_a_rule_switched_off_gives_nothing(world: World) -> None:
    activity = pledge(world, "P06")
    Activity.objects.filter(pk=activity.pk).update(rule_code="X77")
    counted = tap(world, activity)
    assert (counted.points_granted, counted.clip_reason) == (0, "该项规则未在本村施行，不发积分")
    assert not Transfer.objects.filter(pk=counted.pk).exists()


def test_a_sheet_shares_the_households_cap(world: World) -> None:
    # E02: once a month for the whole house.
    house = world.resident.household
    others = [make_resident(world.village, name, household=house) for name in ("岑小妹", "岑阿大")]
    activity = make_activity(world.village, world.admin, rule_code="E02", points=20)
    everybody = {person.pk: 0 for person in [world.resident, *others]}
    told = enter_sheet(
        activity, timezone.localdate(), everybody, world.admin, now=timezone.now(), origin=ORIGIN
    )
    assert (told.people, told.points) == (3, 20)
    clipped = Tap.objects.filter(activity=activity, points_granted=0)
    assert {one.clip_reason for one in clipped} == {"规则“庭院检查整洁”每户每月 1 次，已达上限"}


def test_hours_bring_no_more_than_the_rule_pays_for_them(world: World) -> None:
    activity = make_activity(
        world.village, world.admin, mode="hours", rule_code="V01", points=0, points_per_hour=10,
        planned_minutes=600,
    )  # fmt: skip
    Activity.objects.filter(pk=activity.pk).update(points_per_hour=20)
    activity.refresh_from_db()
    enter_sheet(
        activity,
        timezone.localdate(),
        {world.resident.pk: 90},
        world.admin,
        now=timezone.now(),
        origin=ORIGIN,
    )
    one = Tap.objects.get(activity=activity)
    assert (one.points_asked, one.points_granted) == (30, 15)
    assert one.clip_reason == "规则“志愿服务（每小时）”每小时最多 10 分"


def test_a_bulk_award_is_held_to_the_rule_when_proposed_and_when_signed(world: World) -> None:
    now, today = timezone.now(), timezone.localdate()
    with pytest.raises(bulk_awards.UnableToAwardInBulk, match="每次最多 20 分"):
        bulk_awards.propose(
            world.village, [world.resident.pk], 200, "清洁日", today, world.admin,
            rule_code="E04", now=now, origin=ORIGIN,
        )  # fmt: skip
    granted = []
    for _ in range(5):  # E04: four times a month
        made = bulk_awards.propose(
            world.village, [world.resident.pk], 20, "清洁日", today, world.admin,
            rule_code="E04", now=now, origin=ORIGIN,
        )  # fmt: skip
        granted.append(bulk_awards.sign(made.pk, world.other_admin, now=now, origin=ORIGIN).granted_points)
    assert granted == [20, 20, 20, 20, 0]


def test_the_score_comes_with_a_tap_and_goes_with_its_reversal(world: World) -> None:
    counted = tap(world, pledge(world, "E04", points=20))
    event = ScoreEvent.objects.get(ref=counted.pk)
    assert (event.rule_code, event.resident_id, event.pk) == (
        "E04", world.resident.pk, derived_id(counted.pk, "score"),
    )  # fmt: skip
    review.revoke(counted.pk, world.admin, "经核实未参加", now=timezone.now(), origin=ORIGIN)
    assert current_status(event) == EventStatus.WITHDRAWN


def test_a_replayed_batch_brings_its_scores_once(world: World) -> None:
    now, today = timezone.now(), timezone.localdate()
    items = [Award(ledger.new_key(now), world.resident.pk, uuid.uuid4(), today, 20, "E04")]
    first = award_under_rules(items, world.village, now=now)
    again = award_under_rules(items, world.village, now=now)
    assert [first[0].replayed, again[0].replayed] == [False, True]
    assert ScoreEvent.objects.count() == 1


def test_a_sheet_of_many_takes_the_same_number_of_statements(
    world: World, django_assert_max_num_queries: Any
) -> None:
    people = [make_resident(world.village, f"村民{n}", agreed=False) for n in range(60)]
    activity = make_activity(world.village, world.admin, rule_code="E04", points=20, budget=5000)
    with django_assert_max_num_queries(40):
        enter_sheet(
            activity, timezone.localdate(), {p.pk: 0 for p in people}, world.admin,
            now=timezone.now(), origin=ORIGIN,
        )  # fmt: skip
    assert ScoreEvent.objects.count() == 60

"""A tap is taken once, in its time, by those it is for; votes keep who took part and not for what."""

import dataclasses
import datetime as dt

import pytest
from django.utils import timezone

from tests.villages.channels.orders import order, pledge
from tests.villages.worlds import World, make_activity, make_resident, make_village, make_world
from villages.models import Ballot, Tap
from villages.selectors.balances import points_of
from villages.services import ledger
from villages.services.taps import UnableToTap, record_tap
from villages.services.votes import open_box

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_pledge_earns_its_points_at_once(world: World) -> None:
    answer = record_tap(pledge(world), now=timezone.now())
    assert (answer.tap.state, answer.tap.points_granted, points_of(world.resident)) == ("counted", 5, 5)


def test_the_same_tap_sent_again_answers_again_and_earns_once(world: World) -> None:
    asked = pledge(world)
    first, second = (record_tap(asked, now=timezone.now()) for _ in range(2))
    assert second.is_repeat and second.tap.pk == first.tap.pk
    assert points_of(world.resident) == 5


def test_the_same_id_with_other_contents_is_refused(world: World) -> None:
    asked = pledge(world)
    record_tap(asked, now=timezone.now())
    with pytest.raises(UnableToTap) as refusal:
        record_tap(dataclasses.replace(asked, body={"agree": "no"}), now=timezone.now())
    assert refusal.value.status == 409


def test_another_tap_on_the_same_occasion_is_refused_and_the_next_week_is_another(world: World) -> None:
    now = timezone.now()
    activity = make_activity(world.village, repeat="week", closes_at=now + dt.timedelta(days=30))
    record_tap(order(world, activity, {"agree": "yes"}), now=now)
    with pytest.raises(UnableToTap, match="已参加过"):
        record_tap(order(world, activity, {"agree": "yes"}), now=now)
    later = now + dt.timedelta(days=7)
    record_tap(order(world, activity, {"agree": "yes"}, at=later, id=ledger.new_key(later)), now=later)
    assert points_of(world.resident) == 10


def test_what_was_tapped_offline_is_taken_a_day_late_and_no_later(world: World) -> None:
    now = timezone.now()
    opened = {"opens_at": now - dt.timedelta(days=3)}
    late = order(
        world, make_activity(world.village, **opened), {"agree": "yes"}, at=now - dt.timedelta(hours=20)
    )
    assert record_tap(late, now=now).tap.state == "waiting", "it is looked at, at less trust"
    with pytest.raises(UnableToTap, match="24 小时"):
        record_tap(
            order(
                world,
                make_activity(world.village, **opened),
                {"agree": "yes"},
                at=now - dt.timedelta(hours=25),
            ),
            now=now,
        )


def test_activities_are_for_their_audience_their_time_and_their_village(world: World) -> None:
    young = make_resident(world.village, "小余", birth_year=2001)
    elders = make_activity(world.village, audience="elders")
    with pytest.raises(UnableToTap, match="65 周岁"):
        record_tap(order(world, elders, {"agree": "yes"}, resident=young), now=timezone.now())
    past = make_activity(world.village, now=timezone.now() - dt.timedelta(days=2))
    with pytest.raises(UnableToTap, match="已经结束"):
        record_tap(order(world, past, {"agree": "yes"}), now=timezone.now())
    stranger = make_resident(make_village("330282109912", "烟墩村", world.village.agency.parent), "外村人")
    with pytest.raises(UnableToTap, match="没有找到"):
        record_tap(order(world, elders, {"agree": "yes"}, resident=stranger), now=timezone.now())


def test_an_activity_gives_no_more_than_its_budget_and_says_why(world: World) -> None:
    activity = make_activity(world.village, points=5, budget=7)
    record_tap(order(world, activity, {"agree": "yes"}), now=timezone.now())
    neighbour = make_resident(world.village, "胡阿娣")
    answer = record_tap(order(world, activity, {"agree": "yes"}, resident=neighbour), now=timezone.now())
    assert (answer.tap.points_asked, answer.tap.points_granted) == (5, 2)
    assert "预算已用完" in answer.message


def test_a_secret_vote_keeps_the_taking_part_and_not_the_voter(world: World) -> None:
    vote = make_activity(world.village, mode="vote", choices=["同意", "不同意"], is_secret=True)
    asked = order(world, vote, {"choice": "2"})
    tap = record_tap(asked, now=timezone.now()).tap
    assert not Ballot.objects.filter(activity=vote).exists() and tap.points_granted == 5
    open_box(vote.pk, now=timezone.now())
    assert Ballot.objects.get(activity=vote).resident_id is None
    digests = {dataclasses.replace(asked, body={"choice": n}).digest() for n in ("1", "2", 1, 2)}
    assert Tap.objects.get(pk=tap.pk).body_digest not in digests, "the choice cannot be tried out"
    assert record_tap(asked, now=timezone.now()).is_repeat


def test_an_open_vote_has_one_ballot_a_person(world: World) -> None:
    vote = make_activity(world.village, mode="vote", choices=["甲", "乙"])
    with pytest.raises(UnableToTap, match="请选择"):
        record_tap(order(world, vote, {"choice": "3"}), now=timezone.now())
    record_tap(order(world, vote, {"choice": "1"}), now=timezone.now())
    assert Ballot.objects.get(activity=vote).resident_id == world.resident.pk

"""After each tap the villager reads what has happened, what comes next, and when."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.people import client_of
from tests.villages.worlds import ORIGIN, World, make_activity, make_world
from villages.models import Tap
from villages.outcomes import day_word, steps_of
from villages.services import ledger
from villages.services.review import UnableToReviewOwnMatter, ask_for_human_look, decide
from villages.services.taps import TapOrder, record_tap

pytestmark = pytest.mark.django_db
WORDS = "希望文化礼堂每周放一场电影，大家一起热闹热闹。"


@pytest.fixture
def world() -> World:
    return make_world()


def tapped(world: World, body: dict[str, Any] | None = None, **values: Any) -> Tap:
    now = timezone.now()
    activity = make_activity(world.village, **values)
    told = TapOrder(ledger.new_key(now), activity.pk, world.resident, now, body or {"agree": "yes"})
    return record_tap(told, now=now).tap


def told_of(tap: Tap) -> str:
    return "；".join(f"{step.when}：{step.text}" for step in steps_of(tap, now=timezone.now()))


def test_points_that_came_say_until_when_they_can_be_spent(world: World) -> None:
    tap = tapped(world)
    assert told_of(tap).startswith("现在：5 分已到账")
    assert f"{tap.occurred_at.year + 1} 年 3 月 31 日前：可以在村里的兑换点使用" in told_of(tap)


def test_a_weekly_activity_says_when_it_may_be_done_again(world: World) -> None:
    closes = timezone.now() + dt.timedelta(days=30)
    assert "下周一起：可以再次参加" in told_of(tapped(world, repeat="week", closes_at=closes))


def test_a_vote_says_when_its_result_is_told(world: World) -> None:
    tap = tapped(world, {"choice": "1"}, mode="vote", choices=["同意", "不同意"])
    assert f"{day_word(tap.activity.closes_at)}投票结束后：在这条记录里公布结果" in told_of(tap)


def test_a_note_says_who_reads_it_until_when_and_what_it_may_bring(world: World) -> None:
    tap = tapped(world, {"text": WORDS}, mode="note", points=3)
    assert tap.due_on is not None
    assert f"{day_word(tap.due_on)}前：村管理员审核；到期未审，转镇街审核" in told_of(tap)
    assert "审核后：通过后 3 分到账" in told_of(tap)


def test_the_phone_and_the_record_show_the_same_steps(world: World) -> None:
    activity, now = make_activity(world.village), timezone.now()
    client = client_of(world.user)
    told = {
        "id": str(ledger.new_key(now)),
        "activity": activity.pk,
        "at": now.isoformat(),
        "body": {"agree": "yes"},
    }
    answer = client.post(reverse("villages_api:taps"), told, content_type="application/json").json()
    page = client.get(answer["url"]).content.decode()
    assert [step["text"] in page for step in answer["steps"]] == [True, True]


def test_who_does_not_accept_a_persons_refusal_asks_the_town_once(world: World) -> None:
    tap = decide(
        tapped(world, {"text": WORDS}, mode="note", points=3).pk, world.admin, "unrelated", now=timezone.now(),
        origin=ORIGIN,
    )  # fmt: skip
    assert "提请镇街复核一次" in told_of(tap)
    client = client_of(world.user)
    client.post(reverse("villages:my_ask_again", args=[tap.pk]))
    for cadre in (world.admin, world.other_admin):
        with pytest.raises(UnableToReviewOwnMatter, match="复核"):
            decide(tap.pk, cadre, "complete", now=timezone.now(), origin=ORIGIN)
    assert "由镇街审核" in told_of(Tap.objects.get(pk=tap.pk))
    decide(tap.pk, world.town, "unrelated", now=timezone.now(), origin=ORIGIN)
    page = client.get(reverse("villages:my_record", args=[tap.pk])).content.decode()
    assert "提请镇街复核" not in page
    from villages.services.review import UnableToReview

    with pytest.raises(UnableToReview, match="不能再"):
        ask_for_human_look(tap.pk, world.resident, now=timezone.now(), origin=ORIGIN)

"""Rotating codes, hours from one scan to the other, place; lessons and quizzes timed by the server."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from tests.villages.channels.orders import order
from tests.villages.worlds import HALL, World, make_activity, make_world
from villages.engine.geofence import Position
from villages.engine.rotating_code import Moment
from villages.models import Activity, Question, QuizPaper
from villages.selectors.balances import points_of
from villages.services import ledger
from villages.services.activities import present_code
from villages.services.lessons import FailedQuiz, beat, draw_paper
from villages.services.taps import TapOrder, UnableToTap, record_tap

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def scan(world: World, activity: Activity, moment: Moment, at: dt.datetime, place: Any = HALL) -> TapOrder:
    body: dict[str, Any] = {"code": present_code(activity, moment, now=at)}
    if place:
        body["position"] = {"latitude": place[0], "longitude": place[1], "accuracy": 15, "datum": "wgs84"}
    return order(world, activity, body, at=at, id=ledger.new_key(at))


def test_hours_run_from_one_scan_to_the_other_at_most_the_planned_time(world: World) -> None:
    begun = timezone.now()
    shift = make_activity(
        world.village, mode="hours", points=0, points_per_hour=10, planned_minutes=60, budget=100,
        position=Position(*HALL), closes_at=begun + dt.timedelta(hours=6),
    )  # fmt: skip
    first = record_tap(scan(world, shift, Moment.IN, begun), now=begun)
    assert (first.tap.state, first.headline) == ("started", "签到成功")
    left = begun + dt.timedelta(hours=3)
    done = record_tap(scan(world, shift, Moment.OUT, left), now=left).tap
    assert (done.pk, done.minutes, done.points_granted) == (first.tap.pk, 180, 12), (
        "an hour and a quarter count"
    )


def test_nobody_leaves_who_has_not_come(world: World) -> None:
    shift = make_activity(world.village, mode="hours", points_per_hour=10)
    with pytest.raises(UnableToTap, match="还没有签到"):
        record_tap(scan(world, shift, Moment.OUT, timezone.now()), now=timezone.now())


def test_a_code_from_a_minute_ago_a_foreign_one_and_a_far_phone_earn_nothing_yet(world: World) -> None:
    now = timezone.now()
    drill = make_activity(world.village, mode="sign_in", position=Position(*HALL))
    other = make_activity(world.village, mode="sign_in")
    stale = scan(world, drill, Moment.IN, now - dt.timedelta(seconds=60))
    with pytest.raises(UnableToTap, match="刷新"):
        record_tap(dataclasses.replace(stale, at=now), now=now)
    with pytest.raises(UnableToTap, match="不是本活动"):
        record_tap(dataclasses.replace(scan(world, other, Moment.IN, now), activity_id=drill.pk), now=now)
    far = record_tap(scan(world, drill, Moment.IN, now, (30.32, 121.40)), now=now).tap
    assert (far.state, far.presence, points_of(world.resident)) == ("waiting", "outside", 0)


def test_a_phone_that_does_not_know_its_place_is_not_punished(world: World) -> None:
    now = timezone.now()
    drill = make_activity(world.village, mode="sign_in", position=Position(*HALL))
    assert record_tap(scan(world, drill, Moment.IN, now, None), now=now).tap.state == "counted"


def test_a_lesson_counts_when_the_server_has_seen_enough_of_it(world: World) -> None:
    lesson = make_activity(world.village, mode="lesson", lesson_seconds=20)
    now = timezone.now()
    with pytest.raises(UnableToTap, match="时长还不够"):
        record_tap(order(world, lesson), now=now)
    for _ in range(3):  # a script that calls a thousand times a second gains nothing
        beat(lesson, world.resident, "", now=now)
    prompt = ""
    for step in range(1, 20):
        prompt = beat(lesson, world.resident, prompt, now=now + dt.timedelta(seconds=5 * step)).prompt
    assert record_tap(order(world, lesson), now=timezone.now()).tap.state == "counted"


def test_a_prompt_stops_the_time_until_it_is_answered(world: World) -> None:
    lesson = make_activity(world.village, mode="lesson", lesson_seconds=600)
    now, seconds = timezone.now(), 0.0
    for step in range(200):
        told = beat(lesson, world.resident, "", now=now + dt.timedelta(seconds=5 * step))
        if told.prompt:
            seconds = told.seconds
            break
    assert seconds
    later = now + dt.timedelta(seconds=5 * (step + 1))
    assert beat(lesson, world.resident, "wrong", now=later).seconds == seconds
    answered = beat(lesson, world.resident, told.prompt, now=later + dt.timedelta(seconds=5))
    assert answered.prompt != told.prompt


def quiz_of(world: World) -> Activity:
    from villages.activity_templates import templates

    return make_activity(
        world.village,
        mode="quiz",
        questions=templates()["quiz"].questions,
        questions_asked=3,
        questions_right=2,
    )


def test_a_failed_quiz_may_be_tried_again_with_another_paper(world: World) -> None:
    quiz = quiz_of(world)
    paper = draw_paper(quiz, world.resident, now=timezone.now())
    wrong = {str(q.pk): (q.answer + 1) % 3 for q in paper}
    with pytest.raises(FailedQuiz, match="答对 0 题") as failed:
        record_tap(order(world, quiz, {"answers": wrong}), now=timezone.now())
    failed.value.note()
    assert QuizPaper.objects.get().tries == 1
    again = {str(q.pk): q.answer for q in draw_paper(quiz, world.resident, now=timezone.now())}
    assert record_tap(order(world, quiz, {"answers": again}), now=timezone.now()).tap.state == "counted"


def test_answers_to_questions_that_were_not_drawn_do_not_count(world: World) -> None:
    quiz = quiz_of(world)
    drawn = {q.pk for q in draw_paper(quiz, world.resident, now=timezone.now())}
    others = {str(q.pk): q.answer for q in Question.objects.filter(activity=quiz).exclude(pk__in=drawn)}
    with pytest.raises(FailedQuiz, match="答对 0 题"):
        record_tap(order(world, quiz, {"answers": others}), now=timezone.now())

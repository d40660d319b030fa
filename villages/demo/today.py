"""What waits today: open activities of every kind, submissions to review, a bulk award, places, last month's notice."""

import random
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

import audit
from accounts.models import User
from villages.activity_templates import templates
from villages.engine.geofence import Position
from villages.models import Activity, BulkAward, Consent, MonthlyNotice, PlaceCode, Resident, Tap, Village
from villages.services import bulk_awards, ledger, publicity
from villages.services.activities import Wish, add_place_code, publish_activity
from villages.services.photos import issue_challenge
from villages.services.posters import note_posters
from villages.services.taps import TapOrder, UnableToTap, Upload, record_tap

from .pictures import draw_scene

OPEN_AT_HOME = (
    "meeting", "deliberation", "vote", "clean_up", "before_after", "yard", "patrol", "safety_check", "volunteer",
    "neighbour", "pledge", "lesson", "quiz",
)  # fmt: skip
OPEN_ELSEWHERE = ("yard", "lesson", "volunteer")
TOPICS = (
    "建议在村口小公园加装两盏路灯，晚上老人散步不方便。", "河埠头的台阶长了青苔，容易滑倒，希望做防滑处理。",
    "文化礼堂可以每周放一场露天电影，组织年轻人一起参加。", "垃圾投放点早上七点前没开门，上班的人来不及投。",
    "希望把停车位重新划一下，消防通道不能再占了。", "居家养老中心的午饭可以多一个软烂的菜。",
)  # fmt: skip


def leave_waiting(
    village: Village, cadres: list[User], seed: int, now: datetime, origin: audit.Origin, *, is_home: bool
) -> None:
    """Make what is missing. ``is_home``: the village of the demo sign-ins, where everything can be tried."""
    chance = random.Random(f"today:{seed}:{village.code}")
    if is_home:
        _places(village, now, origin)
    if village.posters_on is None:
        note_posters(village, cadres[0], now=now - timedelta(days=350), origin=origin)
    wanted = OPEN_AT_HOME if is_home else OPEN_ELSEWHERE
    have = set(
        Activity.objects.filter(village=village, closes_at__gt=now).values_list("template_code", flat=True)
    )
    for code in [code for code in wanted if code not in have]:
        _open(village, code, cadres[0], now, origin, has_place=is_home)
    _submissions(village, chance, now, count=9 if is_home else 3)
    _bulk(village, cadres, now, origin)
    month = (timezone.localdate(now).replace(day=1) - timedelta(days=1)).replace(day=1)
    if not MonthlyNotice.objects.filter(village=village, month=month).exists():
        publicity.issue_notice(village, month, cadres[0], now=now, origin=origin)


def _places(village: Village, now: datetime, origin: audit.Origin) -> None:
    where = (village.latitude or 30.295, village.longitude or 121.39)
    for name, north in (("文化礼堂", 0.0), ("垃圾分类投放点", 0.0012)):
        if not PlaceCode.objects.filter(village=village, name=name).exists():
            add_place_code(village, name, Position(where[0] + north, where[1]), 150, now=now, origin=origin)


def _open(
    village: Village, code: str, cadre: User, now: datetime, origin: audit.Origin, *, has_place: bool
) -> Activity:
    template = templates()[code]
    day = timezone.localdate(now)
    opens = timezone.make_aware(datetime.combine(day - timedelta(days=1), time(6)))
    closes = timezone.make_aware(datetime.combine(day + timedelta(days=template.days or 14), time(22)))
    worth = template.points or template.points_per_hour * 3
    place = PlaceCode.objects.filter(village=village).first() if has_place and template.minutes else None
    told: dict[str, Any] = {"position": Position(place.latitude, place.longitude)} if place else {}
    wish = Wish(
        kind=template.kind, mode=template.mode, title=template.title, text=template.text, rule_code=template.rule,
        template_code=code, audience=template.audience, opens_at=opens, closes_at=closes, planned_minutes=template.minutes,
        place=template.place, points=template.points, points_per_hour=template.points_per_hour, budget=worth * 300,
        person_cap=template.person_cap, repeat=template.repeat, photos_wanted=template.photos,
        needs_review=template.needs_review, is_secret=template.is_secret, lesson_seconds=template.seconds,
        choices=template.choices, questions=template.questions, questions_asked=template.ask,
        questions_right=template.right, **told,
    )  # fmt: skip
    return publish_activity(village, wish, cadre, now=now, origin=origin)


def _submissions(village: Village, chance: random.Random, now: datetime, count: int) -> None:
    """Photos and words that wait for a reviewer, handed in over the last three days; one copy among them."""
    if Tap.objects.filter(village=village, state="waiting").exists():
        return
    agreed = Consent.objects.filter(resident__village=village, kind="use", is_given=True).values("resident")
    people = list(
        Resident.objects.filter(pk__in=agreed, status="active", birth_year__gt=1945).order_by("pk")[:400]
    )
    chance.shuffle(people)
    spouse = Resident.objects.filter(village=village, name="岑海波", household__number="901").first()
    open_now = {a.template_code: a for a in Activity.objects.filter(village=village, closes_at__gt=now)}
    first: bytes | None = None
    for number in range(count):
        at = now - timedelta(hours=3 + 6 * number)
        code = ("yard", "before_after", "deliberation")[number % 3]
        activity = open_now.get(code) or open_now["yard"]
        resident = spouse if number == 0 and spouse else people[number]
        yard = draw_scene("yard", chance)
        if first is None:
            first = yard
        elif number == 3:
            yard = draw_scene("yard", random.Random(str(chance.random())))
        at = max(at, activity.opens_at)
        body: dict[str, Any] = {"in_page": True, "challenge": issue_challenge(activity, resident, now=at)}
        files: tuple[Upload, ...] = (Upload("photo1", "image/jpeg", yard),)
        if activity.mode == "note":
            body, files = {"text": TOPICS[number % len(TOPICS)]}, ()
        elif activity.mode == "pair":
            before = draw_scene("river", chance, tidy=False)
            files = (Upload("before", "image/jpeg", before), Upload("after", "image/jpeg", yard))
        order = TapOrder(ledger.new_key(at), activity.pk, resident, at, body, files)
        try:
            record_tap(order, now=at)
        except UnableToTap:
            continue


def _bulk(village: Village, cadres: list[User], now: datetime, origin: audit.Origin) -> None:
    if BulkAward.objects.filter(village=village).exists():
        return
    people = list(
        Resident.objects.filter(village=village, status="active", is_party_member=True)
        .exclude(household__number="901")
        .values_list("pk", flat=True)[:25]
    )
    day = timezone.localdate(now) - timedelta(days=2)
    if people:
        bulk_awards.propose(
            village, people, 15, "台风后清淤抢险", day, cadres[1], now=now - timedelta(hours=4), origin=origin
        )

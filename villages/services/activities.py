"""An activity is published, changed, closed; its codes are signed with a secret of its own."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import audit
from foundation import keys
from villages.activity_templates import PoolQuestion
from villages.engine.geofence import Position, to_wgs84
from villages.engine.rotating_code import Moment, slot_of, write_code
from villages.models import Activity, Choice, PlaceCode, Question, Village
from villages.models.activities import Mode

from .ledger import local_day
from .rule_awards import problem_with

SECRET_CONTEXT = "villages.activity.secret"  # noqa: S105 - the name of a place
LONGEST_DAYS = 400


class UnableToPublishActivity(ValueError):
    """The activity is not published; the text says what to correct, ``field`` where."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Wish:
    """What an administrator wants. Times are aware; a place's coordinates name their datum."""

    kind: str
    mode: str
    title: str
    opens_at: datetime
    closes_at: datetime
    points: int
    budget: int
    text: str = ""
    rule_code: str = ""
    template_code: str = ""
    audience: str = Activity.Audience.ALL.value
    planned_minutes: int = 0
    place: str = ""
    position: Position | None = None
    radius_m: int = 150
    points_per_hour: int = 0
    person_cap: int = 0
    repeat: str = Activity.Repeat.ONCE.value
    photos_wanted: int = 1
    needs_review: bool = False
    is_secret: bool = False
    lesson_seconds: int = 0
    questions_asked: int = 0
    questions_right: int = 0
    choices: Sequence[str] = field(default=())
    questions: Sequence[PoolQuestion] = field(default=())


def publish_activity(
    village: Village, wish: Wish, user: Any, *, now: datetime, origin: audit.Origin
) -> Activity:
    """Publish an activity. Raises :class:`UnableToPublishActivity`."""
    _check(wish)
    if problem := problem_with(
        village, wish.rule_code, local_day(wish.opens_at), points=wish.points, points_per_hour=wish.points_per_hour
    ):  # fmt: skip
        raise UnableToPublishActivity(problem, "points")
    where = to_wgs84(wish.position) if wish.position else None
    own = {name: getattr(wish, name) for name in (
        "kind", "mode", "rule_code", "template_code", "title", "text", "audience", "opens_at", "closes_at",
        "planned_minutes", "place", "radius_m", "points", "points_per_hour", "budget", "person_cap", "repeat",
        "photos_wanted", "needs_review", "is_secret", "lesson_seconds", "questions_asked", "questions_right",
    )}  # fmt: skip
    with audit.action("villages.activity.published", origin=origin, detail={"name": wish.title}) as entry:
        activity = Activity.objects.create(
            village=village, **own, latitude=where.latitude if where else None,
            longitude=where.longitude if where else None, sealed_secret=new_secret(), created_by=user, created_at=now,
        )  # fmt: skip
        Choice.objects.bulk_create(
            Choice(activity=activity, number=number, text=text) for number, text in enumerate(wish.choices, 1)
        )
        Question.objects.bulk_create(
            Question(
                activity=activity, text=q.text, options=list(q.options), answer=q.answer, explanation=q.why
            )
            for q in wish.questions
        )
        entry.target = f"activity:{activity.pk}"
    return activity


def _check(wish: Wish) -> None:
    """What must hold before anything is written."""
    if not wish.title.strip():
        raise UnableToPublishActivity("请填写活动名称。", "title")
    if wish.closes_at <= wish.opens_at:
        raise UnableToPublishActivity("结束时间应晚于开始时间。", "closes_at")
    if (wish.closes_at - wish.opens_at).days > LONGEST_DAYS:
        raise UnableToPublishActivity("活动时长不超过 400 天。", "closes_at")
    if not wish.points and not wish.points_per_hour:
        raise UnableToPublishActivity("请填写积分。", "points")
    if wish.budget < max(wish.points, wish.points_per_hour):
        raise UnableToPublishActivity("积分预算应不少于一个人可得的积分。", "budget")
    if wish.mode == Mode.VOTE and len([c for c in wish.choices if c.strip()]) < 2:
        raise UnableToPublishActivity("投票至少要有两个选项。", "choices")
    if wish.mode == Mode.QUIZ and not wish.questions:
        raise UnableToPublishActivity("答题活动需要题库。", "mode")
    if len(wish.questions) < wish.questions_asked:
        raise UnableToPublishActivity("抽题数多于题库题数。", "questions_asked")
    if wish.mode == Mode.LESSON and wish.lesson_seconds < 10:
        raise UnableToPublishActivity("学习时长至少 10 秒。", "lesson_seconds")


def close_activity(activity: Activity, *, cancel: bool, now: datetime, origin: audit.Origin) -> None:
    """End an activity before its time; what was earned stays."""
    state = Activity.State.CANCELLED if cancel else Activity.State.CLOSED
    code = "villages.activity.cancelled" if cancel else "villages.activity.closed"
    with audit.action(code, origin=origin, target=f"activity:{activity.pk}"):
        changed = Activity.objects.filter(pk=activity.pk, state=Activity.State.OPEN).update(
            state=state, closed_at=now
        )
        if not changed:
            raise UnableToPublishActivity("该活动已经结束。")


def new_secret() -> str:
    """A fresh secret for codes, encrypted as it is stored."""
    return keys.encrypt(secrets.token_urlsafe(24), context=SECRET_CONTEXT)


def secret_of(holder: Activity | PlaceCode) -> bytes:
    """The secret that signs an activity's or a place's codes; it never leaves the server."""
    return keys.decrypt(holder.sealed_secret, context=SECRET_CONTEXT).encode()


def present_code(activity: Activity, moment: Moment, *, now: datetime) -> str:
    """What the organiser's screen shows at ``now``; a new text every 15 seconds."""
    return write_code(
        secret_of(activity), key=1, subject=activity.pk, moment=moment, slot=slot_of(now.timestamp()),
        nonce=secrets.token_urlsafe(4),
    )  # fmt: skip


def add_place_code(
    village: Village, name: str, position: Position, radius_m: int, *, now: datetime, origin: audit.Origin
) -> PlaceCode:
    """A place of the village with a code to print."""
    where = to_wgs84(position)
    with audit.action("villages.place.added", origin=origin, detail={"name": name}):
        return PlaceCode.objects.create(
            village=village, name=name, latitude=where.latitude, longitude=where.longitude, radius_m=radius_m,
            sealed_secret=new_secret(), created_at=now,
        )  # fmt: skip


def place_text(place: PlaceCode) -> str:
    """What stands in a place's printed code."""
    return write_code(secret_of(place), key=1, subject=place.pk, moment=Moment.PLACE, slot=0, nonce="p")

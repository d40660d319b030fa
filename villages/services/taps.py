"""One door for all four taps: a phone's page, a mini-programme, and whatever was kept without network.

The phone makes the id; the same id with the same contents answers again what it answered, with other contents it is
refused (409). What happened offline is taken up to a day late, at less trust.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from foundation.calendar import add_working_days
from villages.engine.geofence import Datum, Position, Presence, judge_presence
from villages.engine.trust import PASS_AT, Signs, Trust, trust_of
from villages.models import Activity, Resident, Tap
from villages.models.activities import Mode
from villages.occasions import occasion_of
from villages.outcomes import day_word
from villages.selectors.mobile import belongs_to_audience

from .proxy import tell_owner
from .rewards import points_for, reward

LATEST = timedelta(hours=24)
CLOCK_SLACK = timedelta(minutes=5)
CLOSE_SLACK = timedelta(minutes=30)
REVIEW_WORKING_DAYS = 3
PEOPLE_A_DEVICE = 3
MOST_OF_RECORD = timedelta(days=365)


class UnableToTap(Exception):
    """The tap is refused; the text is for the villager, ``status`` what an API answers."""

    def __init__(self, text: str, *, code: str = "refused", status: int = 422) -> None:
        super().__init__(text)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Upload:
    """One file of a tap: form name, declared type, bytes."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class TapOrder:
    """A tap as it arrives. ``at`` is the phone's time of the act; ``body`` depends on the activity's mode."""

    id: UUID
    activity_id: int
    resident: Resident
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Upload, ...] = ()
    by_resident: Resident | None = None
    by_user_id: int | None = None
    device_id: int | None = None

    def digest(self, *, is_secret: bool = False) -> str:
        """Of all that makes the tap what it is, files by their own digests.

        Of a secret vote the body is left out: whoever tries the few choices there are would read it.
        """
        told = {
            "activity": self.activity_id, "resident": self.resident.pk, "body": {} if is_secret else dict(self.body),
            "at": self.at.isoformat(),
            "files": [[f.name, hashlib.sha256(f.content).hexdigest()] for f in self.files],
        }  # fmt: skip
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass
class Finding:
    """What a mode's handler found: the signs for trust, and whether a person must look."""

    signs: Signs = field(default_factory=Signs)
    must_review: bool = False
    refused: tuple[str, str] = ("", "")
    started: bool = False
    minutes: int = 0
    text: str = ""
    position: Position | None = None
    presence: Presence = Presence.UNASKED
    distance_m: float | None = None
    after: Callable[[Tap], None] = lambda tap: None


@dataclass(frozen=True)
class Answer:
    """What the villager is told."""

    tap: Tap
    headline: str
    message: str
    is_repeat: bool = False


Handler = Callable[[Activity, TapOrder, datetime], Finding]
_handlers: dict[str, Handler] = {}


def handles(*modes: Mode) -> Callable[[Handler], Handler]:
    """Register the handler of some modes; ``services/__init__`` is not needed, see :func:`_handler`."""

    def register(handler: Handler) -> Handler:
        for mode in modes:
            _handlers[mode.value] = handler
        return handler

    return register


def record_tap(order: TapOrder, *, now: datetime) -> Answer:
    """Take a tap in. Raises :class:`UnableToTap`; repeating an accepted one is harmless."""
    if (known := _known(order)) is not None:
        return known
    activity = Activity.objects.select_related("village").filter(pk=order.activity_id).first()
    if activity is None or activity.village_id != order.resident.village_id:
        raise UnableToTap("没有找到这项活动。", code="no_activity", status=404)
    at = _checked_time(order.at, now)
    _check_open(activity, at)
    if not belongs_to_audience(order.resident, activity, timezone.localdate(at)):
        raise UnableToTap(f"这项活动面向{activity.get_audience_display()}。", code="audience")
    try:
        with transaction.atomic():
            # The resident's row is the turnstile: two taps of one person on two phones go one after the other.
            Resident.objects.select_for_update().get(pk=order.resident.pk)
            return _take(activity, order, at, now)
    except IntegrityError as error:
        if (known := _known(order)) is not None:
            return known
        raise UnableToTap("这项活动您已参加过。", code="done", status=409) from error


def _known(order: TapOrder) -> Answer | None:
    """The answer to an id that was seen before. Raises :class:`UnableToTap` if its contents differ."""
    tap = Tap.objects.select_related("activity").filter(pk=order.id).first()
    if tap is None:
        return None
    if tap.body_digest != order.digest(is_secret=tap.activity.is_secret):
        raise UnableToTap("同一编号已用于另一次提交，请刷新后重试。", code="key_reused", status=409)
    return Answer(tap, *words(tap), is_repeat=True)


def _checked_time(at: datetime, now: datetime) -> datetime:
    """The phone's time if it can be believed. Raises :class:`UnableToTap` when it is more than a day ago."""
    if at > now + CLOCK_SLACK:
        raise UnableToTap("手机时间比标准时间快，请校准后再试。", code="clock")
    if now - at > LATEST:
        raise UnableToTap("断网保存的记录须在 24 小时内补传，这一条已超过时限。", code="too_late")
    return min(at, now)


def _check_open(activity: Activity, at: datetime) -> None:
    if activity.state == Activity.State.CANCELLED:
        raise UnableToTap("这项活动已取消。", code="cancelled")
    if at < activity.opens_at - CLOSE_SLACK:
        raise UnableToTap("活动还没有开始。", code="early")
    if at > activity.closes_at + CLOSE_SLACK or (activity.closed_at and at > activity.closed_at):
        raise UnableToTap("活动已经结束。", code="closed")


def _take(activity: Activity, order: TapOrder, at: datetime, now: datetime) -> Answer:
    """Inside the transaction: let the mode judge, write the tap, post the award."""
    occasion = occasion_of(activity.repeat, at)
    live = Tap.objects.filter(activity=activity, resident=order.resident, occasion=occasion)
    before = live.exclude(state__in=(Tap.State.REFUSED, Tap.State.REVOKED)).first()
    if before is not None and before.state != Tap.State.STARTED:
        raise UnableToTap(f"您已参加过，{before.get_state_display()}。", code="done", status=409)
    found = _handler(activity)(activity, order, now)
    if before is not None:
        return _finish(before, activity, found, at, now)
    tap = Tap(
        id=order.id, activity=activity, village_id=activity.village_id, resident=order.resident,
        by_resident=order.by_resident, by_user_id=order.by_user_id, device_id=order.device_id, occasion=occasion,
        body_digest=order.digest(is_secret=activity.is_secret), occurred_at=at, received_at=now, minutes=found.minutes,
        text=found.text, presence=found.presence, distance_m=found.distance_m, state=Tap.State.STARTED,
    )  # fmt: skip
    if found.position is not None:
        tap.latitude, tap.longitude = found.position.latitude, found.position.longitude
        tap.accuracy_m, tap.datum = found.position.accuracy_m, found.position.datum
    _judge(tap, activity, found, now)
    tap.save(force_insert=True)
    found.after(tap)
    if tap.by_resident_id is not None or tap.by_user_id is not None:
        tell_owner(tap, now=now)
    return Answer(tap, *words(tap))


def _finish(tap: Tap, activity: Activity, found: Finding, at: datetime, now: datetime) -> Answer:
    """The second scan of a timed activity: the time between both counts."""
    if found.started:
        raise UnableToTap("您已签到，结束时请扫签退码。", code="started", status=409)
    tap.left_at = at
    tap.minutes = max(0, int((at - tap.occurred_at).total_seconds() // 60))
    _judge(tap, activity, found, now)
    tap.save()
    return Answer(tap, *words(tap))


def _judge(tap: Tap, activity: Activity, found: Finding, now: datetime) -> None:
    """Trust, state and points of a tap; posts the award when nobody has to look."""
    if found.started:
        return
    trust = trust_of(_signs(tap, found, now))
    tap.trust, tap.trust_reasons = trust.score, [list(reason) for reason in trust.reasons]
    tap.points_asked = points_for(activity, tap.minutes)
    code, text = found.refused
    if code:
        tap.state, tap.reason_code, tap.reason_text = Tap.State.REFUSED, code, text
    elif activity.needs_review or found.must_review or _is_doubtful(trust, tap):
        tap.state = Tap.State.WAITING
        tap.due_on = add_working_days(timezone.localdate(now), REVIEW_WORKING_DAYS)
    else:
        tap.state = Tap.State.COUNTED
        reward([tap], activity, now=now, actor_id=tap.by_user_id)


def _is_doubtful(trust: Trust, tap: Tap) -> bool:
    """What passes without a person: trusted enough, at the right place or none asked for, in time."""
    return trust.score < PASS_AT - 20 or tap.presence == Presence.OUTSIDE


def _signs(tap: Tap, found: Finding, now: datetime) -> Signs:
    """The handler's signs with what is known about person, phone and delay."""
    record = Tap.objects.filter(
        resident_id=tap.resident_id, received_at__gt=now - MOST_OF_RECORD, reviewed_at__isnull=False
    )
    states = list(record.values_list("state", flat=True)[:200])
    people = 1
    if tap.device_id is not None:
        today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        on_device = Tap.objects.filter(device_id=tap.device_id, received_at__gte=today)
        people = len(set(on_device.values_list("resident_id", flat=True)) | {tap.resident_id})
    return Signs(
        **(vars(found.signs) | {
            "presence": found.presence,
            "hours_late": max(0.0, (now - (tap.left_at or tap.occurred_at)).total_seconds() / 3600),
            "people_on_device_today": people,
            "record_approved": states.count(Tap.State.COUNTED),
            "record_refused": states.count(Tap.State.REFUSED),
            "by_proxy": tap.by_resident_id is not None or tap.by_user_id is not None,
        })
    )  # fmt: skip


def position_in(body: Mapping[str, Any]) -> Position | None:
    """The position a phone sent, with its datum; None when there is none that makes sense."""
    told = body.get("position")
    if not isinstance(told, Mapping):
        return None
    try:
        position = Position(
            float(told["latitude"]), float(told["longitude"]), Datum(told.get("datum", "wgs84")),
            float(told["accuracy"]) if told.get("accuracy") is not None else None,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None
    return position if abs(position.latitude) <= 90 and abs(position.longitude) <= 180 else None


def presence_at(activity: Activity, position: Position | None) -> tuple[Presence, float | None]:
    """Whether the phone was at the activity's place."""
    return judge_presence(position, activity.fence, activity.radius_m)


def words(tap: Tap) -> tuple[str, str]:
    """Headline and sentence about a tap's state, for the villager."""
    if tap.state == Tap.State.STARTED:
        return "签到成功", "结束时请再扫一次签退码，按时长计分。"
    if tap.state == Tap.State.WAITING:
        who = "镇街" if tap.escalated_at else "村管理员"
        due = f"{day_word(tap.due_on)}前" if tap.due_on and not tap.escalated_at else "三个工作日内"
        return "已提交，等待审核", f"{who}将在 {due}审核，结果会通知您。"
    if tap.state == Tap.State.REFUSED:
        return "未通过", tap.reason_text or "未通过审核。"
    if tap.state == Tap.State.REVOKED:
        return "已撤销", tap.reason_text
    if tap.points_granted < tap.points_asked:
        return "已计分", f"应得 {tap.points_asked} 分，实得 {tap.points_granted} 分：{tap.clip_reason}。"
    return "已计分", "积分已到账。"


def _handler(activity: Activity) -> Handler:
    from . import lessons, notes, photos, scans, votes  # noqa: F401 - they register themselves

    return _handlers[activity.mode]

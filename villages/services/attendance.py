"""Paper comes in later: one grid of an activity's sheet becomes taps with their true date, in one call to the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

import audit
from villages.access import conflict_checker
from villages.models import Activity, Resident, Tap
from villages.models.activities import Mode
from villages.occasions import occasion_of

from . import ledger
from .rewards import points_for, reward

LATEST_DAYS = 60
MOST_MINUTES = 16 * 60


class UnableToEnterSheet(ValueError):
    """The sheet is not entered; the text says what to correct."""


@dataclass(frozen=True)
class Entered:
    """What became of a sheet: people counted, points granted, names left out with the reason."""

    people: int
    points: int
    left_out: tuple[tuple[str, str], ...] = ()


def enter_sheet(
    activity: Activity, on: date, minutes_by_resident: Mapping[int, int], user: Any, *, now: datetime,
    origin: audit.Origin, quiet: bool = False,
) -> Entered:  # fmt: skip
    """Count everybody ticked on the paper as present on day ``on`` (minutes matter for timed activities only).

    ``quiet`` sends nobody a message. Who took part already, and on whose matter the user may not decide, is left
    out and named. Raises :class:`UnableToEnterSheet`.
    """
    _check(activity, on, minutes_by_resident, now)
    with audit.action("villages.sheet.entered", origin=origin, target=f"activity:{activity.pk}") as entry:
        present = Resident.objects.filter(
            pk__in=minutes_by_resident, village_id=activity.village_id, status="active"
        )
        residents = list(present.only("name", "user_id", "household_id").order_by("pk"))
        begun = timezone.make_aware(datetime.combine(on, _hour_of(activity)))
        occasion = occasion_of(activity.repeat, begun)
        live = Tap.objects.filter(activity=activity, occasion=occasion, resident__in=residents)
        done = set(live.exclude(state__in=("refused", "revoked")).values_list("resident_id", flat=True))
        conflict_with = conflict_checker(user)
        taps: list[Tap] = []
        left_out: list[tuple[str, str]] = []
        for resident in residents:
            reason = "已参加过" if resident.pk in done else conflict_with(resident)
            if reason:
                left_out.append((resident.name, reason))
                continue
            taps.append(
                _tap(activity, resident, begun, minutes_by_resident[resident.pk], occasion, user, now)
            )
        reward(taps, activity, now=now, actor_id=user.pk, topic="" if quiet else "award")
        Tap.objects.bulk_create(taps)
        points = sum(tap.points_granted for tap in taps)
        entry.detail |= {"date": on, "people": len(taps), "points": points}
    return Entered(len(taps), points, tuple(left_out))


def _tap(
    activity: Activity,
    resident: Resident,
    begun: datetime,
    minutes: int,
    occasion: str,
    user: Any,
    now: datetime,
) -> Tap:
    return Tap(
        id=ledger.new_key(now), activity=activity, village_id=activity.village_id, resident=resident, by_user=user,
        body_digest="sheet", occasion=occasion, occurred_at=begun, received_at=now, minutes=minutes,
        state=Tap.State.COUNTED, points_asked=points_for(activity, minutes), reason_code="sheet",
        reason_text="按纸质签到表登记", reviewed_by=user, reviewed_at=now,
    )  # fmt: skip


def _check(activity: Activity, on: date, minutes: Mapping[int, int], now: datetime) -> None:
    today = timezone.localdate(now)
    if activity.state == Activity.State.CANCELLED:
        raise UnableToEnterSheet("活动已取消，不能登记。")
    if activity.mode in (Mode.VOTE, Mode.QUIZ, Mode.LESSON) and activity.is_secret:
        raise UnableToEnterSheet("无记名投票请用纸质选票，由两名工作人员计票。")
    first, last = timezone.localdate(activity.opens_at), timezone.localdate(activity.closes_at)
    if not first <= on <= last:
        raise UnableToEnterSheet(f"日期应在活动期间（{first} 至 {last}）。")
    if on > today or (today - on).days > LATEST_DAYS:
        raise UnableToEnterSheet(f"只能登记今天及以前 {LATEST_DAYS} 天内的签到表。")
    if not minutes:
        raise UnableToEnterSheet("请至少勾选一人。")
    if any(not 0 <= value <= MOST_MINUTES for value in minutes.values()):
        raise UnableToEnterSheet("时长应在 0 至 16 小时之间。")


def _hour_of(activity: Activity) -> time:
    """The planned time of day, as a sheet tells only the day."""
    return timezone.localtime(activity.opens_at).time()


def take_sample(activity: Activity) -> list[Tap]:
    """Five in a hundred of what passed by itself, for a second look; the same ones at every opening."""
    counted = activity.taps.filter(state=Tap.State.COUNTED, reviewed_at__isnull=True).select_related(
        "resident"
    )
    return [tap for tap in counted if int.from_bytes(tap.pk.bytes[-2:], "big") % 20 == 0]


def witness(
    activity: Activity, resident: Resident, user: Any, *, now: datetime, origin: audit.Origin
) -> Entered:
    """A cadre at the scene signs somebody in who has no phone: the sheet with one line, today."""
    minutes = activity.planned_minutes if activity.mode == Mode.HOURS else 0
    return enter_sheet(
        activity, timezone.localdate(now), {resident.pk: minutes}, user, now=now, origin=origin
    )

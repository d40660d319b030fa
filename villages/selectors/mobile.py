"""What a villager's own pages show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from villages.engine.rotating_code import Moment
from villages.models import Activity, Channel, Resident, Tap
from villages.models.activities import CHANNEL_OF
from villages.occasions import occasion_of

ELDER_YEARS, ADULT_YEARS = 65, 18


@dataclass(frozen=True)
class OpenActivity:
    """An activity with what the villager has done about it; ``tap`` is the present occasion's."""

    activity: Activity
    tap: Tap | None

    @property
    def is_done(self) -> bool:
        return self.tap is not None and self.tap.state != Tap.State.STARTED


def belongs_to_audience(resident: Resident, activity: Activity, on: date) -> bool:
    """True if the activity is meant for the resident; an unknown birth year is never a reason to keep out."""
    kind, age = activity.audience, (on.year - resident.birth_year) if resident.birth_year else None
    if kind == Activity.Audience.ADULTS:
        return age is None or age >= ADULT_YEARS
    if kind == Activity.Audience.ELDERS:
        return age is None or age >= ELDER_YEARS
    if kind == Activity.Audience.PARTY:
        return resident.is_party_member
    if kind == Activity.Audience.HOUSE_HEADS:
        return resident.is_head
    return True


def meant_for(activity: Activity, on: date) -> QuerySet[Resident]:
    """Active residents of the village for whom :func:`belongs_to_audience` holds."""
    found, kind = Resident.objects.filter(village_id=activity.village_id, status="active"), activity.audience
    years = {Activity.Audience.ADULTS: ADULT_YEARS, Activity.Audience.ELDERS: ELDER_YEARS}
    if kind in years:
        born = on.year - years[Activity.Audience(kind)]
        return found.filter(Q(birth_year__isnull=True) | Q(birth_year__lte=born))
    if kind == Activity.Audience.PARTY:
        return found.filter(is_party_member=True)
    if kind == Activity.Audience.HOUSE_HEADS:
        return found.filter(is_head=True)
    return found


def open_activities(resident: Resident, *, now: datetime) -> list[OpenActivity]:
    """Activities that are open now and meant for the resident, the soonest to close first. Two queries."""
    found = Activity.objects.filter(
        village_id=resident.village_id, state=Activity.State.OPEN, opens_at__lte=now, closes_at__gt=now
    )
    today = timezone.localdate(now)
    own = [activity for activity in found if belongs_to_audience(resident, activity, today)]
    taps = {
        (tap.activity_id, tap.occasion): tap
        for tap in Tap.objects.filter(resident=resident, activity__in=own)
        .exclude(state__in=(Tap.State.REFUSED, Tap.State.REVOKED))
        .only("id", "activity_id", "occasion", "state", "points_granted")
    }
    return [OpenActivity(a, taps.get((a.pk, occasion_of(a.repeat, now)))) for a in own]


def coming_activities(resident: Resident, *, now: datetime, limit: int = 3) -> list[Activity]:
    """What opens next."""
    found = Activity.objects.filter(
        village_id=resident.village_id, state=Activity.State.OPEN, opens_at__gt=now
    )
    today = timezone.localdate(now)
    return [a for a in found.order_by("opens_at")[:20] if belongs_to_audience(resident, a, today)][:limit]


def channel_counts(open_now: Sequence[OpenActivity]) -> list[dict[str, Any]]:
    """The four taps with how many activities wait behind each."""
    icons = {
        Channel.TAP: "check-circle",
        Channel.SCAN: "qr-code",
        Channel.SPEAK: "mic",
        Channel.PHOTO: "camera",
    }
    waiting = [CHANNEL_OF[one.activity.mode] for one in open_now if not one.is_done]  # type: ignore[index]
    return [
        {
            "code": channel.value,
            "label": channel.label,
            "icon": icons[channel],
            "waiting": waiting.count(channel),
        }
        for channel in Channel
    ]


def taps_of(resident: Resident) -> QuerySet[Tap]:
    """The resident's own record, latest first."""
    return Tap.objects.filter(resident=resident).select_related("activity", "by_resident", "by_user")


def moments_of(activity: Activity) -> list[Moment]:
    """What an organiser's screen may show."""
    return [Moment.IN, Moment.OUT] if activity.mode == "hours" else [Moment.IN]


def waiting_of(resident: Resident) -> int:
    """How many of the resident's submissions wait for a reviewer."""
    return Tap.objects.filter(Q(resident=resident), state=Tap.State.WAITING).count()

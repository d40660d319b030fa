"""扫一扫: the organiser's rotating code, at the place and at the time; printed codes only say where."""

from datetime import datetime

from villages.engine.geofence import judge_presence
from villages.engine.rotating_code import Code, Moment, Verdict, judge_code, read_code
from villages.engine.trust import Signs
from villages.models import Activity, PlaceCode, Resident
from villages.models.activities import Mode

from .activities import secret_of
from .taps import Finding, TapOrder, UnableToTap, handles, position_in, presence_at

REFUSALS = {
    Verdict.MALFORMED: "这不是本活动的二维码。",
    Verdict.FORGED: "二维码无法核验，请对准活动现场的屏幕。",
    Verdict.STALE: "二维码已过期，屏幕每 15 秒刷新一次，请对准现场屏幕再扫。",
    Verdict.EARLY: "二维码尚未生效，等屏幕刷新后再扫。",
}


@handles(Mode.SIGN_IN, Mode.HOURS)
def take_scan(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """A code shown at the moment of the tap. Far from the place it waits for a person; an unknown place does not."""
    text = str(order.body.get("code", ""))
    code = read_code(text)
    verdict = judge_code(text, secret_of(activity), epoch_seconds=order.at.timestamp())
    if code is None or code.subject != activity.pk or code.moment is Moment.PLACE:
        verdict = Verdict.MALFORMED
    if verdict is not Verdict.GOOD or code is None:
        raise UnableToTap(REFUSALS[verdict], code=verdict.value)
    position = position_in(order.body)
    presence, away = presence_at(activity, position)
    finding = Finding(Signs(), position=position, presence=presence, distance_m=away)
    if activity.mode == Mode.HOURS:
        finding.started = code.moment is Moment.IN
        if code.moment is Moment.OUT and not _has_begun(activity, order):
            raise UnableToTap(
                "还没有签到记录，请先扫签到码；如已到场，请工作人员为您补登。", code="not_started"
            )
    elif code.moment is Moment.OUT:
        raise UnableToTap("这项活动只需签到。", code="moment")
    return finding


def find_activity(text: str) -> int | None:
    """The activity a scanned code speaks of; None for a place's code or anything else."""
    code = read_code(text)
    return code.subject if code is not None and code.moment is not Moment.PLACE else None


def check_place(text: str, resident: Resident, order_body: dict[str, object]) -> PlaceCode:
    """The place of a printed code, if the phone is there. Raises :class:`UnableToTap`. It never earns by itself."""
    code: Code | None = read_code(text)
    place = None
    if code is not None and code.moment is Moment.PLACE:
        place = PlaceCode.objects.filter(
            pk=code.subject, village_id=resident.village_id, is_active=True
        ).first()
    if place is None or judge_code(text, secret_of(place), epoch_seconds=0) is not Verdict.GOOD:
        raise UnableToTap("这不是本村在用的地点码。", code="place")
    presence, away = judge_presence(
        position_in(order_body), (place.latitude, place.longitude), place.radius_m
    )
    if presence.value == "outside":
        raise UnableToTap(f"您距离{place.name}约 {away:.0f} 米，请到现场再扫。", code="away")
    return place


def _has_begun(activity: Activity, order: TapOrder) -> bool:
    return activity.taps.filter(resident=order.resident, state="started").exists()

"""From what was done to the ledger: taps become awards, the ledger's answers become words for the villager."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone

from villages.contracts import Award, AwardResult, Cap
from villages.engine.identifiers import task_key
from villages.engine.windows import WINDOW_LABELS, Window, window_start
from villages.models import Activity, Tap, Village
from villages.models.activities import Mode
from villages.selectors.scores import book_of, rule_set_in_force

from .rule_awards import NO_RULE, award_under_rules, words_of_rules

ROUND_MINUTES = 15
PLAIN_REASONS = {
    "pool": "本村积分额度已用完，已通知村管理员申请拨入",
    "claimed": "本次活动此前已计过分",
    "not_active": "档案不在册，未计分",
    "key_reused": "该请求编号已用于另一笔业务",
    "budget": "本活动的积分预算已用完",
    "person": "已达本活动每人积分上限",
    NO_RULE: "该项规则未在本村施行，不发积分",
}


def points_for(activity: Activity, minutes: int = 0) -> int:
    """What an activity is worth; timed ones by quarter hours, at most the planned time and 15 minutes."""
    if not activity.points_per_hour:
        return activity.points
    counted = min(minutes, activity.planned_minutes + ROUND_MINUTES) if activity.planned_minutes else minutes
    quarters = counted // ROUND_MINUTES
    return activity.points + activity.points_per_hour * quarters * ROUND_MINUTES // 60


def award_of(tap: Tap, activity: Activity) -> Award:
    """The award a tap asks for: claimed once for person and occasion, clipped by the activity's own caps."""
    on = timezone.localdate(tap.occurred_at)
    caps = [Cap(f"A{activity.pk}.budget", activity.budget, window_start(Window.ONCE, on), level=3)]
    if activity.person_cap:
        caps.append(Cap(f"A{activity.pk}.person", activity.person_cap, window_start(Window.ONCE, on)))
    return Award(
        key=tap.pk, resident_id=tap.resident_id, task=task_key("activity", f"{activity.pk}:{tap.occasion}"),
        on_date=on, points=tap.points_asked, rule_code=activity.rule_code, caps=tuple(caps),
        minutes=tap.minutes if activity.mode == Mode.HOURS else None,
    )  # fmt: skip


def reward(
    taps: Sequence[Tap], activity: Activity, *, now: datetime, actor_id: int | None, topic: str = "award"
) -> list[AwardResult]:
    """Post the awards of taps of one activity in one call and note on each what was granted (not saved)."""
    asking = [tap for tap in taps if tap.points_asked > 0]
    results = award_under_rules(
        [award_of(tap, activity) for tap in asking],
        activity.village,
        now=now,
        actor_id=actor_id,
        memo=activity.title,
        topic=topic,
    )
    told: dict[tuple[str, date], str] = {}
    for tap, result in zip(asking, results, strict=True):
        tap.points_granted = result.granted
        tap.clip_reason = words_for(result)
        if result.reason and not tap.clip_reason:
            about = result.reason, timezone.localdate(tap.occurred_at)
            if about not in told:
                told[about] = _words_of_rules(*about, activity.village)
            tap.clip_reason = told[about]
    return results


def _words_of_rules(reason: str, on: date, village: Village) -> str:
    rule_set = rule_set_in_force(village, on)
    told = words_of_rules(reason, book_of(rule_set).rules) if rule_set else ""
    return told or f"已达积分上限（{reason}）"


def words_for(result: AwardResult) -> str:
    """Why less was granted than asked for, where the rule table is not needed to tell; '' otherwise."""
    if not result.reason:
        return ""
    code, _, ending = result.reason.rpartition(".")
    if result.reason in PLAIN_REASONS:
        return PLAIN_REASONS[result.reason]
    if code.startswith("A") and ending in PLAIN_REASONS:
        return PLAIN_REASONS[ending]
    if ending in {window.value for window in Window}:
        return f"已达该项{WINDOW_LABELS[Window(ending)]}上限"
    return ""

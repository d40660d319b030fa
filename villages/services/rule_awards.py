"""Awards under the rules in force: their version, amount, caps and exemption, and the score that comes with them."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from villages.contracts import Award, AwardResult, Cap
from villages.engine.rules import Kind, Rule, cap_windows
from villages.models import Resident, RuleSet, Village
from villages.selectors.scores import book_of, rule_set_in_force

from . import ledger
from .score_events import Earned, record_for_awards

AMOUNT = "amount"
NO_RULE = "rule_off"


def award_under_rules(
    items: Sequence[Award], village: Village, *, now: dt.datetime, actor_id: int | None = None, memo: str = "",
    evidence: str = "", topic: str = "award", with_score: bool = True,
) -> list[AwardResult]:  # fmt: skip
    """Awards of one village, each judged by the version valid on the day of its act, answered in their order.

    More than the rule gives for one act is clipped (reason ``E01.amount``); a rule that is not in force gives
    nothing (``rule_off``); the rule's caps are added to the item's own. What was granted brings its rule's score
    in the same commit (a replay brings none again). Before a village has rules, an award stands on its memo alone.
    """
    sets = _sets_in_force(village, {item.on_date for item in items})
    judged = [judge(item, sets[item.on_date]) for item in items]
    asking = [one for one in judged if one is not None and one.points > 0]
    with transaction.atomic():
        posted = ledger.award_batch(asking, now=now, actor_id=actor_id, memo=memo, topic=topic)
        if with_score:
            _record_scores(asking, posted, sets, evidence or memo or "活动记录", now)
    answers = iter(posted)
    return [
        _answer(item, one, next(answers) if one is not None and one.points > 0 else None)
        for item, one in zip(items, judged, strict=True)
    ]


def judge(item: Award, rule_set: RuleSet | None) -> Award | None:
    """The award with version, amount, caps and exemption of its rule; None if the set in force does not know it."""
    if not item.rule_code or rule_set is None:
        return dataclasses.replace(item, rule_code="", rule_set_id=None)
    rule = book_of(rule_set).rules.get(item.rule_code)
    if rule is None:
        return None
    most = most_for(rule, item.minutes)
    return dataclasses.replace(
        item, points=item.points if most is None else min(item.points, most), rule_set_id=rule_set.pk,
        exempt=item.exempt or rule.exempt, caps=(*item.caps, *caps_of(rule, item.on_date)),
    )  # fmt: skip


def most_for(rule: Rule, minutes: int | None = None) -> int | None:
    """The most points one act brings; None for a rule paid by the hour when the time is not known."""
    if rule.kind is not Kind.EARN:
        return 0
    if rule.levels:
        return max(points for points, _ in rule.levels.values())
    if rule.per_hour:
        return None if minutes is None else rule.points[1] * minutes // 60
    return rule.points[1]


def caps_of(rule: Rule, on: dt.date) -> tuple[Cap, ...]:
    """The ledger's caps of a rule for an act of the day ``on``."""
    return tuple(
        Cap(cap.code(rule.code), cap.limit, starts, cap.level, cap.measure)
        for cap, starts in cap_windows(rule, on)
    )


def problem_with(
    village: Village, rule_code: str, on: dt.date, *, points: int = 0, points_per_hour: int = 0
) -> str:
    """Why an act of that day may not bring so many points under a rule; '' when it may, or there are no rules yet."""
    rule_set = rule_set_in_force(village, on) if rule_code else None
    if rule_set is None:
        return ""
    rule = book_of(rule_set).rules.get(rule_code)
    if rule is None:
        return f"规则 {rule_code} 未在本村施行。"
    if rule.kind is not Kind.EARN:
        return f"规则 {rule_code}“{rule.title}”不发积分。"
    if rule.per_hour:
        if points_per_hour > rule.points[1]:
            return f"规则 {rule_code}“{rule.title}”每小时最多 {rule.points[1]} 分。"
        return ""
    most = most_for(rule)
    if points_per_hour:
        return f"规则 {rule_code}“{rule.title}”按次计分，不按小时计分。"
    if most is not None and points > most:
        return f"规则 {rule_code}“{rule.title}”每次最多 {most} 分。"
    return ""


def words_of_rules(reason: str, rules: Mapping[str, Rule]) -> str:
    """A clip by the rule table in words for the villager; '' if the reason is none of its."""
    rule = rules.get(reason.partition(".")[0])
    if rule is None:
        return ""
    if reason == f"{rule.code}.{AMOUNT}":
        unit = "每小时" if rule.per_hour else "每次"
        points = rule.points[1] if rule.per_hour else most_for(rule)
        return f"规则“{rule.title}”{unit}最多 {points} 分" if points else f"规则“{rule.title}”不发积分"
    cap = next((cap for cap in rule.caps if cap.code(rule.code) == reason), None)
    return f"规则“{rule.title}”{cap.words}，已达上限" if cap else ""


def _sets_in_force(village: Village, days: set[dt.date]) -> dict[dt.date, RuleSet | None]:
    return {day: rule_set_in_force(village, day) for day in days}


def _record_scores(
    items: Sequence[Award], results: Sequence[AwardResult], sets: Mapping[dt.date, RuleSet | None],
    evidence: str, now: dt.datetime,
) -> None:  # fmt: skip
    paid = [
        item for item, result in zip(items, results, strict=True)
        if item.rule_code and result.granted and not result.replayed
    ]  # fmt: skip
    if not paid:
        return
    # Two columns of some hundred people: whole residents would cost more than the award itself.
    found = Resident.objects.filter(pk__in=[item.resident_id for item in paid])
    homes = {
        pk: (village, house) for pk, village, house in found.values_list("pk", "village_id", "household_id")
    }
    earned = [
        Earned(item.key, item.resident_id, *homes[item.resident_id], rule_set, item.rule_code, item.on_date)
        for item in paid if (rule_set := sets[item.on_date]) is not None
    ]  # fmt: skip
    record_for_awards(earned, evidence=evidence, now=now)


def _answer(item: Award, judged: Award | None, posted: AwardResult | None) -> AwardResult:
    """The answer to what was asked for, which may be more than the rule let pass on."""
    if judged is None:
        return AwardResult(item.key, item.points, 0, NO_RULE, False)
    by_amount = f"{item.rule_code}.{AMOUNT}" if judged.points < item.points else ""
    if posted is None:
        return AwardResult(item.key, item.points, 0, by_amount, False)
    return dataclasses.replace(posted, asked=item.points, reason=posted.reason or by_amount)

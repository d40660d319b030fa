"""Awards under the rules in force: their version, their caps, their exemption, and the score that comes with them."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from villages.contracts import Award, AwardResult, Cap
from villages.engine.rules import Rule, cap_windows
from villages.models import Resident, RuleSet, Village
from villages.selectors.scores import book_of, rule_set_in_force

from . import ledger
from .score_events import record_for_award


def award_under_rules(
    items: Sequence[Award], village: Village, *, now: dt.datetime, actor_id: int | None = None, memo: str = "",
    evidence: str = "",
) -> list[AwardResult]:  # fmt: skip
    """Awards of one village, each judged by the version valid on the day of its act: caps of the rule are added to
    the item's own. What was granted brings its rule's score in the same commit (a replay brings none again).

    A rule code that no version in force knows is dropped: such an award stands on its memo alone.
    """
    sets: dict[dt.date, RuleSet | None] = {}
    judged = []
    for item in items:
        if item.on_date not in sets:
            sets[item.on_date] = rule_set_in_force(village, item.on_date)
        judged.append(judge(item, sets[item.on_date]))
    with transaction.atomic():
        results = ledger.award_batch(judged, now=now, actor_id=actor_id, memo=memo)
        people = Resident.objects.in_bulk([item.resident_id for item in judged])
        for item, result in zip(judged, results, strict=True):
            rule_set = sets[item.on_date]
            if rule_set is not None and item.rule_code and result.granted and not result.replayed:
                record_for_award(
                    item.key, people[item.resident_id], rule_set, item.rule_code, item.on_date,
                    evidence=evidence or memo or "活动记录", now=now,
                )  # fmt: skip
    return results


def judge(item: Award, rule_set: RuleSet | None) -> Award:
    """The award with version, caps and exemption of its rule; without a rule in force it names none."""
    rule = book_of(rule_set).rules.get(item.rule_code) if rule_set is not None else None
    if rule is None or rule_set is None:
        return dataclasses.replace(item, rule_code="", rule_set_id=None)
    return dataclasses.replace(
        item,
        rule_set_id=rule_set.pk,
        exempt=item.exempt or rule.exempt,
        caps=(*item.caps, *caps_of(rule, item.on_date)),
    )


def caps_of(rule: Rule, on: dt.date) -> tuple[Cap, ...]:
    """The ledger's caps of a rule for an act of the day ``on``."""
    return tuple(
        Cap(cap.code(rule.code), cap.limit, starts, cap.level, cap.measure)
        for cap, starts in cap_windows(rule, on)
    )

"""Facts that change a score: added once, never changed; what becomes of them is added as steps."""

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from villages.engine.identifiers import derived_id
from villages.engine.rules import Rule
from villages.models import EventStatus, Household, Resident, RuleSet, ScoreEvent, ScoreEventStep
from villages.selectors.scores import book_of

from .ledger import local_day, new_key


class UnableToRecordEvent(ValueError):
    """The event is not taken; the text is for the user."""


def record_event(
    rule_set: RuleSet,
    rule_code: str,
    *,
    resident: Resident | None = None,
    household: Household | None = None,
    occurred_on: dt.date,
    evidence: str,
    now: dt.datetime,
    user: Any = None,
    status: str = EventStatus.ACTIVE,
    delta: Decimal | None = None,
    act: str = "",
    document: str = "",
    ref: UUID | None = None,
    key: UUID | None = None,
    valid_to: dt.date | None = None,
) -> ScoreEvent:
    """Add an event under a version of the rules; the same ``key`` again answers the event it made.

    ``delta`` defaults to the rule's score; an honour's level gives another. Raises :class:`UnableToRecordEvent`.
    """
    rule = book_of(rule_set).rules.get(rule_code)
    if rule is None:
        raise UnableToRecordEvent(f"规则 {rule_code} 不在第 {rule_set.version} 版规则中。")
    if not evidence.strip():
        raise UnableToRecordEvent("请填写依据。")
    if occurred_on > local_day(now):
        raise UnableToRecordEvent("发生日期不能晚于今天。")
    village_id = (resident or household).village_id  # type: ignore[union-attr]
    with transaction.atomic():
        event, created = ScoreEvent.objects.get_or_create(
            id=key or new_key(now),
            defaults={
                "village_id": village_id, "resident": resident, "household": household, "rule_set": rule_set,
                "rule_code": rule_code, "delta": rule.score if delta is None else delta, "occurred_on": occurred_on,
                "valid_from": occurred_on, "valid_to": valid_to or end_of(rule, occurred_on), "act": act[:60],
                "evidence": evidence.strip()[:300], "document": document, "ref": ref, "made_by": user, "made_at": now,
            },
        )  # fmt: skip
        if created:
            add_step(event, status, user=user, note="", now=now)
    return event


@dataclass(frozen=True)
class Earned:
    """An award that was granted, under the rule that may bring a score with it."""

    award_key: UUID
    resident_id: int
    village_id: int
    household_id: int | None
    rule_set: RuleSet
    rule_code: str
    occurred_on: dt.date


def record_for_awards(awards: Sequence[Earned], *, evidence: str, now: dt.datetime) -> int:
    """The scores that come with awards, where their rules have one; how many were added. Three statements.

    An event's id is derived from its award's, so it comes once. An item of the house goes to the household.
    """
    events = [event for one in awards if (event := _event_of(one, evidence, now)) is not None]
    known = set(ScoreEvent.objects.filter(pk__in=[event.pk for event in events]).values_list("pk", flat=True))
    fresh = [event for event in events if event.pk not in known]
    with transaction.atomic():
        ScoreEvent.objects.bulk_create(fresh)
        ScoreEventStep.objects.bulk_create(
            ScoreEventStep(event=event, status=EventStatus.ACTIVE, from_day=local_day(now), at=now)
            for event in fresh
        )
    return len(fresh)


def withdraw_with_award(award_key: UUID, *, now: dt.datetime, user: Any = None, note: str = "") -> bool:
    """The score that came with an award goes when the award is reversed; True if there was one in effect."""
    event = ScoreEvent.objects.filter(pk=derived_id(award_key, "score")).first()
    if event is None or current_status(event) == EventStatus.WITHDRAWN:
        return False
    add_step(event, EventStatus.WITHDRAWN, now=now, user=user, note=note)
    return True


def _event_of(one: Earned, evidence: str, now: dt.datetime) -> ScoreEvent | None:
    rule = book_of(one.rule_set).rules.get(one.rule_code)
    if rule is None or rule.score <= 0:
        return None
    house = one.household_id if rule.household else None
    return ScoreEvent(
        id=derived_id(one.award_key, "score"), village_id=one.village_id,
        resident_id=None if house else one.resident_id, household_id=house, rule_set=one.rule_set, rule_code=one.rule_code,
        delta=rule.score, occurred_on=one.occurred_on, valid_from=one.occurred_on,
        valid_to=end_of(rule, one.occurred_on), evidence=evidence.strip()[:300], ref=one.award_key, made_at=now,
    )  # fmt: skip


def add_step(
    event: ScoreEvent,
    status: str,
    *,
    now: dt.datetime,
    user: Any = None,
    note: str = "",
    from_day: dt.date | None = None,
) -> ScoreEventStep:
    """Move an event on, from a day (today unless told)."""
    return ScoreEventStep.objects.create(
        event=event, status=status, from_day=from_day or local_day(now), by=user, note=note[:200], at=now
    )


def current_status(event: ScoreEvent) -> str:
    """The last step written."""
    last = event.steps.order_by("-id").first()
    return last.status if last else ""


def end_of(rule: Rule, begun: dt.date) -> dt.date | None:
    """Last day of validity: ``months`` later, or open until something happens."""
    if rule.months is None:
        return None
    month = begun.month - 1 + rule.months
    year, month = begun.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(begun.day, calendar.monthrange(year, month)[1]))

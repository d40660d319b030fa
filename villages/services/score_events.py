"""Facts that change a score: added once, never changed; what becomes of them is added as steps."""

import calendar
import datetime as dt
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


def record_for_award(
    award_key: UUID, resident: Resident, rule_set: RuleSet, rule_code: str, occurred_on: dt.date, *,
    evidence: str, now: dt.datetime,
) -> ScoreEvent | None:  # fmt: skip
    """The score that comes with an award, if its rule has one; its id is derived from the award's.

    An item of the house goes to the household.
    """
    rule = book_of(rule_set).rules.get(rule_code)
    if rule is None or rule.score <= 0:
        return None
    house = resident.household if rule.household else None
    return record_event(
        rule_set, rule_code, resident=None if house else resident, household=house, occurred_on=occurred_on,
        evidence=evidence, now=now, ref=award_key, key=derived_id(award_key, "score"),
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

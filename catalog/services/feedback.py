"""Feedback and requests for data: anybody may speak, a department answers within working days."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import Role
from catalog.models import Dataset, Feedback, FeedbackKind, FeedbackState, Publisher
from catalog.services.publishers import CENTRE, ensure_publishers
from foundation import keys
from foundation.calendar import add_working_days

# Working days to take a matter on, and to answer it.
ACCEPT_DAYS = 2
ANSWER_DAYS = {
    FeedbackKind.QUESTION: 5, FeedbackKind.CORRECTION: 10, FeedbackKind.SUGGESTION: 10, FeedbackKind.COMPLAINT: 7,
    FeedbackKind.REQUEST: 15,
}  # fmt: skip
MOST_AN_HOUR = 5
HANDLERS = frozenset({Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR})


class UnableToTakeFeedback(ValueError):
    """What was sent cannot be taken; the text says why."""


class UnableToAnswer(RuntimeError):
    """The matter's state does not allow this; the text says why."""


@dataclass(frozen=True)
class Words:
    """What a visitor sent. ``contact`` may be empty."""

    kind: str
    title: str
    text: str
    contact: str = ""


def give_feedback(
    words: Words,
    *,
    dataset: Dataset | None,
    publisher: Publisher | None,
    now: datetime,
    origin: audit.Origin,
    is_demo: bool = False,
) -> Feedback:
    """Take a visitor's words; who answers is the dataset's publisher, else the data centre.

    Raises :class:`UnableToTakeFeedback` when one address has sent too much within an hour.
    """
    today = timezone.localdate(now)
    kind = FeedbackKind(words.kind)
    with audit.action("catalog.feedback.given", origin=origin) as entry:
        if not is_demo:
            _require_patience(origin, now)
        answering = publisher or (dataset.publisher if dataset else ensure_publishers(now)[CENTRE])
        feedback = Feedback(
            number=_number(now), kind=kind, dataset=dataset, publisher=answering, title=words.title.strip()[:100],
            text=words.text.strip()[:4000], accept_by=add_working_days(today, ACCEPT_DAYS),
            answer_by=add_working_days(today, ANSWER_DAYS[kind]), created_at=now, is_demo=is_demo,
        )  # fmt: skip
        if words.contact.strip():
            feedback.contact = keys.encrypt(
                words.contact.strip()[:100], context=f"catalog.feedback/{feedback.number}"
            )
        feedback.save()
        entry.target = f"feedback:{feedback.number}"
        entry.detail["kind"] = str(kind)
        _tell_handlers(feedback, now)
    return feedback


def accept_feedback(feedback: Feedback, *, by: Any, now: datetime, origin: audit.Origin) -> Feedback:
    """A department takes the matter on."""
    with audit.action("catalog.feedback.accepted", origin=origin, target=f"feedback:{feedback.number}"):
        _require(feedback, FeedbackState.RECEIVED)
        feedback.state, feedback.accepted_at = FeedbackState.ACCEPTED, now
        feedback.save(update_fields=["state", "accepted_at"])
    return feedback


def answer_feedback(
    feedback: Feedback,
    answer: str,
    *,
    declined: bool,
    is_public: bool,
    by: Any,
    now: datetime,
    origin: audit.Origin,
) -> Feedback:
    """Answer or decline, and decide whether words and answer are shown to everybody."""
    target = f"feedback:{feedback.number}"
    with audit.action("catalog.feedback.answered", origin=origin, target=target) as entry:
        _require(feedback, FeedbackState.RECEIVED, FeedbackState.ACCEPTED)
        if not answer.strip():
            raise UnableToAnswer("请填写答复内容。")
        feedback.state = FeedbackState.DECLINED if declined else FeedbackState.ANSWERED
        feedback.answer, feedback.is_public = answer.strip()[:4000], is_public
        feedback.answered_at, feedback.answered_by = now, by
        feedback.accepted_at = feedback.accepted_at or now
        feedback.save()
        inbox.close_tasks(_key(feedback), now=now)
        entry.detail |= {"declined": declined, "public": is_public}
    return feedback


def contact_of(feedback: Feedback) -> str:
    """The visitor's contact, for who answers; empty if none was left."""
    return (
        keys.decrypt(feedback.contact, context=f"catalog.feedback/{feedback.number}")
        if feedback.contact
        else ""
    )


def is_late(feedback: Feedback, now: datetime) -> bool:
    """Past its term and not dealt with."""
    today = timezone.localdate(now)
    if feedback.state == FeedbackState.RECEIVED and today > feedback.accept_by:
        return True
    return feedback.state in (FeedbackState.RECEIVED, FeedbackState.ACCEPTED) and today > feedback.answer_by


def _number(now: datetime) -> str:
    """A number nobody can guess from another: ``F20261122-7K3QXA``."""
    letters = "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(6))
    return f"F{timezone.localdate(now):%Y%m%d}-{letters}"


def _require(feedback: Feedback, *states: FeedbackState) -> None:
    if feedback.state not in states:
        raise UnableToAnswer(f"该件已是“{feedback.get_state_display()}”，不能重复办理。")


def _require_patience(origin: audit.Origin, now: datetime) -> None:
    """At most a few from one address within an hour; counted in the log's own words, not kept with the feedback."""

    name = (
        f"catalog-feedback:{origin.address}:{int(now.timestamp()) // int(timedelta(hours=1).total_seconds())}"
    )
    cache.add(name, 0, timeout=3600)
    if cache.incr(name) > MOST_AN_HOUR:
        raise UnableToTakeFeedback("您提交得过于频繁，请一小时后再试。")


def _key(feedback: Feedback) -> str:
    return f"catalog.feedback:{feedback.number}"


def _tell_handlers(feedback: Feedback, now: datetime) -> None:
    agency = feedback.publisher.agency_id
    if agency is None:
        return
    users = User.objects.filter(
        agency_id=agency, is_active=True, role_grants__role__in=sorted(HANDLERS)
    ).distinct()
    inbox.open_task(
        users, key=_key(feedback), title=f"{feedback.get_kind_display()}：{feedback.title}"[:200],
        url=f"/catalog/feedback-desk/{feedback.number}/", due_on=feedback.answer_by, now=now,
    )  # fmt: skip

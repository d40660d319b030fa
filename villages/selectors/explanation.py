"""A score in words: before, rule, evidence, after, when it ends, how to appeal."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from villages.engine.score import Event, score_at
from villages.models import (
    Appeal,
    BoardConsent,
    EventStatus,
    Resident,
    ResidentMove,
    ScoreEvent,
    ScoreSnapshot,
    Transfer,
    TransferCode,
)
from villages.selectors.scores import (
    book_of,
    entries_of,
    events_of,
    lives_of,
    numbers,
    rule_set_in_force,
    scores_of,
    scores_on,
    went_on_as,
)

BOARD_WINDOW = dt.timedelta(days=90)
DECAY_WORDS = {"none": "有效期内不变", "linear": "按日递减，到期为零", "half": "每满一年减半"}


@dataclass(frozen=True)
class EventTold:
    """One event with the score on its first day without and with it."""

    event: ScoreEvent
    rule: Any
    category: str
    status: str
    before: Decimal
    after: Decimal
    now_counts: Decimal
    note: str
    decay: str
    appeal_until: dt.date | None
    appeal: Appeal | None
    steps: list[tuple[Any, str]]


def tell_event(event: ScoreEvent, *, now: dt.datetime, today: dt.date) -> EventTold:
    """Everything a person may know about an event of theirs or of their household."""
    book = book_of(event.rule_set)
    rule = book.rules[event.rule_code]
    events, earned = _life_around(event, now)
    active = [e for e in events if e.id != event.pk]
    this = next(e for e in events if e.id == event.pk)
    counted = type(this)(**{**this.__dict__, "steps": ((this.valid_from, "active"),)})
    before = score_at(book, active, earned, event.valid_from)
    after = score_at(book, [*active, counted], earned, event.valid_from)
    present = score_at(book, events, earned, today)
    line = next((item for item in present.lines if item.event.id == event.pk), None)
    steps = list(event.steps.order_by("id"))
    told = next((s for s in steps if s.status in (EventStatus.NOTICED, EventStatus.ACTIVE)), None)
    until = told.from_day + dt.timedelta(days=numbers()["appeal_days"]) if told else None
    may = (
        until is not None and today <= until and steps[-1].status in (EventStatus.NOTICED, EventStatus.ACTIVE)
    )
    return EventTold(
        event, rule, book.categories[rule.category][0], EventStatus(steps[-1].status).label, before.value, after.value,
        line.counted if line else Decimal(0), line.note if line else "", DECAY_WORDS[rule.decay],
        until if may else None, Appeal.objects.filter(event=event).first(),
        [(step, EventStatus(step.status).label) for step in steps],
    )  # fmt: skip


def _life_around(event: ScoreEvent, now: dt.datetime) -> tuple[list[Event], int]:
    """What counts together with an event: of the person's entries, or of the household."""
    if event.resident_id is None:
        assert event.household_id is not None
        return events_of(households=[event.household_id], known_at=now).get(event.household_id, []), 0
    owner = went_on_as(event.resident_id)
    events, earned = lives_of([owner], event.valid_from, now)
    return events.get(owner, []), earned.get(owner, 0)


def tell_score(resident: Resident, *, now: dt.datetime, today: dt.date) -> dict[str, Any] | None:
    """The page of a score: parts, lines with their events, distance to the next grade, months before."""
    rule_set = rule_set_in_force(resident.village, today)
    if rule_set is None:
        return None
    book = book_of(rule_set)
    score = scores_of([resident], resident.village, today, now, book)[resident.pk]
    place = book.rank(score.grade.code)
    better = book.grades[place - 1] if place else None
    rows = ScoreEvent.objects.in_bulk([line.event.id for line in score.lines] + [e.id for e in score.vetoes])
    others = (
        ScoreEvent.objects.filter(resident__in=entries_of([resident.pk], now))
        .exclude(pk__in=list(rows))
        .order_by("-occurred_on")[:20]
    )
    return {
        "score": score, "rule_set": rule_set, "book": book, "better": better,
        "missing": better.from_score - score.value if better else None,
        "categories": [
            (name, *score.categories.get(code, (Decimal(0), Decimal(0))), low, high)
            for code, (name, low, high) in book.categories.items()
        ],
        "lines": [(line, rows[line.event.id]) for line in reversed(score.lines)],
        "vetoes": [(event, rows[event.id]) for event in score.vetoes],
        "others": [
            (event, book_of(event.rule_set).rules[event.rule_code].title, _status(event))
            for event in others.select_related("rule_set")
        ],
        "history": list(ScoreSnapshot.objects.filter(resident=resident).order_by("day")[:24]),
    }  # fmt: skip


def progress_board(village: Any, *, now: dt.datetime, today: dt.date) -> list[tuple[str, Decimal, Decimal]]:
    """Those who agreed, by what they gained since three months ago: ``(name, gain, score)``; no bottom list."""
    begun = now - BOARD_WINDOW
    consents = dict(
        BoardConsent.objects.filter(resident__village=village, resident__status=Resident.Status.ACTIVE)
        .filter(resident__in=_may_have_gained(village, begun))
        .values_list("resident_id", "show_name")
    )
    people = list(consents)
    present, earlier = scores_on(people, village, [today, today - BOARD_WINDOW], now)
    gained = {pk: score.value - earlier[pk].value for pk, score in present.items() if pk in earlier}
    best = sorted((pk for pk, gain in gained.items() if gain > 0), key=lambda pk: -gained[pk])
    size = numbers()["rank_board_size"]
    # Names decide among equals, so everybody level with the last is read.
    level = [pk for pk in best if gained[pk] >= gained[best[min(size, len(best)) - 1]]]
    names = dict(Resident.objects.filter(pk__in=level).values_list("pk", "name"))
    rows = [
        (name if consents[pk] else f"{name[:1]}**", gained[pk], present[pk].value)
        for pk, name in names.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:size]


def _may_have_gained(village: Any, since: dt.datetime) -> list[int]:
    """Who can stand higher than then; everybody else is not computed.

    Points awarded since, an event or a step of one since, a deduction that may have faded, or an earlier entry
    elsewhere of which this village's rows tell nothing. All else only fades.
    """
    events = ScoreEvent.objects.filter(village=village, resident__isnull=False)
    moved = events.filter(Q(delta__lt=0) | Q(made_at__gt=since) | Q(steps__at__gt=since))
    found = set(moved.values_list("resident_id", flat=True))
    awarded = Transfer.objects.filter(village=village, code=TransferCode.AWARD, posted_at__gt=since)
    found |= set(awarded.order_by().values_list("resident_id", flat=True).distinct())
    found |= set(
        ResidentMove.objects.filter(to_resident__village=village).values_list("to_resident_id", flat=True)
    )
    return [pk for pk in found if pk is not None]


def _status(event: ScoreEvent) -> str:
    last = event.steps.order_by("-id").first()
    return EventStatus(last.status).label if last else ""

"""The score (桥头分): a pure function of events at a day (design of the programme, rule book as data).

    participation = step(points earned in the last 12 months)
    item          = delta x decay(age), clipped by the rule's score cap of its window
    category      = clamp(min, max, sum of its items)
    score         = clamp(floor, ceiling, base + participation + sum of categories)
    grade         = table(score), at best the veto grade while a veto item is active

Spending never lowers it: participation counts what was earned, not what is left.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from .rules import Decay, Grade, Kind, Rule, RuleBook
from .windows import window_start

TENTH = Decimal("0.1")
DAYS_A_YEAR = 365
ACTIVE = "active"


@dataclass(frozen=True)
class Event:
    """A fact and its history: ``steps`` are ``(from day, status)`` in the order they were written.

    ``rule`` is the rule of the version the event was made under, so a later version never rewrites it.
    """

    id: UUID
    rule: Rule
    delta: Decimal
    occurred_on: dt.date
    valid_from: dt.date
    valid_to: dt.date | None
    steps: tuple[tuple[dt.date, str], ...]
    act: str = ""


@dataclass(frozen=True)
class Line:
    """One event's part in a score: its delta, the share left by decay, what caps took, what counts."""

    event: Event
    share: Decimal
    decayed: Decimal
    counted: Decimal
    note: str


@dataclass(frozen=True)
class Score:
    """A score with all it was made of. ``categories``: ``{code: (sum, after clamp)}``."""

    day: dt.date
    value: Decimal
    grade: Grade
    plain_grade: Grade
    participation: Decimal
    points_earned: int
    categories: Mapping[str, tuple[Decimal, Decimal]]
    lines: tuple[Line, ...]
    vetoes: tuple[Event, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of day, value, grade and every line: the same events give the same digest."""
        told = [
            self.day.isoformat(), str(self.value), self.grade.code, str(self.participation), self.points_earned,
            [[str(line.event.id), str(line.counted)] for line in self.lines],
            [str(event.id) for event in self.vetoes],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def status_on(event: Event, day: dt.date) -> str:
    """The event's status on a day; '' before its first step. Among steps of one day the last written counts."""
    status = ""
    begun = dt.date.min
    for from_day, step in event.steps:
        if from_day <= day and from_day >= begun:
            begun, status = from_day, step
    return status


def counts_on(event: Event, day: dt.date) -> bool:
    """True if the event is active and within its validity (both ends included)."""
    in_force = event.valid_from <= day and (event.valid_to is None or day <= event.valid_to)
    return in_force and status_on(event, day) == ACTIVE


def share_left(event: Event, day: dt.date) -> Decimal:
    """0-1: what decay leaves of an event in force on ``day``."""
    age = (day - event.valid_from).days
    if event.rule.decay is Decay.LINEAR and event.valid_to is not None:
        whole = (event.valid_to - event.valid_from).days
        return Decimal(1) if whole == 0 else 1 - Decimal(age) / Decimal(whole)
    if event.rule.decay is Decay.HALF:
        return Decimal(1) / Decimal(2 ** (age // DAYS_A_YEAR))
    return Decimal(1)


def score_at(book: RuleBook, events: Iterable[Event], points_earned: int, day: dt.date) -> Score:
    """The score on ``day`` from all events ever (order does not matter) and points earned in 12 months."""
    present = sorted(
        (event for event in events if counts_on(event, day)), key=lambda e: (e.occurred_on, e.id.bytes)
    )
    vetoes = tuple(event for event in present if event.rule.kind is Kind.VETO)
    lines = _lines([event for event in present if event.rule.kind is not Kind.VETO], day)
    sums: dict[str, Decimal] = {}
    for line in lines:
        category = line.event.rule.category
        sums[category] = sums.get(category, Decimal(0)) + line.counted
    categories = {}
    for code, total in sums.items():
        _, low, high = book.categories.get(code, ("", total, total))
        categories[code] = (total, min(max(total, low), high))
    participation = participation_of(book, points_earned)
    raw = book.base + participation + sum((after for _, after in categories.values()), Decimal(0))
    value = min(max(raw, book.floor), book.ceiling).quantize(TENTH, ROUND_HALF_UP)
    plain = book.grade_of(value)
    grade = plain
    if vetoes and book.rank(plain.code) < book.rank(book.veto_grade):
        grade = book.grades[book.rank(book.veto_grade)]
    return Score(day, value, grade, plain, participation, points_earned, categories, tuple(lines), vetoes)


def participation_of(book: RuleBook, points_earned: int) -> Decimal:
    """The step for points earned in the last 12 months."""
    for below, score in book.participation:
        if below is None or points_earned < below:
            return score
    return book.participation[-1][1]


def household_score(members: Sequence[Decimal], items: Decimal, book: RuleBook) -> Decimal | None:
    """Mean of the adult members plus household-only items, clamped; None without an adult."""
    if not members:
        return None
    mean = sum(members, Decimal(0)) / len(members)
    return min(max(mean + items, book.floor), book.ceiling).quantize(TENTH, ROUND_HALF_UP)


def _lines(events: Sequence[Event], day: dt.date) -> list[Line]:
    """Events in their order, each clipped by what its rule's window still allows."""
    best = _best_of_acts(events)
    used: dict[tuple[str, dt.datetime], Decimal] = {}
    lines = []
    for event in events:
        share = share_left(event, day)
        decayed = (event.delta * share).quantize(TENTH, ROUND_HALF_UP)
        counted, note = decayed, ""
        if event.act and best.get(event.act) != event.id:
            lines.append(Line(event, share, decayed, Decimal(0), "同一事项只计最高一项"))
            continue
        rule = event.rule
        if rule.score_window is not None and rule.score_limit is not None:
            key = (rule.code, window_start(rule.score_window, event.occurred_on))
            room = max(rule.score_limit - used.get(key, Decimal(0)), Decimal(0))
            size = min(abs(event.delta), room)
            used[key] = used.get(key, Decimal(0)) + size
            if size < abs(event.delta):
                note = "超出本规则累计上限的部分不计"
                counted = (size * share).quantize(TENTH, ROUND_HALF_UP) * (1 if event.delta > 0 else -1)
        lines.append(Line(event, share, decayed, counted, note))
    return lines


def _best_of_acts(events: Sequence[Event]) -> dict[str, UUID]:
    best: dict[str, Event] = {}
    for event in events:
        if event.act and (event.act not in best or event.delta > best[event.act].delta):
            best[event.act] = event
    return {act: event.id for act, event in best.items()}

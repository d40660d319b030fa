"""Reading what a score is made of, as it was known at an instant, and making it with the engine."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from villages.definitions import read
from villages.engine.rules import Rule, RuleBook, read_book
from villages.engine.score import Event, Score, household_score, score_at
from villages.models import (
    Household,
    Resident,
    ResidentMove,
    RuleSet,
    ScoreEvent,
    ScoreEventStep,
    ScoreSnapshot,
    Village,
)

EARNED = """
    SELECT t.resident_id, sum(t.amount) FROM villages_transfer t
    WHERE t.resident_id = ANY (%s) AND t.code = 'award' AND t.effective_on > %s AND t.effective_on <= %s
      AND t.posted_at <= %s AND NOT EXISTS (
          SELECT FROM villages_transfer r WHERE r.reverses = t.id AND r.posted_at <= %s)
    GROUP BY t.resident_id"""
LINEAGE = """
    WITH RECURSIVE line (root, id) AS (
        SELECT asked.id, asked.id FROM unnest(%s::bigint[]) AS asked (id)
        UNION
        SELECT l.root, m.from_resident_id FROM line l JOIN villages_residentmove m
            ON m.to_resident_id = l.id AND m.at <= coalesce(%s::timestamptz, 'infinity'))
    SELECT id, root FROM line"""
YEAR = dt.timedelta(days=365)
# What the engine reads of an event's rule besides its code.
READ_BY_SCORES = ("kind", "category", "decay", "score_window", "score_limit")


def numbers() -> dict[str, int]:
    """``definitions/score.yaml``."""
    return dict(read("score.yaml"))


def rule_set_in_force(village: Village, day: dt.date) -> RuleSet | None:
    """The village's own published set on ``day``, else its town's. Its content, some 10 kB, is read when asked for."""
    return (
        RuleSet.objects.defer("content", "changes")
        .filter(town_code=village.town_code, published_at__isnull=False, valid_from__lte=day)
        .filter(Q(village=village) | Q(village__isnull=True))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .order_by(F("village").desc(nulls_last=True), "-version")
        .first()
    )


_books: dict[str, RuleBook] = {}


def book_of(rule_set: RuleSet) -> RuleBook:
    """The rule book of a version; published content never changes, so it is read once."""
    if rule_set.digest not in _books:
        _books[rule_set.digest] = read_book(rule_set.content)
    return _books[rule_set.digest]


def events_of(
    *, residents: Sequence[int] = (), households: Sequence[int] = (), known_at: dt.datetime
) -> dict[int, list[Event]]:
    """Events by resident, or else by household, as known at ``known_at``. Three queries."""
    owners = Q(resident__in=_ids(residents)) if residents else Q(household__in=_ids(households))
    # Plain columns: a village's events are some ten thousand rows, and a model apiece takes most of the time.
    rows = list(
        ScoreEvent.objects.filter(owners, made_at__lte=known_at).values_list(
            "pk", "resident_id", "household_id", "rule_set_id", "rule_code", "delta", "occurred_on", "valid_from",
            "valid_to", "act",
        )
    )  # fmt: skip
    steps: dict[Any, list[tuple[dt.date, str]]] = defaultdict(list)
    events_found = RawSQL("SELECT unnest(%s::uuid[])", [[row[0] for row in rows]])
    found = ScoreEventStep.objects.filter(event__in=events_found, at__lte=known_at).order_by("id")
    for event_id, from_day, status in found.values_list("event_id", "from_day", "status"):
        steps[event_id].append((from_day, status))
    books = {
        s.pk: book_of(s)
        for s in RuleSet.objects.filter(pk__in={row[3] for row in rows}).defer("content", "changes")
    }
    events: dict[int, list[Event]] = defaultdict(list)
    for pk, resident, household, rule_set, code, delta, occurred, begins, ends, act in rows:
        rule = books[rule_set].rules[code]
        events[resident or household].append(
            Event(pk, rule, delta, occurred, begins, ends, tuple(steps[pk]), act)
        )
    return events


def _ids(numbers: Iterable[int]) -> RawSQL:
    """Ids as one parameter: a list of ten thousands would take longer to write than to look up."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(numbers)])


def entries_of(residents: Sequence[int], known_at: dt.datetime) -> dict[int, int]:
    """Every entry under which these people were known by ``known_at``, with the entry asked for: one query.

    Who moved from another village or was merged brings what happened under the earlier entry.
    """
    with connection.cursor() as cursor:
        cursor.execute(LINEAGE, [list(residents), known_at])
        return dict(cursor.fetchall())


def went_on_as(resident_id: int) -> int:
    """The entry under which a person goes on today; the same one for most."""
    while (later := ResidentMove.objects.filter(from_resident=resident_id).first()) is not None:
        resident_id = later.to_resident_id
    return resident_id


def lives_of(
    residents: Sequence[int], day: dt.date, known_at: dt.datetime
) -> tuple[dict[int, list[Event]], dict[int, int]]:
    """Events and points earned in the year up to ``day``, of all entries of each person."""
    entries = entries_of(residents, known_at)
    return _events_by_person(entries, known_at), _points_by_person(entries, day, known_at)


def _events_by_person(entries: dict[int, int], known_at: dt.datetime) -> dict[int, list[Event]]:
    events: dict[int, list[Event]] = defaultdict(list)
    for entry, found in events_of(residents=list(entries), known_at=known_at).items():
        events[entries[entry]] += found
    return events


def _points_by_person(entries: dict[int, int], day: dt.date, known_at: dt.datetime) -> dict[int, int]:
    earned: dict[int, int] = defaultdict(int)
    for entry, points in points_earned(list(entries), day, known_at).items():
        earned[entries[entry]] += points
    return earned


def points_earned(residents: Sequence[int], day: dt.date, known_at: dt.datetime) -> dict[int, int]:
    """Points earned in the 365 days up to ``day`` (reversed awards left out), as known at ``known_at``."""
    with connection.cursor() as cursor:
        cursor.execute(EARNED, [list(residents), day - YEAR, day, known_at, known_at])
        return {resident: int(points) for resident, points in cursor.fetchall()}


def scores_of(
    residents: Iterable[Resident],
    village: Village,
    day: dt.date,
    known_at: dt.datetime,
    book: RuleBook | None = None,
) -> dict[int, Score]:
    """Scores of residents of one village on ``day`` as known at ``known_at``; six queries for any number."""
    ids = [resident.pk for resident in residents]
    if book is None:
        rule_set = rule_set_in_force(village, day)
        if rule_set is None:
            return {}
        book = book_of(rule_set)
    events, earned = lives_of(ids, day, known_at)
    return {pk: score_at(book, events.get(pk, []), earned.get(pk, 0), day) for pk in ids}


def scores_on(
    residents: Sequence[int], village: Village, days: Sequence[dt.date], known_at: dt.datetime
) -> list[dict[int, Score]]:
    """As :func:`scores_of`, for several days; the events, most of the work, are read once."""
    entries = entries_of(residents, known_at)
    events = _events_by_person(entries, known_at)
    told: list[dict[int, Score]] = []
    for day in days:
        rule_set = rule_set_in_force(village, day)
        if rule_set is None:
            told.append({})
            continue
        book, earned = book_of(rule_set), _points_by_person(entries, day, known_at)
        told.append({pk: score_at(book, events.get(pk, []), earned.get(pk, 0), day) for pk in residents})
    return told


def scores_under(
    book: RuleBook, village: Village, residents: Sequence[int], day: dt.date, known_at: dt.datetime
) -> dict[int, tuple[Score | None, Score]]:
    """Present scores and scores as if every event had been made under ``book``, of residents of one village.

    Whose score the book leaves as it is may be missing: where only rules differ, only those who have an event under one
    of these are looked at. Who has neither events nor points shares the two scores of a blank sheet.
    """
    ids = list(residents)
    rule_set = rule_set_in_force(village, day)
    present = book_of(rule_set) if rule_set else None
    if present is not None and _without_rules(present) == _without_rules(book):
        ids = _with_changed_events(book, ids, known_at)
    events, earned = lives_of(ids, day, known_at)
    blank = (score_at(present, [], 0, day) if present else None, score_at(book, [], 0, day))
    told = {}
    for pk in ids:
        own, points = events.get(pk, []), earned.get(pk, 0)
        if not own and not points:
            told[pk] = blank
            continue
        old = score_at(present, own, points, day) if present else None
        told[pk] = old, score_at(book, _judged(own, book), points, day)
    return told


def _without_rules(book: RuleBook) -> RuleBook:
    return dataclasses.replace(book, title="", discounts={}, rules={})


def _with_changed_events(book: RuleBook, residents: Sequence[int], known_at: dt.datetime) -> list[int]:
    """Who of these has an event that would count otherwise under ``book``. Four queries."""
    entries = entries_of(residents, known_at)
    found = ScoreEvent.objects.filter(resident__in=_ids(entries), made_at__lte=known_at)
    kinds = set(found.order_by().values_list("rule_set_id", "rule_code", "delta").distinct())
    sets = RuleSet.objects.filter(pk__in={kind[0] for kind in kinds})
    books = {rule_set.pk: book_of(rule_set) for rule_set in sets.defer("content", "changes")}
    changed = Q(pk__in=[])
    for version, code, delta in kinds:
        if not _counts_alike(books[version].rules[code], delta, book):
            changed |= Q(rule_set=version, rule_code=code, delta=delta)
    touched = found.filter(changed).order_by().values_list("resident_id", flat=True).distinct()
    return sorted({entries[entry] for entry in touched if entry is not None})


def _counts_alike(rule: Rule, delta: Decimal, book: RuleBook) -> bool:
    """True if an event of ``delta`` under ``rule`` gives the same under the book's rule of that code."""
    other = book.rules.get(rule.code)
    if other is None or _delta_under(other, rule, delta) != delta:
        return False
    return all(getattr(rule, name) == getattr(other, name) for name in READ_BY_SCORES)


def _judged(events: Sequence[Event], book: RuleBook) -> list[Event]:
    judged = []
    for event in events:
        rule = book.rules.get(event.rule.code)
        if rule is not None:
            judged.append(
                dataclasses.replace(event, rule=rule, delta=_delta_under(rule, event.rule, event.delta))
            )
    return judged


def _delta_under(rule: Rule, former: Rule, delta: Decimal) -> Decimal:
    """What an event of ``delta`` under the former rule changes under ``rule``."""
    return delta if rule.levels or delta == former.score == 0 else rule.score


def score_of(resident: Resident, day: dt.date, known_at: dt.datetime) -> Score | None:
    """One resident's score; None while no rules are in force."""
    return scores_of([resident], resident.village, day, known_at).get(resident.pk)


def replay(snapshot: ScoreSnapshot) -> Score:
    """The score of a snapshot made again from the events known when it was taken."""
    book = book_of(snapshot.rule_set)
    return scores_of([snapshot.resident], snapshot.village, snapshot.day, snapshot.made_at, book)[
        snapshot.resident_id
    ]


def household_view(household: Household, day: dt.date, known_at: dt.datetime) -> dict[str, Any] | None:
    """Members with their scores, items of the house and the household's score; None without rules."""
    rule_set = rule_set_in_force(household.village, day)
    if rule_set is None:
        return None
    book = book_of(rule_set)
    members = list(household.members.filter(status=Resident.Status.ACTIVE))
    scores = scores_of(members, household.village, day, known_at, book)
    youngest = day.year - numbers()["adult_age"]
    adults = [m for m in members if m.birth_year is None or m.birth_year <= youngest]
    items = score_at(
        book, events_of(households=[household.pk], known_at=known_at).get(household.pk, []), 0, day
    )
    total = sum((line.counted for line in items.lines), Decimal(0))
    return {
        "household": household,
        "members": [(m, scores[m.pk], m in adults) for m in members],
        "items": items.lines,
        "items_total": total,
        "score": household_score([scores[m.pk].value for m in adults], total, book),
    }

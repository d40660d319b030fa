"""The daily run: only entities that news or time touched are read, only days that changed get a new vintage.

A run on day K settles the days K-29 to K. It starts from the checkpoint where the window opens, takes what was
applied to everybody else from the cube days, and what is known now of the touched ones from the facts.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection, transaction

import audit
from datahub import public as datahub
from index.daycube import Design, State, advance, widen
from index.models import Checkpoint, CubeDay, MethodVersion, Run, RunKind, RunState
from index.packing import pack_state, unpack_points, unpack_state
from index.paths import CELL, NOWHERE, Lives, Points, day_of, number_of
from index.provenance import code_hash
from index.services.backfill import INDEX_LOCK
from index.services.disclosure import follow_register
from index.services.freshness import Freshness
from index.services.inputs import read_known
from index.services.method import basket_of, design_for, fences_of, load_registry, save_registry
from index.services.reference import freeze_references
from index.services.store import data_version_of, open_values, write_cube_days, write_values
from index.services.upcoming import due_points, replace_upcoming

CHANGES_AT_ONCE = 100_000


class UnableToRunDay(RuntimeError):
    """The day cannot be computed; the text says why."""


@dataclass(frozen=True)
class News:
    """What changed since the last run: numbers of changes, enterprises they touched, instant of the last one."""

    last_change_id: int
    known_at: datetime
    touched: list[int]
    arrived_by: date | None = None


def last_run(method: MethodVersion) -> Run | None:
    """The latest finished run, which says up to which day and change everything is settled."""
    return Run.objects.filter(method=method, state=RunState.DONE).order_by("-last_day", "-id").first()


def news_since(run: Run, now: datetime) -> News:
    """Changes of the store that no run has followed yet."""
    changes = datahub.list_changes_after(run.last_change_id, limit=CHANGES_AT_ONCE)
    if not changes:
        return News(run.last_change_id, run.known_at, [])
    return News(changes[-1].id, changes[-1].at, datahub.touched_by([one.id for one in changes]))


def run_day(
    method: MethodVersion,
    day: date,
    *,
    now: datetime,
    realtime: datetime | None = None,
    news: News | None = None,
) -> Run:
    """Settle ``day`` and the days still open before it. A repetition without news writes nothing.

    Raises :class:`UnableToRunDay` without a history, for a day before the last one or with a gap.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INDEX_LOCK])
        before = last_run(method)
        if before is None:
            raise UnableToRunDay("该版本尚无历史，请先回算历史。")
        if not before.last_day <= day <= before.last_day + timedelta(days=1):
            raise UnableToRunDay(
                f"已计算至 {before.last_day}，下一日应为 {before.last_day + timedelta(days=1)}。"
            )
        news = news or news_since(before, now)
        if day == before.last_day and not news.touched:
            return before
        run = Run.objects.create(
            method=method, kind=RunKind.DAILY, first_day=day, last_day=day, next_day=day, known_at=news.known_at,
            arrived_by=news.arrived_by, last_change_id=news.last_change_id, realtime=realtime or now, started_at=now,
            code_hash=code_hash(),
        )  # fmt: skip
        _settle_window(run, before, news, now)
    audit.record(
        "index.day.computed", origin=audit.Origin.system("index"), target=f"index:{method.code}",
        detail={"run": run.pk, "period": str(day), "enterprises": run.changed_entities, "rows": run.values_written},
    )  # fmt: skip
    return run


def _settle_window(run: Run, before: Run, news: News, now: datetime) -> None:
    method = run.method
    basket = basket_of(method)
    opens = run.last_day - timedelta(days=basket.final_days)
    registry = load_registry(basket)
    state, applied, digests = _stand_at(method, opens, design_for(method, registry))
    known = read_known(
        basket, registry, frozenset(method.supplied), fences_of(method), run.known_at, enterprise_ids=news.touched,
        arrived_by=news.arrived_by,
    )  # fmt: skip
    save_registry(registry)
    design = design_for(method, registry)
    widen(state, known.lives.entity[known.lives.cell != NOWHERE], design)
    touched = np.array(sorted(news.touched), np.int64)
    follow_register(run, before, touched, known.entities, registry)
    due = due_points(method, run.last_day)
    first, last = number_of(opens) + 1, number_of(run.last_day)
    fresh = _of_touched(state, known.points, known.lives, touched, applied, design, first, last)
    others = Points.of([applied, due.where(due.day <= last)])
    others = others.where(~np.isin(others.entity, touched))
    window = Points.of([others, fresh.where(fresh.day <= last)])
    days = []
    for number in range(first, last + 1):
        days.append(advance(state, number, window.where(window.day == number), design))
        if number == first:
            _keep_checkpoint(method, state, opens)
    freshness = Freshness(basket, method.supplied, known.releases, before.releases)
    run.releases = freshness.kept(last)
    late = {one.day: freshness.late_on(one.day) for one in days}
    write_cube_days(run, days, late, digests)
    standing = open_values(method, day_of(first), run.last_day, 1 + len(basket.dimensions))
    run.values_written = write_values(
        run, days, least=basket.min_entities, standing=standing,
        provisional=lambda day: (run.last_day - day).days < basket.first_days or bool(freshness.overdue_on(number_of(day))),
    )  # fmt: skip
    ahead = Points.of(
        [due.where((due.day > last) & ~np.isin(due.entity, touched)), fresh.where(fresh.day > last)]
    )
    replace_upcoming(method, sorted({*touched.tolist(), *due.entity.tolist()}), ahead)
    freeze_references(method)
    _close(run, window, len(state.entity), now)


def _stand_at(method: MethodVersion, opens: date, design: Design) -> tuple[State, Points, dict[date, str]]:
    """The state after ``opens``, what was applied since, and the digests of those days."""
    saved = Checkpoint.objects.filter(method=method, day__lte=opens).order_by("-day").first()
    if saved is None:
        raise UnableToRunDay("缺少计算起点，请重新回算历史。")
    rows = list(
        CubeDay.objects.filter(method=method, realtime_end=None, day__gt=saved.day).order_by("day")
        .values_list("day", "applied", "digest")
    )  # fmt: skip
    state = unpack_state(saved.body)
    widen(state, state.entity, design)
    for day, body, _ in rows:
        if day <= opens:
            advance(state, number_of(day), unpack_points(body), design)
    later = [(day, body, digest) for day, body, digest in rows if day > opens]
    applied = Points.of([unpack_points(body) for _, body, _ in later])
    return state, applied, {day: digest for day, _, digest in later}


def _of_touched(
    state: State, points: Points, lives: Lives, touched: np.ndarray, applied: Points, design: Design, first: int, last: int
) -> Points:  # fmt: skip
    """Points of the touched entities from the first day on, so that they reach what is known of them now.

    What is known of the time before the window cannot change it any more: it takes effect on its first day.
    """
    opening = _scores_before(points, touched, design, first)
    place = np.searchsorted(state.entity, touched).clip(max=max(len(state.entity) - 1, 0))
    here = state.entity[place] == touched if len(state.entity) else np.zeros(len(touched), bool)
    rows, columns = np.nonzero((opening != state.score[place]) & here[:, None] & (design.weights > 0))
    late = Points(
        np.full(len(rows), first, np.int32), touched[rows], columns.astype(np.uint8), opening[rows, columns]
    )
    inside = points.where(points.day >= first)
    # A point of the first day itself outdoes what only arrives there.
    late = late.where(~np.isin(_keys(late), _keys(inside.where(inside.day == first))))
    return Points.of([late, inside, _life_changes(state, lives, applied, first, last)])


def _scores_before(points: Points, touched: np.ndarray, design: Design, first: int) -> np.ndarray:
    """(touched, J): scores as known now at the end of the day before the window."""
    table = np.tile(design.rest, (len(touched), 1))
    past = points.where(points.day < first)
    order = np.argsort(past.day, kind="stable")
    past = past.where(order)
    table[np.searchsorted(touched, past.entity), past.indicator] = past.score
    return table


def _life_changes(state: State, lives: Lives, applied: Points, first: int, last: int) -> Points:
    """Entering, leaving and moving to another cell. A move counts from the day it was first noticed."""
    noticed = applied.where(applied.indicator == CELL)
    before = dict(
        zip(
            noticed.entity.tolist(),
            zip(noticed.day.tolist(), noticed.score.tolist(), strict=True),
            strict=True,
        )
    )
    made: list[tuple[int, int, int]] = []
    for entity, since, until, cell in zip(
        lives.entity.tolist(), lives.since.tolist(), lives.until.tolist(), lives.cell.tolist(), strict=True
    ):
        place = int(np.searchsorted(state.entity, entity))
        known = place < len(state.entity) and int(state.entity[place]) == entity
        old = int(state.cell[place]) if known else int(NOWHERE)
        if cell == NOWHERE or until <= max(since, first):
            if old != NOWHERE:
                made.append((max(min(until, last), first), entity, int(NOWHERE)))
            continue
        if old == NOWHERE:
            made.append((max(since, first), entity, cell))
        elif old != cell:
            day = before[entity][0] if before.get(entity, (0, -1))[1] == cell else last
            made.append((day, entity, cell))
        if first < until <= last + 40_000 and until < 2_000_000:
            made.append((until, entity, int(NOWHERE)))
    if not made:
        return Points.of([])
    day, who, score = (np.array(column) for column in zip(*made, strict=True))
    return Points(
        day.astype(np.int32),
        who.astype(np.int64),
        np.full(len(made), CELL, np.uint8),
        score.astype(np.uint16),
    )


def _keys(points: Points) -> np.ndarray:
    return points.entity * 256 + points.indicator


def _keep_checkpoint(method: MethodVersion, state: State, opens: date) -> None:
    """Tomorrow's window opens a day later; today's opening is kept for a repetition."""
    Checkpoint.objects.filter(method=method, day__lt=opens).exclude(
        pk=Checkpoint.objects.filter(method=method, day__lte=opens).order_by("-day").values("pk")[:1]
    ).delete()
    Checkpoint.objects.update_or_create(
        method=method, day=day_of(state.day), defaults={"body": pack_state(state)}
    )


def _close(run: Run, window: Points, entities: int, now: datetime) -> None:
    today = window.where(window.day == number_of(run.last_day))
    digests = CubeDay.objects.filter(run=run).order_by("day").values_list("digest", flat=True)
    run.data_version = data_version_of(run.known_at, run.last_change_id, list(digests))
    run.entities, run.points = entities, len(today)
    run.changed_entities = len(np.unique(today.entity))
    run.next_day = run.last_day + timedelta(days=1)
    run.state, run.finished_at = RunState.DONE, now
    run.save()

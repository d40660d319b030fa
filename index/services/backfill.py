"""Years of daily index in one go: read the facts once, then day after day, a month a transaction.

A killed worker loses at most the month under way: the run remembers its next day, the checkpoint where
everything stood, and the facts are read again as known at the run's instant, so the bytes are the same.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

import audit
from datahub import public as datahub
from index.daycube import Day, Design, State, advance, first_state, settle, widen
from index.models import Checkpoint, CubeDay, MethodVersion, Run, RunKind, RunState
from index.packing import pack_state, unpack_state
from index.paths import CELL, NOWHERE, Points, day_of, number_of
from index.provenance import code_hash
from index.services.freshness import Freshness
from index.services.inputs import Known, life_points, read_everything
from index.services.method import basket_of, design_for, fences_of, load_registry, save_registry
from index.services.reference import freeze_references
from index.services.store import data_version_of, write_cube_days, write_values
from index.services.upcoming import write_upcoming

DAYS_A_STEP = 31
INDEX_LOCK = 7_302_010
Report = Callable[[date, int, int], None]


class UnableToBackfill(RuntimeError):
    """The days asked for cannot be computed; the text says why."""


def plan_backfill(
    method: MethodVersion, first: date, last: date, *, origin: audit.Origin, now: datetime,
    requested_by: int | None = None, arrived_by: date | None = None, realtime: datetime | None = None,
) -> Run:  # fmt: skip
    """The run for these days: a broken one of the same days is taken up again, else a new one.

    Raises :class:`UnableToBackfill` where the days are there already or do not follow one another.
    """
    if last < first:
        raise UnableToBackfill(f"截止日 {last} 早于起始日 {first}。")
    if last > now.date():
        raise UnableToBackfill(f"截止日 {last} 晚于今天。")
    broken = Run.objects.filter(method=method, kind=RunKind.BACKFILL, state=RunState.RUNNING).first()
    if broken is not None:
        if (broken.first_day, broken.last_day) != (first, last):
            raise UnableToBackfill(
                f"{broken.first_day} 至 {broken.last_day} 的回算尚未完成，请先以相同日期继续。"
            )
        return broken
    if CubeDay.objects.filter(method=method).exists():
        raise UnableToBackfill("该版本已有每日指数，历史不可重写；需要重算请另立新版本。")
    latest = datahub.last_change()
    with audit.action("index.backfill.started", origin=origin, target=f"index:{method.code}") as entry:
        run = Run.objects.create(
            method=method, kind=RunKind.BACKFILL, first_day=first, last_day=last, next_day=first,
            known_at=latest.at if latest else now, last_change_id=latest.id if latest else 0, realtime=realtime or now,
            arrived_by=arrived_by,
            started_at=now, code_hash=code_hash(), requested_by_id=requested_by,
        )  # fmt: skip
        entry.detail |= {"run": run.pk, "period": f"{first} {last}"}
    return run


def run_backfill(run: Run, *, now: datetime, report: Report | None = None) -> Run:
    """Compute every day that is left; ``report(day, done, total)`` after each step. Returns the finished run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [INDEX_LOCK])
        if not cursor.fetchone()[0]:
            raise UnableToBackfill("另一个进程正在计算指数，请稍后再试。")
    try:
        return _run(run, now, report)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [INDEX_LOCK])


def _run(run: Run, now: datetime, report: Report | None) -> Run:
    method = run.method
    basket = basket_of(method)
    registry = load_registry(basket)
    known = read_everything(
        basket, registry, frozenset(method.supplied), fences_of(method), run.known_at, run.arrived_by
    )
    save_registry(registry)
    design = design_for(method, registry)
    points = all_points(known, number_of(run.first_day))
    state = _state_before(run, design, known, points)
    freshness = Freshness(basket, method.supplied, known.releases, {})
    total = (run.last_day - run.first_day).days + 1
    while run.next_day <= run.last_day:
        end = min(run.next_day + timedelta(days=DAYS_A_STEP - 1), run.last_day)
        days, kept = _step(run, state, design, points, end)
        _store(run, days, kept, state, freshness, basket.min_entities, total, end)
        if report is not None:
            report(end, (end - run.first_day).days + 1, total)
    run.releases = freshness.kept(number_of(run.last_day))
    _finish(run, known, points, now)
    return run


def all_points(known: Known, first: int) -> Points:
    """Scores and lives of everybody on one line of time."""
    return Points.of([known.points, life_points(known.lives, first)])


def _state_before(run: Run, design: Design, known: Known, points: Points) -> State:
    """The checkpoint of a broken run, or how everything stood before the first day (nobody inside yet)."""
    saved = Checkpoint.objects.filter(method=run.method, day=run.next_day - timedelta(days=1)).first()
    counted = known.lives.entity[known.lives.cell != NOWHERE]
    if saved is not None and run.next_day > run.first_day:
        state = unpack_state(saved.body)
        widen(state, counted, design)
        return state
    first = number_of(run.first_day)
    state = first_state(first - 1, counted, design)
    settle(state, points.where((points.day < first) & (points.indicator != CELL)), design)
    return state


def _step(
    run: Run, state: State, design: Design, points: Points, end: date
) -> tuple[list[Day], dict[date, bytes]]:
    """Days up to ``end``; the state is kept where the revision window of the last day opens."""
    basket_final = basket_of(run.method).final_days
    keep = {run.last_day - timedelta(days=basket_final + 1), run.last_day - timedelta(days=basket_final)}
    days, kept, first = [], {}, number_of(run.first_day)
    for number in range(number_of(run.next_day), number_of(end) + 1):
        here = points.where((points.day == number) if number > first else _opening(points, first))
        if number == first:
            here = _at(here, first)
        days.append(advance(state, number, here, design))
        if day_of(number) in keep:
            kept[day_of(number)] = pack_state(state)
    return days, kept


def _opening(points: Points, first: int) -> Any:
    """Points of the first day: its own, and the entering of everybody who was there before."""
    return (points.day == first) | ((points.indicator == CELL) & (points.day < first))


def _at(points: Points, day: int) -> Points:
    """All of them on one day; of several for the same entity and indicator the latest stands."""
    moved = Points(points.day * 0 + day, points.entity, points.indicator, points.score)
    return Points.of([moved])


def _store(
    run: Run, days: Sequence[Day], kept: dict[date, bytes], state: State, freshness: Freshness, least: int,
    total: int, end: date,
) -> None:  # fmt: skip
    basket = basket_of(run.method)
    with transaction.atomic():
        late = {one.day: freshness.late_on(one.day) for one in days}
        write_cube_days(run, days, late, {})
        run.values_written += write_values(
            run, days, least=least,
            provisional=lambda day: (run.last_day - day).days < basket.first_days
            or bool(freshness.overdue_on(number_of(day))),
        )  # fmt: skip
        run.points += sum(len(one.applied) for one in days)
        run.next_day = end + timedelta(days=1)
        run.save(update_fields=["values_written", "points", "next_day"])
        for day, body in kept.items():
            Checkpoint.objects.update_or_create(method=run.method, day=day, defaults={"body": body})
        if end < run.last_day:
            Checkpoint.objects.filter(method=run.method).exclude(day__in=_window_days(run)).delete()
            Checkpoint.objects.update_or_create(
                method=run.method, day=end, defaults={"body": pack_state(state)}
            )


def _window_days(run: Run) -> list[date]:
    final = basket_of(run.method).final_days
    return [run.last_day - timedelta(days=final + 1), run.last_day - timedelta(days=final)]


def _finish(run: Run, known: Known, points: Points, now: datetime) -> None:
    method = run.method
    with transaction.atomic():
        write_upcoming(method, points.where(points.day > number_of(run.last_day)))
        freeze_references(method)
        digests = CubeDay.objects.filter(run=run).order_by("day").values_list("digest", flat=True)
        run.data_version = data_version_of(run.known_at, run.last_change_id, list(digests))
        run.entities = int((known.lives.cell != NOWHERE).sum())
        run.state, run.finished_at = RunState.DONE, now
        run.save()
    audit.record(
        "index.backfill.finished", origin=audit.Origin.system("index"), target=f"index:{method.code}",
        detail={"run": run.pk, "entities": run.entities, "rows": run.values_written},
    )  # fmt: skip

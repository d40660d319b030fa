"""Writing what days gave: cube days and values as vintages. Nothing is updated but the end of a closed row."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any

import numpy as np
from django.db import connection

from index.daycube import Day
from index.models import CubeDay, IndexValue, MethodVersion, Run
from index.packing import pack_points, pack_rows
from index.paths import day_of

_VALUE_COLUMNS = (
    "method_id", "panel_id", "day", "chain", "level", "entities", "coverage", "provisional", "run_id", "realtime_start",
)  # fmt: skip


def digest_of(rows: bytes, applied: bytes) -> str:
    return hashlib.sha256(rows + b"\0" + applied).hexdigest()


def write_cube_days(
    run: Run, days: Sequence[Day], freshness: dict[int, dict[str, str]], standing: dict[date, str]
) -> list[date]:
    """Add cube days whose content differs from the open one (``standing``: day to digest); returns which."""
    made = []
    for one in days:
        rows, applied = pack_rows(one.rows), pack_points(one.applied)
        digest, day = digest_of(rows, applied), day_of(one.day)
        if standing.get(day) == digest:
            continue
        made.append(
            CubeDay(method_id=run.method_id, day=day, rows=rows, applied=applied, digest=digest,
                    freshness=freshness.get(one.day, {}), run=run, realtime_start=run.realtime)
        )  # fmt: skip
    changed = [one.day for one in made]
    closed = [day for day in changed if day in standing]
    if closed:
        CubeDay.objects.filter(method_id=run.method_id, day__in=closed, realtime_end=None).update(
            realtime_end=run.realtime
        )
    CubeDay.objects.bulk_create(made, batch_size=100)
    return changed


Vintage = tuple[int, tuple[float, ...], bool]  # id, chain + level + (entities, coverage), provisional


def open_values(method: MethodVersion, first: date, last: date) -> dict[tuple[int, date], Vintage]:
    """Open rows of a stretch of days, by panel and day."""
    rows = IndexValue.objects.filter(
        method=method, realtime_end=None, day__gte=first, day__lte=last
    ).values_list("panel_id", "day", "id", "chain", "level", "entities", "coverage", "provisional")
    return {
        (panel, day): (pk, (*chain, *level, entities, coverage), provisional)
        for panel, day, pk, chain, level, entities, coverage, provisional in rows
    }


def write_values(
    run: Run, days: Iterable[Day], *, least: int, provisional: Any, standing: dict[tuple[int, date], Vintage]
) -> int:
    """Add values that differ from the open ones, closing those; returns how many were added.

    Panels of fewer than ``least`` entities are not written. ``provisional(day)`` says whether a day's values are.
    """
    buffer, closed, count = StringIO(), [], 0
    for one in days:
        day = day_of(one.day)
        is_provisional = provisional(day)
        for panel in np.flatnonzero((one.members >= least) & np.isfinite(one.index[:, 0])):
            chain = (*one.index[panel].tolist(), float(one.plain[panel]))
            level = tuple(one.level[panel].tolist())
            entities, coverage = int(one.members[panel]), float(one.coverage[panel])
            old = standing.get((int(panel), day))
            if old is not None:
                if _same(old[1], (*chain, *level, entities, coverage)) and old[2] == is_provisional:
                    continue
                closed.append(old[0])
            buffer.write(
                f"{run.method_id};{panel};{day};{_array(chain)};{_array(level)};{entities};{coverage!r};"
                f"{'t' if is_provisional else 'f'};{run.pk};{run.realtime.isoformat()}\n"
            )
            count += 1
    if closed:
        IndexValue.objects.filter(pk__in=closed, realtime_end=None).update(realtime_end=run.realtime)
    if count:
        copy = (
            f"COPY sme_index_indexvalue ({', '.join(_VALUE_COLUMNS)}) FROM STDIN (FORMAT csv, DELIMITER ';')"
        )
        with connection.cursor() as cursor, cursor.copy(copy) as target:
            target.write(buffer.getvalue())
    return count


def data_version_of(known_at: datetime, last_change_id: int, digests: Sequence[str]) -> str:
    """One name for what a run knew: instant, last change of the store, and the cube that came of it."""
    text = "\n".join([known_at.isoformat(), str(last_change_id), *digests])
    return hashlib.sha256(text.encode()).hexdigest()


def _same(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return len(a) == len(b) and all(x == y or (x != x and y != y) for x, y in zip(a, b, strict=True))


def _array(values: Iterable[float]) -> str:
    return "{" + ",".join("NaN" if value != value else repr(value) for value in values) + "}"

"""Writing what days gave: cube days and values as vintages. Nothing is updated but the end of a closed row."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any

import numpy as np
import polars as pl
from django.db import connection
from numpy.typing import NDArray
from psycopg import sql

from foundation.copy_out import copy_out
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


@dataclass(frozen=True)
class Published:
    """Open rows of a stretch of days (N), ascending by day and panel. ``values`` (N, K): chain, level, entities and
    coverage beside one another, NaN where nothing is known."""

    key: NDArray[np.int64]
    pk: NDArray[np.int64]
    values: NDArray[np.float64]
    provisional: NDArray[np.bool_]

    def differs(
        self, key: NDArray[np.int64], values: NDArray[np.float64], provisional: bool
    ) -> tuple[Any, Any]:
        """Which rows of these keys are not published like this, and the ids of the open ones they replace."""
        if not len(self.key):
            return np.ones(len(key), bool), np.zeros(0, np.int64)
        place = np.searchsorted(self.key, key).clip(max=len(self.key) - 1)
        is_there, old = self.key[place] == key, self.values[place]
        same = ((old == values) | (np.isnan(old) & np.isnan(values))).all(axis=1)
        stays = is_there & same & (self.provisional[place] == provisional)
        return ~stays, self.pk[place[is_there & ~stays]]


_NONE = np.zeros(0, np.int64)
NOTHING = Published(_NONE, _NONE, np.zeros((0, 0)), np.zeros(0, bool))
_OPEN = """
SELECT id, panel_id, day - DATE '1970-01-01', provisional::int, {columns}, entities, coverage FROM sme_index_indexvalue
WHERE method_id = {method} AND realtime_end IS NULL AND day BETWEEN {first} AND {last} ORDER BY day, panel_id
"""


def open_values(method: MethodVersion, first: date, last: date, series: int) -> Published:
    """Open rows of a stretch of days; ``series``: how many a panel has, the total and its dimensions."""
    elements = [
        f"{name}[{n + 1}]" for name, count in (("chain", series + 1), ("level", series)) for n in range(count)
    ]
    query = sql.SQL(_OPEN).format(
        columns=sql.SQL(", ".join(elements)),
        method=sql.Literal(method.pk),
        first=sql.Literal(first),
        last=sql.Literal(last),
    )
    with connection.cursor() as cursor:
        buffer = copy_out(cursor.connection, query)
    if not buffer.getbuffer().nbytes:
        return NOTHING
    names = [f"v{n}" for n in range(len(elements) + 2)]
    schema: dict[str, Any] = dict.fromkeys(("id", "panel", "day", "provisional"), pl.Int64) | dict.fromkeys(
        names, pl.Float64
    )
    rows = pl.read_csv(buffer, has_header=False, schema=schema)
    return Published(
        _keys(rows["day"].to_numpy(), rows["panel"].to_numpy()), rows["id"].to_numpy(), rows.select(names).to_numpy(),
        rows["provisional"].to_numpy() == 1,
    )  # fmt: skip


def write_values(
    run: Run, days: Iterable[Day], *, least: int, provisional: Any, standing: Published = NOTHING
) -> int:
    """Add values that differ from the open ones, closing those; returns how many were added.

    Panels of fewer than ``least`` entities are not written. ``provisional(day)`` says whether a day's values are.
    """
    buffer, closed, count = StringIO(), [], 0
    for one in days:
        day = day_of(one.day)
        is_provisional = bool(provisional(day))
        panels = np.flatnonzero((one.members >= least) & np.isfinite(one.index[:, 0]))
        values = np.column_stack(
            [
                one.index[panels],
                one.plain[panels],
                one.level[panels],
                one.members[panels],
                one.coverage[panels],
            ]
        )
        new, old = standing.differs(_keys(np.full(len(panels), one.day), panels), values, is_provisional)
        closed += old.tolist()
        series = one.index.shape[1]
        told = f"{'t' if is_provisional else 'f'};{run.pk};{run.realtime.isoformat()}\n"
        for panel, row in zip(panels[new].tolist(), values[new].tolist(), strict=True):
            chain, level, coverage = row[: series + 1], row[series + 1 : -2], row[-1]
            buffer.write(
                f"{run.method_id};{panel};{day};{_array(chain)};{_array(level)};{int(row[-2])};{coverage!r};{told}"
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


def _keys(day: Any, panel: Any) -> NDArray[np.int64]:
    return np.asarray(day, np.int64) * 2**32 + np.asarray(panel, np.int64)


def data_version_of(known_at: datetime, last_change_id: int, digests: Sequence[str]) -> str:
    """One name for what a run knew: instant, last change of the store, and the cube that came of it."""
    text = "\n".join([known_at.isoformat(), str(last_change_id), *digests])
    return hashlib.sha256(text.encode()).hexdigest()


def _array(values: Iterable[float]) -> str:
    return "{" + ",".join("NaN" if value != value else repr(value) for value in values) + "}"

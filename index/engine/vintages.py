"""Vintages: what was published when. Values are never changed; a row is closed and a new one opened (ALFRED).

A row holds from ``realtime_start`` on and up to, not including, ``realtime_end``. The revision policy: provisional
until three days after the observed day, revisable until thirty, then final.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

import numpy as np

FIRST_AFTER, FINAL_AFTER = 3, 30


class UnableToAddVintage(ValueError):
    """The new values contradict the stored rows; the message says how."""


@dataclass(frozen=True)
class VintageRow:
    """One value as it was known for a time. realtime_end: None while it is the latest."""

    obs_date: date
    value: float | None
    realtime_start: datetime
    realtime_end: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What to store: rows to close (as they stand, with their end filled in) and rows to add."""

    close: tuple[VintageRow, ...]
    add: tuple[VintageRow, ...]


class Standing(StrEnum):
    """How firm a day's value is."""

    PROVISIONAL = "provisional"
    REVISABLE = "revisable"
    FINAL = "final"


def standing(obs_date: date, today: date) -> Standing:
    """PROVISIONAL before T+3, FINAL from T+30 on, REVISABLE between."""
    age = (today - obs_date).days
    if age < FIRST_AFTER:
        return Standing.PROVISIONAL
    return Standing.FINAL if age >= FINAL_AFTER else Standing.REVISABLE


def reopened(days: Iterable[date], today: date) -> list[date]:
    """Which of the days that late data touch may still be computed anew, ascending."""
    return sorted(day for day in set(days) if standing(day, today) is not Standing.FINAL)


def plan_vintage(current: Iterable[VintageRow], values: Mapping[date, float | None], now: datetime) -> Plan:
    """Rows to close and to add so that `values` are the latest from `now` on.

    current: the open rows of the series (others are ignored). A value that did not change writes nothing.
    UnableToAddVintage if `now` is not after the start of a row it would close.
    """
    open_rows = {row.obs_date: row for row in current if row.realtime_end is None}
    close, add = [], []
    for day in sorted(values):
        value, row = values[day], open_rows.get(day)
        if row is not None:
            if row.value == value:
                continue
            if now <= row.realtime_start:
                raise UnableToAddVintage(f"{day}: a vintage of {row.realtime_start} is not older than {now}")
            close.append(replace(row, realtime_end=now))
        add.append(VintageRow(day, value, now))
    return Plan(tuple(close), tuple(add))


def apply_plan(rows: Sequence[VintageRow], plan: Plan) -> list[VintageRow]:
    """All rows after the plan: what a store that follows it holds."""
    closed = {(row.obs_date, row.realtime_start): row for row in plan.close}
    return [closed.get((row.obs_date, row.realtime_start), row) for row in rows] + list(plan.add)


def latest(rows: Iterable[VintageRow]) -> dict[date, VintageRow]:
    """The open row of each day."""
    return {row.obs_date: row for row in rows if row.realtime_end is None}


def first_release(rows: Iterable[VintageRow]) -> dict[date, VintageRow]:
    """What was published first for each day."""
    first: dict[date, VintageRow] = {}
    for row in rows:
        if row.obs_date not in first or row.realtime_start < first[row.obs_date].realtime_start:
            first[row.obs_date] = row
    return first


def as_of(rows: Iterable[VintageRow], instant: datetime) -> dict[date, VintageRow]:
    """What anybody could have read at the instant."""
    return {
        row.obs_date: row
        for row in rows
        if row.realtime_start <= instant and (row.realtime_end is None or row.realtime_end > instant)
    }


def all_vintages(rows: Iterable[VintageRow], day: date) -> list[VintageRow]:
    """Every row of one day in the order of publication."""
    return sorted((row for row in rows if row.obs_date == day), key=lambda row: row.realtime_start)


@dataclass(frozen=True)
class RevisionStatistics:
    """How far first releases were from what they became (IMF, quarterly national accounts manual, chapter 12).

    mean: of later minus first (bias); mean_absolute; root_mean_square; largest: of absolute revisions;
    sign_changes: share of day-to-day changes whose sign turned, None when there is no pair of days.
    """

    days: int
    mean: float
    mean_absolute: float
    root_mean_square: float
    largest: float
    sign_changes: float | None


def revision_statistics(
    first: Mapping[date, float | None], later: Mapping[date, float | None]
) -> RevisionStatistics | None:
    """Statistics over the days that both name with a value; None if there are none."""
    pairs = [
        (day, a, b) for day, a in sorted(first.items()) if a is not None and (b := later.get(day)) is not None
    ]
    if not pairs:
        return None
    before = np.array([a for _, a, _ in pairs])
    after = np.array([b for _, _, b in pairs])
    gaps = after - before
    turned = np.sign(np.diff(before)) != np.sign(np.diff(after))
    return RevisionStatistics(
        days=len(pairs),
        mean=float(gaps.mean()),
        mean_absolute=float(np.abs(gaps).mean()),
        root_mean_square=float(np.sqrt((gaps**2).mean())),
        largest=float(np.abs(gaps).max()),
        sign_changes=float(turned.mean()) if len(turned) else None,
    )

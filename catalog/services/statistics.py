"""Counting what is used: page views, downloads, calls; and logging every opening of what is not public."""

import re
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

import audit
from catalog.opening_words import UseWay
from catalog.selectors.reading import OpenTable
from catalog.services.grants import use_grant

COUNTED = ("views", "downloads", "calls")


def note_call(table: OpenTable, now: datetime, origin: audit.Origin, viewer: Any, *, rows: int) -> str:
    """One call of an interface on a table. Returns the mark of the copy, '' for what is everybody's."""
    count_use(table.resource.dataset_id, "calls", now)
    return _note_grant(table, now, origin, viewer, UseWay.INTERFACE, rows)


def note_download(table: OpenTable, now: datetime, origin: audit.Origin, viewer: Any, *, rows: int) -> str:
    """One download of a table. Returns the mark of the copy, '' for what is everybody's."""
    count_use(table.resource.dataset_id, "downloads", now)
    return _note_grant(table, now, origin, viewer, UseWay.DOWNLOAD, rows)


def note_look(table: OpenTable, now: datetime, origin: audit.Origin, viewer: Any, *, rows: int) -> str:
    """A look at granted rows on a page: counted and logged like every other use."""
    return _note_grant(table, now, origin, viewer, UseWay.PAGE, rows)


def count_use(dataset_id: int, what: str, now: datetime) -> None:
    """Add one to the dataset's day. ``what`` is one of views, downloads, calls."""
    if what not in COUNTED:
        raise ValueError(what)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_useday (dataset_id, day, views, downloads, calls) VALUES (%s, %s, 0, 0, 0) "
            "ON CONFLICT (dataset_id, day) DO NOTHING",
            [dataset_id, timezone.localdate(now)],
        )
        cursor.execute(
            f"UPDATE catalog_useday SET {what} = {what} + 1 WHERE dataset_id = %s AND day = %s",
            [dataset_id, timezone.localdate(now)],
        )


def _note_grant(
    table: OpenTable, now: datetime, origin: audit.Origin, viewer: Any, way: UseWay, rows: int
) -> str:
    """What is not public is counted against its grant and logged at every opening, before a row leaves.

    Raises ``UnableToUseGrant`` (a refusal of permission) if the grant ended or was used up meanwhile.
    """
    grant_id = table.right.grant_id
    if grant_id is None:
        return ""
    use = use_grant(viewer, grant_id, way, rows=rows, release=table.release, now=now, origin=origin)
    audit.record(
        "catalog.restricted.read", origin=origin, target=f"resource:{table.resource.uid}",
        detail={"grant": grant_id, "way": way.value, "rows": rows, "fields": [c.code for c in table.columns],
                "mark": use.mark},
    )  # fmt: skip
    return use.mark


def note_miss(words: str, now: datetime) -> None:
    """Keep words that found nothing, unless they may tell of a person (digits in a row, an address)."""
    kept = " ".join(words.split())[:60]
    if len(kept) < 2 or re.search(r"\d{5,}|@", kept):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_searchmiss (words, times, last_on) VALUES (%s, 1, %s) "
            "ON CONFLICT (words) DO UPDATE SET times = catalog_searchmiss.times + 1, last_on = excluded.last_on",
            [kept, timezone.localdate(now)],
        )

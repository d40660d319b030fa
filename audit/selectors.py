"""Reading the log. Who may do so is the business of the pages above."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from . import archives, checkpoints, links
from .contracts import Filters, Finding
from .models import AuditEntry, AuditVerification, ChainHead

PAGE = 50
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Page:
    """Entries, newest first; ``newer`` and ``older`` are the numbers to go on from, None at the ends."""

    entries: list[AuditEntry]
    newer: int | None
    older: int | None


@dataclass(frozen=True)
class LogState:
    """How long the log is and how far it is known to be sound."""

    head_seq: int
    archived_to: int
    verified: AuditVerification | None
    checkpoint: checkpoints.Checkpoint | None

    @property
    def checkpoint_at(self) -> dt.datetime | None:
        return dt.datetime.fromisoformat(self.checkpoint.at) if self.checkpoint else None


def matching(filters: Filters) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.all()
    if filters.since:
        found = found.filter(at__gte=filters.since)
    if filters.until:
        found = found.filter(at__lt=filters.until)
    if filters.action:
        wants_app = filters.action.endswith(".")
        found = found.filter(**{"action__startswith" if wants_app else "action": filters.action})
    if filters.target:
        found = found.filter(target__startswith=filters.target)
    exact = {"actor_name": filters.actor, "result": filters.result, "request_id": filters.request_id}
    return found.filter(**{name: value for name, value in exact.items() if value})


def list_page(
    filters: Filters, *, before: int | None = None, after: int | None = None, size: int = PAGE
) -> Page:
    """One page by key: what lies before (older than) or after (newer than) an entry; the newest by default."""
    found = matching(filters)
    if after is not None:
        rows = list(found.filter(seq__gt=after).order_by("seq")[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(rows, rows[0].seq if more else None, rows[-1].seq if rows else after + 1)
    if before is not None:
        found = found.filter(seq__lt=before)
    rows = list(found.order_by("-seq")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    newer = (rows[0].seq if rows else before - 1) if before is not None else None
    return Page(rows, newer, rows[-1].seq if more else None)


def count_at_most(filters: Filters, most: int = MOST_COUNTED) -> int:
    """Number of matching entries, counted no further than ``most + 1``."""
    return matching(filters).order_by()[: most + 1].count()


def find_entry(seq: int) -> AuditEntry | None:
    return AuditEntry.objects.filter(seq=seq).first()


def each(filters: Filters, until_seq: int) -> Iterator[dict[str, Any]]:
    """All matching entries up to ``until_seq``, oldest first, a batch at a time."""
    found = matching(filters).filter(seq__lte=until_seq).order_by("seq")
    last = 0
    while batch := list(found.filter(seq__gt=last).values(*links.FIELDS)[: links.BATCH]):
        yield from batch
        last = batch[-1]["seq"]


def check(entry: AuditEntry) -> Finding | None:
    """Whether one entry is genuine and follows the one before it."""
    before = AuditEntry.objects.filter(seq=entry.seq - 1).values_list("mac", flat=True).first()
    if before is None:
        seq, mac = archives.end_of_archives()
        before = mac if seq == entry.seq - 1 else entry.prev_mac
    values = {name: getattr(entry, name) for name in links.FIELDS}
    return links.check_entry(values, entry.seq, before)


def head() -> tuple[int, str]:
    """``(seq, mac)`` of the last entry; zero and an empty text for an empty log."""
    found = ChainHead.objects.filter(id=1).first()
    return (found.seq, found.mac) if found else (0, "")


def log_state() -> LogState:
    return LogState(
        head_seq=head()[0],
        archived_to=archives.end_of_archives()[0],
        verified=AuditVerification.objects.order_by("-id").first(),
        checkpoint=checkpoints.last(),
    )


def list_action_codes() -> list[str]:
    """Every action code in the log, found by leaps over the index instead of a walk over the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE code AS ("
            " (SELECT action FROM audit_entry ORDER BY action LIMIT 1)"
            " UNION ALL SELECT (SELECT e.action FROM audit_entry e WHERE e.action > code.action"
            " ORDER BY e.action LIMIT 1) FROM code WHERE code.action IS NOT NULL"
            ") SELECT action FROM code WHERE action IS NOT NULL"
        )
        return [row[0] for row in cursor.fetchall()]

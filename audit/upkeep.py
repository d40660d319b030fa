"""Keeping the log trustworthy: checkpoints now and then, full verifications on demand."""

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from . import archives, chain, checkpoints, links, services
from .contracts import Finding, Kind, Origin, Report
from .models import AuditEntry, AuditVerification, ChainHead
from .verification import verify

logger = logging.getLogger(__name__)
BY_CHECKPOINT = "checkpoint"


def checkpoint(now: dt.datetime) -> Path | None:
    """Note the chain's end outside the database, after checking what came since the last note.

    None if nothing came. Raises ``UnableToWriteCheckpoint`` if the end went back or the new stretch is not
    sound: a checkpoint must not give its blessing to a damaged log.
    """
    head = ChainHead.objects.filter(id=1).first()
    last = checkpoints.last()
    end = (head.seq, head.mac) if head else (0, chain.GENESIS)
    if last is not None and (last.seq, last.mac) == end:
        return None
    if last is None and end[0] == 0:
        return None
    start = archives.end_of_archives()
    if last is not None and last.seq > start[0]:
        start = (last.seq, last.mac)
    if finding := _since(start, end):
        _note_finding(finding, start[0], now)
        raise checkpoints.UnableToWriteCheckpoint(f"检查点未写入：{finding.message}请安全审计员核验日志。")
    return checkpoints.note(*end, AuditEntry.objects.filter(seq__lte=end[0]).count(), now)


def _since(start: tuple[int, str], end: tuple[int, str]) -> Finding | None:
    if end[0] < start[0]:
        return links.cut_tail(end[0] + 1, start[0])
    finding = links.verify_stretch(start, end[0])
    if finding is None and end[0] == start[0] and end[1] != start[1]:
        return Finding(end[0], Kind.HEAD, f"链的末端记录与第 {end[0]} 条的检查点不符。")
    return finding


def _note_finding(finding: Finding, verified_seq: int, now: dt.datetime) -> None:
    logger.error("audit log damaged at entry %s: %s", finding.seq, finding.kind.value)
    _keep(Report(verified_seq=verified_seq, finding=finding), now, BY_CHECKPOINT)


def _keep(report: Report, now: dt.datetime, started_by: str) -> None:
    found = report.finding
    AuditVerification.objects.create(
        started_at=now,
        finished_at=timezone.now(),
        verified_seq=report.verified_seq,
        entries=report.entries,
        checkpoints=report.checkpoints,
        intact=report.intact,
        bad_seq=found.seq if found else None,
        kind=found.kind if found else "",
        message=found.message if found else "",
        started_by=started_by,
    )


def verify_and_note(
    *,
    origin: Origin,
    now: dt.datetime,
    from_archive: bool = False,
    tell: Callable[[int, int], None] | None = None,
) -> Report:
    """Verify everything, keep the outcome for the auditor's page and write it to the log itself."""
    report = verify(from_archive=from_archive, tell=tell)
    found = report.finding
    detail: dict[str, Any] = {
        "verified_seq": report.verified_seq,
        "entries": report.entries,
        "checkpoints": report.checkpoints,
    }
    if found:
        detail |= {"bad_seq": found.seq, "kind": found.kind}
    target = f"audit:{report.head_seq}"
    try:
        with services.action("audit.verified", origin=origin, target=target, detail=detail):
            _keep(report, now, origin.actor_name)
    except services.UnableToWriteLog:
        if found is None:
            raise
        _keep(report, now, origin.actor_name)  # a log that cannot go on is what was found
    return report

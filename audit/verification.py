"""Recompute the chain and name the first bad entry.

Entries are streamed by their number, so memory stays the same whatever the length. What the chain alone
cannot show, a cut tail or a log begun anew, the checkpoints outside the database do.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection
from django.utils import timezone

from foundation import keys

from . import archives, checkpoints
from .contracts import Finding, Kind, Report
from .links import BATCH, check_entry, cut_tail, entries
from .models import AuditEntry, ChainHead


def verify(*, from_archive: bool = False, tell: Callable[[int, int], None] | None = None) -> Report:
    """Check archives, every entry, the head and every checkpoint; stops at the first thing wrong.

    ``tell(done, total)`` is called now and then. Checkpoints are listed and the head is read before the
    entries, so entries written meanwhile do not matter.
    """
    notes = checkpoints.each()
    head = ChainHead.objects.filter(id=1).first()
    report = Report(head_seq=head.seq if head else 0)
    start = archives.check(report, with_files=from_archive)
    if report.finding:
        return report
    report.first_seq, report.verified_seq = start[0] + 1, start[0]
    report.finding = _stray(start[0])
    if report.finding is None:
        _walk(report, start, head, _Notes(notes, start[0]), tell)
    return report


def _walk(
    report: Report,
    start: tuple[int, str],
    head: ChainHead | None,
    notes: "_Notes",
    tell: Callable[[int, int], None] | None,
) -> None:
    seq, mac = start
    for entry in entries(seq, report.head_seq):
        finding = check_entry(entry, seq + 1, mac) or notes.check(entry["seq"], entry["mac"])
        if finding:
            report.finding = finding
            report.checkpoints = notes.checked
            return
        seq, mac = entry["seq"], entry["mac"]
        report.verified_seq = seq
        report.entries += 1
        if tell and report.entries % BATCH == 0:
            tell(report.entries, report.head_seq - start[0])
    report.finding = _end(seq, mac, head) or notes.beyond(seq)
    report.checkpoints = notes.checked
    if tell:
        tell(report.entries, report.entries)


def _end(seq: int, mac: str, head: ChainHead | None) -> Finding | None:
    """Whether the entries end where the head says, and nothing stands behind it."""
    with connection.cursor() as cursor:  # one statement, one view of both tables
        cursor.execute(
            "SELECT min(seq) FROM audit_entry"
            " WHERE seq > COALESCE((SELECT seq FROM audit_head WHERE id = 1), 0)"
        )
        behind = cursor.fetchone()[0]
    if head is None and (seq or behind):
        return Finding(seq, Kind.HEAD, "链的末端记录缺失。")
    if head is not None and seq < head.seq:
        return cut_tail(seq + 1, head.seq)
    if head is not None and not keys.same(head.mac, mac):
        return Finding(seq, Kind.HEAD, f"链的末端记录与第 {seq} 条的校验码不符。")
    if behind:
        return Finding(behind, Kind.INSERTED, f"第 {behind} 条位于链的末端之后，未经登记。")
    return None


def _stray(archived_to: int) -> Finding | None:
    """Entries numbered as if they had been archived."""
    stray = (
        AuditEntry.objects.filter(seq__lte=archived_to).order_by("seq").values_list("seq", flat=True).first()
    )
    if stray is None:
        return None
    return Finding(stray, Kind.INSERTED, f"第 {stray} 条的序号属于已归档部分，不应在表中。")


class _Notes:
    """Checkpoints walked in step with the entries."""

    def __init__(self, notes: Iterator[tuple[int, Path]], archived_to: int) -> None:
        self._rest = (note for note in notes if note[0] > archived_to)
        self._next = next(self._rest, None)
        self.checked = 0

    def check(self, seq: int, mac: str) -> Finding | None:
        """Compare the checkpoint about entry ``seq``, if there is one."""
        if self._next is None or self._next[0] != seq:
            return None
        name = self._next[1].name
        checkpoint = checkpoints.read(self._next[1])
        self._next = next(self._rest, None)
        self.checked += 1
        if checkpoint is None:
            return Finding(seq, Kind.CHECKPOINT, f"检查点文件 {name} 已损坏或签章无效。")
        if not keys.same(checkpoint.mac, mac):
            return Finding(
                seq, Kind.REWRITTEN, f"第 {seq} 条与 {told_at(checkpoint.at)} 的检查点不符，日志曾被重写。"
            )
        return None

    def beyond(self, last_seq: int) -> Finding | None:
        """A checkpoint about an entry that is no longer there: the tail was cut and the head set back."""
        if self._next is None:
            return None
        noted, path = max([self._next, *self._rest])
        checkpoint = checkpoints.read(path)
        self.checked += 1
        if checkpoint is None:
            return Finding(last_seq, Kind.CHECKPOINT, f"检查点文件 {path.name} 已损坏或签章无效。")
        told = f"{told_at(checkpoint.at)} 的检查点记有 {noted} 条，现仅至第 {last_seq} 条，日志末尾被截去。"
        return Finding(last_seq + 1, Kind.TAIL_CUT, told)


def told_at(instant: str) -> str:
    """An instant of a checkpoint in local time."""
    at = dt.datetime.fromisoformat(instant)
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")

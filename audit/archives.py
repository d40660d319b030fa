"""Old entries leave the table only into a sealed archive, and never before 180 days.

An archive is a gzip file of JSON lines, one entry each, exactly as they were chained; the table of
archives keeps its SM3 digest under a seal, so that the chain goes on without a gap.
"""

import datetime as dt
import gzip
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.db import DatabaseError, connection

from foundation import keys

from . import chain, links, services
from .contracts import Finding, Kind, Origin, Report
from .models import AuditArchive, AuditEntry
from .retention import UnableToArchiveLog, retention_days

LABEL = "archive"
BLOCK_BYTES = 1024 * 1024


def folder() -> Path:
    told = getattr(settings, "PORTAL_AUDIT_ARCHIVE_FOLDER", None)
    return Path(told) if told else Path(settings.PORTAL_CHECKPOINT_FOLDER) / "archive"


def archive(before: dt.datetime, *, now: dt.datetime, origin: Origin) -> AuditArchive | None:
    """Move the entries before ``before`` into a file; None if there are none.

    Needs the owner's database role. The stretch is verified first, the file is read back before anything
    is removed, and the removal is itself an entry. Raises :class:`UnableToArchiveLog`.
    """
    if before > now - dt.timedelta(days=retention_days()):
        raise UnableToArchiveLog(f"只能归档 {retention_days()} 天以前的日志，请提前截止日期。")
    start = end_of_archives()
    last_seq = _last_before(before)
    if last_seq <= start[0]:
        return None
    if finding := links.verify_stretch(start, last_seq):
        raise UnableToArchiveLog(f"归档前核验未通过，未作任何改动：{finding.message}")
    path = _write(links.entries(start[0], last_seq), start[0] + 1, last_seq)
    last = AuditEntry.objects.get(seq=last_seq)
    made = AuditArchive(
        first_seq=start[0] + 1, last_seq=last_seq, last_mac=last.mac, last_at=last.at, file_name=path.name,
        digest=digest_of(path), archived_at=now, key_id=chain.current_key_id(),
    )  # fmt: skip
    made.seal = _seal(made)
    if finding := _check_file(made, start):
        raise UnableToArchiveLog(f"归档文件回读未通过，未作任何改动：{finding.message}")
    _remove(made, origin)
    return made


def _remove(made: AuditArchive, origin: Origin) -> None:
    detail = {
        "first_seq": made.first_seq,
        "last_seq": made.last_seq,
        "file": made.file_name,
        "sm3": made.digest,
    }
    try:
        _move(made, origin, detail)
    except DatabaseError as error:
        raise UnableToArchiveLog("条目未能移出，未作任何改动：请以数据库所有者身份执行归档命令。") from error


def _move(made: AuditArchive, origin: Origin, detail: dict[str, Any]) -> None:
    with services.action("audit.archived", origin=origin, target=f"archive:{made.file_name}", detail=detail):
        made.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('audit.archiving', 'on', true)")
            cursor.execute(
                "DELETE FROM audit_entry WHERE seq BETWEEN %s AND %s", [made.first_seq, made.last_seq]
            )
            if cursor.rowcount != made.last_seq - made.first_seq + 1:
                raise UnableToArchiveLog("移出的条数与归档不符，未作任何改动。")
            cursor.execute("SELECT set_config('audit.archiving', 'off', true)")


def end_of_archives() -> tuple[int, str]:
    """``(seq, mac)`` of the last archived entry: where the table's chain begins."""
    last = AuditArchive.objects.order_by("last_seq").last()
    return (last.last_seq, last.last_mac) if last else (0, chain.GENESIS)


def _last_before(before: dt.datetime) -> int:
    """Last number of the unbroken run of entries older than ``before``; the newest entry always stays."""
    kept = AuditEntry.objects.filter(at__gte=before).order_by("seq").values_list("seq", flat=True).first()
    if kept is None:
        kept = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 1
    return kept - 1


def _write(entries: Iterable[dict[str, Any]], first_seq: int, last_seq: int) -> Path:
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder() / f"audit-{first_seq:015d}-{last_seq:015d}.jsonl.gz"
    half = target.with_suffix(".new")
    try:
        with half.open("wb") as raw:
            half.chmod(0o600)
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as out:
                for entry in entries:
                    out.write(_line(entry))
            raw.flush()
            os.fsync(raw.fileno())
        half.replace(target)
    except OSError as error:
        raise UnableToArchiveLog(f"归档文件无法写入 {folder()}，请检查磁盘空间与目录权限。") from error
    return target


def _line(entry: dict[str, Any]) -> bytes:
    return chain.canonical(entry | {"at": chain.instant(entry["at"])}) + b"\n"


def digest_of(path: Path) -> str:
    """SM3 of a file, in constant memory."""
    digest = hashes.Hash(hashes.SM3())
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(BLOCK_BYTES), b""):
            digest.update(block)
    return digest.finalize().hex()


def check(report: Report, *, with_files: bool) -> tuple[int, str]:
    """Check seals and succession of all archives, and the files if asked; returns where the table begins."""
    end: tuple[int, str] = (0, chain.GENESIS)
    for made in AuditArchive.objects.order_by("first_seq").iterator():
        if made.first_seq != end[0] + 1:
            report.finding = Finding(end[0] + 1, Kind.ARCHIVE, f"第 {end[0] + 1} 条起的归档登记缺失。")
        elif not _is_genuine(made):
            report.finding = Finding(made.first_seq, Kind.ARCHIVE, f"归档 {made.file_name} 的登记签章无效。")
        elif with_files:
            report.finding = _check_file(made, end)
        if report.finding:
            return end
        end = (made.last_seq, made.last_mac)
        report.archived += made.last_seq - made.first_seq + 1
        report.verified_seq = made.last_seq
    return end


def _check_file(made: AuditArchive, start: tuple[int, str]) -> Finding | None:
    path = folder() / Path(made.file_name).name
    if not path.is_file():
        return Finding(made.first_seq, Kind.ARCHIVE, f"归档文件 {made.file_name} 不在归档目录中。")
    if not keys.same(digest_of(path), made.digest):
        return Finding(made.first_seq, Kind.ARCHIVE, f"归档文件 {made.file_name} 的摘要不符。")
    seq, mac = start
    for entry in read(path):
        if finding := links.check_entry(entry, seq + 1, mac):
            return finding
        seq, mac = entry["seq"], entry["mac"]
    if (seq, mac) != (made.last_seq, made.last_mac):
        return Finding(seq + 1, Kind.ARCHIVE, f"归档文件 {made.file_name} 的末条与登记不符。")
    return None


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Entries of an archive file, one at a time."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            yield entry | {"at": dt.datetime.fromisoformat(entry["at"])}


def _seal(made: AuditArchive) -> str:
    told = {
        name: getattr(made, name) for name in ("first_seq", "last_seq", "last_mac", "file_name", "digest")
    }
    told |= {"last_at": chain.instant(made.last_at), "archived_at": chain.instant(made.archived_at)}
    return chain.seal_of(LABEL, told, made.key_id)


def _is_genuine(made: AuditArchive) -> bool:
    try:
        return keys.same(made.seal, _seal(made))
    except keys.UnableToUseKeys:
        return False

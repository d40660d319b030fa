"""The log as a CSV file that proves itself.

The last line holds what was exported (filters, count, first and last number, the chain's end at that
time), the SM3 digest of all bytes before it, and a seal over all that. Every row carries its own MAC and
the one before, so that ``manage.py verify_export`` finds a changed, added or removed row without the
database.
"""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from cryptography.hazmat.primitives import hashes
from django.utils import timezone

from foundation import keys

from . import chain, labels
from .contracts import Origin

FORMAT = "cixi-audit-export-1"
LABEL = "export"
PROOF_MARK = "#证明"
ROWS_A_PIECE = 200
BOM = "\ufeff"
COLUMNS = {
    "seq": "序号", "local": "时间（北京）", "at": "时间（UTC）", "actor_id": "用户编号", "actor_name": "用户名",
    "roles": "角色", "agency": "机构", "address": "来源地址", "request_id": "请求编号", "label": "操作",
    "action": "操作代码", "target": "对象", "result": "结果", "detail": "详情", "key_id": "密钥编号",
    "prev_mac": "上一校验码", "mac": "校验码",
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


class UnableToReadExport(ValueError):
    """The file is no export of ours or was altered; the text names the place."""


@dataclass(frozen=True)
class Proven:
    """What a sound export proves."""

    rows: int
    first_seq: int
    last_seq: int
    head_seq: int
    at: str
    filters: dict[str, str]


def stream(
    entries: Iterable[dict[str, Any]],
    *,
    filters: dict[str, str],
    head: tuple[int, str],
    origin: Origin,
    now: dt.datetime,
) -> Iterator[bytes]:
    """The file in pieces, UTF-8 with a byte order mark for spreadsheets; memory stays the same."""
    digest = hashes.Hash(hashes.SM3())
    rows, first, last = 0, 0, 0
    lines = [BOM + _row(list(COLUMNS.values()))]
    for entry in entries:
        rows, first, last = rows + 1, first or entry["seq"], entry["seq"]
        lines.append(_row([_guard(value) for value in _cells(entry)]))
        if len(lines) >= ROWS_A_PIECE:
            yield _digested("".join(lines), digest)
            lines = []
    yield _digested("".join(lines), digest)
    key_id = chain.current_key_id()
    told: dict[str, Any] = {
        "format": FORMAT, "rows": rows, "first_seq": first, "last_seq": last, "head_seq": head[0],
        "head_mac": head[1], "filters": filters, "exported_by": origin.actor_name, "at": chain.instant(now),
        "sm3": digest.finalize().hex(), "key_id": key_id,
    }  # fmt: skip
    told["seal"] = chain.seal_of(LABEL, told, key_id)
    yield _row([PROOF_MARK, chain.canonical(told).decode()]).encode()


def _digested(text: str, digest: hashes.Hash) -> bytes:
    piece = text.encode()
    digest.update(piece)
    return piece


def _cells(entry: dict[str, Any]) -> list[Any]:
    told = entry | {
        "local": timezone.localtime(entry["at"]).strftime("%Y-%m-%d %H:%M:%S"),
        "at": chain.instant(entry["at"]),
        "label": labels.label_of(entry["action"]),
        "detail": chain.canonical(entry["detail"]).decode(),
    }
    return [told[name] for name in COLUMNS]


def _row(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _guard(value: Any) -> str:
    """A cell that a spreadsheet will not run as a formula; :func:`_unguard` is its exact reverse."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unguard(text: str) -> str:
    return text[1:] if text.startswith("'") else text


def verify(file: TextIO) -> Proven:
    """Check a file made by :func:`stream`, opened with ``newline=''``; no database is needed.

    Raises :class:`UnableToReadExport` naming the first line that is wrong.
    """
    digest = hashes.Hash(hashes.SM3())
    rows, first, last = 0, 0, ("", 0)
    proof: dict[str, Any] | None = None
    for number, (cells, raw) in enumerate(_records(file), start=1):
        if proof is not None:
            raise UnableToReadExport(f"第 {number} 行位于证明之后，文件曾被改动。")
        if cells[:1] == [PROOF_MARK]:
            proof = _proof(cells)
            continue
        digest.update(raw.encode())
        if number == 1:
            continue
        entry = _entry(cells, number)
        _require_genuine(entry, last, number)
        rows, first, last = rows + 1, first or entry["seq"], (entry["mac"], entry["seq"])
    if proof is None:
        raise UnableToReadExport("文件末尾没有证明，可能未下载完整或被截去。")
    told = (digest.finalize().hex(), rows, first, last[1])
    if told != tuple(proof[name] for name in ("sm3", "rows", "first_seq", "last_seq")):
        raise UnableToReadExport("文件内容与证明中的摘要或条数不符，曾被改动。")
    return Proven(rows, first, last[1], proof["head_seq"], proof["at"], proof["filters"])


def _records(file: TextIO) -> Iterator[tuple[list[str], str]]:
    """Cells of every record with the very text they were read from (a cell may hold line ends)."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in file:
            taken.append(line)
            yield line

    for cells in csv.reader(lines()):
        yield cells, "".join(taken)
        taken.clear()


def _proof(cells: list[str]) -> dict[str, Any]:
    try:
        told = json.loads(cells[1])
        seal = told.pop("seal")
        genuine = told["format"] == FORMAT and keys.same(seal, chain.seal_of(LABEL, told, told["key_id"]))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, keys.UnableToUseKeys):
        genuine = False
    if not genuine:
        raise UnableToReadExport("证明的签章无效，文件并非由本平台导出或曾被改动。")
    return told


def _entry(cells: list[str], number: int) -> dict[str, Any]:
    try:
        told: dict[str, Any] = dict(zip(COLUMNS, map(_unguard, cells), strict=True))
        return told | {
            "seq": int(told["seq"]),
            "at": dt.datetime.fromisoformat(told["at"]),
            "actor_id": int(told["actor_id"]) if told["actor_id"] else None,
            "detail": json.loads(told["detail"]),
        }
    except ValueError as error:
        raise UnableToReadExport(f"第 {number} 行的格式有误，文件曾被改动。") from error


def _require_genuine(entry: dict[str, Any], last: tuple[str, int], number: int) -> None:
    """The row's own MAC, and the link to the row before if that is the entry before."""
    try:
        sealed = chain.mac_of(entry["prev_mac"], chain.content_of(entry), entry["key_id"])
    except (keys.UnableToUseKeys, ValueError) as error:
        raise UnableToReadExport(f"第 {number} 行（序号 {entry['seq']}）的密钥编号或校验码有误。") from error
    follows = entry["seq"] != last[1] + 1 or not last[0] or keys.same(entry["prev_mac"], last[0])
    if not keys.same(sealed, entry["mac"]) or not follows or entry["seq"] <= last[1]:
        raise UnableToReadExport(f"第 {number} 行（序号 {entry['seq']}）与校验码不符，曾被改动、插入或调换。")

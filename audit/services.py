"""Writing the log: one action, one transaction, one chained entry.

The chain has one head row, so its lock is the narrow place of the whole portal. It is therefore taken
by the very last statements of the transaction: locked early, page writes wait behind bulk work and
two writers that touch the same rows in another order deadlock.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg.types.json
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.utils import timezone

from foundation.keys import UnableToUseKeys

from . import chain
from .contracts import Draft, Origin, Result
from .scrub import clean, clean_text

logger = logging.getLogger(__name__)
HEAD_PATIENCE = "20s"
ENTRIES_A_STATEMENT = 400
COLUMNS = (*chain.CONTENT_FIELDS, "prev_mac", "mac")
LIMITS = {"actor_name": 150, "roles": 400, "agency": 120, "address": 64, "request_id": 64}


class UnableToWriteLog(RuntimeError):
    """The log cannot be written, so the action is refused."""


class TransactionAlreadyOpen(RuntimeError):
    """An outermost action was opened inside ``transaction.atomic()``: its head lock could not come last."""


class _Open(threading.local):
    """Entries of the action under way in this thread, in the order they will be chained."""

    drafts: list[Draft] | None = None
    failed_in: str = ""


_open = _Open()


@contextmanager
def action(
    code: str,
    *,
    origin: Origin,
    target: str = "",
    detail: Mapping[str, Any] | None = None,
    result: str = Result.OK,
) -> Iterator[Draft]:
    """Do a piece of work in one transaction and log it; nothing is kept unless both succeed.

    Yields the entry, whose ``target``, ``detail`` and ``result`` may be filled while working. An inner
    action joins the outer one (as a savepoint) and is chained with it. If the block raises, its writes
    are rolled back and one entry ``refused`` (permission, validation, ``UnableTo…``) or ``failed`` is
    written in a transaction of its own; then the exception goes on.

    Raises :class:`UnableToWriteLog` if the log cannot be written, :class:`TransactionAlreadyOpen` if the
    caller holds a transaction that is not an action's.
    """
    draft = Draft(code, origin, target, dict(detail or {}), result)
    if _open.drafts is not None:
        with _inner(draft, _open.drafts):
            yield draft
        return
    _require_no_foreign_transaction(code)
    _open.drafts, _open.failed_in = [draft], ""
    try:
        with transaction.atomic():
            yield draft
            _chain(_open.drafts)
    except Exception as error:
        failed_in, _open.drafts = _open.failed_in, None
        if not isinstance(error, UnableToWriteLog):
            _record_failure(draft, error, failed_in)
        raise
    finally:
        _open.drafts = None


def record(
    code: str,
    *,
    origin: Origin,
    target: str = "",
    detail: Mapping[str, Any] | None = None,
    result: str = Result.OK,
) -> None:
    """Log an event without a write: a view, a download, a refusal. Raises :class:`UnableToWriteLog`.

    Inside an action it is chained with it, and gone with it if that fails.
    """
    draft = Draft(code, origin, target, dict(detail or {}), result)
    if _open.drafts is not None:
        _open.drafts.append(draft)
        return
    _require_no_foreign_transaction(code)
    with transaction.atomic():
        _chain([draft])


@contextmanager
def _inner(draft: Draft, drafts: list[Draft]) -> Iterator[None]:
    """An action inside another: a savepoint. If it fails and is caught, only the refusal is chained."""
    before = len(drafts)
    drafts.append(draft)
    try:
        with transaction.atomic():
            yield
    except Exception as error:
        del drafts[before:]
        draft.result = _result_of(error)
        draft.detail |= {"error": type(error).__name__}
        drafts.append(draft)
        _open.failed_in = _open.failed_in or f"{draft.action} {draft.target}".strip()
        raise


def _require_no_foreign_transaction(code: str) -> None:
    blocks = [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]
    if blocks:
        raise TransactionAlreadyOpen(
            f"{code}: open the action outside of transaction.atomic(), or open one action around all"
        )


def _record_failure(draft: Draft, error: Exception, failed_in: str) -> None:
    """One entry about what was rolled back. If even that fails, the log of the process says so."""
    draft.result = _result_of(error)
    draft.detail |= {"error": type(error).__name__} | ({"failed_in": failed_in} if failed_in else {})
    try:
        with transaction.atomic():
            _chain([draft])
    except UnableToWriteLog:
        logger.error("audit entry about a failed action could not be written: %s", draft.action)


def _result_of(error: Exception) -> str:
    """Refusals are named for what they refuse (``UnableTo…``); all else is a failure."""
    refusals = (PermissionDenied, ValidationError, Http404)
    is_refusal = isinstance(error, refusals) or type(error).__name__.startswith("UnableTo")
    return Result.REFUSED if is_refusal else Result.FAILED


def _chain(drafts: list[Draft]) -> None:
    """Lock the head, number and seal the entries, move the head: the last statements of a transaction."""
    try:
        told = [_told(draft) for draft in drafts]
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [HEAD_PATIENCE])
            seq, mac = _lock_head(cursor)
            for start in range(0, len(told), ENTRIES_A_STATEMENT):
                rows = told[start : start + ENTRIES_A_STATEMENT]
                seq, mac = _append(cursor, rows, seq, mac)
    except (DatabaseError, UnableToUseKeys) as error:
        raise UnableToWriteLog("审计日志暂时无法写入，本次操作未执行，请稍后重试。") from error


def _told(draft: Draft) -> dict[str, Any]:
    """Everything but number, time and seal; done before the lock is taken."""
    origin = draft.origin
    return {
        "actor_id": origin.actor_id,
        **{name: clean_text(getattr(origin, name), limit) for name, limit in LIMITS.items()},
        "action": draft.action[:80],
        "target": clean_text(draft.target, 300),
        "result": Result(draft.result).value,
        "detail": clean(draft.detail),
    }


def _lock_head(cursor: Any) -> tuple[int, str]:
    """``(seq, mac)`` of the last entry. An empty log is begun here; a log without its head is refused."""
    for _ in range(3):
        cursor.execute("SELECT seq, mac FROM audit_head WHERE id = 1 FOR UPDATE")
        row = cursor.fetchone()
        if row is not None:
            return row
        # One statement, one view: another writer may be beginning the log at this moment.
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM audit_head)"
            " AND (EXISTS (SELECT FROM audit_entry) OR EXISTS (SELECT FROM audit_archive))"
        )
        if cursor.fetchone()[0]:
            raise UnableToWriteLog("审计日志链的末端记录缺失，本次操作未执行，请通知安全审计员核验日志。")
        cursor.execute(
            "INSERT INTO audit_head (id, seq, mac) VALUES (1, 0, %s) ON CONFLICT DO NOTHING", [chain.GENESIS]
        )
    raise UnableToWriteLog("审计日志链的末端记录无法建立，本次操作未执行。")


def _append(cursor: Any, rows: list[dict[str, Any]], seq: int, mac: str) -> tuple[int, str]:
    """Insert ``rows`` after ``(seq, mac)`` and move the head, in one statement; returns the new end."""
    key_id = chain.current_key_id()
    parameters: list[Any] = []
    for row in rows:
        seq += 1
        row |= {"seq": seq, "at": timezone.now(), "key_id": key_id, "prev_mac": mac}
        row["mac"] = mac = chain.mac_of(mac, chain.content_of(row), key_id)
        stored = row | {"detail": psycopg.types.json.Jsonb(row["detail"])}
        parameters.extend(stored[name] for name in COLUMNS)
    slots = ", ".join(["(" + ", ".join(["%s"] * len(COLUMNS)) + ")"] * len(rows))
    cursor.execute(
        f"WITH added AS (INSERT INTO audit_entry ({', '.join(COLUMNS)}) VALUES {slots})"
        " UPDATE audit_head SET seq = %s, mac = %s WHERE id = 1",
        [*parameters, seq, mac],
    )
    return seq, mac

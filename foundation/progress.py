"""Progress of long work: rows done, rejected, time left; it survives a reload and a restarted worker.

A view registers the work and shows it; the task reports::

    key = progress.register("正在核验文件", owner_id=user.pk, next_url=url)   # before enqueueing
    with progress.reporting(key, total=rows) as report:                       # in the task
        report(done=50_000, rejected=12)                                      # as often as it likes

and in the template, with ``progress.as_dict(work, now)`` as ``state``::

    {% url "progress" work.key as url %}
    {% include "components/progress.html" with title=work.title progress_url=url progress=state %}

Reports are seen at once even while the task's own transaction is open: they go over a connection of
their own. A restarted worker calls ``reporting`` again with what was done before; the pace, and with it
the time left, is then measured anew.
"""

import datetime as dt
import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import QuerySet
from django.utils import timezone

from .models import Progress

logger = logging.getLogger(__name__)
REPORT_EVERY_SECONDS = 0.4
SILENT_AFTER_SECONDS = 90
State = Progress.State


def register(
    title: str,
    *,
    owner_id: int | None = None,
    key: str = "",
    total: int | None = None,
    is_shared: bool = False,
    next_url: str = "",
) -> str:
    """Note that work is waiting; returns its key (random, unless the caller has a lasting one)."""
    key = key or secrets.token_urlsafe(18)
    Progress.objects.filter(key=key).delete()
    Progress.objects.create(
        key=key, title=title, owner_id=owner_id, is_shared=is_shared, next_url=next_url, total=total,
        created_at=timezone.now(),
    )  # fmt: skip
    return key


class Report:
    """What a task calls to say how far it is; most calls only note the figures and return at once."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._noted: dict[str, Any] = {}
        self._last = 0.0

    def __call__(
        self,
        done: int | None = None,
        *,
        total: int | None = None,
        rejected: int | None = None,
        message: str | None = None,
    ) -> None:
        """Figures are totals so far, not increments."""
        told = {"done": done, "total": total, "rejected": rejected, "message": message and message[:300]}
        self._noted |= {name: value for name, value in told.items() if value is not None}
        if time.monotonic() - self._last >= REPORT_EVERY_SECONDS:
            self.flush()

    def flush(self, **more: Any) -> None:
        """Write what was noted. A progress that cannot be written never stops the work."""
        values = self._noted | {"heartbeat_at": timezone.now()} | more
        self._noted, self._last = {}, time.monotonic()
        try:
            _update(self.key, values)
        except Exception:
            logger.warning("progress could not be written", exc_info=True)


@contextmanager
def reporting(key: str, total: int | None = None, done: int = 0) -> Iterator[Report]:
    """Mark the work as running, then as done, or as failed if the block raises.

    ``done`` is what an earlier, interrupted attempt already finished. The message of a failure is the text
    of refusals (``UnableTo…``) and a general sentence for everything else.
    """
    report = Report(key)
    now = timezone.now()
    first = {"state": State.RUNNING, "done": done, "paced_at": now, "paced_done": done, "finished_at": None}
    if total is not None:
        first["total"] = total
    if not Progress.objects.filter(key=key, started_at__isnull=False).exists():
        first["started_at"] = now
    report.flush(**first)
    try:
        yield report
    except BaseException as error:
        report.flush(state=State.FAILED, finished_at=timezone.now(), message=_reason(error))
        raise
    report.flush(state=State.DONE, finished_at=timezone.now())


def _reason(error: BaseException) -> str:
    if type(error).__name__.startswith("UnableTo") and str(error):
        return str(error)[:300]
    return "处理中断，已完成的部分保持有效，请稍后重试或联系系统管理员。"


def find(key: str) -> Progress | None:
    return Progress.objects.filter(key=key).first()


def find_visible(key: str, user_id: int | None) -> Progress | None:
    """The work, if ``user_id`` started it or it is open to everyone who is signed in."""
    found = find(key)
    return (
        found
        if found is not None and (found.is_shared or (user_id is not None and found.owner_id == user_id))
        else None
    )


def list_of(owner_id: int) -> QuerySet[Progress]:
    return Progress.objects.filter(owner_id=owner_id).order_by("-created_at")


def as_dict(work: Progress, now: dt.datetime) -> dict[str, Any]:
    """What ``components/progress.html`` and its script read."""
    message = work.message
    if work.state == State.RUNNING and is_silent(work, now):
        message = "处理进程暂无响应，恢复后将自动继续。"
    elif work.state == State.WAITING:
        message = "已进入队列，等待处理。"
    return {
        "state": work.state,
        "done": work.done,
        "total": work.total,
        "rejected": work.rejected,
        "seconds_left": seconds_left(work, now),
        "message": message,
        "next_url": work.next_url if work.state == State.DONE else "",
    }


def is_silent(work: Progress, now: dt.datetime) -> bool:
    """True if running work has not reported for a while: its worker may be gone."""
    return work.heartbeat_at is not None and (now - work.heartbeat_at).total_seconds() > SILENT_AFTER_SECONDS


def seconds_left(work: Progress, now: dt.datetime) -> int | None:
    """Time left at the pace since the work began or was resumed; None while nothing can be said."""
    if work.state == State.DONE:
        return 0
    if work.state != State.RUNNING or work.total is None or work.paced_at is None:
        return None
    fresh = work.done - work.paced_done
    spent = ((work.heartbeat_at or now) - work.paced_at).total_seconds()
    if fresh <= 0 or spent <= 0:
        return None
    since = max((now - (work.heartbeat_at or now)).total_seconds(), 0.0)
    return max(0, round(max(work.total - work.done, 0) * spent / fresh - since))


def forget_old(now: dt.datetime, days: int = 30) -> int:
    """Remove finished work older than ``days``; returns how many rows."""
    old = Progress.objects.filter(created_at__lt=now - dt.timedelta(days=days))
    return old.exclude(state=State.RUNNING).delete()[0]


def _update(key: str, values: dict[str, Any]) -> None:
    """Over a second connection while a transaction is open, whose end would otherwise hide the figures."""
    blocks = connection.atomic_blocks
    if not blocks or any(getattr(block, "_from_testcase", False) for block in blocks):
        Progress.objects.filter(key=key).update(**values)
        return
    aside = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        quote = aside.ops.quote_name
        slots = ", ".join(f"{quote(name)} = %s" for name in values)
        with aside.cursor() as cursor:
            cursor.execute(
                f"UPDATE {quote(Progress._meta.db_table)} SET {slots} WHERE key = %s", [*values.values(), key]
            )
    finally:
        aside.close()

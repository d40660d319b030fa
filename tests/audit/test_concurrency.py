"""Many writers, one chain: no fork, no gap, no deadlock, and nobody waits for a bulk job."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection

from audit import public as audit
from audit.models import AuditEntry
from audit.verification import verify
from bench.audit_writers import SHARED_ROWS, WORK, drop_tables, environment, make_tables
from foundation.models import Progress

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20


@pytest.fixture
def tables() -> Iterator[None]:
    with connection.cursor() as cursor:
        make_tables(cursor, settings.PORTAL_DATABASE_ROLES["application"])
    yield
    with connection.cursor() as cursor:
        drop_tables(cursor)


def start(writers: int, each: int) -> subprocess.Popen[str]:
    """Real processes with the application's rights on the test database."""
    command = [sys.executable, "-m", "bench.audit_writers", "--mode", "chained"]
    return subprocess.Popen(
        [*command, "--writers", str(writers), "--each", str(each)],
        env=environment(connection.settings_dict["NAME"]),
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def rows_written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {WORK}")
        return cursor.fetchone()[0] - SHARED_ROWS


@pytest.mark.slow
def test_fifty_processes_make_one_chain_without_a_fork_a_gap_or_a_deadlock(tables: None) -> None:
    told = json.loads(start(writers=50, each=6).communicate(timeout=240)[0])
    assert told["errors"] == {}
    assert list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 301))
    assert len(set(AuditEntry.objects.values_list("prev_mac", flat=True))) == 300
    assert AuditEntry.objects.values("actor_name").distinct().count() == 50
    assert rows_written() == 300
    assert verify().intact


@pytest.mark.slow
def test_writers_killed_in_the_middle_leave_a_sound_chain_and_an_entry_for_every_row(tables: None) -> None:
    writers = start(writers=8, each=5000)
    try:
        deadline = time.monotonic() + 60
        while rows_written() < 40 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        os.killpg(writers.pid, signal.SIGKILL)
        writers.communicate()
    _wait_until_alone()
    written = rows_written()
    assert 40 <= written < 8 * 5000
    assert AuditEntry.objects.count() == written
    assert verify().intact


def _wait_until_alone() -> None:
    """The server notices a killed client when it next speaks to it; what it was doing is then undone."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s"
                " AND state <> 'idle' AND pid <> pg_backend_pid()",
                [settings.PORTAL_DATABASE_ROLES["application"]],
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.05)


def in_thread(work: Callable[[], None]) -> tuple[threading.Thread, list[BaseException]]:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def progress(key: str) -> Progress:
    from django.utils import timezone

    return Progress(key=key, title=key, created_at=timezone.now())


def test_a_page_write_does_not_wait_behind_a_bulk_transaction(clerk: audit.Origin) -> None:
    inside, page_done = threading.Event(), threading.Event()

    def bulk() -> None:
        with audit.action("bulk.done", origin=clerk):
            progress("bulk").save(force_insert=True)
            inside.set()
            assert page_done.wait(PATIENCE), "the page write waited for the bulk transaction"

    thread, errors = in_thread(bulk)
    assert inside.wait(PATIENCE)
    with audit.action("page.saved", origin=clerk):
        progress("page").save(force_insert=True)
    page_done.set()
    thread.join(PATIENCE)
    assert errors == []
    assert list(AuditEntry.objects.order_by("seq").values_list("action", flat=True)) == [
        "page.saved",
        "bulk.done",
    ]


def test_two_actions_that_touch_each_others_rows_do_not_deadlock_over_the_head(clerk: audit.Origin) -> None:
    """Were the head locked first, the holder of the head would wait for the row and its holder for the head."""
    for key in ("a", "b"):
        progress(key).save(force_insert=True)
    first_inside, second_has_row = threading.Event(), threading.Event()

    def first() -> None:
        with audit.action("first", origin=clerk):
            first_inside.set()
            assert second_has_row.wait(PATIENCE)
            Progress.objects.filter(key="b").update(done=1)

    thread, errors = in_thread(first)
    assert first_inside.wait(PATIENCE)
    with audit.action("second", origin=clerk):
        Progress.objects.filter(key="b").update(done=2)
        second_has_row.set()
        time.sleep(0.2)
    thread.join(PATIENCE)
    assert errors == []
    assert verify().intact


def test_a_head_that_stays_locked_refuses_the_action_in_the_end(
    clerk: audit.Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.record("seen", origin=clerk)
    monkeypatch.setattr("audit.services.HEAD_PATIENCE", "200ms")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        from django.db import transaction

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM audit_head FOR UPDATE")
            held.set()
            done.wait(PATIENCE)

    thread, errors = in_thread(hold)
    with contextlib.ExitStack() as stack:
        stack.callback(done.set)
        assert held.wait(PATIENCE)
        with pytest.raises(audit.UnableToWriteLog), audit.action("late", origin=clerk):
            progress("late").save(force_insert=True)
    thread.join(PATIENCE)
    assert errors == []
    assert not Progress.objects.filter(key="late").exists()

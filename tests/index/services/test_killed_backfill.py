"""A backfill killed in the middle goes on where it stopped, and ends with the same bits."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from index.models import CubeDay, IndexValue, Run, RunState
from tests.index.small_city import FIRST, LAST, raise_facts
from tests.running import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path)}
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE datahub_record")  # no table of the ORM's: the flush leaves it


def killed_after_first_step() -> None:
    """The command as a process of its own, killed as soon as it says how far it is."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cixi_portal.settings.test", "PORTAL_DB_ROLE": "app",
        "PORTAL_USE_DATABASE": str(connection.settings_dict["NAME"]),
    }  # fmt: skip
    command = [sys.executable, "manage.py", "index_backfill", "--from", str(FIRST), "--to", str(LAST)]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        begun, said = time.monotonic(), ""
        for line in process.stdout:
            said += line
            if "已计算至" in line or time.monotonic() - begun > 120:
                os.kill(process.pid, signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL, said


def digests() -> list[str]:
    return list(CubeDay.objects.order_by("day").values_list("digest", flat=True))


def stored_values() -> str:
    """As text, since NaN does not equal itself."""
    return str(
        list(IndexValue.objects.order_by("panel__code", "day").values_list("panel__code", "day", "chain"))
    )


def test_a_killed_backfill_resumes_and_gives_the_same_bits() -> None:
    raise_facts()
    killed_after_first_step()
    broken = Run.objects.get()
    assert broken.state == RunState.RUNNING
    assert FIRST < broken.next_day <= LAST
    done_before = CubeDay.objects.count()
    assert 0 < done_before < (LAST - FIRST).days + 1
    call_command("index_backfill", "--from", str(FIRST), "--to", str(LAST))
    run = Run.objects.get()
    assert (run.pk, run.state) == (broken.pk, RunState.DONE)
    assert CubeDay.objects.count() == (LAST - FIRST).days + 1
    resumed = digests()
    values = stored_values()
    _forget_everything()
    call_command("index_backfill", "--from", str(FIRST), "--to", str(LAST))
    assert digests() == resumed
    assert stored_values() == values


def _forget_everything() -> None:
    """As the owner of the tables, which nobody is outside of a test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'sme_index%'")
        tables = ", ".join(f'"{row[0]}"' for row in cursor.fetchall())
        cursor.execute(f"TRUNCATE {tables} CASCADE")

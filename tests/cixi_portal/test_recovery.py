"""``make run`` after a kill: of a child, a server, the supervisor, a first start.

Each test makes a portal of its own from an empty folder, so one test tells one whole story.
"""

import os
import random
import signal
import time

import pytest

from cixi_portal.embedded import processes
from cixi_portal.embedded.postgres import Postgres

from .conftest import OwnPortal, wait_until

pytestmark = [pytest.mark.embedded, pytest.mark.slow]


def test_it_recovers_from_a_kill_of_anything(own_portal: OwnPortal) -> None:
    own_portal.start_and_wait()
    assert own_portal.process is not None

    second = own_portal.command("-m", "cixi_portal.supervisor")
    assert second.returncode == 1
    assert f"本目录的门户已在运行（进程 {own_portal.process.pid}" in second.stderr

    for name in ("gunicorn", "celery"):  # a child that dies is started again
        for pid in _leaders(own_portal, name):
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda name=name: _leaders(own_portal, name), 60)
    os.kill(Postgres(own_portal.places)._pid() or 0, signal.SIGKILL)
    assert wait_until(lambda: "正在重新启动……" in own_portal.said(), 30), own_portal.said()
    assert wait_until(lambda: own_portal.get("/readyz")[0] == 200, 180), own_portal.said()

    orphans = own_portal.children()
    assert len(orphans) >= 4
    for pid in orphans:  # so that they cannot notice the supervisor's end
        os.kill(pid, signal.SIGSTOP)
    own_portal.process.kill()
    own_portal.process.wait()
    own_portal.start_and_wait()
    assert "遗留的" in own_portal.said()
    assert not any(processes.is_alive(pid) for pid in orphans)

    assert "正在停止" in own_portal.command("-m", "cixi_portal.supervisor", "stop").stdout
    assert own_portal.left() == []


def test_children_of_a_killed_supervisor_end_by_themselves(own_portal: OwnPortal) -> None:
    own_portal.start_and_wait()
    assert own_portal.process is not None
    own_portal.process.kill()
    own_portal.process.wait()
    assert wait_until(lambda: own_portal.children() == [], 40)


def test_a_first_start_killed_at_any_moment_is_taken_up_by_the_next(own_portal: OwnPortal) -> None:
    moments = random.Random(0)
    for _ in range(4):
        own_portal.start()
        time.sleep(moments.uniform(0.3, 6.0))
        assert own_portal.process is not None
        for pid in (own_portal.process.pid, *own_portal.left()):
            if processes.is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        own_portal.process.wait()
    own_portal.start_and_wait()
    assert own_portal.get("/readyz")[0] == 200
    assert own_portal.signal(signal.SIGINT) == 0
    assert own_portal.left() == []


def _leaders(portal: OwnPortal, word: str) -> list[int]:
    """Session leaders among the portal's children whose command line holds the word."""
    return [
        pid for pid in portal.children()
        if os.getsid(pid) == pid and processes.is_alive_with_argument(pid, word)
    ]  # fmt: skip

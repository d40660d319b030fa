"""Work that was accepted is done, whatever is killed meanwhile."""

import os
import signal
import uuid

import pytest
from django.core.cache import cache

from cixi_portal.embedded import processes
from tests.running import Worker, wait_until

from .tasks_of_tests import add, slow_effect

TASKS = "tests.cixi_portal.tasks_of_tests"
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def _counters() -> str:
    key = uuid.uuid4().hex
    cache.set_many({f"{key}-attempts": 0, f"{key}-effects": 0}, timeout=600)
    return key


def _pool_child(worker: Worker) -> int:
    children = [
        p for p in processes._living(lambda e: os.getsid(int(e.name)) == worker.pid) if p != worker.pid
    ]
    assert len(children) == 1
    return children[0]


def test_a_task_comes_back_with_its_result() -> None:
    with Worker(TASKS):
        assert add.delay(2, 3).get(timeout=60) == 5


def test_a_task_whose_process_is_killed_is_run_again_at_once() -> None:
    key = _counters()
    with Worker(TASKS) as worker:
        slow_effect.delay(key, 600)
        assert wait_until(lambda: cache.get(f"{key}-attempts") == 1, 60)
        os.kill(_pool_child(worker), signal.SIGKILL)
        assert wait_until(lambda: cache.get(f"{key}-effects") == 1, 60), worker.said()
        assert cache.get(f"{key}-attempts") == 2


def test_the_next_only_worker_takes_back_at_once_what_a_killed_one_held() -> None:
    key = _counters()
    with Worker(TASKS) as worker:
        slow_effect.delay(key, 600)
        assert wait_until(lambda: cache.get(f"{key}-attempts") == 1, 60)
        worker.kill()
        worker.start()
        assert wait_until(lambda: cache.get(f"{key}-effects") == 1, 60), worker.said()
        assert cache.get(f"{key}-attempts") == 2


def test_among_several_workers_the_visibility_timeout_brings_a_task_back() -> None:
    key = _counters()
    with Worker(TASKS, only=False, PORTAL_VISIBILITY_SECONDS="5") as killed:
        slow_effect.delay(key, 600)
        assert wait_until(lambda: cache.get(f"{key}-attempts") == 1, 60)
        killed.kill()
        killed.start()
        assert wait_until(lambda: cache.get(f"{key}-effects") == 1, 90), killed.said()
        assert cache.get(f"{key}-attempts") == 2


def test_a_stopped_worker_finishes_what_it_has_begun() -> None:
    key = _counters()
    with Worker(TASKS) as worker:
        slow_effect.delay(key, 2)
        assert wait_until(lambda: cache.get(f"{key}-attempts") == 1, 60)
        worker.stop()
    assert cache.get(f"{key}-attempts") == 1
    assert cache.get(f"{key}-effects") == 1

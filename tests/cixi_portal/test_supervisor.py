"""``make run``: what it starts, what it leaves, what it says when it cannot."""

import os
import signal
import time

import pytest

from .conftest import OwnPortal

pytestmark = pytest.mark.slow


def test_a_run_says_ready_last_and_its_end_leaves_no_process(own_portal: OwnPortal) -> None:
    own_portal.start_and_wait()
    assert own_portal.said().strip().splitlines()[-1] == f"ready: http://127.0.0.1:{own_portal.port}"
    assert own_portal.get("/readyz")[0] == 200
    assert own_portal.signal(signal.SIGINT) == 0
    assert own_portal.left() == []
    _starts_again_within_15_seconds_and_ends_by(own_portal, signal.SIGTERM)
    _starts_again_within_15_seconds_and_ends_by(own_portal, signal.SIGHUP)


def _starts_again_within_15_seconds_and_ends_by(portal: OwnPortal, number: int) -> None:
    begun = time.monotonic()
    portal.start_and_wait()
    assert time.monotonic() - begun < 15 * _slowness()
    assert portal.signal(number) == 0
    assert portal.left() == []


def _slowness() -> float:
    """A machine busy with other work is given more time."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))

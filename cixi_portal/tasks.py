"""The roof's own background work: signs of life that ``/readyz`` reads."""

import time
from typing import Any

from celery.signals import heartbeat_sent, worker_ready
from django.core.cache import cache

from .celery import app

WORKER_KEY = "worker-heartbeat"
SCHEDULER_KEY = "scheduler-heartbeat"
KEEP_SECONDS = 3600
_EVERY_SECONDS = 10.0
_last = 0.0


@worker_ready.connect
@heartbeat_sent.connect
def note_worker(**kwargs: Any) -> None:
    """The worker's main process lives, even while long tasks keep all of its children busy."""
    global _last
    if time.monotonic() - _last >= _EVERY_SECONDS:
        _last = time.monotonic()
        cache.set(WORKER_KEY, time.time(), timeout=KEEP_SECONDS)


@app.task(name="cixi_portal.heartbeat", ignore_result=True)
def heartbeat() -> None:
    """Sent by beat: proves that the whole way from the scheduler to a worker is open."""
    cache.set(SCHEDULER_KEY, time.time(), timeout=KEEP_SECONDS)

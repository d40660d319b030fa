"""The roof's own background work."""

import time

from django.core.cache import cache

from .celery import app

HEARTBEAT_KEY = "worker-heartbeat"


@app.task(name="cixi_portal.heartbeat", ignore_result=True)
def heartbeat() -> None:
    """Leave a sign of life that ``/readyz`` reads."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=600)

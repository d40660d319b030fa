"""Tasks that only tests run; a worker takes them in with ``--include``."""

import time

from celery import shared_task
from django.core.cache import cache

from cixi_portal.celery import app


@shared_task(name="tests.add")
def add(a: int, b: int) -> int:
    return a + b


@app.task(name="tests.slow_effect")
def slow_effect(key: str, seconds: float) -> None:
    """Count attempts, take a while at the first one, then have an effect that only counts once."""
    attempt = cache.incr(f"{key}-attempts")
    if attempt == 1:
        time.sleep(seconds)
    if cache.add(f"{key}-done", 1):
        cache.incr(f"{key}-effects")

"""``/healthz``: the process answers. ``/readyz``: everything it needs answers too."""

import os
import time
from datetime import timedelta

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from accounts.access import open_to_all
from credit.models import RunState, ScoreRun
from datahub.public import last_change

from .tasks import SCHEDULER_KEY, WORKER_KEY

OLDEST_WORKER_SECONDS = 60
# Long work may keep the queue busy for a while; it is stale only after several missed rounds.
OLDEST_SCHEDULER_SECONDS = 600
SCORES_MAY_LAG = timedelta(minutes=30)


@open_to_all
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@open_to_all
def readyz(request: HttpRequest) -> JsonResponse:
    """503 with the failing part named; no detail that helps an attacker.

    ``freshness`` is ``stale`` when the scheduler's work no longer comes through or when scores do not
    follow what was delivered. Pages can still be served then, so it alone does not take the portal out
    of service.
    """
    parts = {"database": _database(), "redis": _redis(), "worker": _worker()}
    ready = all(parts.values())
    body = {
        "status": "ready" if ready else "unavailable",
        **{name: "ok" if well else "failed" for name, well in parts.items()},
        "freshness": "ok" if _scheduler_fresh() and _scores_fresh() else "stale",
    }
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            return cursor.fetchone() is not None
    except DatabaseError:
        return False


def _redis() -> bool:
    try:
        return bool(redis.Redis.from_url(settings.PORTAL_REDIS_URL, socket_timeout=3).ping())
    except redis.RedisError:
        return False


def _worker() -> bool:
    """A sign of life that is recent, and newer than this portal's start (an earlier worker's stays)."""
    beat = _sign(WORKER_KEY)
    return time.time() - beat < OLDEST_WORKER_SECONDS and beat >= _started_at()


def _scheduler_fresh() -> bool:
    return time.time() - max(_sign(SCHEDULER_KEY), _started_at()) < OLDEST_SCHEDULER_SECONDS


def _scores_fresh() -> bool:
    """Some finished run has seen the last change that is older than the patience."""
    try:
        change = last_change(timezone.now() - SCORES_MAY_LAG)
        if change is None or not change.touched:
            return True
        return ScoreRun.objects.filter(state=RunState.DONE, last_change_id__gte=change.id).exists()
    except DatabaseError:
        return False


def _sign(key: str) -> float:
    try:
        return float(cache.get(key) or 0.0)
    except redis.RedisError:
        return 0.0


def _started_at() -> float:
    return float(os.environ.get("PORTAL_STARTED_AT") or 0.0)

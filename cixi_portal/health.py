"""``/healthz``: the process answers. ``/readyz``: everything it needs answers too."""

import time

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from accounts.access import open_to_all

from .tasks import HEARTBEAT_KEY

OLDEST_HEARTBEAT_SECONDS = 90


@open_to_all
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@open_to_all
def readyz(request: HttpRequest) -> JsonResponse:
    """503 with the failing part named; no detail that helps an attacker."""
    parts = {"database": _database(), "redis": _redis(), "worker": _worker()}
    ready = all(parts.values())
    body = {
        "status": "ready" if ready else "unavailable",
        **{k: "ok" if v else "failed" for k, v in parts.items()},
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
    try:
        beat = cache.get(HEARTBEAT_KEY)
    except redis.RedisError:
        return False
    return bool(beat) and time.time() - beat < OLDEST_HEARTBEAT_SECONDS

"""Database and queue settings from ``DATABASE_URL`` / ``REDIS_URL`` or the embedded servers."""

import os
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from cixi_portal.embedded.postgres import APPLICATION, OWNER, READER, Postgres
from cixi_portal.embedded.redis_server import RedisServer
from cixi_portal.embedded.services import places


def databases() -> dict[str, Any]:
    """``default`` for the application, ``reader`` for read-only work.

    ``PORTAL_DB_ROLE=owner`` (set by ``manage.py`` for migrations and by the tests) makes ``default``
    the owner, the only role that may change the schema.
    """
    as_owner = os.environ.get("PORTAL_DB_ROLE") == "owner"
    application = os.environ.get("DATABASE_URL")
    if application:
        owner = os.environ.get("DATABASE_OWNER_URL", application)
        reader = os.environ.get("DATABASE_READ_URL", application)
    else:
        embedded = Postgres(places())
        application, owner, reader = (embedded.url(role) for role in (APPLICATION, OWNER, READER))
    default = _connection(owner if as_owner else application)
    default["TEST"] = {
        "NAME": os.environ.get("PORTAL_TEST_DATABASE", "test_cixi_portal"),
        "TEMPLATE": "template0",
    }
    replica = _connection(owner if as_owner else reader)
    replica["TEST"] = {"MIRROR": "default"}
    return {"default": default, "reader": replica}


def _connection(url: str) -> dict[str, Any]:
    settings: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=0, conn_health_checks=True))
    # The first query after a restart of the database fails without health checks, pool or not.
    settings["CONN_HEALTH_CHECKS"] = True
    settings.setdefault("OPTIONS", {})
    settings["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": int(os.environ.get("PORTAL_POOL_SIZE", "6")),
        "timeout": 15,
    }
    return settings


def redis_url() -> str:
    """URL for redis-py: ``unix://…`` or ``redis://…``."""
    return os.environ.get("REDIS_URL") or RedisServer(places()).url


def celery_url() -> str:
    """The same server as Celery spells it."""
    url = redis_url()
    return f"redis+socket://{urlsplit(url).path}?virtual_host=0" if url.startswith("unix://") else url


def cache_url(database: int = 3) -> str:
    """The cache has a database of its own on the same server (the queue has number 0)."""
    url = redis_url()
    if url.startswith("unix://"):
        return f"{url}?db={database}"
    return urlsplit(url)._replace(path=f"/{database}").geturl()

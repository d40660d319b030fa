"""Both embedded servers together, shared by every process of this clone.

Whoever uses the servers holds a shared lock on one file; whoever leaves last stops them. The kernel
drops a killed process's lock, so nothing is registered for ever.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .places import Places, var_folder
from .postgres import Postgres
from .redis_server import RedisServer


@cache
def places() -> Places:
    return Places(var_folder())


def wanted() -> tuple[bool, bool]:
    """Which servers are ours to run: (PostgreSQL, Redis)."""
    return not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")


def start() -> None:
    """Start what is wanted and not running. Safe to call from several processes at once."""
    want_postgres, want_redis = wanted()
    if not (want_postgres or want_redis):
        return
    places().make_var()
    with _locked("start.lock", fcntl.LOCK_EX):
        _set_stranger_aside()
        places().prepare()
        places().mark()
        places().require_space()
        if want_postgres and not Postgres(places()).is_running():
            Postgres(places()).start()
        if want_redis:
            RedisServer(places()).start()


def alive() -> bool:
    """True if every server that is ours to run lives."""
    want_postgres, want_redis = wanted()
    return (not want_postgres or Postgres(places()).is_alive()) and (
        not want_redis or RedisServer(places()).is_alive()
    )


def _set_stranger_aside() -> None:
    if places().stranger_left_behind():
        RedisServer(places()).stop()
        Postgres(places()).stop()
        aside = places().set_stranger_aside()
        print(f"发现同一路径上较早安装留下的数据，已移至 {aside}，如不再需要可删除。", flush=True)


def stop() -> None:
    with _locked("start.lock", fcntl.LOCK_EX):
        RedisServer(places()).stop()
        Postgres(places()).stop()


def status() -> dict[str, bool]:
    return {"postgresql": Postgres(places()).is_running(), "redis": RedisServer(places()).is_running()}


def keep(on: bool) -> None:
    """Leave the servers running when the last user goes (``services start``), or no longer."""
    marker = places().var / "keep-services"
    if on:
        marker.touch()
    else:
        marker.unlink(missing_ok=True)


@contextlib.contextmanager
def running() -> Iterator[None]:
    """The servers run while the block does; the last process to leave stops them."""
    if not any(wanted()):
        yield
        return
    places().make_var()
    users = _open("users.lock")
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        start()
        yield
    finally:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not (places().var / "keep-services").exists():
                stop()
        os.close(users)


def _open(name: str) -> int:
    places().make_var()
    return os.open(places().var / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextlib.contextmanager
def _locked(name: str, how: int) -> Iterator[None]:
    handle = _open(name)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def secrets_file() -> Path:
    return places().var / "secrets.env"

"""Looking at processes through ``/proc``: who lives, who is a left-over of an earlier start.

On systems without ``/proc`` the lists are empty and nobody is taken for a left-over.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """True if the process runs. A zombie (ended, not yet waited for) counts as gone."""
    state = _state(pid)
    if state is None:
        return not PROC.is_dir() and _answers(pid)
    return state not in "ZX"


def is_alive_with_argument(pid: int, argument: str) -> bool:
    """True if the process runs and was started with this argument.

    A pid file outlives its process, and the number may by now belong to anyone.
    """
    if not is_alive(pid):
        return False
    if not PROC.is_dir():
        return True
    try:
        given = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    # Redis rewrites its title: "redis-server unixsocket:/path/redis.sock".
    return any(os.fsencode(argument) in part for part in given)


def living_with_environment(name: str, value: str) -> list[int]:
    """Processes, this one excepted, that were started with the environment variable ``name=value``."""
    wanted = f"{name}={value}".encode()
    return _living(lambda entry: wanted in (entry / "environ").read_bytes().split(b"\0"))


def living_in_folder(folder: Path) -> list[int]:
    """Processes whose working directory is ``folder`` (PostgreSQL's own work in their data folder)."""
    return _living(lambda entry: (entry / "cwd").readlink() == folder)


def end(pids: Iterable[int], patience_seconds: float) -> None:
    """SIGTERM to each, SIGKILL to those still living after the patience."""
    remaining = [pid for pid in pids if _send(pid, signal.SIGTERM)]
    remaining = _wait_for(remaining, patience_seconds)
    for pid in remaining:
        _send(pid, signal.SIGKILL)
    _wait_for(remaining, 5)


def _wait_for(pids: list[int], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    while (pids := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return pids


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _living(matches: Callable[[Path], bool]) -> list[int]:
    found = []
    for entry in PROC.glob("[0-9]*"):
        # Processes end while we look, and other users' are closed to us.
        with contextlib.suppress(OSError):
            pid = int(entry.name)
            if pid != os.getpid() and matches(entry) and is_alive(pid):
                found.append(pid)
    return found


def _state(pid: int) -> str | None:
    try:
        return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""Child processes of the portal: own sessions, ended in order, found again after a crash."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cixi_portal.embedded import processes, services

PROJECT = Path(__file__).resolve().parents[2]
STOP_PATIENCE_SECONDS = 25.0
# Every child carries this variable, so a later start finds what a killed supervisor left behind,
# whatever its number and parent have become.
TAG = "PORTAL_SUPERVISED"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class UnableToRunTwice(RuntimeError):
    """A portal of this clone runs already; the text says where."""


def tag() -> str:
    return services.places().tag


def spawn(
    command: list[str],
    environment: Mapping[str, str],
    *,
    keep_open: tuple[int, ...] = (),
    output: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session: a Ctrl-C in the terminal reaches only the supervisor.

    The child is sent SIGTERM should the supervisor die without stopping it.
    """
    return subprocess.Popen(
        command, cwd=PROJECT, env={**environment, TAG: tag()}, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=output, pass_fds=keep_open, preexec_fn=_follow_parent,
    )  # fmt: skip


def _follow_parent() -> None:
    with contextlib.suppress(AttributeError):  # Linux only
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def end(child: subprocess.Popen[bytes], hurry: Callable[[], bool] = lambda: False) -> None:
    """SIGTERM, time to finish, then SIGKILL to whatever is left of its session."""
    if child.poll() is None:
        child.terminate()
        deadline = time.monotonic() + STOP_PATIENCE_SECONDS
        while child.poll() is None and time.monotonic() < deadline and not hurry():
            time.sleep(0.05)
    end_group(child.pid)
    child.wait()


def end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_left_behind() -> int:
    """End the children of a supervisor that was killed; returns how many there were."""
    left = processes.living_with_environment(TAG, tag())
    processes.end(left, STOP_PATIENCE_SECONDS)
    return len(left)


@contextlib.contextmanager
def only_one(address: str) -> Iterator[None]:
    """One supervisor per clone. The kernel frees the lock of a killed one."""
    services.places().make_var()
    handle = os.open(_lock_file(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, where = _holder()
            raise UnableToRunTwice(
                f"本目录的门户已在运行（进程 {pid}，{where}）。"
                "要停止它，请在其窗口按 Ctrl-C，或执行 make stop。"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()} {address}\n".encode())
        yield
    finally:
        os.close(handle)


def stop_everything(waited: bool = False) -> None:
    """``make stop``: the supervisor, what a killed one left, and the servers."""
    with contextlib.suppress(UnableToRunTwice):
        with only_one(""):
            left = end_left_behind()
        services.keep(False)
        services.stop()
        print("已停止。" if left or waited else "没有正在运行的门户；内置服务已停止。")
        return
    pid, _ = _holder()
    print(f"正在停止（进程 {pid}）……", flush=True)
    os.kill(int(pid), signal.SIGTERM)
    while processes.is_alive(int(pid)):
        time.sleep(0.1)
    stop_everything(waited=True)


def _holder() -> tuple[str, str]:
    try:
        pid, _, where = _lock_file().read_text().strip().partition(" ")
    except OSError:
        return "", ""
    return pid, where


def _lock_file() -> Path:
    return services.places().var / "supervisor.lock"


def manage(*arguments: str) -> list[str]:
    """A management command; the checks, which import every page, are left to ``make check``."""
    return [sys.executable, "manage.py", *arguments, "--skip-checks"]


def has_command(name: str) -> bool:
    """True if some app of the project has the management command."""
    return any(PROJECT.glob(f"*/management/commands/{name}.py"))

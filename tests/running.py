"""Real processes of the portal on a test's database: a Celery worker, a web server.

They run as the application's database role, so a missing right shows up here and not in production.
The test must use ``transactional_db``: another process does not see rows of an open transaction.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

PROJECT = Path(__file__).resolve().parents[1]
START_SECONDS = 120.0


def wait_until(check: Callable[[], object], seconds: float = 30.0) -> bool:
    """True as soon as ``check()`` is; False when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return bool(check())


class _Process:
    """A child process with its output in a file, ended with its whole session."""

    name = ""

    def __init__(self, **environment: str) -> None:
        from django.db import connection

        self.environment = {
            "DJANGO_SETTINGS_MODULE": "cixi_portal.settings.test",
            "PORTAL_DB_ROLE": "app",
            "PORTAL_USE_DATABASE": str(connection.settings_dict["NAME"]),
        } | environment
        self.log = Path(tempfile.mkstemp(prefix=f"portal-{self.name}-", suffix=".log")[1])
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.log.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL to the main process alone."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def stop(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def start(self) -> None:
        raise NotImplementedError

    def _spawn(self, command: list[str], ready: Callable[[], object], fds: tuple[int, ...] = ()) -> None:
        with self.log.open("ab") as out:
            self.process = process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=PROJECT, env=os.environ | self.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, pass_fds=fds,
                start_new_session=True,
            )  # fmt: skip
        if not wait_until(lambda: process.poll() is not None or ready(), START_SECONDS) or process.poll():
            self.stop()
            raise AssertionError(f"{self.name} did not start:\n{self.said()[-3000:]}")


class Worker(_Process):
    """A Celery worker with one child. ``include`` names modules with tasks of the test's own."""

    name = "worker"

    def __init__(self, *include: str, only: bool = True, concurrency: int = 1, **environment: str) -> None:
        super().__init__(**{"PORTAL_ONLY_WORKER": "1" if only else "0"} | environment)
        self.include = include
        self.concurrency = concurrency
        purge_queue()

    def start(self) -> None:
        from django.core.cache import cache

        from cixi_portal.tasks import WORKER_KEY

        cache.delete(WORKER_KEY)
        more = ["--include", ",".join(self.include)] if self.include else []
        self._spawn(
            ["celery", "--quiet", "-A", "cixi_portal", "worker", "-c", str(self.concurrency), "--loglevel",
             "WARNING", "--without-gossip", "--without-mingle", "-n", f"test-{id(self)}@%h", *more],
            lambda: cache.get(WORKER_KEY),
        )  # fmt: skip


class Web(_Process):
    """A gunicorn with one process (``processes``) and four threads each at ``url``."""

    name = "web"
    processes = 1
    url = ""

    def start(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self._spawn(
                ["gunicorn", "cixi_portal.wsgi", "--bind", f"fd://{listener.fileno()}", "--workers", str(self.processes),
                 "--worker-class", "gthread", "--threads", "4", "--no-control-socket", "--log-level", "warning"],
                self._answers, (listener.fileno(),),
            )  # fmt: skip

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def purge_queue() -> None:
    """Forget messages that an earlier test of this xdist worker left."""
    import redis
    from django.conf import settings

    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with redis.Redis.from_url(settings.PORTAL_REDIS_URL) as client:
        for key in client.scan_iter(f"{prefix}*"):
            client.delete(key)

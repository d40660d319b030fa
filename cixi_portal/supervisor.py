"""``make run``: one command from an empty folder to a portal that answers.

Starts the servers, migrates, fills the demo city once, then runs web, worker and beat until Ctrl-C
or SIGTERM, and stops everything it started in an order that loses nothing.
"""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parents[1]
STOP_ORDER = ("web", "beat", "worker")
STOP_PATIENCE_SECONDS = 25


class UnableToRun(RuntimeError):
    """The portal cannot be started; the text says why and what to do."""


class Supervisor:
    """Owns the child processes of one portal."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.local"),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def run(self) -> None:
        from .embedded import services

        self._require_free_port()
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        with services.running():
            try:
                self._prepare()
                self._start_children()
                self._wait_until_ready()
                self._announce()
                self._watch()
            finally:
                self._stop_children()

    def _require_free_port(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise UnableToRun(
                    f"端口 {self.port} 已被占用。请关闭占用它的程序，或执行 make run PORT=8001 换一个端口。"
                ) from error

    def _prepare(self) -> None:
        self._say("正在准备数据库……")
        self._manage("migrate", "--no-input", "-v0", role="owner")
        self._collect_static()
        if os.environ.get("PORTAL_DEMO", "1") == "1":
            self._manage("demo_city", "--if-empty")

    def _collect_static(self) -> None:
        """Collect and compress static files when they changed since the last start."""
        from .embedded.places import var_folder

        files = sorted(p for p in (PROJECT / "static").rglob("*") if p.is_file())
        seen = "".join(f"{p}{p.stat().st_size}{p.stat().st_mtime_ns}" for p in files)
        mark = hashlib.sha256((seen + (PROJECT / "requirements.txt").read_text()).encode()).hexdigest()
        stamp = var_folder() / "static.stamp"
        if not stamp.exists() or stamp.read_text() != mark or not (var_folder() / "static").exists():
            self._say("正在整理静态文件……")
            self._manage("collectstatic", "--no-input", "--clear", "-v0")
            stamp.write_text(mark)

    def _manage(self, *arguments: str, role: str = "app") -> None:
        environment = self.environment | {"PORTAL_DB_ROLE": role}
        child = self._spawn([sys.executable, "manage.py", *arguments], environment)
        self.children["step"] = child
        code = child.wait()
        del self.children["step"]
        if code and not self.stopping:
            raise UnableToRun(f"步骤“{arguments[0]}”未完成，原因见上。修正后再次执行 make run 即可继续。")
        if self.stopping:
            raise KeyboardInterrupt

    def _spawn(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        # Own sessions: a Ctrl-C in the terminal must not kill the queue before the workers finish.
        return subprocess.Popen(
            command, cwd=PROJECT, env=environment, start_new_session=True, stdin=subprocess.DEVNULL
        )

    def _start_children(self) -> None:
        from .embedded.places import var_folder

        workers = os.environ.get("PORTAL_WORKERS", "2")
        celery = [sys.executable, "-m", "celery", "-A", "cixi_portal"]
        commands = {
            "web": [
                sys.executable, "-m", "gunicorn", "cixi_portal.wsgi", "--bind", f"{self.host}:{self.port}",
                "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--timeout", "120",
                "--graceful-timeout", "15", "--no-control-socket", "--log-level", "warning",
            ],
            "worker": [*celery, "worker", "-c", workers, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
            "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(var_folder() / "beat-schedule"), "--pidfile="],
        }  # fmt: skip
        for name, command in commands.items():
            self.children[name] = self._spawn(command, self.environment)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not self.stopping:
            for name, child in self.children.items():
                if child.poll() is not None:
                    raise UnableToRun(f"进程 {name} 未能启动，原因见上。")
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.3)
        if not self.stopping:
            raise UnableToRun("各进程已启动，但一分钟内未就绪，请查看上方日志。")

    def _announce(self) -> None:
        if self.stopping:
            return
        if os.environ.get("PORTAL_DEMO", "1") == "1":
            self._manage("demo_accounts")
        print(f"ready: {self.address}", flush=True)

    def _watch(self) -> None:
        while not self.stopping:
            time.sleep(0.5)
            for name, child in self.children.items():
                if child.poll() is not None and not self.stopping:
                    raise UnableToRun(
                        f"进程 {name} 意外退出（代码 {child.returncode}），门户已停止，数据完好。"
                    )

    def _stop_children(self) -> None:
        self.stopping = True
        for name in ("step", *STOP_ORDER):
            child = self.children.get(name)
            if child is None or child.poll() is not None:
                continue
            child.terminate()
            try:
                child.wait(STOP_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self.stopping:
            self._say("正在停止……")
        self.stopping = True

    @staticmethod
    def _say(text: str) -> None:
        print(text, flush=True)


def main() -> int:
    host = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ.get("PORT", "8000"))
    try:
        Supervisor(host, port).run()
    except KeyboardInterrupt:
        return 0
    except RuntimeError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The course of one ``make run``."""

import contextlib
import datetime as dt
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from cixi_portal import secrets_file
from cixi_portal.embedded import services

from . import children
from .address import Address
from .children import PROJECT
from .lan import LocalNetwork, ensure_certificate

STOP_ORDER = ("web", "lan", "beat", "worker")
BACKGROUND = "demo-rest"
READY_PATIENCE_SECONDS = 180
RESTARTS_PER_MINUTE = 3
LOOK_AFTER_SERVERS_SECONDS = 3.0


class UnableToRun(RuntimeError):
    """The portal cannot be started or go on; the text says why and what to do."""


class Stopped(Exception):
    """A signal arrived before the portal was ready."""


class Portal:
    """Owns the child processes of one portal."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.demo = os.environ.get("PORTAL_DEMO", "1") == "1"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: dict[str, list[float]] = {}
        self.signals = 0
        self.listener: socket.socket
        self.lan = LocalNetwork.from_environment(os.environ)
        self.lan_listener: socket.socket | None = None
        hosts = os.environ.get("PORTAL_HOSTS", "").split(",") + address.names()
        hosts += [self.lan.host] if self.lan else []
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.local"),
            "PYTHONUNBUFFERED": "1",
            "PORTAL_DB_ROLE": "app",
            "PORTAL_HOSTS": ",".join(dict.fromkeys(filter(None, hosts))),
            "PORTAL_STARTED_AT": str(time.time()),
            # Celery advises against root; here it is one's own machine and the tasks are our own.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
            # ``make check`` runs them. In worker and beat they would only load every page, two seconds of each start.
            "CELERY_SKIP_CHECKS": "1",
        }

    @property
    def stopping(self) -> bool:
        return self.signals > 0

    def run(self) -> None:
        """Returns when the portal was asked to stop and everything is stopped."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # started with nohup: stays
            signal.signal(signal.SIGHUP, self._on_signal)
        with children.only_one(self.address.url):
            secrets_file.ensure(services.secrets_file())
            if left := children.end_left_behind():  # they may still hold the port
                self._say(f"已结束上次异常退出遗留的 {left} 个进程。")
            self.listener = self.address.reserve()
            self.lan_listener = self.lan.reserve() if self.lan else None
            try:
                with services.running():
                    self._serve()
            except Stopped:
                pass
            finally:
                self._close_listeners()
        self._say("已停止。")

    def _serve(self) -> None:
        try:
            self._prepare()
            self._ask_sign_ins()
            self._start_children()
            self._wait_until_ready()
            self._announce()
            self._start_demo_rest()
            self._watch()
        finally:
            self._stop_children()

    def _prepare(self) -> None:
        self._say("正在准备数据库……")
        self._migrate()
        self._collect_static()
        self._fill_demo_city()

    def _migrate(self) -> None:
        """Once for each set of migrations: asking takes seconds of every start. Another server is asked each time."""
        embedded, mark = services.wanted()[0], services.places().state / "migrated"
        files = sorted(PROJECT.glob("*/migrations/*.py"))
        seen = "".join(
            f"{path.relative_to(PROJECT)}{path.stat().st_size}{path.stat().st_mtime_ns}" for path in files
        )
        wanted = hashlib.sha256((seen + (PROJECT / "requirements.txt").read_text()).encode()).hexdigest()
        if embedded and mark.exists() and mark.read_text() == wanted:
            return
        self._step("migrate", "--no-input", "-v0", role="owner")
        if embedded:
            mark.write_text(wanted)

    def _fill_demo_city(self) -> None:
        """Once; the mark lies beside the embedded cluster, another server is asked each time."""
        if not (self.demo and children.has_command("demo_city")):
            return
        mark = services.places().state / "demo-city.done"
        if services.wanted()[0] and mark.exists():
            return
        self._step("demo_city", "--if-empty")
        if services.wanted()[0]:
            mark.touch()

    def _start_demo_rest(self) -> None:
        """Villages, index and catalogue fill up behind the running portal, with the lowest priority."""
        if self.demo and not self.stopping:
            command = ["nice", "-n", "15", *children.manage("demo_rest")]
            self.children[BACKGROUND] = children.spawn(command, self.environment)

    def _collect_static(self) -> None:
        """Collect and compress static files when they changed since the last start."""
        var = services.places().var
        files = sorted(p for p in (PROJECT / "static").rglob("*") if p.is_file())
        seen = "".join(f"{p}{p.stat().st_size}{p.stat().st_mtime_ns}" for p in files)
        mark = hashlib.sha256((seen + (PROJECT / "requirements.txt").read_text()).encode()).hexdigest()
        stamp = var / "static.stamp"
        if not (stamp.exists() and stamp.read_text() == mark and (var / "static").exists()):
            self._say("正在整理静态文件……")
            stamp.unlink(missing_ok=True)
            self._step("collectstatic", "--no-input", "--clear", "-v0")
            stamp.write_text(mark)

    def _ask_sign_ins(self) -> None:
        """Have the demo sign-ins written while the other processes start."""
        if self.demo and children.has_command("demo_accounts"):
            self.children["sign-ins"] = children.spawn(
                children.manage("demo_accounts"), self.environment, output=subprocess.PIPE
            )

    def _announce(self) -> None:
        """The sign-ins, then the one line that says the portal answers."""
        child = self.children.pop("sign-ins", None)
        if child is not None:
            printed, _ = child.communicate()
            if child.returncode and not self.stopping:
                raise UnableToRun("演示账号未能准备好，原因见上。修正后再次执行 make run 即可继续。")
            self._say(printed.decode().strip())
        if not self.stopping:
            if self.lan:
                self._say(self.lan.invitation())
            self._say(f"ready: {self.address.url}")

    def _step(self, *arguments: str, role: str = "app") -> None:
        """Run one management command to its end."""
        if self.stopping:
            raise Stopped
        environment = self.environment | {"PORTAL_DB_ROLE": role}
        child = self.children["step"] = children.spawn(children.manage(*arguments), environment)
        child.wait()
        del self.children["step"]
        if self.stopping:
            raise Stopped
        if child.returncode:
            raise UnableToRun(f"步骤“{arguments[0]}”未完成，原因见上。修正后再次执行 make run 即可继续。")

    def _commands(self) -> dict[str, list[str]]:
        python, var = sys.executable, services.places().var
        celery = [python, "-m", "celery", "--quiet", "-A", "cixi_portal"]
        quiet = ["--loglevel", "WARNING"]
        commands = {
            "web": [
                python, "-m", "gunicorn", "cixi_portal.wsgi", "--bind", f"fd://{self.listener.fileno()}",
                "--workers", os.environ.get("PORTAL_WEB_WORKERS", "2"), "--worker-class", "gthread",
                "--threads", "4", "--timeout", "120", "--graceful-timeout", "15",
                "--no-control-socket", "--log-level", "warning",
                "--preload",  # the portal is imported once for all of them
            ],
            "worker": [
                *celery, "worker", "-c", os.environ.get("PORTAL_WORKERS", "2"), *quiet,
                "--without-gossip", "--without-mingle",
            ],
            "beat": [*celery, "beat", *quiet, "--schedule", str(var / "beat-schedule"), "--pidfile="],
        }  # fmt: skip
        if self.lan and self.lan_listener:
            key, certificate = ensure_certificate(var / "lan", self.lan.host, dt.datetime.now(dt.UTC))
            commands["lan"] = [
                python, "-m", "gunicorn", "cixi_portal.wsgi", "--bind", f"fd://{self.lan_listener.fileno()}",
                "--keyfile", str(key), "--certfile", str(certificate), "--workers", "1", "--worker-class", "gthread",
                "--threads", "4", "--timeout", "120", "--graceful-timeout", "15", "--no-control-socket",
                "--log-level", "warning",
            ]  # fmt: skip
        return commands

    def _start_children(self) -> None:
        for name in self._commands():
            self._start(name)

    def _start(self, name: str) -> None:
        environment = dict(self.environment)
        if name == "worker":
            # No other worker shares this queue: what a killed one held may be taken back at once.
            environment["PORTAL_ONLY_WORKER"] = "1"
        listener = {"web": self.listener, "lan": self.lan_listener}.get(name)
        fds = (listener.fileno(),) if listener else ()
        self.children[name] = children.spawn(self._commands()[name], environment, keep_open=fds)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_PATIENCE_SECONDS
        failing = "无应答"
        while time.monotonic() < deadline:
            if self.stopping:
                raise Stopped
            for name, child in self.children.items():
                if name in STOP_ORDER and child.poll() is not None:
                    raise UnableToRun(f"进程 {name} 未能启动，原因见上。")
            failing = self._not_ready()
            if not failing:
                return
            time.sleep(0.2)
        raise UnableToRun(
            f"各进程已启动，但 {READY_PATIENCE_SECONDS} 秒内未就绪（{failing}），请查看上方日志。"
        )

    def _not_ready(self) -> str:
        """What ``/readyz`` complains about; empty when all is well."""
        host = self.address.url.removeprefix("http://").rsplit(":", 1)[0].strip("[]")
        connection = http.client.HTTPConnection(host, self.address.port, timeout=5)
        try:
            connection.request("GET", "/readyz", headers={"Host": "127.0.0.1"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:
                return ""
            return "、".join(name for name, state in json.loads(body).items() if state == "failed")
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(error)
        finally:
            connection.close()

    def _watch(self) -> None:
        look_at = time.monotonic()
        while not self.stopping:
            time.sleep(0.2)
            for name, child in list(self.children.items()):
                if child.poll() is None or self.stopping:
                    continue
                if name == BACKGROUND:  # done, or said why not: either way it is over
                    del self.children[name]
                else:
                    self._restart(name, child.returncode)
            if time.monotonic() > look_at and not self.stopping:
                look_at = time.monotonic() + LOOK_AFTER_SERVERS_SECONDS
                if not services.alive():
                    self._say("数据库或队列服务意外退出，正在重新启动……")
                    services.start()

    def _restart(self, name: str, code: int) -> None:
        now = time.monotonic()
        recent = [at for at in self.restarts.get(name, []) if now - at < 60]
        if len(recent) >= RESTARTS_PER_MINUTE:
            raise UnableToRun(f"进程 {name} 反复退出（代码 {code}），门户已停止，数据完好。原因见上方日志。")
        self.restarts[name] = [*recent, now]
        self._say(f"进程 {name} 意外退出（代码 {code}），正在重新启动。")
        children.end_group(self.children[name].pid)
        self._start(name)

    def _close_listeners(self) -> None:
        self.listener.close()
        if self.lan_listener:
            self.lan_listener.close()

    def _stop_children(self) -> None:
        self._close_listeners()
        for name in ("step", "sign-ins", BACKGROUND, *STOP_ORDER):
            if child := self.children.get(name):
                children.end(child, hurry=lambda: self.signals > 1)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1
        if self.signals == 1:
            # Not print: the signal may have interrupted one.
            with contextlib.suppress(OSError):
                os.write(1, "\n正在停止，请稍候（再按一次 Ctrl-C 将不等待后台任务收尾）……\n".encode())
            if step := self.children.get("step"):
                step.terminate()

    @staticmethod
    def _say(text: str) -> None:
        try:
            print(text, flush=True)
        except OSError:  # the terminal is gone; stopping in good order matters more
            sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115

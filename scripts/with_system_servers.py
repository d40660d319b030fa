"""Run a command against a system PostgreSQL 15+ and Redis 7 instead of the embedded servers.

    python scripts/with_system_servers.py COMMAND [ARGUMENT ...]

A private cluster of the installed PostgreSQL and a private Redis are started in a temporary folder, on
loopback ports, with passwords made for this run; they are stopped and deleted afterwards. Exit code 75
means that no PostgreSQL of the wanted versions is installed: nothing was run.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import redis
from psycopg import sql

PROJECT = Path(__file__).resolve().parents[1]
INHERITED = dict(os.environ)  # before our own package chooses its settings
sys.path.insert(0, str(PROJECT))

from cixi_portal.embedded.places import Places  # noqa: E402
from cixi_portal.embedded.redis_server import find_binary  # noqa: E402

NOT_RUN = 75
MAJORS = ("15", "16", "17", "18")  # the oldest that is installed says most


def find_postgres() -> Path | None:
    for major in MAJORS:
        folder = Path(f"/usr/lib/postgresql/{major}/bin")
        if (folder / "initdb").exists():
            return folder
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SystemServers:
    """PostgreSQL and Redis over TCP with passwords, as a city's own servers would be."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.places = Places(folder)
        self.postgres_port, self.redis_port = free_port(), free_port()
        self.password = {name: secrets.token_urlsafe(18) for name in
                         ("superuser", "owner", "application", "reader", "redis")}  # fmt: skip
        self.redis: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        account = self.places.account
        self.folder.chmod(0o700)
        if self.places.as_root:
            shutil.chown(self.folder, account.pw_uid, account.pw_gid)
        self.places.write(self.folder / "password", self.password["superuser"])
        self._run("initdb", "-U", "postgres", "-D", str(self.folder / "pg"), "--encoding=UTF8",
                  "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}")  # fmt: skip
        options = (f"-c listen_addresses=127.0.0.1 -c port={self.postgres_port} "
                   f"-c unix_socket_directories='' -c max_connections=120 -c shared_buffers=256MB")  # fmt: skip
        self._run("pg_ctl", "-D", str(self.folder / "pg"), "-w", "-l", str(self.folder / "log"),
                  "-o", options, "start")  # fmt: skip
        self._make_roles()
        self._start_redis()

    def stop(self) -> None:
        if self.redis is not None:
            self.redis.terminate()
            self.redis.wait()
        if (self.folder / "pg" / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self.folder / "pg"), "-w", "-m", "immediate", "stop")

    def environment(self) -> dict[str, str]:
        def url(role: str, name: str) -> str:
            return f"postgresql://{role}:{self.password[name]}@127.0.0.1:{self.postgres_port}/cixi_portal"

        return {
            "DATABASE_URL": url("portal_app", "application"),
            "DATABASE_OWNER_URL": url("portal_owner", "owner"),
            "DATABASE_READ_URL": url("portal_read", "reader"),
            "REDIS_URL": f"redis://:{self.password['redis']}@127.0.0.1:{self.redis_port}/0",
        }

    def versions(self) -> str:
        with self._connect() as db, redis.Redis.from_url(self.environment()["REDIS_URL"]) as client:
            version = db.execute("SHOW server_version").fetchone()
            return (
                f"PostgreSQL {version[0] if version else '?'}、Redis {client.info('server')['redis_version']}"
            )

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.postgres_port, user="postgres",
            password=self.password["superuser"], dbname="postgres", autocommit=True,
        )  # fmt: skip

    def _make_roles(self) -> None:
        text = (PROJECT / "deploy" / "roles.sql").read_text()
        text = re.sub(r"^--.*$", "", text, flags=re.MULTILINE)
        with self._connect() as db:
            for statement in filter(None, (part.strip() for part in text.split(";"))):
                filled = re.sub(
                    r":'(\w+)_password'",
                    lambda found: sql.Literal(self.password[found[1]]).as_string(db),
                    statement,
                )
                db.execute(filled.encode())

    def _start_redis(self) -> None:
        # A virtual environment on PATH holds the embedded one, which is older: the system's is asked for.
        own = Path(sys.executable).parent
        path = os.pathsep.join(
            p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(p) != own
        )
        program = shutil.which("redis-server", path=path) or str(find_binary(self.places))
        self.places.write(
            self.folder / "redis.conf",
            f"bind 127.0.0.1\nport {self.redis_port}\nrequirepass {self.password['redis']}\n"
            f'dir {self.folder}\nappendonly yes\nsave ""\nlogfile {self.folder}/redis.log\n',
        )
        self.redis = subprocess.Popen(
            [program, str(self.folder / "redis.conf")], **self.places.popen_options()  # type: ignore[call-overload]
        )  # fmt: skip
        client = redis.Redis.from_url(self.environment()["REDIS_URL"])
        for _ in range(200):
            try:
                client.ping()
                return
            except redis.RedisError:
                time.sleep(0.05)
        raise RuntimeError("Redis 未能启动")

    def _run(self, program: str, *arguments: str) -> None:
        with (self.folder / f"{program}.out").open("w") as out:
            subprocess.run(
                [str(self.programs / program), *arguments], check=True,
                stdout=out, stderr=subprocess.STDOUT, **self.places.popen_options(),  # type: ignore[call-overload]
            )  # fmt: skip


def main(command: list[str]) -> int:
    programs = find_postgres()
    if programs is None:
        print("未安装 PostgreSQL 15 或更新版本，系统数据库上的测试没有运行。", file=sys.stderr)
        return NOT_RUN
    folder = Path(tempfile.mkdtemp(prefix="portal-system-"))
    servers = SystemServers(programs, folder)
    try:
        servers.start()
        print(f"系统服务：{servers.versions()}", flush=True)
        return subprocess.run(command, env=INHERITED | servers.environment(), check=False).returncode
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

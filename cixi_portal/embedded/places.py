"""Where the embedded servers keep their files, and as whom they run."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SERVICE_USER = "cixi-portal"
SYSTEM_STATE = Path("/var/lib/cixi-portal")
# sun_path holds 108 bytes; PostgreSQL appends "/.s.PGSQL.5432.lock" to the folder's name.
LONGEST_SOCKET_FOLDER = 80
PROJECT = Path(__file__).resolve().parents[2]


class UnableToPrepareFolder(RuntimeError):
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

    @cached_property
    def account(self) -> pwd.struct_passwd:
        """The user the servers run as: the caller, or a system user when the caller is root."""
        if not self.as_root:
            return pwd.getpwuid(os.geteuid())
        try:
            return pwd.getpwnam(SERVICE_USER)
        except KeyError:
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--home-dir", str(SYSTEM_STATE),
                 "--shell", "/usr/sbin/nologin", "--user-group", SERVICE_USER],
                check=True, capture_output=True,
            )  # fmt: skip
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
            self.var.mkdir(parents=True, exist_ok=True)
            if self.as_root:
                SYSTEM_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
            for folder in (self.state, self.sockets, self.logs):
                self._make_private(folder)
        except OSError as error:
            raise UnableToPrepareFolder(
                f"无法建立运行目录 {error.filename}：{error.strerror}。请检查磁盘空间与目录权限后重试。"
            ) from error

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid not in (os.geteuid(), self.account.pw_uid):
            raise UnableToPrepareFolder(f"运行目录 {folder} 属于其他用户，请删除或改名后重试。")
        if self.as_root:
            shutil.chown(folder, self.account.pw_uid, self.account.pw_gid)
        folder.chmod(0o700)

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


def _make_readable(folder: Path) -> None:
    for entry in [folder, *folder.rglob("*")]:
        if not entry.is_symlink():
            mode = entry.stat().st_mode
            entry.chmod(0o755 if entry.is_dir() or mode & 0o100 else 0o644)


def _fingerprint(source: Path) -> str:
    names = sorted(f"{p.name}:{p.stat().st_size}" for p in (source / "bin").iterdir())
    return hashlib.sha256(f"{source.parent.name}{names}".encode()).hexdigest()[:10]

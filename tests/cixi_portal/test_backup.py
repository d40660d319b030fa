"""The restore drill: what a backup holds comes back in another place, and nothing is overwritten."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cixi_portal.backup import UnableToBackUp, _unpack

from .conftest import OwnPortal

pytestmark = [pytest.mark.embedded, pytest.mark.slow]
MAKE = """
from accounts.models import Agency
Agency.objects.create(code='drill', name='恢复演练机构', kind='bank')
"""
COUNT = "from accounts.models import Agency; print('found', Agency.objects.filter(code='drill').count())"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPortal]:
    portal = OwnPortal(tmp_path_factory.mktemp("original") / "var")
    _must(portal, "manage.py", "migrate", "-v0")
    _must(portal, "manage.py", "shell", "-c", MAKE)
    kept = portal.places.var / "files" / "ab"
    kept.mkdir(parents=True)
    (kept / "abcdef").write_bytes(b"a delivery file")
    yield portal
    portal.clean()


@pytest.fixture(scope="module")
def backup(original: OwnPortal) -> Path:
    folder = original.places.var.parent / "backup"
    _must(original, "-m", "cixi_portal.backup", "save", str(folder))
    return folder


def _must(portal: OwnPortal, *arguments: str) -> str:
    done = portal.command(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_restored_portal_has_the_rows_files_and_secrets_of_the_original(
    original: OwnPortal, backup: Path, own_portal: OwnPortal
) -> None:
    _must(own_portal, "-m", "cixi_portal.backup", "restore", str(backup))
    assert "found 1" in _must(own_portal, "manage.py", "shell", "-c", COUNT)
    assert (own_portal.places.var / "files/ab/abcdef").read_bytes() == b"a delivery file"
    secrets = own_portal.places.var / "secrets.env"
    assert secrets.read_text() == (original.places.var / "secrets.env").read_text()
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert own_portal.command("manage.py", "verify_audit").returncode == 0
    again = own_portal.command("-m", "cixi_portal.backup", "restore", str(backup))
    assert "数据库中已有数据，不会覆盖" in again.stderr


def test_a_backup_is_closed_to_others(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o700
    assert (backup / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_never_written_over_another(original: OwnPortal, backup: Path) -> None:
    tried = original.command("-m", "cixi_portal.backup", "save", str(backup))
    assert tried.returncode == 1
    assert "已存在" in tried.stderr


def test_a_damaged_backup_is_refused_before_anything_is_restored(
    backup: Path, own_portal: OwnPortal, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in backup.iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((damaged / "manifest.json").read_text())
    assert "database.dump" in manifest["sha256"]
    with (damaged / "database.dump").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff\x00\xff")
    tried = own_portal.command("-m", "cixi_portal.backup", "restore", str(damaged))
    assert "database.dump 已损坏或缺失" in tried.stderr
    assert not (own_portal.places.var / "secrets.env").exists()


def test_other_secrets_on_the_machine_are_kept(backup: Path, own_portal: OwnPortal) -> None:
    own_portal.places.var.mkdir()
    (own_portal.places.var / "secrets.env").write_text("SECRET_KEY=other\n")
    tried = own_portal.command("-m", "cixi_portal.backup", "restore", str(backup))
    assert "本机已有另一份密钥" in tried.stderr


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").write_text("x")
    with tarfile.open(tmp_path / "files.tar", "w") as tar:
        tar.add(tmp_path / "inner", arcname="../outside")
    with pytest.raises(UnableToBackUp, match="越出目标目录"):
        _unpack(tmp_path / "files.tar", tmp_path / "files")
    assert not (tmp_path / "outside").exists()

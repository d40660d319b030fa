"""Secrets are random, written once, readable by their owner alone."""

import multiprocessing
from pathlib import Path

import pytest

from cixi_portal import secrets_file


def test_a_new_file_is_closed_to_others(tmp_path: Path) -> None:
    secrets_file.ensure(tmp_path / "secrets.env")
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_secrets_stay_the_same(tmp_path: Path) -> None:
    assert secrets_file.ensure(tmp_path / "s") == secrets_file.ensure(tmp_path / "s")


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    one, other = secrets_file.ensure(tmp_path / "a"), secrets_file.ensure(tmp_path / "b")
    assert all(one[name] != other[name] for name in secrets_file.NAMES)


def test_a_name_added_later_is_filled_in_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    before = secrets_file.ensure(path)
    path.write_text("".join(f"{k}={v}\n" for k, v in before.items() if k != "PORTAL_AUDIT_KEY"))
    after = secrets_file.ensure(path)
    assert after["SECRET_KEY"] == before["SECRET_KEY"]
    assert len(after["PORTAL_AUDIT_KEY"]) > 30
    assert secrets_file.ensure(path) == after


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.touch(mode=0o600)
    path.write_text("SECRET_KEY=\nPORTAL_FI")
    with pytest.raises(secrets_file.UnableToReadSecrets, match="内容不完整"):
        secrets_file.ensure(path)


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    secrets_file.ensure(path)
    path.chmod(0o644)
    with pytest.raises(secrets_file.UnableToReadSecrets, match="chmod 600"):
        secrets_file.ensure(path)


def test_many_first_starts_at_once_agree(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secrets.env"
    with multiprocessing.get_context("fork").Pool(8) as pool:
        found = pool.map(secrets_file.ensure, [path] * 32)
    assert all(values == found[0] for values in found)
    assert [p.name for p in path.parent.iterdir()] == ["secrets.env"]

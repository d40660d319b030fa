"""Where the wheel does not exist the machine's own PostgreSQL serves, or is asked for."""

from pathlib import Path

import pytest

from cixi_portal.embedded import postgres_programs
from cixi_portal.embedded.places import Places
from cixi_portal.embedded.postgres import Postgres
from cixi_portal.embedded.postgres_programs import UnableToStartPostgres, find_programs, major_version

from .conftest import remove_state

pytestmark = pytest.mark.embedded


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "wheel_folder", lambda: None)


def test_the_wheels_programs_are_of_a_known_release(tmp_path: Path) -> None:
    assert major_version(find_programs(Places(tmp_path))) >= postgres_programs.OLDEST_MAJOR


@pytest.mark.usefixtures("no_wheel")
def test_a_cluster_of_the_machines_own_postgresql_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_PG_SHARED_BUFFERS", "16MB")
    places = Places((tmp_path / "var").resolve())
    try:
        programs = find_programs(places)
    except UnableToStartPostgres:
        pytest.skip("本机未安装 PostgreSQL 15 或更新版本")
    assert programs != postgres_programs.wheel_folder()
    places.prepare()
    try:
        Postgres(places).start()
        assert Postgres(places).is_running()
    finally:
        Postgres(places).stop()
        remove_state(places)


@pytest.mark.usefixtures("no_wheel")
def test_without_any_postgresql_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "_system_folders", list)
    with pytest.raises(UnableToStartPostgres, match=r"apt-get install postgresql.*DATABASE_URL"):
        find_programs(Places(tmp_path))


@pytest.mark.usefixtures("no_wheel")
def test_a_postgresql_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "initdb"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'initdb (PostgreSQL) 13.9'\n")
    program.chmod(0o755)
    monkeypatch.setattr(postgres_programs, "_system_folders", lambda: [tmp_path])
    with pytest.raises(UnableToStartPostgres):
        find_programs(Places(tmp_path))

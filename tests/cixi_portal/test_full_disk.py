"""A full disk: a clear message, nothing lost, and the next start recovers."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from cixi_portal.embedded.places import Places, UnableToPrepareFolder
from cixi_portal.embedded.postgres import OWNER, Postgres, UnableToStartPostgres

from .conftest import remove_state

pytestmark = pytest.mark.embedded


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Places]]:
    """Folders of servers whose state lies on a disk of so many megabytes."""
    places = Places((tmp_path / "var").resolve())
    monkeypatch.setenv("PORTAL_PG_SHARED_BUFFERS", "16MB")

    def mount(megabytes: int) -> Places:
        places.prepare()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(places.state)]
        if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("需要挂载权限才能模拟小磁盘")
        places.prepare()
        return places

    yield mount
    Postgres(places).stop()
    subprocess.run(["umount", str(places.state)], check=False, capture_output=True)
    remove_state(places)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(65536))
        except OSError:
            return filler


def test_a_nearly_full_disk_is_refused_before_anything_is_written(
    small_disk: Callable[[int], Places],
) -> None:
    places = small_disk(8)
    with pytest.raises(UnableToPrepareFolder, match=r"磁盘空间不足：.*仅剩 8 MB，至少需要 1024 MB"):
        places.require_space()


def test_initdb_on_a_full_disk_says_so_and_the_next_start_recovers(
    small_disk: Callable[[int], Places],
) -> None:
    places = small_disk(300)
    server = Postgres(places)
    filler = _fill(places.state)
    with pytest.raises(UnableToStartPostgres, match="请检查磁盘空间"):
        server.start()
    filler.unlink()
    server.start()
    assert server.is_running()


def test_a_disk_that_fills_up_at_work_loses_nothing_committed(small_disk: Callable[[int], Places]) -> None:
    places = small_disk(220)
    server = Postgres(places)
    server.start()
    with psycopg.connect(server.url(OWNER), autocommit=True) as db:
        db.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        filler = _fill(places.state)
        with pytest.raises(psycopg.Error):
            for _ in range(200):
                db.execute("INSERT INTO kept SELECT generate_series(1001, 50000)")
    os.kill(server._pid() or 0, 9)
    with pytest.raises(UnableToStartPostgres, match="磁盘已满"):
        server.start()
    filler.unlink()
    server.start()
    with psycopg.connect(server.url(OWNER)) as db:
        assert db.execute("SELECT count(*) FROM kept WHERE n <= 1000").fetchone() == (1000,)

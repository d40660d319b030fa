"""The embedded PostgreSQL: started by its own programs, as an unprivileged user, whatever happened before."""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cixi_portal.embedded import processes
from cixi_portal.embedded.places import Places
from cixi_portal.embedded.postgres import OWNER, Postgres

from .conftest import as_user, remove_state, wait_until

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def server(own_places: Places) -> Postgres:
    return Postgres(own_places)


@pytest.fixture
def running(server: Postgres) -> Iterator[psycopg.Connection]:
    if not server.is_running():
        server.start()
    with psycopg.connect(server.url(OWNER), autocommit=True) as db:
        yield db


def _postmaster(server: Postgres) -> int:
    pid = server._pid()
    assert pid is not None
    return pid


def test_the_server_runs_as_an_unprivileged_user(server: Postgres, running: psycopg.Connection) -> None:
    owner = Path(f"/proc/{_postmaster(server)}").stat().st_uid
    assert owner != 0
    assert owner == server.places.account.pw_uid


def test_it_listens_on_no_network_address(running: psycopg.Connection) -> None:
    assert running.execute("SHOW listen_addresses").fetchone() == ("",)


def test_it_is_durable(running: psycopg.Connection) -> None:
    shown = [running.execute(f"SHOW {name}").fetchone() for name in ("fsync", "full_page_writes")]
    assert shown == [("on",), ("on",)]
    assert running.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_no_role_of_the_portal_is_a_superuser(running: psycopg.Connection) -> None:
    rows = running.execute(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'portal%' AND rolsuper"
    ).fetchall()
    assert rows == []


def test_another_user_of_the_machine_is_refused(
    server: Postgres, running: psycopg.Connection, ordinary_user: pwd.struct_passwd
) -> None:
    def connect() -> None:
        psycopg.connect(host=str(server.places.sockets), user=OWNER, dbname="postgres").close()

    assert "Permission denied" in as_user(ordinary_user, connect)
    assert as_user(pwd.getpwuid(os.geteuid()), connect) == ""


def test_committed_rows_survive_a_kill_of_every_process(
    server: Postgres, running: psycopg.Connection
) -> None:
    running.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(_postmaster(server), signal.SIGKILL)
    server.start()
    with psycopg.connect(server.url(OWNER)) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_pid_file_whose_number_another_process_now_has_does_not_stop_a_start(server: Postgres) -> None:
    server.stop()
    stranger = subprocess.Popen(["/bin/sleep", "300"], **server.places.popen_options())  # type: ignore[call-overload]
    try:
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n")
        server.start()
        assert server.is_running()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_zombie_postmaster_does_not_stop_a_start(server: Postgres) -> None:
    server.stop()
    zombie = subprocess.Popen(["/bin/true"], **server.places.popen_options())  # type: ignore[call-overload]
    try:
        assert wait_until(lambda: not processes.is_alive(zombie.pid))
        (server.data / "postmaster.pid").write_text(f"{zombie.pid}\n{server.data}\n1\n5432\n")
        server.start()
        assert server.is_running()
    finally:
        zombie.wait()


def test_stop_leaves_no_process(server: Postgres) -> None:
    if not server.is_running():
        server.start()
    pid = _postmaster(server)
    server.stop()
    assert not processes.is_alive(pid)
    assert processes.living_in_folder(server.data) == []


def test_an_interrupted_initdb_is_begun_again(tmp_path: Path) -> None:
    places = Places((tmp_path / "var").resolve())
    places.prepare()
    half = places.state / "pg.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    try:
        Postgres(places).start()
        assert Postgres(places).is_running()
        assert not half.exists()
    finally:
        Postgres(places).stop()
        remove_state(places)


def test_a_deep_folder_gets_a_short_private_socket_path(tmp_path: Path) -> None:
    places = Places((tmp_path / ("深" * 30) / "var").resolve())
    if places.as_root:
        pytest.skip("root 的服务目录总是短路径")
    places.prepare()
    try:
        assert len(os.fsencode(places.sockets)) < 100
        assert places.sockets.stat().st_mode & 0o777 == 0o700
        Postgres(places).start()
    finally:
        Postgres(places).stop()
        remove_state(places)

"""Several processes share the embedded servers: started once, stopped by the last to leave."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cixi_portal.embedded import processes
from cixi_portal.embedded.postgres import Postgres
from cixi_portal.embedded.redis_server import RedisServer

from .conftest import PROJECT, OwnPortal, wait_until

pytestmark = pytest.mark.embedded

USE = """
import sys
from cixi_portal.embedded import services
with services.running():
    print("in", flush=True)
    sys.stdin.readline()
print("out", flush=True)
"""


class User:
    """A process that uses the servers until it is told to leave."""

    def __init__(self, portal: OwnPortal) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE], cwd=PROJECT, env=portal.environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def is_in(self) -> bool:
        assert self.process.stdout is not None
        return self.process.stdout.readline() == "in\n"

    def leave(self) -> None:
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0


@pytest.fixture
def servers(own_portal: OwnPortal) -> Iterator[tuple[Postgres, RedisServer]]:
    yield Postgres(own_portal.places), RedisServer(own_portal.places)


def test_the_last_to_leave_stops_the_servers(
    own_portal: OwnPortal, servers: tuple[Postgres, RedisServer]
) -> None:
    users = [User(own_portal) for _ in range(3)]  # at once, on an empty folder
    assert all(user.is_in() for user in users)
    for user in users[:2]:
        user.leave()
    assert all(server.is_running() for server in servers)
    users[2].leave()
    assert own_portal.left() == []


def test_a_killed_user_does_not_hold_the_servers_for_ever(
    own_portal: OwnPortal, servers: tuple[Postgres, RedisServer]
) -> None:
    killed, other = User(own_portal), User(own_portal)
    assert killed.is_in()
    assert other.is_in()
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    assert all(server.is_running() for server in servers)
    other.leave()
    assert own_portal.left() == []


def test_servers_started_by_hand_stay_until_stopped_by_hand(
    own_portal: OwnPortal, servers: tuple[Postgres, RedisServer]
) -> None:
    assert "postgresql: running" in own_portal.command("manage.py", "services", "start").stdout
    User(own_portal).leave()
    assert all(server.is_running() for server in servers)
    assert "redis: stopped" in own_portal.command("manage.py", "services", "stop").stdout
    assert own_portal.left() == []


def test_a_server_killed_under_its_users_is_started_by_the_next_one(
    own_portal: OwnPortal, servers: tuple[Postgres, RedisServer]
) -> None:
    first = User(own_portal)
    assert first.is_in()
    for pid in (servers[0]._pid(), servers[1]._pid()):
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda pid=pid: not processes.is_alive(pid))
    second = User(own_portal)
    assert second.is_in()
    assert all(server.is_running() for server in servers)
    first.leave()
    second.leave()


def test_a_command_ended_by_sigterm_stops_what_it_started(own_portal: OwnPortal) -> None:
    command = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-c", "print('up', flush=True); import time; time.sleep(60)"],
        cwd=PROJECT, env=own_portal.environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert command.stdout is not None
    assert "up" in (command.stdout.readline(), command.stdout.readline(), "up")
    command.send_signal(signal.SIGTERM)
    command.wait(60)
    assert own_portal.left() == []

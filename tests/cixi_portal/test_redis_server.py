"""The embedded Redis keeps what it acknowledged."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
import redis

from cixi_portal.embedded import processes
from cixi_portal.embedded.places import Places
from cixi_portal.embedded.redis_server import RedisServer

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def server(own_places: Places) -> RedisServer:
    return RedisServer(own_places)


@pytest.fixture
def client(server: RedisServer) -> Iterator[redis.Redis]:
    server.start()
    with redis.Redis.from_url(server.url, decode_responses=True) as connection:
        yield connection


def _pid(client: redis.Redis) -> int:
    return int(client.info("server")["process_id"])


def test_it_keeps_an_append_only_file_and_evicts_nothing(client: redis.Redis) -> None:
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_it_listens_on_no_port(client: redis.Redis) -> None:
    assert client.config_get("port") == {"port": "0"}


def test_a_queue_survives_a_kill(server: RedisServer, client: redis.Redis) -> None:
    client.rpush("queue", *range(1000))
    time.sleep(1.2)  # the file is synced every second
    os.kill(_pid(client), signal.SIGKILL)
    server.start()
    assert client.llen("queue") == 1000


def test_a_second_start_keeps_the_running_server(server: RedisServer, client: redis.Redis) -> None:
    before = _pid(client)
    server.start()
    assert _pid(client) == before


def test_a_cut_off_last_write_does_not_stop_a_start(server: RedisServer, client: redis.Redis) -> None:
    client.set("kept", "1")
    server.stop()
    with (server.folder / "appendonly.aof").open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\nhalf")
    server.start()
    assert client.get("kept") == "1"


def test_stop_leaves_no_process(server: RedisServer, client: redis.Redis) -> None:
    pid = _pid(client)
    server.stop()
    assert not processes.is_alive(pid)
    assert not server.is_running()

"""``make run``: what it starts, what it leaves, what it says when it cannot.

Each test makes a portal of its own from an empty folder, so one test tells one whole story.
"""

import os
import re
import signal
import socket

import pytest

from .conftest import OwnPortal, wait_until

pytestmark = [pytest.mark.embedded, pytest.mark.slow]


def test_a_run_says_ready_last_and_each_signal_ends_it_without_a_process_left(own_portal: OwnPortal) -> None:
    own_portal.start_and_wait()
    assert own_portal.said().strip().splitlines()[-1] == f"ready: http://127.0.0.1:{own_portal.port}"
    assert own_portal.get("/readyz")[0] == 200
    for number in (signal.SIGTERM, signal.SIGHUP):
        assert own_portal.signal(number) == 0
        assert own_portal.left() == []
        own_portal.start_and_wait()
    # Ctrl-C in a terminal reaches the whole foreground process group.
    assert own_portal.process is not None
    os.killpg(own_portal.process.pid, signal.SIGINT)
    assert own_portal.process.wait(180) == 0
    assert own_portal.left() == []


def test_a_signal_during_the_first_start_stops_everything(own_portal: OwnPortal) -> None:
    own_portal.start()
    assert wait_until(lambda: "正在准备数据库" in own_portal.said(), 60)
    assert own_portal.signal(signal.SIGINT) == 0
    assert "ready:" not in own_portal.said()
    assert own_portal.left() == []


def test_a_taken_port_is_named_with_a_way_out(own_portal: OwnPortal) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", own_portal.port))
        other.listen()
        tried = own_portal.command("-m", "cixi_portal.supervisor")
    assert tried.returncode == 1
    assert f"端口 {own_portal.port} 已被占用" in tried.stderr
    assert re.search(r"make run PORT=\d+", tried.stderr)
    assert own_portal.left() == []


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "80000"}, "端口“80000”无效"),
        ({"PORT": "abc"}, "端口“abc”无效"),
        ({"HOST": "203.0.113.7"}, "无法使用地址 203.0.113.7"),
        ({"PORTAL_MIN_FREE_MB": "999999999"}, "磁盘空间不足"),
    ],
)
def test_what_cannot_be_used_is_named(own_portal: OwnPortal, environment: dict[str, str], words: str) -> None:
    tried = own_portal.command("-m", "cixi_portal.supervisor", **environment)
    assert tried.returncode == 1
    assert words in tried.stderr
    assert "Traceback" not in tried.stderr
    assert own_portal.left() == []


def test_damaged_secrets_are_named(own_portal: OwnPortal) -> None:
    own_portal.places.var.mkdir()
    (own_portal.places.var / "secrets.env").write_text("SECRET_KEY=")
    (own_portal.places.var / "secrets.env").chmod(0o600)
    tried = own_portal.command("-m", "cixi_portal.supervisor")
    assert "内容不完整" in tried.stderr
    assert "Traceback" not in tried.stderr

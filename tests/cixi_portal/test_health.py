"""``/healthz`` and ``/readyz`` answer without a sign-in and tell the truth."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from model_bakery import baker

from cixi_portal import tasks
from cixi_portal.tasks import SCHEDULER_KEY, WORKER_KEY
from credit.models import RunState, ScoreRun
from datahub.models import Change

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def signs_of_life() -> Iterator[None]:
    cache.delete_many([WORKER_KEY, SCHEDULER_KEY])
    yield
    cache.delete_many([WORKER_KEY, SCHEDULER_KEY])


def test_healthz_answers_without_a_sign_in(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readyz_is_ready_when_every_part_answers(client: Client) -> None:
    cache.set_many({WORKER_KEY: time.time(), SCHEDULER_KEY: time.time()})
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready", "database": "ok", "redis": "ok", "worker": "ok", "freshness": "ok",
    }  # fmt: skip


def test_without_a_worker_the_portal_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["worker"] == "failed"
    assert answer.json()["database"] == "ok"


def test_an_old_sign_of_life_is_none(client: Client) -> None:
    cache.set(WORKER_KEY, time.time() - 61)
    assert client.get("/readyz").json()["worker"] == "failed"


def test_a_sign_from_before_this_start_is_none(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.set(WORKER_KEY, time.time() - 5)
    monkeypatch.setenv("PORTAL_STARTED_AT", str(time.time() - 2))
    assert client.get("/readyz").json()["worker"] == "failed"


def test_a_silent_scheduler_is_stale_but_pages_are_still_served(client: Client) -> None:
    cache.set_many({WORKER_KEY: time.time(), SCHEDULER_KEY: time.time() - 601})
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["freshness"] == "stale"


def test_without_redis_the_portal_is_not_ready_and_says_so(client: Client, settings: Any) -> None:
    settings.PORTAL_REDIS_URL = "unix:///nonexistent/redis.sock"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["redis"] == "failed"
    assert "nonexistent" not in answer.content.decode()


def test_the_heartbeat_task_leaves_the_schedulers_sign() -> None:
    tasks.heartbeat()
    assert time.time() - cache.get(SCHEDULER_KEY) < 5


def _change(minutes_ago: int) -> Change:
    return baker.make(Change, at=timezone.now() - timedelta(minutes=minutes_ago), touched=3)


def test_scores_that_do_not_follow_a_delivery_are_stale(client: Client) -> None:
    cache.set_many({WORKER_KEY: time.time(), SCHEDULER_KEY: time.time()})
    change = _change(minutes_ago=31)
    assert client.get("/readyz").json()["freshness"] == "stale"
    baker.make(ScoreRun, state=RunState.DONE, last_change_id=change.id)
    assert client.get("/readyz").json()["freshness"] == "ok"


def test_scores_are_given_time_to_follow(client: Client) -> None:
    cache.set_many({WORKER_KEY: time.time(), SCHEDULER_KEY: time.time()})
    _change(minutes_ago=5)
    assert client.get("/readyz").json()["freshness"] == "ok"

"""A full run whose worker dies in the middle of a chunk loses nothing and doubles nothing."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from bench.recalculation import AS_OF, fill
from credit import tasks
from credit.models import RunState, Score, ScoreChunk, ScoreRun, Standing
from credit.services import runs
from credit.services.releases import release_scorecard
from tests.firms import ORIGIN
from tests.running import Worker, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FIRMS = 2_000


@pytest.fixture
def city() -> Iterator[None]:
    """Some thousand enterprises with their records, enough for a chunk to take a while."""
    with connection.cursor() as cursor:
        fill(cursor, FIRMS)
    release_scorecard(origin=ORIGIN, now=timezone.now())
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE datahub_record")  # no table of the ORM's: the flush leaves it


def plan_and_enqueue() -> int:
    plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=timezone.now())
    assert len(plan.chunks) == 2
    tasks.enqueue(plan)
    return plan.run_id


def chunks_done(run_id: int) -> int:
    return ScoreChunk.objects.filter(run_id=run_id, is_done=True).count()


def is_one_taken() -> bool:
    """Whether a worker's transaction holds a chunk's row; asked without touching the row itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'credit_scorechunk'::regclass "
            "AND mode = 'RowShareLock' AND granted AND pid <> pg_backend_pid())"
        )
        return bool(cursor.fetchone()[0])


def kill_all_of(worker: Worker) -> None:
    """The host loses power: main process and children at once."""
    os.killpg(worker.pid, signal.SIGKILL)
    assert worker.process is not None
    worker.process.wait()


def is_done(run_id: int) -> bool:
    return ScoreRun.objects.get(pk=run_id).state == RunState.DONE


def assert_each_enterprise_once(run_id: int) -> None:
    """One score each; the same rows and the same input as a run that nobody disturbed."""
    run = ScoreRun.objects.get(pk=run_id)
    scores = Score.objects.filter(run_id=run_id)
    assert scores.count() == run.enterprises == run.changed == Standing.objects.count() > FIRMS * 0.9
    assert not scores.values("enterprise_id").annotate(n=Count("run_id")).filter(n__gt=1).exists()
    plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=timezone.now())
    for number in plan.chunks:
        runs.run_chunk(plan.run_id, number, now=timezone.now())
    undisturbed = ScoreRun.objects.get(pk=plan.run_id)
    assert undisturbed.input_digest == run.input_digest
    assert (undisturbed.enterprises, undisturbed.changed) == (run.enterprises, 0)


@pytest.mark.usefixtures("city")
def test_a_worker_killed_amid_its_second_chunk_loses_and_doubles_nothing() -> None:
    with Worker() as worker:
        run_id = plan_and_enqueue()
        assert wait_until(lambda: chunks_done(run_id) == 1 and is_one_taken(), 120), worker.said()
        kill_all_of(worker)
        assert wait_until(lambda: not is_one_taken(), 60)
        assert chunks_done(run_id) == 1
        half = Score.objects.filter(run_id=run_id).count()
        assert 0 < half < FIRMS * 0.9
        worker.start()
        assert wait_until(lambda: is_done(run_id), 120), worker.said()
    assert_each_enterprise_once(run_id)


@pytest.mark.usefixtures("city")
def test_the_sweep_brings_back_chunks_whose_messages_are_lost_and_doubles_none() -> None:
    with Worker() as worker:
        run_id = plan_and_enqueue()
        assert wait_until(is_one_taken, 120), worker.said()
        kill_all_of(worker)
        assert wait_until(lambda: not is_one_taken(), 60)
    assert chunks_done(run_id) < 2
    with Worker() as worker:  # with a queue of its own making: what the killed one held is gone
        long_ago = timezone.now() - tasks.STALE_AFTER - timedelta(minutes=1)
        ScoreChunk.objects.filter(run_id=run_id, is_done=False).update(enqueued_at=long_ago)
        tasks.sweep.delay()
        tasks.enqueue(runs.Plan(run_id, (0, 1)))  # and every message comes twice
        assert wait_until(lambda: is_done(run_id), 120), worker.said()
    assert_each_enterprise_once(run_id)

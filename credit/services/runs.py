"""Recalculation: runs are planned in chunks, each chunk is one transaction of one worker.

A worker that dies leaves its chunk undone and its transaction rolled back; whoever takes the chunk
next finds nothing half written. A chunk that two workers take is locked by the first and left by the
second. So nothing is lost or doubled, whatever is killed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import DatabaseError, connection, transaction
from django.db.models import F

import audit
from credit.engine.score import score_enterprises
from credit.models import ConsumedChange, RunKind, RunState, ScorecardRelease, ScoreChunk, ScoreRun
from credit.services.inputs import read_input
from credit.services.releases import current_release, model_of
from credit.services.score_store import write_scores
from datahub import public as datahub
from foundation.revision import code_revision

IDS_PER_CHUNK = 5_000
ENTERPRISES_PER_CHUNK = 12_500
MOST_ATTEMPTS = 6
SWEEP_LOCK = 7_302_001
LOCK_NOT_AVAILABLE = "55P03"


class UnableToStartRun(RuntimeError):
    """No run can be started now; the text is for the person who asked."""


@dataclass(frozen=True)
class Plan:
    """A run and the numbers of its chunks, to be enqueued after the commit."""

    run_id: int
    chunks: tuple[int, ...]


def plan_full_run(
    *, as_of: date, origin: audit.Origin, now: datetime, requested_by: int | None = None
) -> Plan:
    """A run over every active enterprise, its chunks whole shards.

    Raises :class:`UnableToStartRun` while another full run is under way.
    """
    release = current_release()
    with audit.action("credit.run.started", origin=origin, target=f"scorecard:{release.version}") as entry:
        if ScoreRun.objects.filter(kind=RunKind.FULL, state=RunState.RUNNING).exists():
            raise UnableToStartRun("已有一次全量重算正在进行，请等待完成后再发起。")
        run = _create_run(RunKind.FULL, release, as_of, now, requested_by)
        parts = _share_shards(datahub.enterprise_count())
        ScoreChunk.objects.bulk_create(
            ScoreChunk(run=run, number=n, shards=part, enqueued_at=now) for n, part in enumerate(parts)
        )
        _consume_up_to(run)
        entry.detail |= {"run": run.pk, "as_of": str(as_of)}
    return Plan(run.pk, tuple(range(len(parts))))


def plan_touched_run(*, as_of: date, now: datetime) -> Plan | None:
    """A run over exactly the enterprises of the changes nobody followed yet; None if there are none."""
    release = current_release()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SWEEP_LOCK])
        changes = _unconsumed()
        if not changes:
            return None
        ids = datahub.touched_by(changes)
        run = _create_run(RunKind.TOUCHED, release, as_of, now, None)
        ConsumedChange.objects.bulk_create(ConsumedChange(change_id=c, run=run) for c in changes)
        parts = [ids[at : at + IDS_PER_CHUNK] for at in range(0, len(ids), IDS_PER_CHUNK)] or [[]]
        ScoreChunk.objects.bulk_create(
            ScoreChunk(run=run, number=n, enterprise_ids=part, enqueued_at=now)
            for n, part in enumerate(parts)
        )
    return Plan(run.pk, tuple(range(len(parts))))


def run_chunk(run_id: int, number: int, *, now: datetime) -> bool:
    """Score one chunk and store what changed; False when another worker has it or it is done.

    The last chunk to finish closes the run.
    """
    try:
        with transaction.atomic():
            chunk = ScoreChunk.objects.select_for_update(nowait=True).get(run_id=run_id, number=number)
            if chunk.is_done:
                return False
            run = ScoreRun.objects.select_related("release").get(pk=run_id)
            _score_chunk(run, chunk, now)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            return False
        raise
    finish_run(run_id, now=now)
    return True


def _score_chunk(run: ScoreRun, chunk: ScoreChunk, now: datetime) -> None:
    model = model_of(run.release)
    inputs = read_input(
        model.card,
        run.as_of,
        run.known_at,
        run.supplied,
        shards=chunk.shards,
        enterprise_ids=chunk.enterprise_ids,
    )
    table, digest = score_enterprises(inputs, model)
    chunk.changed = write_scores(table, run_id=run.pk, as_of=run.as_of, now=now)
    chunk.is_done, chunk.input_digest, chunk.enterprises = True, digest, len(table)
    chunk.save(update_fields=["is_done", "input_digest", "enterprises", "changed"])


def finish_run(run_id: int, *, now: datetime) -> bool:
    """Close the run if all its chunks are done; true for the one caller that closes it."""
    with transaction.atomic():
        run = ScoreRun.objects.select_for_update().get(pk=run_id)
        chunks = list(run.chunks.order_by("number"))
        if run.state != RunState.RUNNING or not all(chunk.is_done for chunk in chunks):
            return False
        run.state, run.finished_at = RunState.DONE, now
        run.enterprises = sum(chunk.enterprises for chunk in chunks)
        run.changed = sum(chunk.changed for chunk in chunks)
        run.input_digest = _digest_of([chunk.input_digest for chunk in chunks])
        run.save()
    if run.kind == RunKind.FULL:
        detail = {"enterprises": run.enterprises, "changed": run.changed, "input": run.input_digest}
        origin = audit.Origin.system("scores")
        audit.record("credit.run.finished", origin=origin, target=f"run:{run_id}", detail=detail)
    return True


def stale_chunks(*, before: datetime, now: datetime) -> list[tuple[int, int]]:
    """(run, chunk) of running runs enqueued before an instant and not done: to be enqueued again.

    Enqueuing one twice is harmless, see :func:`run_chunk`. A run one of whose chunks failed too often
    ends as FAILED.
    """
    with transaction.atomic():
        chunks = ScoreChunk.objects.filter(is_done=False, enqueued_at__lt=before, run__state=RunState.RUNNING)
        hopeless = set(chunks.filter(attempts__gte=MOST_ATTEMPTS).values_list("run_id", flat=True))
        # A run that cannot end must not bar the next one; its changes are followed anew.
        ScoreRun.objects.filter(pk__in=hopeless).update(
            state=RunState.FAILED,
            finished_at=now,
            problem=f"有分片连续 {MOST_ATTEMPTS} 次未能完成，请查看工作进程日志。",
        )
        ConsumedChange.objects.filter(run_id__in=hopeless).delete()
        found = list(chunks.exclude(run_id__in=hopeless).values_list("pk", "run_id", "number"))
        again = ScoreChunk.objects.filter(pk__in=[pk for pk, _, _ in found])
        again.update(enqueued_at=now, attempts=F("attempts") + 1)
    return [(run_id, number) for _, run_id, number in found]


def replay_digest(run_id: int) -> str:
    """Digest of what a finished run would read today: equal to the stored one, whatever came since."""
    run = ScoreRun.objects.select_related("release").get(pk=run_id)
    model = model_of(run.release)
    digests = []
    for chunk in run.chunks.order_by("number"):
        inputs = read_input(
            model.card, run.as_of, run.known_at, run.supplied,
            shards=chunk.shards, enterprise_ids=chunk.enterprise_ids,
        )  # fmt: skip
        digests.append(score_enterprises(inputs, model)[1])
    return _digest_of(digests)


def _share_shards(enterprises: int) -> list[list[int]]:
    """Shards in 2, 4, 8 or 16 chunks: small cities pay for few chunks, large ones feed many workers."""
    chunks = 2
    while chunks < datahub.SHARDS and enterprises / chunks > ENTERPRISES_PER_CHUNK:
        chunks *= 2
    size = datahub.SHARDS // chunks
    return [list(range(at, at + size)) for at in range(0, datahub.SHARDS, size)]


def _create_run(
    kind: RunKind, release: ScorecardRelease, as_of: date, now: datetime, requested_by: int | None
) -> ScoreRun:
    latest = datahub.last_change()
    known_at = latest.at if latest else now
    return ScoreRun.objects.create(
        kind=kind, release=release, as_of=as_of, known_at=known_at, started_at=now,
        last_change_id=latest.id if latest else 0, last_batch_id=latest.batch_id if latest else 0,
        supplied=sorted(datahub.delivered_items(known_at)), code_revision=code_revision(),
        requested_by_id=requested_by,
    )  # fmt: skip


def _unconsumed() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM datahub_change c WHERE NOT EXISTS "
            "(SELECT 1 FROM credit_consumedchange k WHERE k.change_id = c.id) ORDER BY id"
        )
        return [row[0] for row in cursor.fetchall()]


def _consume_up_to(run: ScoreRun) -> None:
    """A full run follows every change it knows of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO credit_consumedchange (change_id, run_id) SELECT id, %s FROM datahub_change "
            "WHERE id <= %s ON CONFLICT DO NOTHING",
            [run.pk, run.last_change_id],
        )


def _digest_of(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

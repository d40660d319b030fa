"""Stored scores read back: one enterprise's score with its reasons, its history, a run's progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np
import polars as pl
from django.db.models import Count, Q, Subquery

from credit.contracts import (
    FORCE_NAMES,
    FORCES,
    THIN_COVERAGE_NOTE,
    Confidence,
    MissingItem,
    Reason,
    ScoreTable,
)
from credit.engine.reasons import describe_reason, list_missing, list_reasons
from credit.engine.score import EVIDENCE, Model
from credit.models import Score, ScoreEvidence, ScoreRun, Standing
from credit.services.releases import model_of

_ARRAYS = ("forces", "peer_forces", "force_coverage", "leaf_values", "leaf_scores", "leaf_states", "leaf_records",
           "contributions", "adverse", "favourable")  # fmt: skip
_NUMBERS = ("total", "uncapped", "base", "penalty", "cap", "cap_code", "caps_fired", "baseline", "peer_group",
            "coverage", "confidence", "grade", "word")  # fmt: skip


@dataclass(frozen=True)
class ForceView:
    """One of the five forces beside the median of the peer group, 0 to 100."""

    code: str
    name: str
    value: float
    peer: float
    coverage: float


@dataclass(frozen=True)
class ScoreView:
    """A score as pages and API show it, before the reader's rights are applied to its reasons."""

    enterprise_id: int
    run_id: int
    as_of: date
    version: str
    model_hash: str
    known_at: datetime
    last_batch_id: int
    total: float
    uncapped: float
    base: float
    penalty: float
    cap: float | None
    cap_reason: Reason | None
    grade: str
    grades: tuple[str, ...]
    word: str
    coverage: float
    confidence: str
    note: str
    peer_group: str
    forces: tuple[ForceView, ...]
    adverse: tuple[Reason, ...]
    favourable: tuple[Reason, ...]
    missing: tuple[MissingItem, ...]
    previous_total: float | None


@dataclass(frozen=True)
class ScorePoint:
    """One stored score on the history line."""

    as_of: date
    total: float
    grade: str


@dataclass(frozen=True)
class RunProgress:
    """How far a run has come, in chunks and enterprises."""

    run_id: int
    kind: str
    state: str
    as_of: date
    chunks: int
    done: int
    enterprises: int
    changed: int
    started_at: datetime
    finished_at: datetime | None

    @property
    def done_pct(self) -> int:
        return 100 * self.done // self.chunks if self.chunks else 100


def find_score(enterprise_id: int) -> ScoreView | None:
    """The standing score of an enterprise, or None if it has none (not active, or never scored).

    Three queries at most: score with its standing, the run unless this process knows it, evidence.
    """
    mine = Standing.objects.filter(pk=enterprise_id)
    row = (
        Score.objects.filter(enterprise_id=enterprise_id, run_id=Subquery(mine.values("run_id")))
        .annotate(previous_total=Subquery(mine.values("previous_total")))
        .first()
    )
    if row is None:
        return None
    return _view(row, _run(row.run_id), row.previous_total)


@lru_cache(maxsize=64)
def _run(run_id: int) -> ScoreRun:
    """What a run was planned with; of its row only progress changes, which no score view reads."""
    return ScoreRun.objects.select_related("release").get(pk=run_id)


def score_history(enterprise_id: int, grades: Sequence[str], limit: int = 60) -> list[ScorePoint]:
    """The last stored score of each day, oldest first; ``grades`` are the card's letters, best first. One query."""
    rows = (
        Score.objects.filter(enterprise_id=enterprise_id)
        .order_by("-as_of", "-run_id")
        .values_list("as_of", "total", "grade")[: limit * 3]
    )
    days: dict[date, ScorePoint] = {}
    for as_of, total, grade in rows:
        days.setdefault(as_of, ScorePoint(as_of, total, grades[grade]))
    return [days[day] for day in sorted(days)][-limit:]


def run_progress(run_id: int) -> RunProgress:
    """Progress of a run. One query; ``ScoreRun.DoesNotExist`` if there is no such run."""
    run = ScoreRun.objects.annotate(
        parts=Count("chunks"), ready=Count("chunks", filter=Q(chunks__is_done=True))
    ).get(pk=run_id)
    return RunProgress(
        run_id=run.pk, kind=run.get_kind_display(), state=run.state, as_of=run.as_of, chunks=run.parts,
        done=run.ready, enterprises=run.enterprises, changed=run.changed, started_at=run.started_at,
        finished_at=run.finished_at,
    )  # fmt: skip


def table_of(row: Score, model: Model, evidence: list[tuple[str, str, int, float]]) -> ScoreTable:
    """A stored row as the engine's table of one enterprise, so that one code explains both."""
    arrays = {name: np.array([getattr(row, name)]) for name in _ARRAYS}
    numbers = {name: np.array([getattr(row, name)]) for name in _NUMBERS}
    return ScoreTable(
        as_of=row.as_of,
        model_hash=model.hash,
        leaf_codes=tuple(leaf.code for leaf in model.card.leaves),
        penalty_codes=tuple(penalty.code for penalty in model.card.penalties),
        cap_codes=tuple(cap.code for cap in model.card.caps),
        peer_groups=tuple(sorted(model.reference.force_medians)),
        words=tuple(model.card.words),
        grades=tuple(grade.code for grade in model.card.grades),
        enterprise_id=np.array([row.enterprise_id]),
        evidence=pl.DataFrame(
            [(row.enterprise_id, *line) for line in evidence], schema=EVIDENCE, orient="row"
        ),
        **arrays,
        **numbers,
    )


def _view(row: Score, run: ScoreRun, previous_total: float | None) -> ScoreView:
    model = model_of(run.release)
    evidence = list(
        ScoreEvidence.objects.filter(enterprise_id=row.enterprise_id, run_id=row.run_id).values_list(
            "code", "item", "record_id", "points"
        )
    )
    table = table_of(row, model, evidence)
    adverse, favourable = list_reasons(model.card, table, row.enterprise_id)
    capped = row.cap_code >= 0
    return ScoreView(
        enterprise_id=row.enterprise_id, run_id=row.run_id, as_of=row.as_of, version=run.release.version,
        model_hash=model.hash, known_at=run.known_at, last_batch_id=run.last_batch_id, total=row.total,
        uncapped=row.uncapped, base=row.base, penalty=row.penalty, cap=row.cap if capped else None,
        cap_reason=describe_reason(model.card, table, 0, len(table.contribution_codes) - 1) if capped else None,
        grade=table.grades[row.grade], grades=table.grades,
        word=table.words[row.word], coverage=row.coverage, confidence=Confidence(row.confidence).label,
        note=THIN_COVERAGE_NOTE if table.thin[0] else "", peer_group=table.peer_groups[row.peer_group],
        forces=tuple(
            ForceView(code, FORCE_NAMES[code], row.forces[i], row.peer_forces[i], row.force_coverage[i])
            for i, code in enumerate(FORCES)
        ),
        adverse=tuple(adverse), favourable=tuple(favourable),
        missing=tuple(list_missing(model.card, np.array(row.leaf_states, np.uint8), set(run.supplied))),
        previous_total=previous_total,
    )  # fmt: skip

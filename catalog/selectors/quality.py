"""What is known of a dataset's quality and freshness."""

from dataclasses import dataclass
from datetime import datetime

from catalog.engine.quality import Known, Part, judge, share
from catalog.models import Dataset, Resource, ResourceKind
from catalog.vocabulary import LATE_AFTER, Cycle, Grade


@dataclass(frozen=True)
class Freshness:
    """Whether a dataset keeps its promised rhythm. ``late_days`` is 0 while it does."""

    word: str
    tone: str
    late_days: int


def freshness(dataset: Dataset, now: datetime) -> Freshness:
    """By the promised cycle and the last change of the data."""
    allowed = LATE_AFTER.get(dataset.cycle)
    if allowed is None or dataset.data_changed_at is None:
        return Freshness(Cycle(dataset.cycle).label, "", 0)
    late = (now - dataset.data_changed_at - allowed).days
    if late > 0:
        return Freshness(f"已逾期 {late} 天未更新", "warn", late)
    return Freshness("按期更新", "good", 0)


def quality_of(dataset: Dataset, now: datetime) -> tuple[int, tuple[Part, ...]]:
    """Score and parts of a dataset read with its parts; no query of its own."""
    resources = list(dataset.resources.all())
    fields = [f for r in resources for f in r.fields.all() if f.grade != Grade.L4]
    return judge(
        Known(
            notes_length=len(dataset.notes), tags=len(dataset.tags),
            has_contact=bool(dataset.contact or dataset.publisher.contact),
            has_times=dataset.temporal_from is not None, has_licence=dataset.licence != "notspecified",
            table_share=share([r.kind == ResourceKind.TABLE and r.current is not None for r in resources]),
            titled_share=share([f.title != f.code for f in fields]),
            described_share=share([bool(f.description) for f in fields]),
            filled_share=_filled_share(resources), late_days=freshness(dataset, now).late_days,
            has_rhythm=dataset.cycle in LATE_AFTER,
            releases=max((r.current.number for r in resources if r.current), default=0),
        )
    )  # fmt: skip


def _filled_share(resources: list[Resource]) -> float | None:
    cells = empty = 0
    for resource in resources:
        release = resource.current
        if release is None or not release.row_count:
            continue
        for told in release.profile.values():
            cells += release.row_count
            empty += told.get("empty", 0)
    return 1 - empty / cells if cells else None

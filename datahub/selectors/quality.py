"""Quality of what units deliver: four parts and one figure, per item and department, over its last deliveries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean

from django.db.models import F, Min, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from datahub.contracts import ItemDefinition
from datahub.engine.periods import covered_day, span_of
from datahub.models import Batch, BatchState
from datahub.selectors.freshness import due_day

DELIVERIES = 12
WEIGHTS = {"completeness": 30, "validity": 40, "timeliness": 20, "uniqueness": 10}
"""Points of the 100 that each part can give; the page on an item states them."""


@dataclass(frozen=True)
class Parts:
    """Ratios of 0-1; None where nothing can be said (no rows, or counted before the cells were).

    completeness: filled share of the cells a unit is expected to fill. validity: 1 - quarantined / received.
    timeliness: share of deliveries received by their due day; history handed in when the item was first
    delivered here could not have come in time and is not judged. uniqueness: 1 - duplicates / received.
    """

    completeness: float | None
    validity: float | None
    timeliness: float | None
    uniqueness: float | None

    @property
    def score(self) -> float | None:
        """0-100: the parts that are known, weighted by WEIGHTS; None if none is."""
        known = {name: getattr(self, name) for name in WEIGHTS if getattr(self, name) is not None}
        if not known:
            return None
        total = sum(WEIGHTS[name] for name in known)
        return sum(100 * WEIGHTS[name] * value for name, value in known.items()) / total


@dataclass(frozen=True)
class DeliveryQuality:
    """One delivery on the trend."""

    batch_id: int
    period: str
    received_at: datetime
    received: int
    parts: Parts


@dataclass(frozen=True)
class Quality:
    """The last deliveries, oldest first, and their average. Rows weigh alike within an item's deliveries."""

    deliveries: tuple[DeliveryQuality, ...]
    parts: Parts

    @property
    def score(self) -> float | None:
        return self.parts.score


NOTHING = Quality((), Parts(None, None, None, None))


def quality_of_items(items: Iterable[ItemDefinition]) -> dict[str, Quality]:
    """Quality per item code from its last standing deliveries; two queries. Items without any are absent."""
    wanted = {item.code: item for item in items}
    numbered = Batch.objects.filter(state=BatchState.PROMOTED, item_code__in=wanted).annotate(
        place=Window(RowNumber(), partition_by="item_code", order_by=[F("file_date").desc(), F("id").desc()])
    )
    rows: dict[str, list[Batch]] = {}
    for batch in numbered.filter(place__lte=DELIVERIES).defer("findings", "refusal", "withdrawal_reason"):
        rows.setdefault(batch.item_code, []).append(batch)
    begun = dict(
        Batch.objects.filter(item_code__in=rows)
        .order_by()
        .values_list("item_code")
        .annotate(Min("received_at"))
    )
    return {
        code: _quality(
            wanted[code],
            sorted(batches, key=lambda b: (b.file_date, b.pk)),
            timezone.localdate(begun[code]),
        )
        for code, batches in rows.items()
    }


def quality_of_departments(by_item: Mapping[str, Quality]) -> dict[str, Parts]:
    """Per department code the mean of its items, each item weighing alike: a small list matters too."""
    grouped: dict[str, list[Parts]] = {}
    for code, quality in by_item.items():
        grouped.setdefault(code.partition(".")[0], []).append(quality.parts)
    return {department: _mean(parts) for department, parts in grouped.items()}


def timeliness(
    item: ItemDefinition, period: str, file_date: date, received_on: date, begun_on: date
) -> float | None:
    """1 if the delivery came by the due day of the period it speaks about, else 0.

    None for history: due before the item was delivered here for the first time (``begun_on``).
    """
    due = due_day(item, span_of(covered_day(period, file_date), item.delivery.period)[1])
    return None if due < begun_on else float(received_on <= due)


def _quality(item: ItemDefinition, batches: list[Batch], begun_on: date) -> Quality:
    deliveries = tuple(
        DeliveryQuality(b.pk, b.period, b.received_at, b.rows_received, _parts(item, b, begun_on))
        for b in batches
    )
    judged = [d.parts.timeliness for d in deliveries if d.parts.timeliness is not None]
    received = sum(b.rows_received for b in batches)
    expected = sum(b.cells_expected for b in batches)
    whole = Parts(
        completeness=sum(b.cells_filled for b in batches) / expected if expected else None,
        validity=1 - sum(b.rows_quarantined for b in batches) / received if received else None,
        timeliness=fmean(judged) if judged else None,
        uniqueness=1 - sum(b.rows_duplicate for b in batches) / received if received else None,
    )
    return Quality(deliveries, whole)


def _parts(item: ItemDefinition, batch: Batch, begun_on: date) -> Parts:
    received_on = timezone.localdate(batch.received_at)
    return Parts(
        completeness=batch.cells_filled / batch.cells_expected if batch.cells_expected else None,
        validity=1 - batch.rows_quarantined / batch.rows_received if batch.rows_received else None,
        timeliness=timeliness(item, batch.period, batch.file_date, received_on, begun_on),
        uniqueness=1 - batch.rows_duplicate / batch.rows_received if batch.rows_received else None,
    )


def _mean(parts: list[Parts]) -> Parts:
    def mean(name: str) -> float | None:
        known = [value for one in parts if (value := getattr(one, name)) is not None]
        return fmean(known) if known else None

    return Parts(mean("completeness"), mean("validity"), mean("timeliness"), mean("uniqueness"))

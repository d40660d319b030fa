"""Villages of a town side by side: participation, budget, review speed, appeals; and what waits for the town."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, When
from django.utils import timezone

from villages.access import villages_supervised_by
from villages.models import (
    Account,
    AccountKind,
    BudgetRequest,
    BulkAward,
    Resident,
    Shop,
    Tap,
    Transfer,
    Village,
)

from .town_outcomes import AppealOutcomes, ReviewSpeed, appeal_outcomes, review_speeds

WINDOW_DAYS = 90


@dataclass(frozen=True)
class VillageRow:
    """One village's figures of the last 90 days. ``taking_pct`` 0-100; ``granted`` points since the beginning."""

    village: Village
    people: int
    taking_part: int
    points: int
    pool_left: int
    granted: int
    waiting: int
    late: int
    speed: ReviewSpeed
    appeals: AppealOutcomes

    @property
    def used_pct(self) -> float | None:
        """Share of the granted budget that is used, since the beginning."""
        return 100 * (self.granted - self.pool_left) / self.granted if self.granted else None

    @property
    def taking_pct(self) -> float:
        return 100 * self.taking_part / self.people if self.people else 0.0


@dataclass(frozen=True)
class TownHome:
    """All rows, and the matters that wait for the town."""

    rows: list[VillageRow]
    handed_up: int
    bulk: list[BulkAward]
    budget_requests: list[BudgetRequest]
    shops: list[Shop]


def read_town(user: Any, *, now: datetime) -> TownHome:
    """Everything of the town's first page; the number of queries does not depend on the number of villages."""
    villages = list(villages_supervised_by(user).order_by("code"))
    since = now - timedelta(days=WINDOW_DAYS)
    own = Q(village__in=villages)
    people = _by_village(Resident.objects.filter(own, status="active"), n=Count("pk"))
    taps = _by_village(
        Tap.objects.filter(own, received_at__gt=since),
        n=Count("resident", distinct=True),
        points=Sum("points_granted", default=0),
    )
    waiting = _by_village(
        Tap.objects.filter(own, state="waiting"),
        n=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=timezone.localdate(now))),
    )
    ids = [village.pk for village in villages]
    speeds = review_speeds(ids, since)
    outcomes = appeal_outcomes(ids, since, timezone.localdate(now))
    pools = {a.village_id: a.available for a in Account.objects.filter(own, kind=AccountKind.POOL)}
    granted = _by_village(
        Transfer.objects.filter(own, code__in=("fund", "unfund")),
        points=Sum(Case(When(code="fund", then=F("amount")), default=-F("amount"))),
    )
    rows = [
        VillageRow(
            village=v, people=people.get(v.pk, {}).get("n", 0), taking_part=taps.get(v.pk, {}).get("n", 0),
            points=taps.get(v.pk, {}).get("points", 0), pool_left=pools.get(v.pk, 0),
            granted=granted.get(v.pk, {}).get("points", 0),
            waiting=waiting.get(v.pk, {}).get("n", 0), late=waiting.get(v.pk, {}).get("late", 0),
            speed=speeds.get(v.pk, ReviewSpeed()), appeals=outcomes.get(v.pk, AppealOutcomes()),
        )
        for v in villages
    ]  # fmt: skip
    return TownHome(
        rows, Tap.objects.filter(own, state="waiting", escalated_at__isnull=False).count(),
        list(BulkAward.objects.filter(own, state="proposed", escalated_at__isnull=False).select_related("village")[:10]),
        list(BudgetRequest.objects.filter(own, state="asked").select_related("village")[:10]),
        list(Shop.objects.filter(own, state="proposed").select_related("village")[:10]),
    )  # fmt: skip


def _by_village(found: Any, **sums: Any) -> dict[int, dict[str, Any]]:
    return {row["village_id"]: row for row in found.order_by().values("village_id").annotate(**sums)}

"""The village administrator's first page: what waits, what runs short, what is due, who has been quiet."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone

from villages.models import (
    Account,
    AccountKind,
    Activity,
    Appeal,
    BulkAward,
    Honour,
    Resident,
    Statement,
    Stock,
    Tap,
    Village,
)

from .first_steps import Step, first_steps
from .residents import quiet_residents

SHOWN = 6
LOW_POOL_PCT = 20


@dataclass
class Desk:
    """Counts and short lists; every list has its full page."""

    to_review: int
    late: int
    due_today: int
    bulk_waiting: list[BulkAward]
    this_week: list[Activity]
    pool_left: int
    pool_given: int
    stock_low: list[Stock]
    settlements: int
    quiet: list[Resident]
    quiet_total: int
    people: int
    taking_part: int
    honours: int = 0
    appeals: int = 0
    steps: list[Step] = field(default_factory=list)

    @property
    def pool_pct(self) -> float:
        """Share of all points ever granted to the pool that is still there, 0-100."""
        return 100 * self.pool_left / self.pool_given if self.pool_given else 0.0

    @property
    def next_step(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def steps_left(self) -> int:
        return sum(1 for step in self.steps if not step.done)


def read_desk(village: Village, user: Any, *, now: datetime) -> Desk:
    """Everything of the first page in a fixed number of queries."""
    today = timezone.localdate(now)
    waiting = Tap.objects.filter(village=village, state=Tap.State.WAITING).aggregate(
        all=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=today)),
        today=Count("pk", filter=Q(due_on=today)),
    )
    pool = Account.objects.filter(kind=AccountKind.POOL, village=village).first()
    treasury = Account.objects.filter(kind=AccountKind.TREASURY, village=village).first()
    week = Activity.objects.filter(
        village=village, state=Activity.State.OPEN, opens_at__lt=now + timedelta(days=7), closes_at__gt=now
    ).annotate(taken=Count("taps", filter=~Q(taps__state__in=("refused", "revoked"))))
    quiet = quiet_residents(village, now=now)
    active = Resident.objects.filter(village=village, status="active")
    month_ago = now - timedelta(days=30)
    desk = Desk(
        to_review=waiting["all"], late=waiting["late"], due_today=waiting["today"],
        bulk_waiting=list(
            BulkAward.objects.filter(village=village, state="proposed").select_related("proposed_by")[:SHOWN]
        ),
        this_week=list(week.order_by("closes_at")[:SHOWN]),
        pool_left=pool.available if pool else 0, pool_given=-treasury.posted if treasury else 0,
        stock_low=low_stock(village), settlements=open_settlements(village), quiet=list(quiet[:SHOWN]),
        quiet_total=quiet.count(), people=active.count(),
        taking_part=Tap.objects.filter(village=village, received_at__gt=month_ago).values("resident").distinct().count(),
    )  # fmt: skip
    desk.honours = Honour.objects.filter(village=village, state="declared").count()
    desk.appeals = Appeal.objects.filter(village=village, state__in=("filed", "panel")).count()
    desk.steps = first_steps(village, user, people=desk.people, given=desk.pool_given, today=today)
    return desk


def low_stock(village: Village) -> list[Stock]:
    """Goods at or below the level at which they should be bought again."""
    return list(
        Stock.objects.filter(
            goods__shop__village=village,
            goods__is_listed=True,
            goods__kind="goods",
            on_hand__lte=F("goods__low_at") + F("reserved"),
        )
        .select_related("goods__shop")
        .order_by("on_hand")[:SHOWN]
    )


def open_settlements(village: Village) -> int:
    """Monthly statements of shops that wait for the village's confirmation."""
    return Statement.objects.filter(shop__village=village, state="open", village_by__isnull=True).count()

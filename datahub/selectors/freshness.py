"""How fresh each data item is: what was delivered last, what is due next, what is late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from datahub.contracts import ItemDefinition, Period, Supply
from datahub.engine.definitions import list_items
from datahub.engine.periods import covered_day, name_of, span_of
from datahub.models import Batch, BatchState
from foundation.calendar import add_working_days, working_days_between


class FreshState(StrEnum):
    """`NEVER`: nothing stands yet; `NO_SUPPLY`: nobody is expected to deliver."""

    FRESH = "fresh"
    DUE = "due"
    LATE = "late"
    NEVER = "never"
    NO_SUPPLY = "no_supply"


@dataclass(frozen=True)
class Freshness:
    """``due_on``: last working day for the next delivery; ``late_days``: working days since then."""

    item: ItemDefinition
    state: FreshState
    batch_id: int | None = None
    period: str = ""
    received_at: datetime | None = None
    covered: date | None = None
    next_period: str = ""
    due_on: date | None = None
    late_days: int = 0


def due_day(item: ItemDefinition, last_day: date) -> date:
    """Last working day for the delivery of the period that ends on ``last_day``."""
    return add_working_days(last_day, item.delivery.grace_days)


def next_span(item: ItemDefinition, covered: date) -> tuple[date, date]:
    """The first period that a delivery covering up to ``covered`` leaves open. Daily items rest on holidays."""
    period = item.delivery.period
    if period is Period.DAILY:
        following = add_working_days(covered, 1)
        return following, following
    return span_of(span_of(covered, period)[1] + timedelta(days=1), period)


def list_freshness(items: Iterable[ItemDefinition], today: date) -> list[Freshness]:
    """One line per item, in the order given; one query."""
    wanted = list(items)
    standing = Batch.objects.filter(state=BatchState.PROMOTED, item_code__in=[item.code for item in wanted])
    last = {
        row[0]: row
        for row in standing.order_by("item_code", "-file_date", "-id")
        .distinct("item_code")
        .values_list("item_code", "id", "period", "file_date", "received_at")
    }
    return [_freshness(item, last.get(item.code), today) for item in wanted]


def list_late(departments: frozenset[str] | None, today: date) -> list[Freshness]:
    """Items of the departments (None: all) that are late, the longest first; one query.

    An item that was never delivered has no date it missed: it is on the list of items, not on this one.
    """
    items = [i for i in list_items() if departments is None or i.department_code in departments]
    late = [one for one in list_freshness(items, today) if one.state is FreshState.LATE]
    return sorted(late, key=lambda one: -one.late_days)


def _freshness(
    item: ItemDefinition, last: tuple[str, int, str, date, datetime] | None, today: date
) -> Freshness:
    if last is None:
        return Freshness(item, FreshState.NO_SUPPLY if item.supply is Supply.NONE else FreshState.NEVER)
    _, batch_id, period, file_date, received_at = last
    covered = covered_day(period, file_date)
    first, end = next_span(item, covered)
    due = due_day(item, end)
    late = working_days_between(due, today) if today > due else 0
    state = FreshState.LATE if today > due else FreshState.DUE if end < today else FreshState.FRESH
    return Freshness(
        item, state, batch_id, period, received_at, covered, name_of(first, item.delivery.period), due, late
    )

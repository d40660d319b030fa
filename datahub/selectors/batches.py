"""Batches and what hangs on them, cut to the departments a viewer answers for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import Role
from accounts.scopes import departments_of
from datahub.models import Batch, BatchState, Enterprise, FormerName, RejectedRow, WaitingRow, WaitingState

DESK_DAYS = 30
DESK_ROWS = 8
MOST_CANDIDATES = 20
OPEN_WAITING = (WaitingState.UNKNOWN, WaitingState.DOUBTFUL)
DEPARTMENT_ROLES = frozenset({Role.DATA_STEWARD, Role.DATA_REVIEWER})


def departments_seen_by(viewer: User | AnonymousUser) -> frozenset[str] | None:
    """Codes of the departments whose deliveries the viewer may see; None means all of them."""
    if not isinstance(viewer, User):
        return frozenset()
    if Role.DATA_CENTRE_OPERATOR in viewer.roles:
        return None
    return departments_of(viewer) if viewer.roles & DEPARTMENT_ROLES else frozenset()


def answers_for(viewer: User | AnonymousUser, department: str) -> bool:
    """True if the viewer may act on the department's deliveries (the role is asked at the view)."""
    seen = departments_seen_by(viewer)
    return seen is None or department in seen


def visible_to(viewer: User | AnonymousUser) -> QuerySet[Batch]:
    """Every batch the viewer may see, newest first."""
    seen = departments_seen_by(viewer)
    return Batch.objects.all() if seen is None else Batch.objects.filter(department__in=seen)


def get_batch(viewer: User | AnonymousUser, pk: int) -> Batch:
    """One batch. Raises Batch.DoesNotExist, also where it is another department's."""
    return visible_to(viewer).select_related("delivered_by", "confirmed_by").get(pk=pk)


def list_batches(
    viewer: User | AnonymousUser, *, state: str = "", item: str = "", words: str = ""
) -> QuerySet[Batch]:
    """Visible batches of one state and item ('' for all) whose file or number matches ``words``."""
    found = visible_to(viewer).select_related("delivered_by")
    if state:
        found = found.filter(state=state)
    if item:
        found = found.filter(item_code=item)
    if words:
        named = Q(file_name__icontains=words) | Q(period=words)
        found = found.filter(
            named | Q(pk=int(words)) if words.isascii() and words.isdigit() and len(words) < 10 else named
        )
    return found


def list_rejections(batch: Batch) -> QuerySet[RejectedRow]:
    """Reasons in order of line."""
    return RejectedRow.objects.filter(batch=batch).order_by("line", "id")


def list_waiting(batch: Batch) -> QuerySet[WaitingRow]:
    """Rows still waiting for their enterprise, doubtful ones (somebody can settle them) first."""
    return (
        WaitingRow.objects.filter(batch=batch, state__in=OPEN_WAITING)
        .only("id", "batch_id", "state", "line", "code", "name")
        .order_by("state", "line")
    )


def candidates(rows: Iterable[WaitingRow]) -> dict[int, list[Enterprise]]:
    """Per doubtful row the registered enterprises that bear or bore its name; two queries for all rows."""
    names = {row.name for row in rows if row.state == WaitingState.DOUBTFUL and row.name}
    if not names:
        return {}
    bearers: dict[str, dict[int, Enterprise]] = {name: {} for name in names}
    for firm in Enterprise.objects.filter(name__in=names, is_registered=True).order_by("code"):
        bearers[firm.name][firm.pk] = firm
    former = FormerName.objects.filter(name__in=names, enterprise__is_registered=True)
    for borne in former.select_related("enterprise").order_by("enterprise__code"):
        bearers[borne.name].setdefault(borne.enterprise_id, borne.enterprise)
    return {row.pk: list(bearers[row.name].values())[:MOST_CANDIDATES] for row in rows if row.name in bearers}


@dataclass(frozen=True)
class Desk:
    """What waits for the viewer: each list is cut to the first few, the numbers are whole."""

    to_confirm: list[Batch]
    refused: list[Batch]
    with_rejections: list[Batch]
    with_doubts: list[Batch]
    recent: list[Batch]


def desk(viewer: User | AnonymousUser, now: datetime) -> Desk:
    """The viewer's deliveries of the last 30 days that ask for something, and the newest; five queries."""
    mine = visible_to(viewer).select_related("delivered_by")
    lately = mine.filter(received_at__gte=now - timedelta(days=DESK_DAYS))
    promoted = lately.filter(state=BatchState.PROMOTED)
    doubtful = WaitingRow.objects.filter(state=WaitingState.DOUBTFUL).values("batch_id")
    return Desk(
        to_confirm=list(mine.filter(state=BatchState.CHECKED)[:DESK_ROWS]),
        refused=list(lately.filter(state=BatchState.REJECTED)[:DESK_ROWS]),
        with_rejections=list(promoted.filter(rows_quarantined__gt=0)[:DESK_ROWS]),
        with_doubts=list(
            mine.filter(state=BatchState.PROMOTED, rows_waiting__gt=0, pk__in=doubtful)[:DESK_ROWS]
        ),
        recent=list(mine[:DESK_ROWS]),
    )

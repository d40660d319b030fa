"""The review desk's queue: what is due first, and within a day what is least to be believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from villages.access import conflict_over, taps_reviewable_by
from villages.models import Piece, Resident, Tap

ORDERS: Mapping[str, tuple[str, ...]] = {
    "due": ("due_on", "trust", "received_at", "id"),
    "trust": ("trust", "received_at", "id"),
    "waiting": ("received_at", "id"),
}


@dataclass(frozen=True)
class Clock:
    """How much of the time for a decision is used: on_time, soon (the last day), late."""

    state: str
    word: str


def queue_for(user: Any, order: str = "due", channel: str = "") -> QuerySet[Tap]:
    """What waits for the user's decision."""
    found = taps_reviewable_by(user).filter(state=Tap.State.WAITING)
    modes = {
        "speak": ("note",),
        "photo": ("photos", "pair"),
        "scan": ("sign_in", "hours"),
        "tap": ("vote", "quiz", "lesson", "pledge"),
    }
    if channel in modes:
        found = found.filter(activity__mode__in=modes[channel])
    found = found.select_related("activity", "village", "resident__household", "by_resident")
    return found.order_by(*ORDERS.get(order, ORDERS["due"]))


def clock_of(tap: Tap, today: date) -> Clock:
    """Shape and word of a submission's clock."""
    if tap.due_on is None:
        return Clock("on_time", "")
    left = (tap.due_on - today).days
    if left < 0:
        return Clock("late", f"超期 {-left} 天")
    return Clock("soon", "今天到期") if left == 0 else Clock("on_time", f"还有 {left} 天")


@dataclass(frozen=True)
class Evidence:
    """One submission with what a reviewer compares: its pieces, each beside the older photo it resembles."""

    tap: Tap
    pieces: list[Piece]
    earlier: list[Tap]
    conflict: str
    next_id: UUID | None
    left: int

    @property
    def owners_of_twins(self) -> list[Resident]:
        """Others whose photo is shown beside: what was opened is theirs too."""
        shown = [piece.twin.tap.resident for piece in self.pieces if piece.twin is not None]
        return [owner for pk, owner in {one.pk: one for one in shown}.items() if pk != self.tap.resident_id]


def evidence_of(user: Any, tap_id: UUID, order: str = "due") -> Evidence | None:
    """Everything for one decision; None when it is not the user's to see."""
    tap = (
        taps_reviewable_by(user)
        .select_related(
            "activity",
            "village",
            "resident__household",
            "resident__user",
            "by_resident",
            "by_user",
            "reviewed_by",
        )
        .filter(pk=tap_id)
        .first()
    )
    if tap is None:
        return None
    pieces = list(tap.pieces.select_related("twin__tap__resident", "twin__tap__activity"))
    earlier = Tap.objects.filter(resident=tap.resident).exclude(pk=tap.pk).select_related("activity")[:5]
    waiting = list(queue_for(user, order).values_list("pk", flat=True)[:500])
    others = [pk for pk in waiting if pk != tap.pk]
    after = waiting[waiting.index(tap.pk) + 1 :] if tap.pk in waiting else []
    return Evidence(
        tap,
        pieces,
        list(earlier),
        conflict_over(user, tap),
        next(iter(after or others), None),
        len(others),
    )

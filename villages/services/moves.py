"""A person goes on under another entry: points follow in their vintages, what waits for a pick-up is released first."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from villages.models import Hold, ResidentMove

from . import holds
from .ledger import local_day
from .posting import call

MOVE = (
    "SELECT * FROM villages_move(%s::uuid[], %s::bigint[], %s::bigint[], %s::text, %s::bigint, %s::text, %s::date,"
    " %s::timestamptz, %s::date)"
)
Kind = ResidentMove.Kind


@dataclass(frozen=True)
class GoingOn:
    """One person: the caller's UUIDv7, the entry that ends and the one under which the person goes on."""

    key: UUID
    leaves: int
    joins: int


@dataclass(frozen=True)
class WentOn:
    """What went along, and how much of it had ended in the other village already."""

    key: UUID
    points: int
    expired: int
    replayed: bool


def go_on(
    people: Sequence[GoingOn], kind: str, *, on: dt.date, now: dt.datetime, actor_id: int | None = None,
    memo: str = "",
) -> list[WentOn]:  # fmt: skip
    """End entries and carry their points over, all or nothing, in one call; repeating it is harmless.

    ``kind`` merged: two entries of one village; moved: two villages of one town. Every vintage keeps its end.
    Raises :class:`UnableToMoveState` (not active, points put aside for a pick-up, wrong villages),
    :class:`UnableToFindEntry`, :class:`UnableToReuseKey`.
    """
    rows = call(
        MOVE,
        [
            [one.key for one in people], [one.leaves for one in people], [one.joins for one in people], str(kind),
            actor_id, memo[:120], on, now, local_day(now),
        ],
    )  # fmt: skip
    return [WentOn(*row) for row in rows]


def release_waiting(
    resident_ids: Sequence[int], reason: str, *, now: dt.datetime, actor_id: int | None
) -> int:
    """Release what waits for a pick-up of these people; how many."""
    waiting = Hold.objects.filter(resident_id__in=resident_ids, state=Hold.State.OPEN)
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        holds.release(key, now=now, reason=reason, actor_id=actor_id)
    return len(keys)

"""Posting to the points ledger: awards, corrections.

Every function is one commit of its own (or joins the caller's transaction), takes the caller's UUIDv7 and
may be repeated with it. Ledger transfers are their own trail and write nothing to the audit log; actions
of staff that lead to them are logged by the services that call these functions.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from villages.contracts import Award, AwardResult, Cap, Posting
from villages.engine.identifiers import uuid7
from villages.engine.windows import LOCAL

from .arrays import keys, plain, texts
from .posting import UnableToPost, UnableToReuseKey, call

LARGEST_BATCH = 5000
AWARD = (
    "SELECT * FROM villages_award(%s::uuid[], %s::bigint[], %s::uuid[], %s::date[], %s::int[], %s::text[],"
    " %s::int[], %s::boolean[], %s::int[], %s::int[], %s::text[], %s::timestamptz[], %s::int[], %s::int[],"
    " %s::bigint, %s::text, %s::text, %s::timestamptz, %s::date)"
)
AWARD_ONE = (
    "SELECT * FROM villages_award_one(%s::uuid, %s::bigint, %s::uuid, %s::date, %s::int, %s::text, %s::int,"
    " %s::boolean, %s::int[], %s::text[], %s::timestamptz[], %s::int[], %s::int[], %s::bigint, %s::text, %s::text,"
    " %s::timestamptz, %s::date)"
)
REVERSE = (
    "SELECT * FROM villages_reverse(%s::uuid, %s::uuid, %s::bigint, %s::text, %s::timestamptz, %s::date)"
)
DEDUCT = (
    "SELECT * FROM villages_deduct(%s::uuid, %s::bigint, %s::int, %s::text, %s::int, %s::bigint, %s::text,"
    " %s::date, %s::timestamptz, %s::date)"
)


class UnableToAward(UnableToPost):
    """The batch is malformed; the text says what is wrong."""

    status = 400


def new_key(now: dt.datetime) -> UUID:
    """A fresh UUIDv7; phones make their own at the tap."""
    return uuid7(int(now.timestamp() * 1000), secrets.randbits(74))


def local_day(now: dt.datetime) -> dt.date:
    """The day in Cixi on which something is posted."""
    return now.astimezone(LOCAL).date()


def award(
    item: Award, *, now: dt.datetime, actor_id: int | None = None, memo: str = "", topic: str = "award"
) -> AwardResult:
    """One award. Clipping, a second claim or an empty pool are results, not errors.

    Raises :class:`UnableToReuseKey` (409) if the key was used with another body,
    :class:`UnableToPostIntoSealedDay` if ``now`` lies in a sealed day.
    """
    result = award_batch([item], now=now, actor_id=actor_id, memo=memo, topic=topic)[0]
    if result.reason == "key_reused":
        raise UnableToReuseKey
    return result


def award_batch(
    items: Sequence[Award],
    *,
    now: dt.datetime,
    actor_id: int | None = None,
    memo: str = "",
    topic: str = "award",
) -> list[AwardResult]:
    """Awards of one happening in one call (an activity of 300 people), answered in their order.

    The outcome equals awarding them one by one. One commit: all items or, on an error, none; an item whose
    key was used with another body is answered ``key_reused`` and the others stand. ``topic`` names the
    outbox message written in the same commit ('' for none). At most 5,000 items, points 1 to 100,000.
    """
    if not items:
        return []
    if len(items) > LARGEST_BATCH or any(not 0 < item.points <= 100_000 for item in items):
        raise UnableToAward("一次最多 5000 笔，每笔积分须为 1 至 100000 的整数。")
    if len(items) == 1:
        rows = [_award_one(items[0], now, actor_id, memo, topic)]
    else:
        rows = _award_many(items, now, actor_id, memo, topic)
    return [
        AwardResult(key, item.points, granted, reason, replayed)
        for item, (key, granted, reason, replayed) in zip(items, rows, strict=True)
    ]


def _award_one(item: Award, now: dt.datetime, actor_id: int | None, memo: str, topic: str) -> tuple[Any, ...]:
    return call(
        AWARD_ONE,
        [
            item.key, item.resident_id, item.task, item.on_date, item.points, item.rule_code, item.rule_set_id,
            item.exempt, *cap_columns(item.caps), actor_id, memo[:120], topic, now, local_day(now),
        ],
    )[0]  # fmt: skip


def _award_many(
    items: Sequence[Award], now: dt.datetime, actor_id: int | None, memo: str, topic: str
) -> list[tuple[Any, ...]]:
    owners = [number for number, item in enumerate(items, 1) for _ in item.caps]
    return call(
        AWARD,
        [
            *award_columns(items), plain(owners), *cap_columns([cap for item in items for cap in item.caps]),
            actor_id, memo[:120], topic, now, local_day(now),
        ],
    )  # fmt: skip


def award_columns(items: Sequence[Award]) -> list[str]:
    """The columns of awards besides their caps, as :data:`AWARD` wants them."""
    return [
        keys([item.key for item in items]), plain([item.resident_id for item in items]),
        keys([item.task for item in items]), plain([item.on_date for item in items]),
        plain([item.points for item in items]), texts([item.rule_code for item in items]),
        plain([item.rule_set_id for item in items]), plain([item.exempt for item in items]),
    ]  # fmt: skip


def cap_columns(caps: Sequence[Cap]) -> list[str]:
    """The columns of caps: level, code, window, limit, measure."""
    return [
        plain([cap.level for cap in caps]), texts([cap.code for cap in caps]),
        texts([cap.window_start.isoformat() for cap in caps]), plain([cap.limit for cap in caps]),
        plain([cap.measure for cap in caps]),
    ]  # fmt: skip


def reverse(
    original: UUID, *, now: dt.datetime, ref: UUID | None = None, actor_id: int | None = None, memo: str = ""
) -> Posting:
    """Undo an award or one line of a deduction by a new transfer, at most once; repeating it is harmless.

    What comes back to a vintage that has ended expires in the same commit (``expired``). Raises
    :class:`UnableToSpendMissingPoints` if the points of an award are spent, :class:`UnableToFindEntry`,
    :class:`UnableToMoveState` if it is no award and no deduction.
    """
    rows = call(REVERSE, [original, ref, actor_id, memo[:120], now, local_day(now)])
    return Posting((rows[0][0],), rows[0][1], rows[0][2], rows[0][3])


def deduct(
    key: UUID,
    resident_id: int,
    points: int,
    *,
    now: dt.datetime,
    rule_code: str = "",
    rule_set_id: int | None = None,
    actor_id: int | None = None,
    memo: str = "",
    on_date: dt.date | None = None,
) -> Posting:
    """Take ``points`` from a resident, the oldest vintage first; all or nothing.

    Raises :class:`UnableToSpendMissingPoints`, :class:`UnableToReuseKey`, :class:`UnableToFindEntry`.
    """
    if points <= 0:
        raise UnableToAward("扣减积分须为正整数。")
    rows = call(
        DEDUCT,
        [
            key,
            resident_id,
            points,
            rule_code,
            rule_set_id,
            actor_id,
            memo[:120],
            on_date,
            now,
            local_day(now),
        ],
    )
    return Posting(tuple(row[0] for row in rows), sum(row[1] for row in rows), replayed=rows[0][2])

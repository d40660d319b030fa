"""Redemption: points and goods are put aside together, handed out against a one-time code, or released."""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from foundation import keys
from villages.definitions import ledger_numbers
from villages.models import Hold

from .ledger import local_day
from .posting import UnableToFindEntry, UnableToMoveState, call

OPEN = (
    "SELECT * FROM villages_hold_open(%s::uuid, %s::bigint, %s::bigint, %s::bigint[], %s::int[], %s::int, %s::text,"
    " %s::text, %s::timestamptz, %s::bigint, %s::timestamptz)"
)
CAPTURE = (
    "SELECT * FROM villages_hold_capture(%s::uuid, %s::bigint, %s::bigint[], %s::int[], %s::bigint,"
    " %s::timestamptz, %s::date)"
)
RELEASE = "SELECT villages_hold_release(%s::uuid, %s::text, %s::bigint, %s::text, %s::timestamptz, %s::date)"
SWEEP = "SELECT villages_hold_sweep(%s::int, %s::timestamptz, %s::date)"
REFUND = (
    "SELECT * FROM villages_hold_refund(%s::uuid, %s::uuid, %s::bigint[], %s::int[], %s::boolean, %s::bigint,"
    " %s::text, %s::timestamptz, %s::date)"
)


@dataclass(frozen=True)
class HoldOpened:
    """A pick-up to come: points put aside, the code to show, until when."""

    id: UUID
    points: int
    code: str
    expires_at: dt.datetime
    replayed: bool


@dataclass(frozen=True)
class RefundMade:
    """What a refund gave back, and how much of it belonged to a vintage that has ended and expired at once."""

    id: UUID
    points: int
    expired: int
    replayed: bool


def open_hold(
    key: UUID, resident_id: int, shop_id: int, quantities: Mapping[int, int], *, now: dt.datetime,
    discount_pct: int = 0, actor_id: int | None = None,
) -> HoldOpened:  # fmt: skip
    """Put aside goods of one shop and their points, the oldest first: ``quantities`` by goods id.

    Raises :class:`UnableToSpendMissingPoints`, :class:`UnableToReserveStock`, :class:`UnableToFindEntry` (not
    offered there), :class:`UnableToMoveState` (too many waiting, shop closed), :class:`UnableToReuseKey`.
    """
    numbers = ledger_numbers()
    waiting = Hold.objects.filter(resident_id=resident_id, state=Hold.State.OPEN).exclude(pk=key)
    if waiting.count() >= numbers.open_holds_per_person:
        raise UnableToMoveState(f"您已有 {numbers.open_holds_per_person} 张待取货的兑换单，请先取货或取消。")
    goods = sorted(quantities)
    code = _unused_code(shop_id)
    expires = now + dt.timedelta(hours=numbers.pickup_hours)
    rows = call(
        OPEN,
        [
            key, resident_id, shop_id, goods, [quantities[g] for g in goods], discount_pct,
            keys.blind_index(code, context=_place(shop_id)), keys.encrypt(code, context=f"villages.hold/{key}"),
            expires, actor_id, now,
        ],
    )  # fmt: skip
    points, replayed = rows[0]
    if replayed:
        hold = Hold.objects.get(pk=key)
        code, expires = code_of(hold), hold.expires_at
    return HoldOpened(key, points, code, expires, replayed)


def code_of(hold: Hold) -> str:
    """The one-time code of a hold, for its owner's screen."""
    return keys.decrypt(hold.code_cipher, context=f"villages.hold/{hold.pk}")


def find_by_code(shop_id: int, code: str) -> Hold | None:
    """The waiting hold of this shop with this code (digits, blanks ignored)."""
    digits = "".join(character for character in code if character.isdigit())
    if not digits:
        return None
    indexes = keys.blind_indexes(digits, context=_place(shop_id))
    waiting = Hold.objects.filter(shop_id=shop_id, code_index__in=indexes, state=Hold.State.OPEN)
    return waiting.select_related("resident").first()


def capture(
    hold_id: UUID, shop_id: int, *, now: dt.datetime, given: Mapping[int, int] | None = None,
    actor_id: int | None = None,
) -> int:  # fmt: skip
    """Hand out: all of it, or only ``given`` (quantities by goods id; the rest is released). Returns points.

    Repeating it with the same quantities answers the same. Raises :class:`UnableToMoveState` if it was
    cancelled, has run out or was handed out otherwise.
    """
    goods = None if given is None else sorted(given)
    counts = None if given is None or goods is None else [given[g] for g in goods]
    rows = call(CAPTURE, [hold_id, shop_id, goods, counts, actor_id, now, local_day(now)])
    return int(rows[0][0])


def release(hold_id: UUID, *, now: dt.datetime, reason: str = "", actor_id: int | None = None) -> bool:
    """Cancel: points and goods are free again. True if it had been cancelled before."""
    rows = call(RELEASE, [hold_id, "void", actor_id, reason[:100], now, local_day(now)])
    return bool(rows[0][0])


def release_overdue(now: dt.datetime, limit: int = 500) -> int:
    """Release holds whose time is over, ``limit`` a commit; returns how many."""
    total = 0
    while done := int(call(SWEEP, [limit, now, local_day(now)])[0][0]):
        total += done
    return total


def refund(
    key: UUID, hold_id: UUID, quantities: Mapping[int, int], *, now: dt.datetime, restock: bool = True,
    reason: str = "", actor_id: int | None = None,
) -> RefundMade:  # fmt: skip
    """Goods came back: points return to the vintages they came from.

    Raises :class:`UnableToMoveState` (not handed out, or more than was), :class:`UnableToSpendMissingPoints`
    if the shop has been paid for it already, :class:`UnableToReuseKey`.
    """
    goods = sorted(quantities)
    rows = call(
        REFUND,
        [
            key, hold_id, goods, [quantities[g] for g in goods], restock, actor_id, reason[:100], now,
            local_day(now),
        ],
    )  # fmt: skip
    points, expired, replayed = rows[0]
    return RefundMade(key, points, expired, replayed)


def get_hold(hold_id: UUID) -> Hold:
    """Raises :class:`UnableToFindEntry`."""
    found = Hold.objects.select_related("shop", "resident").filter(pk=hold_id).first()
    if found is None:
        raise UnableToFindEntry
    return found


def _unused_code(shop_id: int) -> str:
    digits = ledger_numbers().pickup_code_digits
    while True:
        code = f"{secrets.randbelow(10**digits):0{digits}d}"
        if find_by_code(shop_id, code) is None:
            return code


def _place(shop_id: int) -> str:
    return f"villages.pickup/{shop_id}"

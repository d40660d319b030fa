"""Stock: receipts, losses with a reason, and counts whose difference is written down."""

import datetime as dt
from uuid import UUID

from villages.models import Stock, StockMove

from .posting import call

MOVE = (
    "SELECT * FROM villages_stock_move(%s::uuid, %s::bigint, %s::text, %s::int, %s::text, %s::bigint,"
    " %s::timestamptz)"
)
Kind = StockMove.Kind


class UnableToMoveStock(ValueError):
    """The movement is not taken; the text is for the shop."""


def receive(
    key: UUID, goods_id: int, quantity: int, *, now: dt.datetime, note: str = "", actor_id: int | None = None
) -> int:
    """Goods arrived; returns what is on hand. Raises :class:`UnableToMoveStock`."""
    if quantity <= 0:
        raise UnableToMoveStock("进货数量须为正整数。")
    return _move(key, goods_id, Kind.RECEIPT, quantity, note, actor_id, now)


def lose(
    key: UUID, goods_id: int, quantity: int, reason: str, *, now: dt.datetime, actor_id: int | None = None
) -> int:
    """Goods were broken, spoiled or lost; what is promised to somebody stays (:class:`UnableToReserveStock`)."""
    if quantity <= 0:
        raise UnableToMoveStock("报损数量须为正整数。")
    if not reason.strip():
        raise UnableToMoveStock("请写明报损原因。")
    return _move(key, goods_id, Kind.LOSS, -quantity, reason.strip(), actor_id, now)


def count(
    key: UUID, goods_id: int, counted: int, *, now: dt.datetime, note: str = "", actor_id: int | None = None
) -> int:
    """What a count found; the difference is written as a movement, none if there is none."""
    if counted < 0:
        raise UnableToMoveStock("盘点数量不能为负。")
    row = Stock.objects.filter(goods_id=goods_id).first()
    difference = counted - (row.on_hand if row else 0)
    if difference == 0:
        return counted
    return _move(key, goods_id, Kind.COUNT, difference, note or "盘点", actor_id, now)


def _move(
    key: UUID, goods_id: int, kind: str, quantity: int, reason: str, actor_id: int | None, now: dt.datetime
) -> int:
    rows = call(MOVE, [key, goods_id, str(kind), quantity, reason[:100], actor_id, now])
    return int(rows[0][0])

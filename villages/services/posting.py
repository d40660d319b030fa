"""The way to the ledger's SQL functions: one call, and the database's refusals in words.

Calls go over psycopg's own cursor with bound, prepared parameters: a batch of a thousand is then a few
arrays instead of a long text. A call that lost a deadlock or waited too long for a lock is made again,
unless the caller holds a transaction, who must then do so.
"""

import time
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection, transaction

ATTEMPTS = 4


class UnableToPost(Exception):
    """Base of what the ledger refuses; ``status`` is the HTTP status an API answers with."""

    status = 409
    text = "积分账未能记账，请稍后重试。"

    def __init__(self, text: str = "") -> None:
        super().__init__(text or self.text)


class UnableToPostIntoSealedDay(UnableToPost):
    """The journal of that day is sealed; the clock of the caller is behind."""

    text = "该日账目已封存，请核对系统时间后重试。"


class UnableToSpendMissingPoints(UnableToPost):
    """A balance would fall below its floor."""

    text = "可用积分不足。"


class UnableToFindEntry(UnableToPost):
    """The transfer, hold or person is not there."""

    status = 404
    text = "没有找到这笔账目。"


class UnableToReuseKey(UnableToPost):
    """The same key came with another body."""

    text = "该请求编号已用于另一笔业务，请刷新后重新提交。"


class UnableToMoveState(UnableToPost):
    """The state of the entry does not allow it (captured, expired, settled)."""

    text = "当前状态不能进行此操作。"


class UnableToReserveStock(UnableToPost):
    """Not enough goods on the shelf."""

    text = "商品库存不足。"


class UnableToPostAmount(UnableToPost):
    """A number outside of what the ledger holds."""

    status = 400
    text = "数量或积分超出允许范围。"


class UnableToReachLedger(UnableToPost):
    """Others held the same rows for too long; nothing was posted."""

    status = 503
    text = "记账繁忙，本次未记账，请稍后重试。"


REFUSALS: dict[str, type[UnableToPost]] = {
    "VL001": UnableToPostIntoSealedDay,
    "VL002": UnableToSpendMissingPoints,
    "23514": UnableToSpendMissingPoints,
    "VL003": UnableToFindEntry,
    "VL004": UnableToReuseKey,
    "23505": UnableToReuseKey,
    "VL005": UnableToMoveState,
    "VL006": UnableToReserveStock,
    "22003": UnableToPostAmount,
}
TRY_AGAIN = {"40P01", "55P03", "40001"}


def call(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Rows of one ledger function. Raises the :class:`UnableToPost` that fits a refusal."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _once(sql, parameters)
        except psycopg.Error as error:
            state = error.sqlstate or ""
            if state in REFUSALS:
                raise REFUSALS[state]() from error
            if state not in TRY_AGAIN:
                raise
            if connection.in_atomic_block or attempt == ATTEMPTS:
                raise UnableToReachLedger from error
            time.sleep(0.02 * attempt)
    raise UnableToReachLedger


def _once(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    if connection.in_atomic_block:
        # A savepoint, so that the caller can go on after a refusal.
        with transaction.atomic():
            return _execute(sql, parameters)
    return _execute(sql, parameters)


def _execute(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []

"""Taking a batch back: what it said is closed, what it hid returns as new rows, the past stays."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

import audit
from datahub import store
from datahub.engine.definitions import get_item
from datahub.models import Batch, BatchState, ChangeKind
from datahub.registration import ANNUAL, REGISTRATION
from datahub.services import register


class UnableToWithdrawBatch(ValueError):
    """The batch cannot be withdrawn; the text is for the person who asked."""


@dataclass(frozen=True)
class Withdrawal:
    """Rows closed and rows that came back; ``change_id`` is None for a batch that was never promoted."""

    change_id: int | None
    closed: int
    restored: int


def withdraw_batch(batch_id: int, *, reason: str, origin: audit.Origin, now: datetime) -> Withdrawal:
    """Withdraw a batch that is not withdrawn or rejected yet. ``reason`` is kept and shown.

    As-of reads of any instant before stay what they were. The same file can be delivered again.
    """
    if not reason.strip():
        raise UnableToWithdrawBatch("请填写撤回原因。")
    detail = {"reason": reason[:200]}
    with audit.action("datahub.withdraw", origin=origin, target=f"batch:{batch_id}", detail=detail) as entry:
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state in (BatchState.WITHDRAWN, BatchState.REJECTED):
            raise UnableToWithdrawBatch(f"批次已{batch.get_state_display()}，无需撤回。")
        promoted = batch.state == BatchState.PROMOTED
        batch.state, batch.withdrawn_at, batch.withdrawal_reason = BatchState.WITHDRAWN, now, reason[:400]
        batch.save(update_fields=["state", "withdrawn_at", "withdrawal_reason"])
        result = _take_back(batch, now) if promoted else Withdrawal(None, 0, 0)
        entry.detail |= {"closed": result.closed, "restored": result.restored}
        return result


def _take_back(batch: Batch, now: datetime) -> Withdrawal:
    with connection.cursor() as cursor:
        store.lock_promotions(cursor)
        mark = store.open_change(cursor, ChangeKind.WITHDRAWN, batch.pk)
        closed, restored = store.withdraw(cursor, mark, batch.item_number, batch.pk)
        if batch.item_code == REGISTRATION:
            register.follow_current_registrations(cursor, mark.id, batch.item_number, now)
        if batch.item_code in (REGISTRATION, ANNUAL):
            annual = get_item(ANNUAL)
            places = {name: annual.measures.index(name) + 1 for name in ("employees", "revenue", "assets")}
            register.refresh_sizes(cursor, mark.id, annual.number, places)
        store.close_change(cursor, mark)
    return Withdrawal(mark.id, closed, restored)

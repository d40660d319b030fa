"""Taking a file in at the door: its bytes are kept first, then everything else."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

import audit
from datahub.contracts import ItemDefinition
from datahub.engine.definitions import definition_hash
from datahub.models import Batch, BatchState, Channel
from foundation import files

ENDED_STATES = (BatchState.WITHDRAWN, BatchState.REJECTED)


class UnableToReceive(ValueError):
    """The file is not taken; the text is for the person who delivered it."""


@dataclass(frozen=True)
class Received:
    """A batch, and whether these bytes are new for this item and period."""

    batch_id: int
    is_new: bool


def receive_delivery(
    item: ItemDefinition,
    stream: BinaryIO,
    *,
    file_name: str,
    period: str,
    file_date: date,
    channel: Channel,
    origin: audit.Origin,
    now: datetime,
) -> Received:
    """Keep the bytes of ``stream`` and register a batch in state RECEIVED.

    The same bytes for the same item and period are the same batch: it is returned, not repeated.
    Raises :class:`UnableToReceive` for an empty or oversized file, a period that is no period, or a
    file from the future.
    """
    check_period(period)
    if file_date > timezone.localdate(now):  # the city's day, not the server's
        raise UnableToReceive(f"数据日期 {file_date} 晚于今天，请改正后重新上传。")
    try:
        stored = files.store().put(stream, limit_bytes=settings.PORTAL_DELIVERY_MAX_BYTES)
    except files.UnableToStoreFile as error:
        raise UnableToReceive(str(error)) from error
    if not stored.size:
        raise UnableToReceive("文件是空的，请检查导出步骤后重新上传。")
    known = _same_batch(item, period, stored.digest)
    if known is not None:
        return Received(known, is_new=False)
    try:
        with audit.action("datahub.receive", origin=origin, target=f"item:{item.code}") as entry:
            batch = Batch.objects.create(
                item_code=item.code, item_number=item.number, department=item.department_code,
                period=period, file_date=file_date, channel=channel, file_digest=stored.digest,
                file_name=file_name[-200:], file_bytes=stored.size, definition_hash=definition_hash(item),
                delivered_by_id=origin.actor_id, received_at=now,
            )  # fmt: skip
            entry.detail |= {"batch": batch.pk, "file": file_name[-200:], "sha256": stored.digest}
    except IntegrityError:  # the same file from two hands at once
        known = _same_batch(item, period, stored.digest)
        if known is None:
            raise
        return Received(known, is_new=False)
    return Received(batch.pk, is_new=True)


def check_period(period: str) -> None:
    """``2026``, ``2026Q3``, ``2026-10`` or ``2026-10-31``."""
    parts = period.split("-")
    try:
        if "Q" in period:
            year, quarter = period.split("Q")
            valid = 1990 <= int(year) <= 2100 and quarter in "1234" and len(quarter) == 1
        else:
            padded = [*map(int, parts), 1, 1][:3]
            valid = len(parts) <= 3 and date(*padded).year >= 1990
    except (ValueError, TypeError):
        valid = False
    if not valid:
        raise UnableToReceive(f"所属期“{period}”无法识别，请写成 2026、2026Q3、2026-10 或 2026-10-31。")


def _same_batch(item: ItemDefinition, period: str, digest: str) -> int | None:
    return (
        Batch.objects.filter(item_code=item.code, period=period, file_digest=digest)
        .exclude(state__in=ENDED_STATES)
        .values_list("pk", flat=True)
        .first()
    )

"""Opening a villager's data leaves two marks: one in the log, one that the villager can read."""

from datetime import datetime
from typing import Any

import audit
from villages.models import Opening, Resident


def note_opening(
    resident: Resident, user: Any, what: str, *, now: datetime, origin: audit.Origin, reason: str = ""
) -> None:
    """Record that ``user`` opened ``what`` of a resident; nothing for the resident's own reading."""
    if resident.user_id == user.pk:
        return
    detail = {"what": what} | ({"reason": reason} if reason else {})
    with audit.action(
        "villages.resident.viewed", origin=origin, target=f"resident:{resident.pk}", detail=detail
    ):
        Opening.objects.create(resident=resident, user=user, what=what, reason=reason[:200], at=now)

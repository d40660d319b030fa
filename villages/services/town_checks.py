"""The town opens a resident's entry for a stated reason, until the end of the day."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

import audit
from villages.access import villages_supervised_by
from villages.models import Resident, TownCheck

SHORTEST_REASON = 4


class UnableToCheck(ValueError):
    """The entry is not opened; the text says why."""


def open_check(
    resident: Resident, user: Any, reason: str, *, now: datetime, origin: audit.Origin
) -> TownCheck:
    """Open one entry of the own town. Raises :class:`UnableToCheck` without a reason."""
    with audit.action("villages.check.opened", origin=origin, target=f"resident:{resident.pk}") as entry:
        entry.detail["reason"] = reason.strip()
        if not villages_supervised_by(user).filter(pk=resident.village_id).exists():
            raise UnableToCheck("该村不在您的管辖范围。")
        if len(reason.strip()) < SHORTEST_REASON:
            raise UnableToCheck("请写明核查事由，村民可以看到。")
        midnight = timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time()))
        return TownCheck.objects.create(
            user=user, resident=resident, reason=reason.strip()[:200], opened_at=now, expires_at=midnight
        )

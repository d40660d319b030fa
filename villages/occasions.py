"""Occasions: the stretch of time in which an activity counts once for a person."""

from datetime import datetime

from django.utils import timezone

from villages.models.activities import Activity


def occasion_of(repeat: str, at: datetime) -> str:
    """``once``, ``2026-11-22``, ``2026-W47`` or ``2026-11``, by the local day of ``at``."""
    day = timezone.localdate(at)
    if repeat == Activity.Repeat.DAILY:
        return day.isoformat()
    if repeat == Activity.Repeat.WEEKLY:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day:%Y-%m}" if repeat == Activity.Repeat.MONTHLY else "once"

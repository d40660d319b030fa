"""How long an entry must stay in the table."""

from django.conf import settings

SHORTEST_RETENTION_DAYS = 180


class UnableToArchiveLog(RuntimeError):
    """The archive is refused; nothing was removed. The text is for the operator."""


def retention_days() -> int:
    """Days an entry stays in the table. Raises :class:`UnableToArchiveLog` for a setting below 180."""
    days = int(getattr(settings, "PORTAL_AUDIT_RETENTION_DAYS", SHORTEST_RETENTION_DAYS))
    if days < SHORTEST_RETENTION_DAYS:
        raise UnableToArchiveLog(f"日志保留天数不得少于 {SHORTEST_RETENTION_DAYS} 天，当前设置为 {days} 天。")
    return days

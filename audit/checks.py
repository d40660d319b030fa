"""What the log needs of the settings."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from .retention import SHORTEST_RETENTION_DAYS, UnableToArchiveLog, retention_days


@register("audit")
def retention_is_long_enough(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        retention_days()
    except UnableToArchiveLog as error:
        hint = f"请将 PORTAL_AUDIT_RETENTION_DAYS 设为不少于 {SHORTEST_RETENTION_DAYS}。"
        return [Error(str(error), hint=hint, id="audit.E001")]
    return []

"""What the beat process starts for this app; the settings merge it."""

from typing import Any

from celery.schedules import crontab

BEAT: dict[str, dict[str, Any]] = {
    "index-morning": {"task": "sme_index.follow", "schedule": crontab(hour="6", minute="30")},
    # Late deliveries of the day reopen what is not final yet.
    "index-late-data": {"task": "sme_index.follow", "schedule": crontab(hour="12,18", minute="40")},
}

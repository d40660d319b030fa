"""What the beat process starts for this app; the settings merge it."""

from typing import Any

from celery.schedules import crontab

BEAT: dict[str, dict[str, Any]] = {
    "villages-clocks": {"task": "villages.run_clocks", "schedule": 900.0, "options": {"expires": 900}},
    "villages-holds": {"task": "villages.release_holds", "schedule": 120.0, "options": {"expires": 120}},
    "villages-outbox": {"task": "villages.drain_outbox", "schedule": 20.0, "options": {"expires": 60}},
    "villages-seal": {"task": "villages.seal_yesterday", "schedule": crontab(hour=0, minute=10)},
    "villages-verify-sample": {"task": "villages.verify_sample", "schedule": crontab(minute=35)},
    "villages-verify-full": {"task": "villages.verify_full", "schedule": crontab(hour=1, minute=20)},
    "villages-vintages": {"task": "villages.vintages_daily", "schedule": crontab(hour=0, minute=30)},
    "villages-scores-daily": {"task": "villages.scores_daily", "schedule": crontab(hour=0, minute=40)},
    "villages-locations": {"task": "villages.forget_locations", "schedule": crontab(hour=0, minute=50)},
    "villages-month-end": {
        "task": "villages.month_end",
        "schedule": crontab(day_of_month=1, hour=2, minute=0),
    },
}

"""Background work of the index: tasks call one service and supply the clock."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from index.services.following import follow

logger = logging.getLogger(__name__)


@shared_task(name="sme_index.follow", ignore_result=True)
def follow_days() -> None:
    """Settle every day up to yesterday, and take in what came late. Harmless to repeat."""
    now = timezone.now()
    done = follow(yesterday=timezone.localdate(now) - timedelta(days=1), now=now)
    if done:
        logger.info("index settled up to %s", done)

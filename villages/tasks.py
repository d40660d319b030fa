"""Clocks of the villages: what nobody decided in time goes to the town."""

from celery import shared_task
from django.utils import timezone

from villages.services import bulk_awards, review


@shared_task(name="villages.run_clocks")
def run_clocks() -> dict[str, int]:
    """Hand overdue submissions and unsigned bulk awards to the town."""
    now = timezone.now()
    return {"taps": review.escalate_overdue(now=now), "bulk": bulk_awards.escalate_unsigned(now=now)}

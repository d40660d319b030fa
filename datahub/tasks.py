"""Background work of the data hub."""

from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from django.utils import timezone

import audit
from datahub.models import BatchState
from datahub.services import promotion, withdrawal


def tell_upper_floors() -> None:
    """Enqueue, by name, what the settings list for a changed store; a lost message is swept up later."""
    for name in settings.PORTAL_TASKS_AFTER["batch_promoted"]:
        current_app.send_task(name)


@shared_task(name="datahub.process_batch", ignore_result=True)
def process_batch(batch_id: int, origin: dict[str, Any], confirmed: bool = False) -> None:
    outcome = promotion.process_batch(
        batch_id, origin=audit.Origin(**origin), now=timezone.now(), confirmed=confirmed
    )
    if outcome.state is BatchState.PROMOTED:
        tell_upper_floors()


@shared_task(name="datahub.withdraw_batch", ignore_result=True)
def withdraw_batch(batch_id: int, reason: str, origin: dict[str, Any]) -> None:
    withdrawal.withdraw_batch(batch_id, reason=reason, origin=audit.Origin(**origin), now=timezone.now())
    tell_upper_floors()

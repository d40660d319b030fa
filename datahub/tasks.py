"""Background work of the data hub."""

from datetime import timedelta
from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from django.utils import timezone

import audit
from datahub.models import Batch, BatchState
from datahub.services import following, notices, promotion, withdrawal
from foundation import progress

FORGOTTEN_AFTER = timedelta(minutes=10)


def tell_upper_floors() -> None:
    """Enqueue, by name, what the settings list for a changed store; a lost message is swept up later."""
    for name in settings.PORTAL_TASKS_AFTER["batch_promoted"]:
        current_app.send_task(name)


@shared_task(name="datahub.process_batch", ignore_result=True)
def process_batch(batch_id: int, origin: dict[str, Any], confirmed: bool = False) -> None:
    now = timezone.now()
    with progress.reporting(following.key_of(batch_id), total=following.rows_expected(batch_id)) as report:
        outcome = promotion.process_batch(
            batch_id,
            origin=audit.Origin(**origin),
            now=now,
            confirmed=confirmed,
            report=lambda done, rejected: report(done, rejected=rejected),
        )
    notices.tell_about(batch_id, timezone.now())
    if outcome.state is BatchState.PROMOTED:
        tell_upper_floors()


@shared_task(name="datahub.sweep", ignore_result=True)
def sweep() -> None:
    """Take up files whose message was lost: received a while ago and nobody is at work on them."""
    before = timezone.now() - FORGOTTEN_AFTER
    for batch_id in Batch.objects.filter(state=BatchState.RECEIVED, received_at__lt=before).values_list(
        "pk", flat=True
    ):
        process_batch.delay(batch_id, audit.Origin.system("sweep").as_dict())


@shared_task(name="datahub.withdraw_batch", ignore_result=True)
def withdraw_batch(batch_id: int, reason: str, origin: dict[str, Any]) -> None:
    with progress.reporting(following.key_of(batch_id)):
        withdrawal.withdraw_batch(batch_id, reason=reason, origin=audit.Origin(**origin), now=timezone.now())
    notices.tell_about(batch_id, timezone.now())
    tell_upper_floors()

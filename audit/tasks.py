"""Background work of the log."""

import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_shutdown
from django.utils import timezone

from foundation import progress

from . import upkeep
from .contracts import Origin

logger = logging.getLogger(__name__)


@shared_task(name="audit.checkpoint", ignore_result=True)
def checkpoint() -> None:
    """Every ten minutes, by beat."""
    upkeep.checkpoint(timezone.now())


@shared_task(name="audit.verify", ignore_result=True)
def verify(progress_key: str, origin: dict[str, Any], from_archive: bool = False) -> None:
    """A full verification started from the auditor's page."""
    with progress.reporting(progress_key) as report:
        outcome = upkeep.verify_and_note(
            origin=Origin(**origin),
            now=timezone.now(),
            from_archive=from_archive,
            tell=lambda done, total: report(done=done, total=total),
        )
        found = outcome.finding
        report(
            outcome.entries, total=outcome.entries, message=found.message if found else "核验完成，日志完好。"
        )


@worker_shutdown.connect
def checkpoint_at_shutdown(**kwargs: Any) -> None:
    """A last note when a worker goes, so that nothing written before a shutdown can vanish unseen."""
    try:
        upkeep.checkpoint(timezone.now())
    except Exception:
        logger.warning("no checkpoint at shutdown", exc_info=True)

"""Background work of the foundation."""

from celery import shared_task
from django.utils import timezone

from . import files, progress


@shared_task(name="foundation.housekeeping", ignore_result=True)
def housekeeping() -> None:
    """Once a day: leavings of killed uploads, and progress nobody looks at any more."""
    files.store().sweep_unfinished()
    progress.forget_old(timezone.now())

"""Background work of the catalogue: the clock comes in here, one service is called."""

from celery import shared_task
from django.utils import timezone

from audit import Origin
from catalog.services.workflow import publish_due as publish_what_is_due


@shared_task(name="catalog.publish_due", ignore_result=True)
def publish_due() -> None:
    """Publish what is scheduled for today or earlier; what the gate stops goes back to the data centre."""
    publish_what_is_due(timezone.now(), Origin.system("celery"))

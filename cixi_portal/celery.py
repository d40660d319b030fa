"""The Celery application; its settings are the ``CELERY_*`` names of Django's settings."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.local")
app = Celery("cixi_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["cixi_portal"])


@worker_init.connect
def take_back_unfinished(**kwargs: Any) -> None:
    """Put back what a killed worker held, when this worker is known to be the only one.

    Otherwise such tasks wait for the visibility timeout, an hour: with several workers nobody can tell
    a killed one from a busy one any sooner.
    """
    if os.environ.get("PORTAL_ONLY_WORKER") != "1":
        return
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        channel.qos.visibility_timeout = 0
        channel.qos.restore_visible(num=None)

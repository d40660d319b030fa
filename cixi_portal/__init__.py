"""The roof of the portal: settings, URLs, background work, embedded servers, home pages."""

from .celery import app as celery_app

__all__ = ["celery_app"]

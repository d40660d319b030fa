"""The roof of the portal: settings, URLs, background work, embedded servers, home pages."""

import os

# Work is shared out among processes, and no sum may depend on how many cores a machine has: linear algebra keeps to
# one thread. OpenBLAS reads this when numpy is first imported, so it stands before anything else of the portal.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from .celery import app as celery_app

__all__ = ["celery_app"]

"""What people said, as far as it may be shown."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.models import User
from catalog.models import Dataset, Feedback
from catalog.selectors.visibility import is_centre, own_publishers

SHOWN = 20


def public_feedback() -> QuerySet[Feedback]:
    """What was released for everybody."""
    return Feedback.objects.filter(is_public=True).select_related("dataset", "publisher")


def public_answers(dataset: Dataset) -> list[Feedback]:
    """Released words about one dataset, newest first."""
    return list(public_feedback().filter(dataset=dataset)[:SHOWN])


def handled_by(viewer: User | AnonymousUser | Any) -> QuerySet[Feedback]:
    """What the viewer's departments have to answer; all of it for the data centre."""
    found = Feedback.objects.select_related("dataset", "publisher", "answered_by")
    if is_centre(viewer):
        return found
    return found.filter(publisher__code__in=own_publishers(viewer))

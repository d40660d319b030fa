"""Which datasets a reader may know of: published ones everybody, the rest those who work on them."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.roles import Role
from accounts.scopes import departments_of
from catalog.models import Dataset
from catalog.vocabulary import State

WORKERS = frozenset({Role.DATA_STEWARD, Role.DATA_REVIEWER})


def own_publishers(viewer: Any) -> frozenset[str]:
    """Codes of the publishers whose unpublished datasets the viewer works on."""
    if not getattr(viewer, "is_authenticated", False) or not viewer.roles & WORKERS:
        return frozenset()
    return departments_of(viewer)


def is_centre(viewer: Any) -> bool:
    """The data centre's operator works on everybody's."""
    return bool(
        getattr(viewer, "is_authenticated", False)
        and viewer.is_active
        and Role.DATA_CENTRE_OPERATOR in viewer.roles
    )


def datasets_visible_to(viewer: Any) -> QuerySet[Dataset]:
    """Published datasets, and of the others only the viewer's own department's; all of them for the centre.

    Every list, detail, search, export and interface starts here, so that they cannot disagree.
    """
    found = Dataset.objects.select_related("publisher")
    if is_centre(viewer):
        return found
    public = Q(state=State.PUBLISHED, revises__isnull=True)
    if own := own_publishers(viewer):
        return found.filter(public | Q(publisher__code__in=own))
    return found.filter(public)


def works_on(viewer: Any, dataset: Dataset) -> bool:
    """Whether the viewer may see the dataset before it is published."""
    return is_centre(viewer) or dataset.publisher.code in own_publishers(viewer)

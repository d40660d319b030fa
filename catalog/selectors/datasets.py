"""Finding datasets, resources and publishers for a viewer."""

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet

from accounts.models import User
from catalog.models import Dataset, Publisher, Resource, ResourceField
from catalog.selectors.visibility import datasets_visible_to
from catalog.vocabulary import State

PUBLIC = Q(state=State.PUBLISHED, revises__isnull=True)


def published() -> QuerySet[Dataset]:
    """What everybody may see."""
    return Dataset.objects.filter(PUBLIC)


def visible_to(viewer: User | AnonymousUser) -> QuerySet[Dataset]:
    """Published datasets, and the unpublished ones (revisions too) that the viewer works on."""
    return datasets_visible_to(viewer)


def with_parts(datasets: QuerySet[Dataset]) -> QuerySet[Dataset]:
    """With publisher, resources, their releases and fields: four queries whatever the number."""
    resources = Resource.objects.select_related("current").prefetch_related(
        Prefetch("fields", ResourceField.objects.order_by("position"))
    )
    return datasets.select_related("publisher").prefetch_related(
        Prefetch("resources", resources.order_by("position", "id"))
    )


def find_dataset(viewer: User | AnonymousUser, key: str) -> Dataset | None:
    """By id or name, with its parts; None also where it is not the viewer's to see."""
    found = with_parts(visible_to(viewer))
    if (uid := as_uid(key)) is not None:
        return found.filter(uid=uid).first()
    return found.filter(name=key, revises__isnull=True).first()


def find_resource(viewer: User | AnonymousUser, key: str) -> Resource | None:
    """By id, with its dataset and fields; None also where the dataset is not the viewer's to see."""
    uid = as_uid(key)
    if uid is None:
        return None
    return (
        Resource.objects.select_related("dataset__publisher", "current")
        .prefetch_related(Prefetch("fields", ResourceField.objects.order_by("position")))
        .filter(uid=uid, dataset__in=visible_to(viewer))
        .first()
    )


def find_publisher(key: str) -> Publisher | None:
    """By id or code."""
    uid = as_uid(key)
    found = Publisher.objects.filter(uid=uid) if uid else Publisher.objects.filter(code=key)
    return found.first()


def as_uid(text: Any) -> uuid.UUID | None:
    """The identifier a text spells, or None."""
    try:
        return uuid.UUID(text) if isinstance(text, str) and len(text) in (32, 36) else None
    except ValueError:
        return None

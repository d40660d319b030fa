"""Datasets, resources and the rest in the shapes that CKAN's clients expect."""

import datetime as dt
import uuid
from typing import Any

from catalog.addresses import Absolute, resource_url
from catalog.models import Dataset, Publisher, Resource, ResourceKind
from catalog.vocabulary import LICENCES, Cycle, Lane, Opening, State, Subject

CKAN_VERSION = "2.11.3"
_NAMESPACE = uuid.UUID("6f1f6a50-52a0-5b86-9d0c-330282000000")
STATE_WORDS = {State.PUBLISHED: "active", State.WITHDRAWN: "deleted"}
GROUPS: dict[str, str] = {**dict(Lane.choices), **dict(Subject.choices)}
# Told as extras and read back as columns, so that ``ckanapi load`` of a dump changes nothing.
READ_BACK = {
    "lane": "lane", "subject": "subject", "update_cycle": "cycle", "opening": "opening",
    "spatial_code": "spatial_code", "temporal_start": "temporal_from", "temporal_end": "temporal_to",
    "contact": "contact",
}  # fmt: skip
TOLD_ONLY = frozenset({"opening_label", "update_cycle_label", "grade", "row_count", "revision", "quality"})


def stamp(moment: dt.datetime | None) -> str | None:
    """UTC without a zone, always six decimals: harvesters compare it as text."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") if moment else None


def known_id(kind: str, name: str) -> str:
    """A lasting identifier for what has only a name (tags, groups)."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


def dataset_shape(dataset: Dataset, absolute: Absolute) -> dict[str, Any]:
    """``package_show``'s result; the dataset must have been read with its parts."""
    licence = LICENCES[dataset.licence] if dataset.licence in LICENCES else LICENCES["notspecified"]
    described = dataset.described
    original = dataset.revises if dataset.revises_id else dataset
    assert original is not None
    resources = [resource_shape(r, dataset, absolute) for r in dataset.resources.all()]
    is_public = dataset.is_published
    return {
        "id": str(original.uid), "name": dataset.name, "title": dataset.title, "notes": dataset.notes,
        "url": described.get("url", ""), "version": described.get("version", "") or str(dataset.revision),
        "author": described.get("author", "") or dataset.publisher.name,
        "author_email": described.get("author_email", ""),
        "maintainer": described.get("maintainer", "") or dataset.publisher.name,
        "maintainer_email": described.get("maintainer_email", ""),
        "license_id": licence.code, "license_title": licence.title,
        "license_url": absolute(licence.url) if licence.url.startswith("/") else licence.url,
        "isopen": licence.is_open, "private": not is_public,
        "state": STATE_WORDS.get(State(dataset.state), "draft") if not dataset.revises_id else "draft",
        "type": "dataset", "owner_org": str(dataset.publisher.uid),
        "organization": organization_in_dataset(dataset.publisher),
        "tags": [tag_shape(tag) for tag in dataset.tags],
        "extras": _extras(dataset),
        "groups": [group_in_dataset(name) for name in (dataset.lane, dataset.subject) if name],
        "resources": resources, "num_resources": len(resources), "num_tags": len(dataset.tags),
        "relationships_as_subject": [], "relationships_as_object": [], "creator_user_id": None,
        "metadata_created": stamp(dataset.created_at), "metadata_modified": stamp(dataset.modified_at),
    }  # fmt: skip


def resource_shape(resource: Resource, dataset: Dataset, absolute: Absolute) -> dict[str, Any]:
    """A resource with every key that harvesters require."""
    is_link = resource.kind == ResourceKind.LINK
    current = resource.current
    has_rows = resource.kind == ResourceKind.TABLE and current is not None
    original = dataset.revises if dataset.revises_id else dataset
    assert original is not None
    return {
        "id": str(resource.uid), "package_id": str(original.uid), "position": resource.position,
        "name": resource.name, "description": resource.description, "format": resource.format,
        "mimetype": resource.mimetype or None, "mimetype_inner": None, "size": resource.file_bytes,
        "hash": (current.content_digest if has_rows and current else resource.file_digest) or "",
        "created": stamp(resource.created_at), "last_modified": stamp(resource.modified_at),
        "metadata_modified": stamp(resource.modified_at),
        "url": resource_url(resource, dataset, absolute), "url_type": None if is_link else "upload",
        "resource_type": "api" if resource.format == "API" else "file", "state": "active",
        "datastore_active": has_rows and dataset.opening != Opening.FORBIDDEN,
        "cache_url": None, "cache_last_updated": None,
    }  # fmt: skip


def _extras(dataset: Dataset) -> list[dict[str, str]]:
    told = {
        "lane": dataset.lane, "subject": dataset.subject, "update_cycle": dataset.cycle,
        "update_cycle_label": Cycle(dataset.cycle).label, "opening": dataset.opening,
        "opening_label": Opening(dataset.opening).label, "grade": dataset.grade,
        "spatial_code": dataset.spatial_code,
        "temporal_start": dataset.temporal_from.isoformat() if dataset.temporal_from else "",
        "temporal_end": dataset.temporal_to.isoformat() if dataset.temporal_to else "",
        "contact": dataset.contact, "row_count": str(dataset.row_count), "revision": str(dataset.revision),
    }  # fmt: skip
    return [{"key": k, "value": v} for k, v in (told | dataset.extras).items() if v != ""]


def tag_shape(name: str) -> dict[str, Any]:
    return {
        "id": known_id("tag", name),
        "name": name,
        "display_name": name,
        "state": "active",
        "vocabulary_id": None,
    }


def group_in_dataset(name: str) -> dict[str, Any]:
    title = GROUPS.get(name, name)
    return {"id": known_id("group", name), "name": name, "title": title, "display_name": title,
            "description": "", "image_display_url": ""}  # fmt: skip


def group_shape(name: str, count: int) -> dict[str, Any]:
    """A lane or a subject as a group."""
    is_lane = name in Lane.values
    return group_in_dataset(name) | {
        "description": "重点领域" if is_lane else "数据领域", "image_url": "", "type": "group",
        "is_organization": False, "state": "active", "approval_status": "approved",
        "created": "2026-01-01T00:00:00.000000", "package_count": count, "num_followers": 0, "extras": [],
        "tags": [], "groups": [], "users": [],
    }  # fmt: skip


def organization_in_dataset(publisher: Publisher) -> dict[str, Any]:
    return {
        "id": str(publisher.uid), "name": publisher.code, "title": publisher.name, "type": "organization",
        "description": publisher.description, "image_url": "", "created": stamp(publisher.created_at),
        "is_organization": True, "approval_status": "approved", "state": "active",
    }  # fmt: skip


def organization_shape(publisher: Publisher, count: int) -> dict[str, Any]:
    return organization_in_dataset(publisher) | {
        "display_name": publisher.name, "image_display_url": "", "package_count": count, "num_followers": 0,
        "extras": [], "tags": [], "groups": [], "users": [],
    }  # fmt: skip

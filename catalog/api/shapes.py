"""Models as the table API tells them."""

from typing import Any

from django.urls import reverse

from catalog.addresses import Absolute, resource_url
from catalog.engine.columns import Column
from catalog.models import Dataset, Resource, ResourceField
from catalog.selectors.reading import OpenTable
from catalog.vocabulary import Grade


def dataset(one: Dataset, absolute: Absolute) -> dict[str, Any]:
    return {
        "id": str(one.uid), "name": one.name, "title": one.title, "notes": one.notes, "publisher": one.publisher.code,
        "publisher_name": one.publisher.name, "lane": one.lane, "subject": one.subject, "tags": one.tags,
        "licence": one.licence, "cycle": one.cycle, "opening": one.opening, "grade": one.grade,
        "quality": one.quality, "rows": one.row_count, "modified_at": one.modified_at.isoformat(),
        "published_at": one.published_at.isoformat() if one.published_at else None,
        "resources": [resource(r, one, absolute) for r in one.resources.all()],
    }  # fmt: skip


def resource(one: Resource, of: Dataset, absolute: Absolute) -> dict[str, Any]:
    current = one.current
    return {
        "id": str(one.uid), "name": one.name, "kind": one.kind, "format": one.format,
        "rows": current.row_count if current else None, "release": current.number if current else None,
        "modified_at": one.modified_at.isoformat(), "url": resource_url(one, of, absolute),
        "rows_url": absolute(reverse("catalog_api:rows", args=[one.uid])) if current else None,
    }  # fmt: skip


def resource_detail(one: Resource, table: OpenTable | None, absolute: Absolute) -> dict[str, Any]:
    readable = {c.code for c in table.columns} if table else set()
    fields = [f for f in one.fields.all() if f.grade != Grade.L4]
    return resource(one, one.dataset, absolute) | {
        "dataset": one.dataset.name, "columns": [column(f, f.code in readable) for f in fields],
    }  # fmt: skip


def column(field: ResourceField, is_readable: bool) -> dict[str, Any]:
    return {
        "code": field.code, "title": field.title, "type": field.type, "unit": field.unit,
        "description": field.description, "grade": field.grade, "readable": is_readable,
    }  # fmt: skip


def profile(one: Column, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": one.code, "title": one.title, "empty": told.get("empty", 0), "distinct": told.get("distinct", 0),
        "least": told.get("least"), "most": told.get("most"), "frequent": told.get("frequent", []),
        "sampled": told.get("sampled"),
    }  # fmt: skip

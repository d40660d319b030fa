"""Columns as interfaces describe them."""

from collections.abc import Iterable
from typing import Any

from catalog.engine.columns import CKAN_TYPES
from catalog.models import ResourceField


def datastore_fields(fields: Iterable[tuple[str, str, ResourceField | None]]) -> list[dict[str, Any]]:
    """``[{id, type, info}]`` of (code, type, field)."""
    told: list[dict[str, Any]] = []
    for code, kind, field in fields:
        one: dict[str, Any] = {"id": code, "type": CKAN_TYPES[kind]}
        if field is not None:
            one["info"] = {
                "label": field.title, "notes": field.description, "unit": field.unit, "grade": field.grade
            }  # fmt: skip
        told.append(one)
    return told

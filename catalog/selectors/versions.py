"""Versions of a table and what changed between them."""

from datetime import datetime
from typing import Any

from catalog.engine.columns import columns_of
from catalog.models import Release, ReleaseState, Resource
from catalog.selectors.reading import readable
from catalog.selectors.rights import field_right


def releases_of(resource: Resource) -> list[Release]:
    """Releases that were public, newest first."""
    return list(
        resource.releases.filter(state=ReleaseState.SEALED, published_at__isnull=False).order_by("-number")[
            :50
        ]
    )


def versions_of(viewer: Any, resource: Resource, now: datetime) -> list[dict[str, Any]]:
    """Each public version with its rows and what changed; columns the viewer may not read are not named."""
    right = field_right(viewer, resource, now)
    fields = {field.code: field for field in resource.fields.all()}
    told = []
    for release in releases_of(resource):
        codes = {c.code for c in readable(columns_of(release.columns), fields, right)}
        difference = release.difference
        told.append({
            "number": release.number, "published_at": release.published_at, "rows": release.row_count,
            "note": release.note, "digest": release.content_digest[:16], "is_current": release.pk == resource.current_id,
            "added": difference.get("added"), "removed": difference.get("removed"), "changed": difference.get("changed"),
            "by_key": difference.get("by_key", False),
            "columns_added": [c["title"] for c in difference.get("columns_added", []) if c["code"] in codes],
            "columns_removed": [c["title"] for c in difference.get("columns_removed", []) if c["code"] in codes],
            "changed_columns": [
                {"title": c["title"], "cells": c["cells"]}
                for c in difference.get("changed_columns", []) if c["code"] in codes
            ],
        })  # fmt: skip
    return told

"""A dataset as a Frictionless Data Package: every table with its schema, every file with its digest."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from catalog.addresses import Absolute, dump_url, file_stem, resource_url
from catalog.engine.columns import TABLE_SCHEMA_TYPES, Column
from catalog.models import Dataset, Resource, ResourceField, ResourceKind
from catalog.selectors.reading import OpenTable
from catalog.vocabulary import LICENCES


def data_package(
    dataset: Dataset, resources: list[Resource], tables: Mapping[int, OpenTable], absolute: Absolute
) -> dict[str, Any]:
    """The descriptor; what the reader may not have is left out."""
    licence = LICENCES.get(dataset.licence, LICENCES["notspecified"])
    path = absolute(licence.url) if licence.url.startswith("/") else licence.url
    told: dict[str, Any] = {
        "profile": "data-package", "name": dataset.name, "id": str(dataset.uid), "title": dataset.title,
        "description": dataset.notes, "version": f"{dataset.revision}.0.0", "keywords": dataset.tags or ["公共数据"],
        "created": dataset.created_at.isoformat(), "homepage": absolute(f"/catalog/datasets/{dataset.name}/"),
        "licenses": [{"name": licence.code, "title": licence.title, **({"path": path} if path else {})}],
        "contributors": [{"title": dataset.publisher.name, "role": "publisher"}],
        "resources": [],
    }  # fmt: skip
    for number, resource in enumerate(resources, start=1):
        if resource.pk in tables:
            told["resources"].append(_table(resource, tables[resource.pk], number, absolute))
        elif resource.kind == ResourceKind.FILE:
            told["resources"].append({
                "name": f"resource-{number}", "title": resource.name, "path": resource_url(resource, dataset, absolute),
                "format": resource.format.lower(), "bytes": resource.file_bytes, "hash": f"sha256:{resource.file_digest}",
            })  # fmt: skip
    return told


def _table(resource: Resource, table: OpenTable, number: int, absolute: Absolute) -> dict[str, Any]:
    return {
        "name": f"resource-{number}", "title": resource.name, "profile": "tabular-data-resource",
        "path": f"{dump_url(resource, absolute)}?format=csv&fields=" + _fields(table), "scheme": "https"
        if absolute("/").startswith("https") else "http", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        "description": resource.description or file_stem(resource),
        "schema": {"fields": [_field(c, table.fields[c.code]) for c in table.columns], "missingValues": [""]},
    }  # fmt: skip


def _fields(table: OpenTable) -> str:

    return ",".join(quote(c.code, safe="") for c in table.columns)


def _field(column: Column, field: ResourceField) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": column.code,
        "type": TABLE_SCHEMA_TYPES[column.type],
        "title": field.title,
    }
    if column.type == "timestamp":
        told["format"] = "%Y-%m-%dT%H:%M:%S"
    if field.description:
        told["description"] = field.description
    return told

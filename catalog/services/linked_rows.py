"""Tables made of what the portal already holds: a department's data items, the index's published series.

Both come through the front doors. A field keeps the grade of its data item; personal identifiers (L4) are not copied
at all. What is made is a draft's table like any other: rules, gate and reviews stand before the public.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any

import orjson
from django.utils import timezone

import audit
from accounts.models import User
from catalog.engine.columns import Column
from catalog.models import Dataset, Release, Resource, ResourceKind
from catalog.selectors.visibility import works_on
from catalog.services.drafts import save_fields, save_resource
from catalog.services.publish_tables import fill_release, seal_release, start_release
from catalog.vocabulary import State
from datahub.public import Grade, ItemDefinition, Kind, delivered_items, get_item, item_rows, list_items
from index.public import public_series

INDEX_SOURCE = "index"
CENTRE = "data-centre"
IN_MEMORY_BYTES = 8_000_000
TYPES = {
    Kind.MONEY: "number", Kind.NUMBER: "number", Kind.RATIO: "number", Kind.INTEGER: "integer", Kind.YEAR: "integer",
    Kind.DATE: "date", Kind.BOOL: "boolean",
}  # fmt: skip
INDEX_COLUMNS = (
    ("series", "序列代码", "text"), ("name", "范围", "text"), ("dimension", "维度", "text"), ("day", "日期", "date"),
    ("value", "指数", "number"), ("level", "水平分", "number"), ("entities", "企业数", "integer"),
    ("provisional", "是否暂定", "boolean"),
)  # fmt: skip


class UnableToLinkRows(ValueError):
    """No table is made of this source; the text says why."""


@dataclass(frozen=True)
class Source:
    """What a table may be made of: a data item's code, or ``index``."""

    code: str
    name: str

    @property
    def title(self) -> str:
        return self.name if self.code == INDEX_SOURCE else f"{self.name}（{self.code}）"


def list_sources(dataset: Dataset, now: datetime) -> list[Source]:
    """Sources of the draft's publisher: its own items that were delivered, and the index for the data centre."""
    delivered = delivered_items(now)
    own = [
        Source(item.code, item.name)
        for item in list_items()
        if item.department_code == dataset.publisher.code and item.code in delivered
    ]
    if dataset.publisher.code == CENTRE:
        own.append(Source(INDEX_SOURCE, "中小企业金融指数已发布序列"))
    return own


def link_rows(actor: User, dataset: Dataset, code: str, *, now: datetime, origin: audit.Origin) -> Release:
    """A new resource of a draft with the rows of a source as they are known now. Raises :class:`UnableToLinkRows`."""
    with audit.action(
        "catalog.rows.linked", origin=origin, target=f"dataset:{dataset.name}", detail={"source": code}
    ) as entry:
        if dataset.state != State.DRAFT:
            raise UnableToLinkRows(f"数据集当前为“{dataset.get_state_display()}”，只有草稿可以生成数据表。")
        source = next((one for one in list_sources(dataset, now) if one.code == code), None)
        if source is None or not works_on(actor, dataset):
            raise UnableToLinkRows("请选择本单位已归集的数据项。")
        columns, told, rows = _index_table() if code == INDEX_SOURCE else _item_table(get_item(code), now)
        moment = timezone.localtime(now).strftime("%Y-%m-%d %H:%M")
        values = {
            "name": source.name,
            "description": f"取自{source.title}，截至 {moment}。",
            "format": "CSV",
        }
        resource: Resource = save_resource(dataset, values, editor=actor, now=now, origin=origin)
        release = start_release(resource, columns, now=now, note=f"取自平台数据，截至 {moment}")
        if not fill_release(release, columns, _set_aside(rows)):
            raise UnableToLinkRows("该来源目前没有可用的数据。")
        save_fields(resource, columns, told)
        seal_release(release, columns, now=now)
        resource.kind, resource.modified_at = ResourceKind.TABLE, now
        resource.save(update_fields=["kind", "modified_at"])
        entry.detail |= {"rows": release.row_count, "release": release.number}
        return release


Table = tuple[tuple[Column, ...], dict[str, dict[str, Any]], Iterator[list[Any]]]


def _set_aside(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The rows, all read before the first is given: a connection that takes a COPY cannot be read meanwhile."""
    kept = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  closed with its last row
    for row in rows:
        kept.write(orjson.dumps(row) + b"\n")
    kept.seek(0)
    return _given_back(kept)


def _given_back(kept: SpooledTemporaryFile[bytes]) -> Iterator[list[Any]]:
    with kept:
        for line in kept:
            yield orjson.loads(line)


def _item_table(item: ItemDefinition, now: datetime) -> Table:
    fields = [field for field in item.fields if field.grade is not Grade.L4]
    columns = tuple(
        Column(field.code, field.name, TYPES.get(field.kind, "text"), f"c{n}")
        for n, field in enumerate(fields, start=1)
    )
    told = {
        field.code: {
            "title": field.name, "unit": "元" if field.kind is Kind.MONEY else field.unit, "grade": field.grade.value,
            "data_item": item.code, "item_field": field.code,
        }
        for field in fields
    }  # fmt: skip
    labels = {field.code: field.labels for field in fields if field.labels}
    codes = [field.code for field in fields]
    rows = (
        [_shown(record.get(code), labels.get(code)) for code in codes] for record in item_rows(item.code, now)
    )
    return columns, told, rows


def _shown(value: Any, labels: Mapping[str, str] | None) -> Any:
    """An enumeration's code as what it is called; anything else as it is."""
    return labels.get(str(value), value) if labels and value is not None else value


def _index_table() -> Table:
    columns = tuple(
        Column(code, title, kind, f"c{n}") for n, (code, title, kind) in enumerate(INDEX_COLUMNS, start=1)
    )
    rows = (
        [
            one.code,
            one.name,
            one.dimension_name,
            point.day,
            point.value,
            point.level,
            point.entities,
            point.provisional,
        ]
        for one in public_series()
        for point in one.points
    )
    return columns, {code: {"title": title} for code, title, _ in INDEX_COLUMNS}, rows

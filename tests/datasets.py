"""Datasets for tests: real rows in real tables, published the way the portal publishes."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from catalog.engine.columns import Column
from catalog.models import Dataset, Publisher, Release, Resource, ResourceField
from catalog.services.drafts import save_fields
from catalog.services.publish_tables import fill_release, put_in_force, seal_release, start_release
from catalog.services.publishers import ensure_publishers

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_numbers = itertools.count(1)
COLUMNS = (
    ("code", "编号", "text"), ("name", "名称", "text"), ("town", "镇街", "text"), ("amount", "金额", "number"),
    ("people", "人数", "integer"), ("opened_on", "开业日期", "date"), ("is_open", "营业", "boolean"),
)  # fmt: skip
ROWS = (
    ("0001", "杜湖养老院", "匡堰镇", "1200.50", 80, "2019-03-01", True),
    ("0002", "鸣鹤敬老院", "观海卫镇", None, 45, "2008-10-12", True),
    ("0003", "=1+1,\"引号\"", "桥头镇", "-3.25", None, None, False),
    ("0004", "浒山居家中心", "浒山街道", "88", 12, "2024-05-06", None),
)  # fmt: skip


def publishers() -> dict[str, Publisher]:
    return ensure_publishers(NOW)


def make_dataset(publisher: str = "market", *, now: datetime = NOW, **values: Any) -> Dataset:
    """A draft of a publisher."""
    number = next(_numbers)
    known = {"name": f"data-{number}", "title": f"测试数据集{number}", "notes": "用于测试的数据集。", "created_at": now,
             "modified_at": now, "tags": ["测试"]}  # fmt: skip
    return Dataset.objects.create(publisher=publishers()[publisher], **known | values)


def make_resource(dataset: Dataset, *, now: datetime = NOW, **values: Any) -> Resource:
    known = {"name": "机构名录", "format": "CSV", "created_at": now, "modified_at": now}
    return Resource.objects.create(dataset=dataset, **known | values)


def make_columns(told: Iterable[tuple[str, str, str]] = COLUMNS) -> tuple[Column, ...]:
    return tuple(Column(code, title, kind, f"c{n}") for n, (code, title, kind) in enumerate(told, start=1))


def make_release(
    resource: Resource, rows: Sequence[Sequence[Any]] = ROWS, told: Sequence[tuple[str, str, str]] = COLUMNS, *,
    now: datetime = NOW, fields: Mapping[str, Mapping[str, Any]] | None = None, note: str = "",
) -> Release:  # fmt: skip
    """A sealed release with these rows."""
    columns = make_columns(told)
    release = start_release(resource, columns, now=now, note=note)
    fill_release(release, columns, rows)
    save_fields(resource, columns, fields or {})
    return seal_release(release, columns, now=now)


def make_published(
    publisher: str = "market", *, rows: Sequence[Sequence[Any]] = ROWS, told: Sequence[tuple[str, str, str]] = COLUMNS,
    now: datetime = NOW, grades: Mapping[str, str] | None = None, **values: Any,
) -> Dataset:  # fmt: skip
    """A published dataset with one table; ``grades`` by field code, L1 for the rest."""
    dataset = make_dataset(publisher, now=now, **values)
    resource = make_resource(dataset, now=now)
    fields = {code: {"grade": grade} for code, grade in (grades or {}).items()}
    make_release(resource, rows, told, now=now, fields=fields)
    dataset.refresh_from_db()
    return put_in_force(dataset, now=now)


def the_resource(dataset: Dataset) -> Resource:
    return dataset.resources.select_related("current", "dataset__publisher").get()


def grade_field(resource: Resource, code: str, grade: str) -> None:
    ResourceField.objects.filter(resource=resource, code=code).update(grade=grade)

"""Drafts: new datasets, and revisions of published ones. Nothing here reaches the public.

What is published is never edited in place: an edit opens a revision, a draft that ``revises`` the
published dataset and goes through the same reviews.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

import audit
from catalog.engine.columns import Column
from catalog.models import Dataset, Publisher, Resource, ResourceField, ResourceKind
from catalog.search import search_text
from catalog.vocabulary import LICENCES, Cycle, FieldType, Grade, Lane, Opening, State, Subject
from datahub.public import division_name

NAME = re.compile(r"[a-z0-9_-]{2,100}")
TAG = re.compile(r"[^\x00-\x1f,\"]{1,60}")
DESCRIBED = ("author", "author_email", "maintainer", "maintainer_email", "url", "version")
TEXTS = {"title": 200, "notes": 20_000, "contact": 120, "category": 40}
CHOICES: dict[str, tuple[Any, bool]] = {
    "lane": (Lane, True), "subject": (Subject, False), "cycle": (Cycle, False), "opening": (Opening, False),
}  # fmt: skip
COPIED = (
    "title", "notes", "publisher_id", "lane", "subject", "tags", "licence", "cycle", "spatial_code",
    "temporal_from", "temporal_to", "contact", "described", "extras", "opening", "opening_reason",
    "opening_review_on", "category", "grade", "formats", "row_count", "search_text", "is_demo",
)  # fmt: skip
RESOURCE_COPIED = (
    "position", "kind", "name", "description", "format", "mimetype", "url", "file_digest", "file_name",
    "file_bytes", "source", "current_id", "grades_seen",
)  # fmt: skip
FIELD_COPIED = (
    "position", "code", "title", "type", "unit", "description", "category", "grade", "opening", "data_item",
    "item_field",
)  # fmt: skip
MOST_TAGS, MOST_EXTRAS, MOST_RESOURCES = 50, 100, 200


class UnableToSaveDataset(ValueError):
    """What was handed in cannot be kept; ``errors`` names each field with its reasons."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {name: list(messages) for name, messages in errors.items()}
        super().__init__("；".join(f"{name}：{'、'.join(m)}" for name, m in self.errors.items()))


class UnableToEditDataset(RuntimeError):
    """The dataset's state does not allow this now; the text says why."""


def create_draft(
    values: Mapping[str, Any], *, publisher: Publisher, editor: Any, now: datetime, origin: audit.Origin
) -> Dataset:
    """A new dataset in state DRAFT. Raises :class:`UnableToSaveDataset`."""
    read = _read(values, is_new=True)
    with audit.action("catalog.dataset.drafted", origin=origin) as entry:
        dataset = Dataset(
            publisher=publisher, created_by=editor, created_at=now, modified_at=now, state=State.DRAFT, **read
        )
        dataset.search_text = _search_text(dataset)
        try:
            with transaction.atomic():
                dataset.save()
        except IntegrityError as error:
            raise UnableToSaveDataset({"name": ["该标识已被使用，请换一个。"]}) from error
        entry.target = f"dataset:{dataset.name}"
    return dataset


def edit_draft(
    dataset: Dataset, values: Mapping[str, Any], *, editor: Any, now: datetime, origin: audit.Origin
) -> Dataset:
    """Change a draft, or a revision of a published dataset (opened if there is none). Returns what was edited.

    ``values`` holds what changes. Raises :class:`UnableToSaveDataset`, :class:`UnableToEditDataset`.
    """
    read = _read(values, is_new=False)
    with audit.action("catalog.dataset.edited", origin=origin, target=f"dataset:{dataset.name}") as entry:
        draft = _draft_of(dataset, editor=editor, now=now)
        if "name" in read and read["name"] != draft.name:
            if draft.revises_id:
                raise UnableToSaveDataset({"name": ["已发布数据集的标识不能更改。"]})
            if Dataset.objects.filter(name=read["name"], revises__isnull=True).exists():
                raise UnableToSaveDataset({"name": ["该标识已被使用，请换一个。"]})
        for name, value in read.items():
            setattr(draft, name, value)
        draft.modified_at = now
        draft.search_text = _search_text(draft)
        draft.save()
        entry.detail["changed"] = sorted(read)
    return draft


def open_revision(dataset: Dataset, *, editor: Any, now: datetime, origin: audit.Origin) -> Dataset:
    """The draft in which a published dataset is changed; the open one if there is one."""
    with audit.action("catalog.revision.opened", origin=origin, target=f"dataset:{dataset.name}"):
        return _draft_of(dataset, editor=editor, now=now)


def delete_draft(dataset: Dataset, *, origin: audit.Origin) -> None:
    """Throw a draft or a revision away. Raises :class:`UnableToEditDataset` for anything else."""
    with audit.action("catalog.draft.deleted", origin=origin, target=f"dataset:{dataset.name}"):
        if dataset.state != State.DRAFT:
            raise UnableToEditDataset("只有草稿可以删除；已发布的数据集请申请下架。")
        dataset.delete()


def save_resource(
    dataset: Dataset,
    values: Mapping[str, Any],
    *,
    resource: Resource | None = None,
    editor: Any,
    now: datetime,
    origin: audit.Origin,
) -> Resource:
    """Add a resource to a draft (or a revision), or change one of it."""
    read = _read_resource(values, is_new=resource is None)
    with audit.action("catalog.resource.saved", origin=origin, target=f"dataset:{dataset.name}") as entry:
        draft = _draft_of(dataset, editor=editor, now=now)
        if resource is None:
            position = draft.resources.count()
            if position >= MOST_RESOURCES:
                raise UnableToSaveDataset({"resources": [f"一个数据集最多 {MOST_RESOURCES} 个资源。"]})
            own = Resource(dataset=draft, created_at=now, modified_at=now, **{"position": position} | read)
        else:
            own = resource_in(draft, resource)
            for name, value in read.items():
                setattr(own, name, value)
            own.modified_at = now
        if not own.format:
            own.format = format_of(own.file_name or own.url or own.name)
        own.save()
        _touch(draft, now)
        entry.detail["resource"] = str(own.uid)
    return own


def remove_resource(resource: Resource, *, editor: Any, now: datetime, origin: audit.Origin) -> None:
    """Take a resource out of a draft (or of the revision of what is published)."""
    dataset = resource.dataset
    with audit.action("catalog.resource.removed", origin=origin, target=f"dataset:{dataset.name}"):
        draft = _draft_of(dataset, editor=editor, now=now)
        resource_in(draft, resource).delete()
        _touch(draft, now)


def save_fields(resource: Resource, columns: Sequence[Column], told: Mapping[str, Mapping[str, Any]]) -> None:
    """Describe the columns of a draft's table; what is known of a field of the same code stays.

    ``told`` gives, by code, any of title, unit, description, grade, data_item, item_field, opening, category. A grade
    only rises here, also of a column that had been taken out: lowering one needs a second person.
    """
    known = {field.code: field for field in resource.fields.all()}
    kept = []
    for position, column in enumerate(columns, start=1):
        field = known.get(column.code) or ResourceField(
            resource=resource, code=column.code, title=column.title
        )
        least = field.grade if field.pk else resource.grades_seen.get(column.code, Grade.L1)
        field.position, field.type = position, FieldType(column.type)
        for name, value in told.get(column.code, {}).items():
            setattr(field, name, value)
        field.grade = max(field.grade, least)
        field.save()
        kept.append(field)
    gone = resource.fields.exclude(pk__in=[field.pk for field in kept])
    if gone:
        resource.grades_seen |= {field.code: field.grade for field in gone}
        resource.save(update_fields=["grades_seen"])
        gone.delete()


def resource_in(draft: Dataset, resource: Resource) -> Resource:
    """The draft's own row of a resource, which may be the published one."""
    if resource.dataset_id == draft.pk:
        return resource
    own = draft.resources.filter(revises=resource).first()
    if own is None:
        raise UnableToEditDataset("该资源已在修订草稿中移除。")
    return own


def format_of(name: str) -> str:
    """The format a file name or address tells: 表.xlsx gives XLSX; empty if it tells none."""
    ending = name.rsplit("/", 1)[-1].partition("?")[0].rpartition(".")[2]
    return ending.upper() if "." in name and 1 <= len(ending) <= 8 and ending.isalnum() else ""


def free_name(wanted: str) -> str:
    """A name nobody bears yet, beginning like ``wanted``."""
    base = re.sub(r"[^a-z0-9_-]+", "-", wanted.casefold()).strip("-")[:90] or "dataset"
    base = base if len(base) > 1 else f"{base}-1"
    taken = set(Dataset.objects.filter(name__startswith=base).values_list("name", flat=True))
    return next(n for n in (base, *(f"{base}-{k}" for k in range(2, 10**6))) if n not in taken)


def _draft_of(dataset: Dataset, *, editor: Any, now: datetime) -> Dataset:
    """What may be edited: the dataset itself while a draft, else the open revision of a published one."""
    if dataset.state == State.DRAFT:
        return dataset
    if dataset.revises_id or dataset.state not in (State.PUBLISHED, State.WITHDRAWN):
        raise UnableToEditDataset(f"数据集正处于“{dataset.get_state_display()}”，退回后才能修改。")
    open_one = dataset.revisions.exclude(state__in=[State.PUBLISHED, State.WITHDRAWN]).first()
    if open_one is not None:
        if open_one.state != State.DRAFT:
            raise UnableToEditDataset(f"修订稿正处于“{open_one.get_state_display()}”，退回后才能修改。")
        return open_one
    return _copy_for_revision(dataset, editor, now)


def _copy_for_revision(dataset: Dataset, editor: Any, now: datetime) -> Dataset:
    values = {name: getattr(dataset, name) for name in COPIED}
    draft = Dataset.objects.create(
        name=dataset.name, revises=dataset, revision=dataset.revision + 1, state=State.DRAFT,
        created_by=editor, created_at=now, modified_at=now, **values,
    )  # fmt: skip
    for resource in dataset.resources.prefetch_related("fields"):
        own = Resource.objects.create(
            dataset=draft, revises=resource, created_at=resource.created_at, modified_at=resource.modified_at,
            **{name: getattr(resource, name) for name in RESOURCE_COPIED},
        )  # fmt: skip
        ResourceField.objects.bulk_create(
            ResourceField(resource=own, **{name: getattr(field, name) for name in FIELD_COPIED})
            for field in resource.fields.all()
        )
    return draft


def _touch(draft: Dataset, now: datetime) -> None:
    draft.modified_at = now
    draft.formats = sorted({r.format for r in draft.resources.all() if r.format})
    draft.search_text = _search_text(draft)
    draft.save(update_fields=["modified_at", "formats", "search_text"])


def _search_text(dataset: Dataset) -> str:
    names = [dataset.publisher.name, dataset.publisher.short, *dataset.tags, dataset.get_lane_display(),
             dataset.get_subject_display()]  # fmt: skip
    fields: list[str] = []
    if dataset.pk:
        fields = list(
            ResourceField.objects.filter(resource__dataset=dataset)
            .exclude(grade=Grade.L4)
            .values_list("title", flat=True)[:200]
        )
    return search_text(
        dataset.title, [n for n in names if n], [dataset.name, dataset.notes[:2000], " ".join(fields)]
    )


def _read(values: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
    """Values fit to be kept. Raises :class:`UnableToSaveDataset` with every fault at once."""
    errors: dict[str, list[str]] = {}
    read: dict[str, Any] = {}
    for name, longest in TEXTS.items():
        if name in values:
            text = values[name] if values[name] is not None else ""
            if not isinstance(text, str) or "\x00" in text or len(text) > longest:
                errors[name] = [f"应为不超过 {longest} 字的文字。"]
            else:
                read[name] = text.strip()
    for name, (choice, may_be_empty) in CHOICES.items():
        if name in values:
            value = values[name] or ""
            if value in choice.values or (may_be_empty and value == ""):
                read[name] = value
            else:
                errors[name] = [f"不在可选范围内：{'、'.join(choice.values)}。"]
    _read_name(values, read, errors, is_new)
    _read_lists(values, read, errors)
    _read_dates(values, read, errors)
    if "licence" in values:
        if values["licence"] in LICENCES or not values["licence"]:
            read["licence"] = values["licence"] or "notspecified"
        else:
            errors["license_id"] = ["没有这种使用许可。"]
    if values.get("spatial_code"):
        if isinstance(values["spatial_code"], str) and division_name(values["spatial_code"]) not in (
            "",
            "市外",
        ):
            read["spatial_code"] = values["spatial_code"]
        else:
            errors["spatial_code"] = ["没有这个行政区划代码。"]
    if is_new and not read.get("title") and "title" not in errors:
        errors["title"] = ["请填写标题。"]
    if errors:
        raise UnableToSaveDataset(errors)
    return read


def _read_name(
    values: Mapping[str, Any], read: dict[str, Any], errors: dict[str, list[str]], is_new: bool
) -> None:
    if "name" not in values and not is_new:
        return
    name = values.get("name")
    if isinstance(name, str) and NAME.fullmatch(name):
        read["name"] = name
    else:
        errors["name"] = ["标识为 2 至 100 个小写字母、数字、连字符或下划线。"]


def _read_lists(values: Mapping[str, Any], read: dict[str, Any], errors: dict[str, list[str]]) -> None:
    if "tags" in values:
        tags = list(dict.fromkeys(t.strip() for t in values["tags"] or [] if isinstance(t, str)))
        if len(tags) > MOST_TAGS or not all(TAG.fullmatch(tag) for tag in tags):
            errors["tags"] = [f"最多 {MOST_TAGS} 个标签，每个 1 至 60 字，不含逗号与引号。"]
        else:
            read["tags"] = tags
    for name in ("described", "extras"):
        if name not in values:
            continue
        told = values[name] or {}
        fit = isinstance(told, dict) and len(told) <= MOST_EXTRAS and all(
            isinstance(k, str) and 0 < len(k) <= 100 and isinstance(v, str) and len(v) <= 4000
            and "\x00" not in k + v for k, v in told.items()
        )  # fmt: skip
        if fit:
            read[name] = dict(told)
        else:
            errors[name] = [f"最多 {MOST_EXTRAS} 项，名称不超过 100 字，内容不超过 4000 字。"]


def _read_dates(values: Mapping[str, Any], read: dict[str, Any], errors: dict[str, list[str]]) -> None:
    for name in ("temporal_from", "temporal_to", "opening_review_on"):
        if name not in values:
            continue
        value = values[name] or None
        try:
            read[name] = dt.date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            errors[name] = ["日期应写成 2026-11-22。"]
    if read.get("temporal_from") and read.get("temporal_to") and read["temporal_from"] > read["temporal_to"]:
        errors["temporal_to"] = ["结束日期早于开始日期。"]


def _read_resource(values: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    read: dict[str, Any] = {}
    limits = {
        "name": 200,
        "description": 20_000,
        "format": 20,
        "mimetype": 100,
        "url": 1000,
        "file_name": 200,
    }
    for name, longest in limits.items():
        if name not in values:
            continue
        text = values[name] if values[name] is not None else ""
        if not isinstance(text, str) or "\x00" in text or len(text) > longest:
            errors[name] = [f"应为不超过 {longest} 字的文字。"]
        else:
            read[name] = text.strip()
    if "format" in read:
        read["format"] = read["format"].upper()
    if read.get("url") and not re.match(r"https?://[^\s]+\Z", read["url"]):
        errors["url"] = ["链接应以 http:// 或 https:// 开头。"]
    for name in ("kind", "file_digest", "file_bytes", "source", "position"):
        if name in values:
            read[name] = values[name]
    if is_new:
        read.setdefault("kind", ResourceKind.LINK if read.get("url") else ResourceKind.TABLE)
        read["name"] = read.get("name") or read.get("file_name") or "数据资源"
    if errors:
        raise UnableToSaveDataset(errors)
    return read

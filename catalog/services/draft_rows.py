"""Rows written one by one into a draft: what ``datastore_create``, ``_upsert`` and ``_delete`` do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from catalog import row_store
from catalog.engine.columns import TYPE_NAMES, Column, UnableToReadValue, columns_of, read_value
from catalog.engine.row_filters import read_filters
from catalog.engine.row_query import RowQuery, UnableToUnderstandQuery
from catalog.models import Release, ReleaseState, Resource
from catalog.services.drafts import UnableToSaveDataset, save_fields
from catalog.services.inheritance import inherited, inherited_from
from catalog.services.publish_tables import start_release
from catalog.vocabulary import Grade

METHODS = ("upsert", "insert", "update")
MOST_COLUMNS = 500
LONGEST_CODE = 128


def create_table(
    resource: Resource, fields: Sequence[Any], records: Sequence[Any], keys: Sequence[str], *, now: datetime
) -> Release:
    """A new draft release of a draft's resource; without ``fields`` the first record's keys are text columns.

    Raises :class:`UnableToSaveDataset`.
    """
    told = read_field_list(fields, records)
    columns = tuple(
        Column(code, info.get("title", code), kind, f"c{place}")
        for place, (code, kind, info) in enumerate(told, start=1)
    )
    if unknown := [key for key in keys if key not in {c.code for c in columns}]:
        raise UnableToSaveDataset({"primary_key": [f"没有字段“{unknown[0]}”。"]})
    for draft in resource.releases.filter(state=ReleaseState.DRAFT):
        row_store.drop_table(draft.pk)
        draft.delete()
    described = {code: _graded(resource, code, info) for code, _, info in told}
    release = start_release(resource, columns, now=now)
    release.key_codes = list(keys)
    release.save(update_fields=["key_codes"])
    save_fields(resource, columns, described)
    write_records(release, records, "insert")
    return release


def open_release(resource: Resource, *, now: datetime) -> Release:
    """The draft release rows may be written into: the open one, or a copy of what is in force."""
    draft = resource.releases.filter(state=ReleaseState.DRAFT).order_by("-number").first()
    if draft is not None:
        return draft
    source = resource.releases.order_by("-number").first() or resource.current
    if source is None:
        raise UnableToSaveDataset({"resource_id": ["该资源还没有数据表，请先建立。"]})
    columns = columns_of(source.columns)
    release = start_release(resource, columns, now=now)
    release.row_count = row_store.copy_table(source.pk, release.pk, columns)
    release.is_dense, release.key_codes = source.is_dense, source.key_codes
    release.save(update_fields=["row_count", "is_dense", "key_codes"])
    return release


def write_records(release: Release, records: Sequence[Any], method: str) -> int:
    """Insert, update or upsert records by the release's key. Returns how many were written."""
    columns = columns_of(release.columns)
    by_code = {c.code: c for c in columns}
    read = [_record(record, by_code, line) for line, record in enumerate(records, start=1)]
    if method == "insert" or (method == "upsert" and not release.key_codes):
        fresh = read
    else:
        if not release.key_codes:
            raise UnableToSaveDataset({"method": ["该表没有主键，只能插入。"]})
        keys = [by_code[code] for code in release.key_codes]
        fresh = [record for record in read if not _update(release, record, keys, method)]
    if fresh:
        highest, _ = row_store.last_number(release.pk)
        rows = ([record.get(column) for column in columns] for record in fresh)
        row_store.fill_table(release.pk, columns, rows, first=highest + 1)
    _recount(release)
    return len(read)


def delete_records(release: Release, filters: Any) -> int:
    """Take the matching rows out, all of them without filters."""
    columns = columns_of(release.columns)
    by_code = {c.code: c for c in columns}

    def find(code: str, where: str) -> Column:
        if code not in by_code:
            raise UnableToUnderstandQuery(f"没有字段“{code[:60]}”。", where)
        return by_code[code]

    gone = row_store.delete_rows(release.pk, replace(RowQuery(columns), where=read_filters(filters, find)))
    _recount(release)
    return gone


def read_field_list(fields: Sequence[Any], records: Sequence[Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """``[{id, type, info}]`` as (code, type, title and description). Raises :class:`UnableToSaveDataset`."""
    if not fields and records and isinstance(records[0], Mapping):
        fields = [{"id": code} for code in records[0] if code != "_id"]
    told: list[tuple[str, str, dict[str, Any]]] = []
    for one in fields:
        code = one.get("id") if isinstance(one, Mapping) else None
        if code == "_id":
            continue
        if not is_code(code):
            raise UnableToSaveDataset({"fields": [f"字段名“{str(code)[:40]}”不可用。"]})
        kind = TYPE_NAMES.get(str(one.get("type") or "text").casefold())
        if kind is None:
            raise UnableToSaveDataset(
                {"fields": [f"字段“{code}”的类型“{str(one.get('type'))[:20]}”不受支持。"]}
            )
        info = one.get("info") if isinstance(one.get("info"), Mapping) else {}
        named = {"title": str(info.get("label") or "")[:200], "description": str(info.get("notes") or "")[:2000],
                 "unit": str(info.get("unit") or "")[:20], "grade": str(info.get("grade") or "").upper(),
                 "data_item": str(info.get("data_item") or "")[:80], "item_field": str(info.get("item_field") or "")[:80],
                 }  # fmt: skip
        if named["grade"] and named["grade"] not in Grade.values:
            raise UnableToSaveDataset(
                {"fields": [f"字段“{code}”的分级应为 {'、'.join(Grade.values)} 之一。"]}
            )
        told.append((str(code), kind, {k: v for k, v in named.items() if v}))
    codes = [code for code, _, _ in told]
    if not told or len(told) > MOST_COLUMNS:
        raise UnableToSaveDataset({"fields": [f"应有 1 至 {MOST_COLUMNS} 个字段。"]})
    if len(set(codes)) != len(codes):
        raise UnableToSaveDataset({"fields": ["字段名重复。"]})
    return told


def _graded(resource: Resource, code: str, info: dict[str, Any]) -> dict[str, Any]:
    """What a writer said of a column, with the grade it is due: its data item's, what it had, or a higher one told.

    Raises :class:`UnableToSaveDataset` for a lower one: that is for two people at the desk.
    """
    known = resource.fields.filter(code=code).first()
    title = info.get("title", code)
    told, wish = (
        {k: v for k, v in info.items() if k not in ("grade", "data_item", "item_field")},
        info.get("grade"),
    )
    item, item_field = info.get("data_item", ""), info.get("item_field", "")
    source: dict[str, str] = {}
    if item or item_field:
        source = inherited_from(item, item_field)
        if not source:
            raise UnableToSaveDataset({"fields": [f"字段“{code}”所指的数据项“{item}.{item_field}”不存在。"]})
    elif known is None or known.title != title:
        source = inherited(title)
    due = max(
        source.get("grade", Grade.L1), known.grade if known else resource.grades_seen.get(code, Grade.L1)
    )
    if wish and wish < due:
        raise UnableToSaveDataset(
            {"fields": [f"字段“{code}”的分级应不低于 {due}；降低分级请在工作台提出，由另一人复核。"]}
        )
    if source and (known is None or source["grade"] >= known.grade):
        told |= source
    return told | {"grade": max(due, wish or due)}


def is_code(code: Any) -> bool:
    """May a column be called that: no quotes, no control characters, not beginning with an underscore."""
    return (
        isinstance(code, str) and 0 < len(code) <= LONGEST_CODE and code == code.strip()
        and not code.startswith(("_", "$")) and '"' not in code and code.isprintable()
    )  # fmt: skip


def _record(record: Any, by_code: Mapping[str, Column], line: int) -> dict[Column, Any]:
    if not isinstance(record, Mapping):
        raise UnableToSaveDataset({"records": [f"第 {line} 条不是对象。"]})
    read = {}
    for code, value in record.items():
        if code == "_id":
            continue
        if code not in by_code:
            raise UnableToSaveDataset({"records": [f"第 {line} 条：没有字段“{str(code)[:40]}”。"]})
        try:
            read[by_code[code]] = read_value(by_code[code], value)
        except UnableToReadValue as error:
            raise UnableToSaveDataset({"records": [f"第 {line} 条：{error}"]}) from None
    return read


def _update(release: Release, record: dict[Column, Any], keys: Sequence[Column], method: str) -> bool:
    """True if the row was there and is updated. An update without a row is refused."""
    if missing := [key.code for key in keys if key not in record]:
        raise UnableToSaveDataset({"records": [f"缺少主键字段“{missing[0]}”。"]})
    values = {column: value for column, value in record.items() if column not in keys}
    found = row_store.update_row(release.pk, {key: record[key] for key in keys}, values)
    if not found and method == "update":
        raise UnableToSaveDataset({"records": ["没有与主键相符的行，未能更新。"]})
    return found > 0


def _recount(release: Release) -> None:
    highest, rows = row_store.last_number(release.pk)
    release.row_count, release.is_dense = rows, highest == rows
    release.save(update_fields=["row_count", "is_dense"])

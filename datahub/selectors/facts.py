"""The facts of one enterprise, cut to what a reader may see. Every page, export and API reads here."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from datahub.contracts import Category, FieldDefinition, Grade, ItemDefinition, Kind
from datahub.engine.definitions import get_item, get_item_by_number, list_departments


@dataclass(frozen=True)
class ReadingRight:
    """Highest grade a reader sees everywhere, and the item categories where L3 is open besides.

    L4 (personal identifiers) is never shown to anyone through these facts.
    """

    ceiling: Grade
    opened: frozenset[Category] = frozenset()

    def allows(self, item: ItemDefinition, field: FieldDefinition) -> bool:
        if field.grade is Grade.L4:
            return False
        return field.grade <= self.ceiling or (field.grade is Grade.L3 and item.category in self.opened)

    def allows_item(self, item: ItemDefinition) -> bool:
        """True if the fact as a whole (personal identifiers aside) is open."""
        return item.fact_grade <= self.ceiling or (
            item.fact_grade is Grade.L3 and item.category in self.opened
        )


@dataclass(frozen=True)
class FactField:
    """One field of a fact. ``value`` is canonical (money in yuan, dates ISO), None where ``locked``."""

    code: str
    name: str
    kind: Kind
    unit: str
    value: Any
    label: str
    locked: bool


@dataclass(frozen=True)
class Fact:
    """One version of a fact with its source: unit, document, file, line, times.

    The four days and ``in_force`` are None where they rest on a field the reader may not see.
    """

    record_id: int
    item: ItemDefinition
    department: str
    fields: tuple[FactField, ...]
    document_no: str
    event_date: date | None
    valid_from: date | None
    valid_to: date | None
    released_on: date | None
    received_at: datetime
    batch_id: int
    line: int
    file_name: str
    in_force: bool | None
    locked: bool

    @property
    def when(self) -> date | None:
        """The day that places the fact on a timeline."""
        return self.event_date or self.valid_from


_SELECT = """
SELECT r.id, r.item_id, r.payload, r.event_date, r.valid_from, r.valid_to, r.released_on, r.received_at,
       r.batch_id, r.line, b.file_name
FROM datahub_record r JOIN datahub_batch b ON b.id = r.batch_id
WHERE r.enterprise_id = %(enterprise)s
  AND r.received_at <= %(at)s AND (r.superseded_at IS NULL OR r.superseded_at > %(at)s)
  AND (r.repaired_on IS NULL OR r.repaired_on > %(day)s) {which}
ORDER BY COALESCE(r.event_date, r.valid_from) DESC NULLS LAST, r.item_id, r.id
"""


def list_facts(
    enterprise_id: int,
    right: ReadingRight,
    *,
    known_at: datetime,
    day: date,
    items: Collection[str] | None = None,
    record_ids: Collection[int] | None = None,
) -> list[Fact]:
    """Facts known at an instant, newest first, repaired ones left out; fields beyond ``right`` are locked.

    One query, one partition.
    """
    values: dict[str, Any] = {"enterprise": enterprise_id, "at": known_at, "day": day}
    which = ""
    if items is not None:
        values["items"] = [get_item(code).number for code in items]
        which += " AND r.item_id = ANY(%(items)s)"
    if record_ids is not None:
        values["ids"] = list(record_ids)
        which += " AND r.id = ANY(%(ids)s)"
    with connection.cursor() as cursor:
        cursor.execute(_SELECT.format(which=which), values)
        rows = cursor.fetchall()
    names = {department.code: department.name for department in list_departments()}
    return [_fact(row, right, day, names) for row in rows]


def _fact(row: tuple[Any, ...], right: ReadingRight, day: date, names: Mapping[str, str]) -> Fact:
    (
        record_id,
        item_id,
        payload,
        event,
        valid_from,
        valid_to,
        released,
        received,
        batch_id,
        line,
        file_name,
    ) = row
    item = get_item_by_number(item_id)
    content = payload if isinstance(payload, dict) else json.loads(payload)
    in_force = (
        (valid_from is None or valid_from <= day)
        and (valid_to is None or valid_to >= day)
        and (released is None or released > day)
    )
    fields = tuple(
        _field(item, f, content.get(f.code), right) for f in item.payload_fields if f.grade is not Grade.L4
    )
    event, valid_from, valid_to, released = (
        day_ if _may_read_day(item, code, right) else None
        for day_, code in zip((event, valid_from, valid_to, released), _day_fields(item), strict=True)
    )
    return Fact(
        record_id=record_id, item=item, department=names[item.department_code], fields=fields,
        document_no=_document_no(item, content, right), event_date=event, valid_from=valid_from,
        valid_to=valid_to, released_on=released, received_at=received, batch_id=batch_id, line=line,
        file_name=file_name, locked=not right.allows_item(item),
        in_force=in_force if all(_may_read_day(item, code, right) for code in _day_fields(item)) else None,
    )  # fmt: skip


def _day_fields(item: ItemDefinition) -> tuple[str | None, ...]:
    t = item.timeline
    return t.event, t.valid_from, t.valid_to, t.released


def _may_read_day(item: ItemDefinition, code: str | None, right: ReadingRight) -> bool:
    """The days beside a fact come from its fields and are as secret as these."""
    return code is None or right.allows(item, item.field(code))


def _field(item: ItemDefinition, field: FieldDefinition, value: Any, right: ReadingRight) -> FactField:
    locked = not right.allows(item, field)
    shown = None if locked else value
    label = field.labels.get(str(shown), str(shown)) if field.kind is Kind.ENUM and shown is not None else ""
    return FactField(field.code, field.name, field.kind, field.unit, shown, label, locked)


def _document_no(item: ItemDefinition, payload: Mapping[str, Any], right: ReadingRight) -> str:
    """The first key field that reads like a document number, if the reader may see it."""
    for code in item.key:
        field = item.field(code)
        if field.kind is Kind.CODE and right.allows(item, field) and payload.get(code):
            return str(payload[code])
    return ""

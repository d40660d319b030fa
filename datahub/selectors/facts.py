"""The facts of one enterprise, cut to what a reader may see. Every page, export and API reads here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

import orjson
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


@dataclass(frozen=True, slots=True)
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
    right: ReadingRight
    content: Mapping[str, Any]
    """What the record holds and ``right`` opens, by field code; nothing else is kept here."""
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

    @cached_property
    def fields(self) -> tuple[FactField, ...]:
        """The fields in definition order. Made when asked for: a page shows one tab and counts the others."""
        return tuple(
            _field(field, locked, self.content.get(field.code))
            for field, locked in _reading_of(self.item, self.right).fields
        )

    def holds(self, code: str) -> bool:
        """True if the field has something to show: a value, or the lock before it."""
        return code in self.content or code in _reading_of(self.item, self.right).locked_codes


@dataclass(frozen=True)
class _Reading:
    """What a right makes of an item, the same for each of its facts."""

    fields: tuple[tuple[FieldDefinition, bool], ...]
    open_codes: tuple[str, ...]
    locked_codes: frozenset[str]
    days: tuple[bool, ...]
    documents: tuple[str, ...]
    locked: bool


@lru_cache(maxsize=4096)
def _reading_of(item: ItemDefinition, right: ReadingRight) -> _Reading:
    fields = tuple((f, not right.allows(item, f)) for f in item.payload_fields if f.grade is not Grade.L4)
    return _Reading(
        fields=fields,
        open_codes=tuple(f.code for f, locked in fields if not locked),
        locked_codes=frozenset(f.code for f, locked in fields if locked),
        days=tuple(_may_read_day(item, code, right) for code in _day_fields(item)),
        documents=tuple(
            code for code in item.key
            if item.field(code).kind is Kind.CODE and right.allows(item, item.field(code))
        ),
        locked=not right.allows_item(item),
    )  # fmt: skip


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
    record_id, item_id, payload, *days, received, batch_id, line, file_name = row
    item = get_item_by_number(item_id)
    reading = _reading_of(item, right)
    content = payload if isinstance(payload, dict) else orjson.loads(payload)
    event, valid_from, valid_to, released = (
        day_ if readable else None for day_, readable in zip(days, reading.days, strict=True)
    )
    in_force = (
        (days[1] is None or days[1] <= day)
        and (days[2] is None or days[2] >= day)
        and (days[3] is None or days[3] > day)
    )
    return Fact(
        record_id=record_id, item=item, department=names[item.department_code], right=right,
        content={
            code: content[code] for code in reading.open_codes if content.get(code) not in (None, "")
        },
        document_no=next((str(content[code]) for code in reading.documents if content.get(code)), ""),
        event_date=event, valid_from=valid_from, valid_to=valid_to, released_on=released,
        received_at=received, batch_id=batch_id, line=line, file_name=file_name, locked=reading.locked,
        in_force=in_force if all(reading.days) else None,
    )  # fmt: skip


def _day_fields(item: ItemDefinition) -> tuple[str | None, ...]:
    t = item.timeline
    return t.event, t.valid_from, t.valid_to, t.released


def _may_read_day(item: ItemDefinition, code: str | None, right: ReadingRight) -> bool:
    """The days beside a fact come from its fields and are as secret as these."""
    return code is None or right.allows(item, item.field(code))


def _field(field: FieldDefinition, locked: bool, value: Any) -> FactField:
    label = field.labels.get(str(value), str(value)) if field.kind is Kind.ENUM and value is not None else ""
    return FactField(field.code, field.name, field.kind, field.unit, value, label, locked)

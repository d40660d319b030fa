"""The reviewed definitions of departments and data items, read from YAML and checked as a whole."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from datahub.contracts import (
    CALENDAR_KINDS,
    MONEY_UNITS,
    NUMERIC_KINDS,
    RATIO_UNITS,
    Department,
    FieldDefinition,
    Grade,
    ItemDefinition,
    Kind,
    Opening,
    Sharing,
    Supply,
)
from datahub.engine.headers import normalise_header

DEFINITIONS_FOLDER = Path(__file__).resolve().parent.parent / "definitions"
MAX_MEASURES = 10
_OPERATORS = frozenset({"lt", "le", "eq", "ge", "gt"})
_ORDERED_KINDS = NUMERIC_KINDS | CALENDAR_KINDS
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_department_reader: TypeAdapter[Department] = TypeAdapter(Department)
_item_reader: TypeAdapter[ItemDefinition] = TypeAdapter(ItemDefinition)


class UnableToLoadDefinitions(Exception):
    """The YAML files contradict themselves; `problems` names file, item and what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, eq=False)
class Definitions:
    """All departments in order of number, and all items in order of department and file."""

    departments: tuple[Department, ...]
    items: tuple[ItemDefinition, ...]
    by_code: Mapping[str, ItemDefinition]
    by_number: Mapping[int, ItemDefinition]


@lru_cache(maxsize=4)
def load_definitions(folder: Path = DEFINITIONS_FOLDER) -> Definitions:
    """Read every `*.yaml` of the folder. Raises UnableToLoadDefinitions with all problems at once."""
    problems: list[str] = []
    departments: list[Department] = []
    items: list[ItemDefinition] = []
    for path in sorted(folder.glob("*.yaml")):
        department, own_items = _read_file(path, problems)
        if department is not None:
            departments.append(department)
        for item in own_items:
            problems += [f"{path.name}: {item.code}: {problem}" for problem in item_problems(item)]
            if department is not None and item.department_code != department.code:
                problems.append(f"{path.name}: {item.code}: belongs to another department")
        items += own_items
    for what, values in (
        ("department code", [d.code for d in departments]),
        ("department number", [d.number for d in departments]),
        ("item code", [i.code for i in items]),
        ("item number", [i.number for i in items]),
    ):
        problems += [f"{what} {value} is used {n} times" for value, n in Counter(values).items() if n > 1]
    if not departments and not problems:
        problems.append(f"no definitions in {folder.name}")
    if problems:
        raise UnableToLoadDefinitions(problems)
    departments.sort(key=lambda d: d.number)
    return Definitions(
        departments=tuple(departments),
        items=tuple(items),
        by_code={i.code: i for i in items},
        by_number={i.number: i for i in items},
    )


def list_departments() -> tuple[Department, ...]:
    """All departments in order of number."""
    return load_definitions().departments


def list_items() -> tuple[ItemDefinition, ...]:
    """All data items in order of department."""
    return load_definitions().items


def get_item(code: str) -> ItemDefinition:
    """The item of that code; KeyError when there is none."""
    return load_definitions().by_code[code]


def get_item_by_number(number: int) -> ItemDefinition:
    """The item stored under that number; KeyError when there is none."""
    return load_definitions().by_number[number]


def definition_hash(item: ItemDefinition) -> str:
    """SHA-256 (64 hex digits) over everything the definition says, in a fixed order of keys."""
    text = json.dumps(asdict(item), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _read_file(path: Path, problems: list[str]) -> tuple[Department | None, list[ItemDefinition]]:
    try:
        document = yaml.load(path.read_bytes(), Loader=_SafeLoader)  # noqa: S506
    except yaml.YAMLError as error:
        problems.append(f"{path.name}: not YAML: {error}")
        return None, []
    if not isinstance(document, dict) or set(document) != {"department", "items"}:
        problems.append(f"{path.name}: expected exactly the keys department and items")
        return None, []
    department: Department | None = None
    try:
        department = _department_reader.validate_python(document["department"])
    except ValidationError as error:
        problems += [f"{path.name}: department: {line}" for line in _validation_lines(error)]
    items = []
    for place, raw in enumerate(document["items"] or [], start=1):
        name = raw.get("code", f"item {place}") if isinstance(raw, dict) else f"item {place}"
        try:
            items.append(_item_reader.validate_python(raw))
        except ValidationError as error:
            problems += [f"{path.name}: {name}: {line}" for line in _validation_lines(error)]
    return department, items


def _validation_lines(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        yield f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"


def item_problems(item: ItemDefinition) -> Iterator[str]:
    """Everything that is wrong with one item, in plain English."""
    codes = [f.code for f in item.fields]
    yield from (f"field {code} is defined {n} times" for code, n in Counter(codes).items() if n > 1)
    kinds = {f.code: f.kind for f in item.fields}
    for definition in item.fields:
        yield from (f"{definition.code}: {problem}" for problem in _field_problems(definition))
    yield from _header_problems(item)
    yield from _reference_problems(item, kinds)
    yield from _attribute_problems(item)


def _field_problems(definition: FieldDefinition) -> Iterator[str]:
    if not _CODE.fullmatch(definition.code):
        yield "code is not snake_case"
    if (definition.kind is Kind.ENUM) != bool(definition.values):
        yield "values belong to enumerations, and an enumeration needs them"
    if set(definition.values) != set(definition.labels):
        yield "values and labels do not name the same codes"
    spellings = Counter(
        normalise_header(spelling) for accepted in definition.values.values() for spelling in accepted
    )
    yield from (f"spelling {text} stands for several codes" for text, n in spellings.items() if n > 1)
    if definition.kind is Kind.MONEY and definition.unit not in MONEY_UNITS:
        yield f"money in unknown unit {definition.unit!r}"
    if definition.kind is Kind.RATIO and definition.unit not in RATIO_UNITS:
        yield f"ratio in unknown unit {definition.unit!r}"
    if (definition.min is not None or definition.max is not None) and definition.kind not in NUMERIC_KINDS:
        yield "a range needs a numeric kind"
    if definition.min is not None and definition.max is not None and definition.min > definition.max:
        yield "min is greater than max"
    if definition.not_future and definition.kind not in CALENDAR_KINDS:
        yield "not_future needs a date, month or year"
    if definition.pattern is not None:
        try:
            re.compile(definition.pattern)
        except re.error as error:
            yield f"pattern: {error}"
    if definition.kind in (Kind.CITIZEN_ID, Kind.PHONE) and definition.grade is not Grade.L4:
        yield "personal identifiers are L4"


def _header_problems(item: ItemDefinition) -> Iterator[str]:
    owners: dict[str, str] = {}
    for definition in item.fields:
        own = {normalise_header(header) for header in (definition.name, *definition.headers)}
        if len(own) < 2:
            yield f"{definition.code}: fewer than two accepted headers"
        for header in sorted(own):
            if header in owners:
                yield f"header {header} could mean {owners[header]} or {definition.code}"
            owners[header] = definition.code


def _reference_problems(item: ItemDefinition, kinds: Mapping[str, Kind]) -> Iterator[str]:
    timeline = {name: code for name, code in asdict(item.timeline).items() if code is not None}
    referred: list[tuple[str, Any]] = [("key", code) for code in item.key]
    referred += [("measure", code) for code in item.measures]
    referred += [("subject", code) for code in (item.subject.code, item.subject.name)]
    referred += [(f"timeline {name}", code) for name, code in timeline.items()]
    referred += [("check", code) for check in item.checks for code in (check.left, check.right)]
    if item.level is not None:
        referred.append(("level", item.level))
    unknown = [(what, code) for what, code in referred if code not in kinds]
    yield from (f"{what} refers to {code}, which is no field" for what, code in unknown)
    if unknown:
        return
    if kinds[item.subject.code] is not Kind.USCC or kinds[item.subject.name] is not Kind.TEXT:
        yield "subject must be a uscc field and a text field"
    if len(item.measures) > MAX_MEASURES or len(set(item.measures)) != len(item.measures):
        yield f"at most {MAX_MEASURES} measures, each once"
    yield from (f"measure {m} is not numeric" for m in item.measures if kinds[m] not in NUMERIC_KINDS)
    if item.level is not None and kinds[item.level] is not Kind.ENUM:
        yield f"level {item.level} is not an enumeration"
    for name, code in timeline.items():
        if kinds[code] not in CALENDAR_KINDS:
            yield f"timeline {name} is not a date"
    if item.key and not any(item.field(code).required for code in item.key):
        yield "at least one part of the key must be required"
    for code in item.key:
        if item.field(code).grade is Grade.L4:
            yield f"key {code} is a personal identifier"
    for check in item.checks:
        if check.op not in _OPERATORS:
            yield f"check operator {check.op} is unknown"
        if kinds[check.left] is not kinds[check.right] or kinds[check.left] not in _ORDERED_KINDS:
            yield f"check compares {check.left} with {check.right}, which have no common order"


def _attribute_problems(item: ItemDefinition) -> Iterator[str]:
    highest = max(f.grade for f in item.fields)
    if item.grade is not highest:
        yield f"grade is {item.grade}, but the highest of its fields is {highest}"
    if item.opening is Opening.OPEN and item.grade > Grade.L2:
        yield "an item with L3 or L4 fields cannot be open"
    if item.opening is Opening.OPEN and item.sharing is Sharing.NONE:
        yield "an open item must be shared"
    if (item.supply is Supply.NONE) != (item.gap is not None):
        yield "a gap is stated exactly for items without supply"
    if item.delivery.grace_days < 0:
        yield "grace_days is negative"


_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

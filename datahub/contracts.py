"""What crosses the borders of data collection: definitions, checked blocks, reasons of refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import polars as pl
from pydantic import ConfigDict, with_config

KEY_SEPARATOR = "\x1f"
"""Joins the parts of a natural key (U+001F, which no cleaned cell can contain)."""


class Category(StrEnum):
    """Where a fact appears on an enterprise's profile."""

    BASIC = "basic"
    CAPITAL = "capital"
    MORTGAGE = "mortgage"
    PERMIT = "permit"
    EXECUTIVE = "executive"
    SEIZURE = "seizure"
    EQUITY_FREEZE = "equity_freeze"
    ARREARS = "arrears"
    OPERATING = "operating"
    OTHER = "other"


class Supply(StrEnum):
    """How a data item reaches the city."""

    LOCAL = "local"
    PROVINCE = "province"
    NINGBO = "ningbo"
    NONE = "none"


class Grade(StrEnum):
    """Sensitivity: L1 public register, L2 administrative, L3 commercial secret, L4 personal identifier."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


class Sharing(StrEnum):
    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NONE = "none"


class Opening(StrEnum):
    OPEN = "open"
    RESTRICTED = "restricted"
    FORBIDDEN = "forbidden"


class DeliveryMode(StrEnum):
    FULL = "full"
    INCREMENTAL = "incremental"


class Period(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class Kind(StrEnum):
    """How a cell is read. Canonical form in brackets.

    TEXT, CODE, USCC, ORG_CODE, CITIZEN_ID, REGISTER_NO, PHONE (string), DATE (ISO day), MONTH (YYYY-MM),
    YEAR (integer), MONEY (number in 元, two decimals), NUMBER (number), INTEGER (integer),
    RATIO (number, 1 = 100 %), ENUM (the code), BOOL (true/false).
    """

    TEXT = "text"
    CODE = "code"
    USCC = "uscc"
    ORG_CODE = "org_code"
    CITIZEN_ID = "citizen_id"
    REGISTER_NO = "register_no"
    DATE = "date"
    MONTH = "month"
    YEAR = "year"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"
    RATIO = "ratio"
    ENUM = "enum"
    PHONE = "phone"
    BOOL = "bool"


NUMERIC_KINDS = frozenset({Kind.MONEY, Kind.NUMBER, Kind.INTEGER, Kind.RATIO})
CALENDAR_KINDS = frozenset({Kind.DATE, Kind.MONTH, Kind.YEAR})
MONEY_UNITS: Mapping[str, int] = {"元": 1, "千元": 10**3, "万元": 10**4, "百万元": 10**6, "亿元": 10**8}
RATIO_UNITS: Mapping[str, int] = {"": 1, "%": 100, "‰": 1000}
"""How many of the unit make a whole."""

CATEGORY_LABELS: Mapping[Category, str] = {
    Category.BASIC: "基本",
    Category.CAPITAL: "资本",
    Category.MORTGAGE: "抵押",
    Category.PERMIT: "许可",
    Category.EXECUTIVE: "高管",
    Category.SEIZURE: "查封",
    Category.EQUITY_FREEZE: "股权冻结",
    Category.ARREARS: "逾期欠费",
    Category.OPERATING: "经营与其他",
    Category.OTHER: "经营与其他",
}
SUPPLY_LABELS: Mapping[Supply, str] = {
    Supply.LOCAL: "本地归集",
    Supply.PROVINCE: "省回流",
    Supply.NINGBO: "市回流",
    Supply.NONE: "省级统筹，暂无接口",
}
GRADE_LABELS: Mapping[Grade, str] = {
    Grade.L1: "L1 公开",
    Grade.L2: "L2 内部",
    Grade.L3: "L3 敏感",
    Grade.L4: "L4 个人标识",
}
SHARING_LABELS: Mapping[Sharing, str] = {
    Sharing.UNCONDITIONAL: "无条件共享",
    Sharing.CONDITIONAL: "有条件共享",
    Sharing.NONE: "不予共享",
}
OPENING_LABELS: Mapping[Opening, str] = {
    Opening.OPEN: "无条件开放",
    Opening.RESTRICTED: "受限开放",
    Opening.FORBIDDEN: "禁止开放",
}
MODE_LABELS: Mapping[DeliveryMode, str] = {DeliveryMode.FULL: "全量", DeliveryMode.INCREMENTAL: "增量"}
PERIOD_LABELS: Mapping[Period, str] = {
    Period.DAILY: "每日",
    Period.WEEKLY: "每周",
    Period.MONTHLY: "每月",
    Period.QUARTERLY: "每季",
    Period.YEARLY: "每年",
}
KIND_LABELS: Mapping[Kind, str] = {
    Kind.TEXT: "文本",
    Kind.CODE: "编号",
    Kind.USCC: "统一社会信用代码",
    Kind.ORG_CODE: "组织机构代码",
    Kind.CITIZEN_ID: "公民身份号码",
    Kind.REGISTER_NO: "注册号",
    Kind.DATE: "日期",
    Kind.MONTH: "年月",
    Kind.YEAR: "年份",
    Kind.MONEY: "金额",
    Kind.NUMBER: "数值",
    Kind.INTEGER: "整数",
    Kind.RATIO: "比例",
    Kind.ENUM: "枚举",
    Kind.PHONE: "电话",
    Kind.BOOL: "是否",
}

_strict = ConfigDict(extra="forbid")


@with_config(_strict)
@dataclass(frozen=True)
class Department:
    """A delivering unit. `number` fixes the order of pages; `short` is the name in tables."""

    code: str
    number: int
    name: str
    short: str
    contact: str


@with_config(_strict)
@dataclass(frozen=True)
class DeliveryRule:
    """How often and how completely the unit delivers; late after the period's end plus `grace_days`."""

    mode: DeliveryMode
    period: Period
    grace_days: int


@with_config(_strict)
@dataclass(frozen=True)
class Subject:
    """Which fields name the enterprise that a row is about."""

    code: str
    name: str


@with_config(_strict)
@dataclass(frozen=True)
class Timeline:
    """Which fields give the five dates of a record; None = the item has no such date."""

    event: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    released: str | None = None
    repaired: str | None = None


@with_config(_strict)
@dataclass(frozen=True)
class CrossCheck:
    """`left op right` must hold where both are filled; `op` is one of lt, le, eq, ge, gt."""

    code: str
    left: str
    op: str
    right: str
    message: str


@with_config(_strict)
@dataclass(frozen=True)
class Gap:
    """For an item nobody supplies: who was asked, when, and what they answered."""

    asked_of: str
    asked_on: date
    answer: str


@with_config(_strict)
@dataclass(frozen=True, eq=False)
class FieldDefinition:
    """One column of a data item.

    headers: accepted column headers besides `name`, compared after `engine.headers.normalise_header`.
    unit: what the delivered column is in; money in any unit of MONEY_UNITS becomes 元, a ratio with "%"
    becomes a share of 1. min, max: inclusive, in canonical units. values: enumeration code to accepted
    spellings. empties: further spellings of "nothing" besides the usual ones. excel_serial: digits of five
    places are days counted by a spreadsheet (only where declared). not_future: later than the day of
    checking is refused.
    """

    code: str
    name: str
    kind: Kind
    grade: Grade
    headers: tuple[str, ...] = ()
    required: bool = False
    unit: str = ""
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    pattern: str | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    empties: tuple[str, ...] = ()
    excel_serial: bool = False
    not_future: bool = False

    @property
    def sensitive(self) -> bool:
        """True when a cell of this column is never shown whole in messages, reports or logs."""
        return self.grade in (Grade.L3, Grade.L4)


@with_config(_strict)
@dataclass(frozen=True, eq=False)
class ItemDefinition:
    """One data item (数据项) as defined in `definitions/NN_<department>.yaml`.

    `number` is the stable small integer stored with each record: department number * 100 + place at creation.
    """

    code: str
    number: int
    name: str
    category: Category
    supply: Supply
    delivery: DeliveryRule
    key: tuple[str, ...]
    subject: Subject
    grade: Grade
    sharing: Sharing
    opening: Opening
    legal_basis: str
    purpose: str
    fields: tuple[FieldDefinition, ...]
    timeline: Timeline = field(default_factory=Timeline)
    measures: tuple[str, ...] = ()
    level: str | None = None
    checks: tuple[CrossCheck, ...] = ()
    gap: Gap | None = None

    @property
    def department_code(self) -> str:
        return self.code.partition(".")[0]

    @property
    def fact_grade(self) -> Grade:
        """Grade of the fact as a whole: the highest of its fields, personal identifiers (L4) set aside.

        A personal identifier is cut out of every view; it does not hide the fact that it stands beside.
        """
        return max((f.grade for f in self.fields if f.grade is not Grade.L4), default=Grade.L1)

    @property
    def payload_fields(self) -> tuple[FieldDefinition, ...]:
        """The fields stored in a record's payload, in definition order.

        The enterprise's own code and name are left out, since the record hangs on the enterprise; an item
        without natural key describes the enterprise itself and keeps them.
        """
        if not self.key:
            return self.fields
        return tuple(f for f in self.fields if f.code not in (self.subject.code, self.subject.name))

    def field(self, code: str) -> FieldDefinition:
        """The field of that code; KeyError when the item has none."""
        for definition in self.fields:
            if definition.code == code:
                return definition
        raise KeyError(code)


@dataclass(frozen=True)
class EncodingDecision:
    """How a file was read: `name` is utf-8, utf-8-sig, gb18030 or xlsx; `reason` is Chinese, for the record."""

    name: str
    reason: str


@dataclass(frozen=True)
class HeaderMatch:
    """Which column of a file feeds which field.

    columns: field code to 0-based column. units: field code to the unit written in the header, which
    overrides the declared one. unused: headers nobody asked for. missing: required fields without a column.
    """

    columns: Mapping[str, int]
    units: Mapping[str, str]
    unused: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Rejection:
    """Why a row was put aside. `value_shown` is masked where the column is sensitive."""

    line: int
    column: str
    code: str
    message: str
    value_shown: str = ""


REJECTION_SCHEMA: Mapping[str, Any] = {
    "line": pl.Int64,
    "column": pl.String,
    "code": pl.String,
    "message": pl.String,
    "value_shown": pl.String,
}
ROW_SCHEMA: Mapping[str, Any] = {
    "line": pl.Int64,
    "code": pl.String,
    "name": pl.String,
    "natural_key": pl.String,
    "payload": pl.String,
    "nums": pl.List(pl.Float64),
    "level": pl.String,
    "event_date": pl.Date,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "released_on": pl.Date,
    "repaired_on": pl.Date,
}


@dataclass(frozen=True, eq=False)
class RawBlock:
    """Some rows of a delivery as text.

    frame: column `line` (Int64, first physical line or sheet row of the record) and one String column per
    matched field, named by field code. rejections: rows that could not be split into cells
    (REJECTION_SCHEMA). skipped: blank lines, notes and totals, which are no rows.
    """

    frame: pl.DataFrame
    rejections: pl.DataFrame
    skipped: int = 0

    @property
    def received(self) -> int:
        return self.frame.height + self.rejections["line"].n_unique()


@dataclass(frozen=True, eq=False)
class CheckedBlock:
    """Rows that passed (ROW_SCHEMA) and reasons for those that did not (REJECTION_SCHEMA).

    `rejected` counts rows, not reasons: received = rows.height + rejected.
    """

    rows: pl.DataFrame
    rejections: pl.DataFrame
    received: int

    @property
    def rejected(self) -> int:
        return self.received - self.rows.height

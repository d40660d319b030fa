"""From a block of text cells to records and rejections, a whole column at a time."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from datahub.contracts import (
    KEY_SEPARATOR,
    REJECTION_SCHEMA,
    ROW_SCHEMA,
    CheckedBlock,
    FieldDefinition,
    Grade,
    ItemDefinition,
    Kind,
)
from datahub.engine.cells import CODE_LENGTH, mask_cell
from datahub.engine.kinds import CellProblem, canonical_type, normalise_names, read_column

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ge": operator.ge,
    "gt": operator.gt,
}
_STRING_KINDS = frozenset(Kind) - {
    Kind.DATE,
    Kind.MONTH,
    Kind.YEAR,
    Kind.MONEY,
    Kind.NUMBER,
    Kind.INTEGER,
    Kind.RATIO,
    Kind.BOOL,
}
_ROW_TYPES: Any = dict(ROW_SCHEMA)
_LAST_DAY = frozenset({"event", "valid_to", "released", "repaired"})


@dataclass
class _Findings:
    """Problems of a block, gathered column by column; the rows touched are out of the block."""

    raw: pl.DataFrame
    bad: np.ndarray
    parts: list[pl.DataFrame] = field(default_factory=list)
    touched: dict[str, set[int]] = field(default_factory=dict)

    def add(self, definition: FieldDefinition, rows: list[int], codes: list[str], reasons: list[str]) -> None:
        """Note one problem per row for one column; the cell is masked by the column's grade."""
        if not rows:
            return
        self.bad[rows] = True
        self.touched.setdefault(definition.code, set()).update(rows)
        if definition.code in self.raw.columns:
            texts = self.raw[definition.code].gather(rows).fill_null("").to_list()
            shown = [mask_cell(text, definition.grade) if text else "" for text in texts]
        else:
            shown = [""] * len(rows)
        lines = self.raw["line"].gather(rows)
        self.parts.append(
            pl.DataFrame(
                {
                    "line": lines,
                    "column": [definition.name] * len(rows),
                    "code": codes,
                    "message": [
                        f"第 {line} 行“{definition.name}”列：{reason}。"
                        for line, reason in zip(lines.to_list(), reasons, strict=True)
                    ],
                    "value_shown": shown,
                },
                schema=dict(REJECTION_SCHEMA),
            )
        )

    def add_mask(self, definition: FieldDefinition, mask: pl.Series, code: str, reason: str) -> None:
        rows = mask.fill_null(False).arg_true().to_list()
        self.add(definition, rows, [code] * len(rows), [reason] * len(rows))

    def frame(self) -> pl.DataFrame:
        if not self.parts:
            return pl.DataFrame(schema=dict(REJECTION_SCHEMA))
        return pl.concat(self.parts).sort("line", maintain_order=True)


def check_block(
    item: ItemDefinition, frame: pl.DataFrame, *, today: date, units: Mapping[str, str] | None = None
) -> CheckedBlock:
    """Check every row of a block against the item's definition.

    frame: `line` (Int64) and String columns named by field code; absent fields count as empty. today: the
    day against which `not_future` is judged. units: field code to the unit written in the file's header. A
    row with any problem is left out of `rows` and has one rejection per problem; the other rows come out in
    file order.
    """
    findings = _Findings(raw=frame, bad=np.zeros(frame.height, dtype=bool))
    columns: dict[str, pl.Series] = {}
    for definition in item.fields:
        columns[definition.code] = _check_field(item, definition, frame, findings, today, units or {})
    _check_subject(item, columns, findings)
    _check_across(item, columns, findings)
    good = pl.DataFrame({"line": frame["line"], **{f"f_{code}": values for code, values in columns.items()}})
    if findings.bad.any():
        good = good.filter(pl.Series(~findings.bad))
    return CheckedBlock(rows=_build_rows(item, good), rejections=findings.frame(), received=frame.height)


def _check_field(
    item: ItemDefinition,
    definition: FieldDefinition,
    frame: pl.DataFrame,
    findings: _Findings,
    today: date,
    units: Mapping[str, str],
) -> pl.Series:
    if definition.code not in frame.columns:
        values = pl.Series([None] * frame.height, dtype=canonical_type(definition.kind))
        if definition.required:
            findings.add_mask(definition, values.is_null(), "REQUIRED", "必填内容为空，请补填")
        return values
    column = read_column(definition, frame[definition.code], units.get(definition.code))
    values = column.values
    _add_cell_problems(definition, column.problems, findings)
    if definition.required and values.null_count():
        empty = values.is_null().to_numpy().copy()
        empty[[problem.row for problem in column.problems]] = False
        findings.add_mask(definition, pl.Series(empty), "REQUIRED", "必填内容为空，请补填")
    scale = 100 if definition.kind is Kind.MONEY else 1
    unit = "元" if definition.kind is Kind.MONEY else ""
    if definition.min is not None:
        reason = f"不得小于 {definition.min:g}{unit}，请核对数值和单位"
        findings.add_mask(definition, values < definition.min * scale, "RANGE", reason)
    if definition.max is not None:
        reason = f"不得大于 {definition.max:g}{unit}，请核对数值和单位"
        findings.add_mask(definition, values > definition.max * scale, "RANGE", reason)
    if definition.not_future:
        limit: Any = today.year if definition.kind is Kind.YEAR else today
        findings.add_mask(definition, values > limit, "FUTURE_DATE", "晚于今天，请核对")
    return values


def _add_cell_problems(definition: FieldDefinition, problems: list[CellProblem], findings: _Findings) -> None:
    findings.add(
        definition, [p.row for p in problems], [p.code for p in problems], [p.reason for p in problems]
    )


def _check_subject(item: ItemDefinition, columns: Mapping[str, pl.Series], findings: _Findings) -> None:
    code, name = columns[item.subject.code], columns[item.subject.name]
    if not code.null_count():
        return
    nobody = (code.is_null() & name.is_null()).to_numpy().copy()
    refused = findings.touched.get(item.subject.code, set()) | findings.touched.get(item.subject.name, set())
    nobody[list(refused)] = False
    findings.add_mask(
        item.field(item.subject.code),
        pl.Series(nobody),
        "SUBJECT_MISSING",
        "统一社会信用代码和企业名称均为空，无法归到企业，请至少填写一项",
    )


def _check_across(item: ItemDefinition, columns: Mapping[str, pl.Series], findings: _Findings) -> None:
    for check in item.checks:
        broken = ~_OPERATORS[check.op](columns[check.left], columns[check.right])
        findings.add_mask(item.field(check.left), broken, check.code, f"{check.message}，请核对")


def _build_rows(item: ItemDefinition, good: pl.DataFrame) -> pl.DataFrame:
    """Records of ROW_SCHEMA from the canonical columns of rows without problem."""
    timeline = item.timeline
    measures = [_measure(item.field(code), good) for code in item.measures]
    rows = good.select(
        pl.col("line").cast(pl.Int64),
        pl.col(f"f_{item.subject.code}").fill_null("").alias("code"),
        pl.col(f"f_{item.subject.name}").fill_null("").alias("name"),
        _natural_key(item).alias("natural_key"),
        _payload(item, good).alias("payload"),
        (pl.concat_list(measures) if measures else pl.lit([], dtype=pl.List(pl.Float64))).alias("nums"),
        (pl.col(f"f_{item.level}") if item.level else pl.lit(None, dtype=pl.String)).alias("level"),
        _timeline_date(item, timeline.event, "event").alias("event_date"),
        _timeline_date(item, timeline.valid_from, "valid_from").alias("valid_from"),
        _timeline_date(item, timeline.valid_to, "valid_to").alias("valid_to"),
        _timeline_date(item, timeline.released, "released").alias("released_on"),
        _timeline_date(item, timeline.repaired, "repaired").alias("repaired_on"),
    )
    return rows.with_columns(normalise_names(rows["name"]).alias("name")).cast(_ROW_TYPES)


def _measure(definition: FieldDefinition, good: pl.DataFrame) -> pl.Series:
    """Floats of one measure. Money is divided by NumPy: polars multiplies by 1/100, which is off by a bit."""
    column = good[f"f_{definition.code}"]
    if definition.kind is not Kind.MONEY:
        return column.cast(pl.Float64)
    yuan = pl.Series(column.name, column.fill_null(0).to_numpy() / 100.0)
    return pl.select(pl.when(column.is_not_null()).then(yuan)).to_series().alias(column.name)


def _timeline_date(item: ItemDefinition, code: str | None, role: str) -> pl.Expr:
    """A date as it is; a month or a year gives its first day where something begins, else its last."""
    if code is None:
        return pl.lit(None, dtype=pl.Date)
    column, kind = pl.col(f"f_{code}"), item.field(code).kind
    if kind is Kind.MONTH and role in _LAST_DAY:
        return column.dt.month_end()
    if kind is Kind.YEAR:
        return pl.date(column, 12, 31) if role in _LAST_DAY else pl.date(column, 1, 1)
    return column


def _natural_key(item: ItemDefinition) -> pl.Expr:
    if not item.key:
        return pl.lit("")
    parts = [canonical_text(item.field(code)).fill_null("") for code in item.key]
    return pl.concat_str(parts, separator=KEY_SEPARATOR)


def _payload(item: ItemDefinition, good: pl.DataFrame) -> pl.Expr:
    """JSON object per row. One flat concatenation; only columns with gaps need an expression of their own.

    The comma stands after a member until the first column without gaps, and before each member from there on.
    """
    pieces: list[pl.Expr] = [pl.lit("{")]
    anchored = False
    for definition in item.payload_fields:
        column = good[f"f_{definition.code}"]
        if column.null_count() == len(column):
            continue
        quoted = definition.kind in _STRING_KINDS or definition.kind in (Kind.DATE, Kind.MONTH)
        quote = '"' if quoted else ""
        opening = pl.lit(f'{"," if anchored else ""}"{definition.code}":{quote}')
        text = _json_text(definition)
        if column.null_count() == 0:
            closing = pl.lit(quote)
            anchored = True
            pieces += [opening, text, closing]
        else:
            closing = pl.lit(quote if anchored else f"{quote},")
            pieces.append(opening + text + closing)
    body = pl.concat_str([*pieces, pl.lit("}")], ignore_nulls=True)
    return body if anchored else body.str.replace(",}", "}", literal=True)


def _json_text(definition: FieldDefinition) -> pl.Expr:
    text = canonical_text(definition)
    if definition.grade is Grade.L4:
        text = _masked(text)
    if definition.kind in _STRING_KINDS:
        return text.str.replace_many(["\\", '"'], ["\\\\", '\\"'])
    return text


def canonical_text(definition: FieldDefinition) -> pl.Expr:
    """Canonical value of column `f_<code>` as text: a JSON number where the kind is numeric; null stays."""
    column = pl.col(f"f_{definition.code}")
    match definition.kind:
        case Kind.DATE:
            return column.cast(pl.String)
        case Kind.MONTH:
            return column.cast(pl.String).str.slice(0, 7)
        case Kind.MONEY:
            return _yuan_text(column)
        case Kind.NUMBER | Kind.RATIO:
            whole = column.cast(pl.Int64, strict=False)
            text = pl.when(whole.cast(pl.Float64) == column).then(whole.cast(pl.String))
            return text.otherwise(column.cast(pl.String))
        case Kind.BOOL:
            return pl.when(column).then(pl.lit("true")).when(~column).then(pl.lit("false"))
        case _:
            return column.cast(pl.String)


def _yuan_text(cents: pl.Expr) -> pl.Expr:
    """Hundredths of 元 as a JSON number without trailing zeros: 1234500 gives 12345, -5 gives -0.05."""
    size = cents.abs()
    rest = size % 100
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    tail = (
        pl.when(rest == 0)
        .then(pl.lit(""))
        .when(rest % 10 == 0)
        .then(pl.lit(".") + (rest // 10).cast(pl.String))
        .otherwise(pl.lit(".") + rest.cast(pl.String).str.zfill(2))
    )
    return pl.when(cents.is_not_null()).then(pl.concat_str([sign, (size // 100).cast(pl.String), tail]))


def _masked(text: pl.Expr) -> pl.Expr:
    """Personal identifiers as `cells.mask_personal` shows them; nothing else of them is ever stored."""
    length = text.str.len_chars().cast(pl.Int64)
    stars = pl.lit("*" * CODE_LENGTH)
    hidden = stars.str.slice(0, pl.when(length >= 8).then(length - 5).otherwise(length))
    long = length >= 8
    front = pl.when(long).then(text.str.slice(0, 3)).otherwise(pl.lit(""))
    back = pl.when(long).then(text.str.slice(-2)).otherwise(pl.lit(""))
    return pl.when(text.is_not_null()).then(pl.concat_str([front, hidden, back]))

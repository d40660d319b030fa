"""Whole columns: raw text to canonical values, with a reason for every cell that cannot be read.

Every kind has a fast path for cells that are canonical already, written in polars expressions; the distinct
rest goes through `cells`, which defines what is accepted. The two agree on every cell (property tests).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from datahub.contracts import MONEY_UNITS, RATIO_UNITS, FieldDefinition, Kind
from datahub.engine import cells
from datahub.engine.cells import CellRefused
from datahub.engine.identifiers import PROBLEM_OF, valid_mask

CANONICAL_TYPE: dict[Kind, Any] = {
    Kind.DATE: pl.Date,
    Kind.MONTH: pl.Date,
    Kind.YEAR: pl.Int64,
    Kind.MONEY: pl.Int64,
    Kind.NUMBER: pl.Float64,
    Kind.INTEGER: pl.Int64,
    Kind.RATIO: pl.Float64,
    Kind.BOOL: pl.Boolean,
}
"""In memory: money in hundredths of 元, a month as its first day; everything else not listed is a string."""

_OPEN_ENDS = sorted(cells.OPEN_ENDS)


@dataclass(frozen=True)
class CellProblem:
    """Row (0-based in the block), stable code, Chinese reason."""

    row: int
    code: str
    reason: str


@dataclass(frozen=True, eq=False)
class Column:
    """values: canonical, null for empty, open-ended and refused cells. problems: one per row, in order."""

    values: pl.Series
    problems: list[CellProblem]


def canonical_type(kind: Kind) -> Any:
    """polars type of the kind's canonical values."""
    return CANONICAL_TYPE.get(kind, pl.String)


def read_column(definition: FieldDefinition, raw: pl.Series, unit: str | None = None) -> Column:
    """Turn a column of text into canonical values.

    raw: String series, null or text as delivered. unit: as written in the file's header, overrides the
    declared one. Length is at most `max_length` (or the kind's usual limit); ranges and required cells are
    checked later.
    """
    unit = definition.unit if unit is None else unit
    present = _blank_out(definition, raw)
    if present.null_count() == len(present):
        return Column(pl.Series(raw.name, [None] * len(raw), dtype=canonical_type(definition.kind)), [])
    reader, fast = _plan(definition, unit)
    quick = fast(present)
    todo = present.filter(present.is_not_null() & quick.is_null())
    if todo.is_empty():
        return _finish(definition, quick, [])
    known, reasons = _read_each(todo.unique(), reader)
    dtype = canonical_type(definition.kind)
    slow = (
        present.replace_strict(
            pl.Series(list(known), dtype=pl.String),
            pl.Series(list(known.values()), dtype=dtype),
            default=None,
            return_dtype=dtype,
        )
        if known
        else pl.Series([None] * len(present), dtype=dtype)
    )
    values = pl.select(pl.coalesce(quick, slow)).to_series().alias(raw.name)
    problems: list[CellProblem] = []
    if reasons:
        bad = (quick.is_null() & present.is_in(list(reasons))).fill_null(False).arg_true()
        for row, text in zip(bad.to_list(), present.gather(bad).to_list(), strict=True):
            problems.append(CellProblem(row, *reasons[text]))
    return _finish(definition, values, problems)


def normalise_names(names: pl.Series) -> pl.Series:
    """Enterprise names as they are compared: no spaces, half-width letters, full-width brackets."""
    odd = names.str.contains(r"[\s()\u{ff10}-\u{ff19}\u{ff21}-\u{ff3a}\u{ff41}-\u{ff5a}]").fill_null(False)
    if not odd.any():
        return names
    todo = names.filter(odd).unique()
    fixed = [normalise_name(name) for name in todo.to_list()]
    return names.replace(todo, pl.Series(fixed, dtype=pl.String))


def normalise_name(name: str) -> str:
    """One name as `normalise_names` gives it."""
    return cells.fold(name).replace("(", "（").replace(")", "）").replace(",", "，")


def _blank_out(definition: FieldDefinition, raw: pl.Series) -> pl.Series:
    stripped = raw.str.strip_chars()
    nothing = [*cells.EMPTIES, *definition.empties]
    if definition.kind is Kind.ENUM:
        accepted = {spelling for spellings in definition.values.values() for spelling in spellings}
        nothing = [spelling for spelling in nothing if spelling not in accepted]
    return pl.select(pl.when(~stripped.is_in(nothing)).then(stripped)).to_series().alias(raw.name)


def _read_each(
    distinct: pl.Series, reader: Callable[[str], Any]
) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    known: dict[str, Any] = {}
    reasons: dict[str, tuple[str, str]] = {}
    for text in distinct.to_list():
        try:
            value = reader(text)
            known[text] = None if value == "" else value
        except CellRefused as refusal:
            reasons[text] = (refusal.code, refusal.reason)
    return known, reasons


def _finish(definition: FieldDefinition, values: pl.Series, problems: list[CellProblem]) -> Column:
    """Checks that need the canonical text: check digits, pattern, length."""
    if definition.kind in PROBLEM_OF:
        bad = (values.is_not_null() & ~pl.Series(valid_mask(definition.kind, values))).arg_true()
        check = PROBLEM_OF[definition.kind]
        found = [
            (row, check(text)) for row, text in zip(bad.to_list(), values.gather(bad).to_list(), strict=True)
        ]
        problems = problems + [CellProblem(row, p.code, p.message) for row, p in found if p is not None]
        values = _null_at(values, bad)
    elif definition.kind in (Kind.TEXT, Kind.CODE):
        usual = cells.TEXT_LENGTH if definition.kind is Kind.TEXT else cells.CODE_LENGTH
        limit = definition.max_length or usual
        bad = (values.str.len_bytes() > limit).fill_null(False).arg_true()
        if len(bad):
            bad = bad.filter(values.gather(bad).str.len_chars() > limit)
            problems = problems + [
                CellProblem(row, "TOO_LONG", f"超过 {limit} 个字，请缩短") for row in bad.to_list()
            ]
            values = _null_at(values, bad)
        if definition.pattern is not None:
            bad = (~values.str.contains(f"^(?:{definition.pattern})$")).fill_null(False).arg_true()
            problems = problems + [
                CellProblem(row, "BAD_PATTERN", "不符合该编号的规定格式，请核对") for row in bad.to_list()
            ]
            values = _null_at(values, bad)
    return Column(
        values, sorted(problems, key=lambda problem: problem.row) if len(problems) > 1 else problems
    )


def _null_at(values: pl.Series, rows: pl.Series) -> pl.Series:
    if rows.is_empty():
        return values
    return values.clone().scatter(rows.to_list(), [None] * len(rows))


def _plan(
    definition: FieldDefinition, unit: str
) -> tuple[Callable[[str], Any], Callable[[pl.Series], pl.Series]]:
    """Reader of one cell, and the fast path: canonical values, null where the reader must look."""
    match definition.kind:
        case Kind.TEXT:
            return cells.read_text, _fast_text
        case Kind.CODE:
            return cells.read_code, _fast_code
        case Kind.DATE:
            return partial(cells.read_date, excel_serial=definition.excel_serial), _fast_date
        case Kind.MONTH:
            return cells.read_month, _fast_month
        case Kind.YEAR:
            return cells.read_year, _fast_year
        case Kind.MONEY:
            return partial(cells.read_cents, unit=unit), partial(_fast_money, unit=unit)
        case Kind.NUMBER:
            return partial(cells.read_number, unit=unit), _fast_number
        case Kind.INTEGER:
            return partial(cells.read_integer, unit=unit), _fast_integer
        case Kind.RATIO:
            return partial(cells.read_ratio, unit=unit), partial(_fast_ratio, unit=unit)
        case Kind.ENUM:
            labels = tuple(definition.labels.values())
            reader = partial(cells.read_enum, accepted=cells.spellings(definition), labels=labels)
            return reader, partial(_fast_none, dtype=pl.String)
        case Kind.BOOL:
            return cells.read_bool, partial(_fast_none, dtype=pl.Boolean)
        case Kind.PHONE:
            return cells.read_phone, partial(_fast_where, pattern=r"^1[3-9][0-9]{9}$")
        case _:
            return cells.read_identifier, partial(_fast_where, pattern=r"^[0-9A-Z]+$")


def _fast_where(present: pl.Series, pattern: str) -> pl.Series:
    return pl.select(pl.when(present.str.contains(pattern)).then(present)).to_series()


def _fast_none(present: pl.Series, dtype: Any) -> pl.Series:
    return pl.Series([None] * len(present), dtype=dtype)


def _fast_text(present: pl.Series) -> pl.Series:
    odd = r"[\x00-\x1f\x7f-\u{9f}\u{200b}\u{2028}\u{2029}\u{feff}\u{fffd}]|^'"
    return pl.select(pl.when(~present.str.contains(odd)).then(present)).to_series()


def _fast_code(present: pl.Series) -> pl.Series:
    """ASCII without spaces, brackets, `.0` tail or exponent; or Chinese with nothing that would be folded."""
    plain = r"[!-&*,\-/-~.]+"
    chinese = r"[0-9A-Za-z（）〔〕\-/]*[\u{4e00}-\u{9fff}][0-9A-Za-z\u{4e00}-\u{9fff}（）〔〕\-/]*"
    tail = r"\.0+$|[Ee][0-9]{1,3}$"
    good = present.str.contains(f"^(?:{plain}|{chinese})$") & ~present.str.contains(tail)
    return pl.select(pl.when(good).then(present)).to_series()


def _fast_date(present: pl.Series) -> pl.Series:
    shaped = _fast_where(present, r"^(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$")
    days = shaped.str.to_date("%Y-%m-%d", strict=False)
    return pl.select(pl.when(~days.is_in(_OPEN_ENDS)).then(days)).to_series()


def _fast_month(present: pl.Series) -> pl.Series:
    shaped = _fast_where(present, r"^(?:19|20|21)[0-9]{2}-[0-9]{2}$")
    return (shaped + "-01").str.to_date("%Y-%m-%d", strict=False)


def _fast_year(present: pl.Series) -> pl.Series:
    return _fast_where(present, r"^(?:19|20|21)[0-9]{2}$").cast(pl.Int64)


def _fast_money(present: pl.Series, unit: str) -> pl.Series:
    """At most fifteen significant digits, so that the float is exact to the hundredth of 元."""
    scale = MONEY_UNITS[unit]
    places = len(str(scale)) - 1
    shaped = _fast_where(
        _without_separators(present), rf"^-?[0-9]{{1,{13 - places}}}(?:\.[0-9]{{1,{2 + places}}})?$"
    )
    return (shaped.cast(pl.Float64) * (scale * 100)).round().cast(pl.Int64)


def _without_separators(present: pl.Series) -> pl.Series:
    """Thousands separators taken out where they stand right; any other cell unchanged."""
    separated = present.str.contains(r"^-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$").fill_null(False)
    if not separated.any():
        return present
    return pl.select(
        pl.when(separated).then(present.str.replace_all(",", "", literal=True)).otherwise(present)
    ).to_series()


def _fast_number(present: pl.Series) -> pl.Series:
    return _fast_where(_without_separators(present), r"^-?[0-9]{1,12}(?:\.[0-9]{1,8})?$").cast(pl.Float64)


def _fast_integer(present: pl.Series) -> pl.Series:
    return _fast_where(_without_separators(present), r"^-?[0-9]{1,15}$").cast(pl.Int64)


def _fast_ratio(present: pl.Series, unit: str) -> pl.Series:
    shaped = _fast_where(present, r"^[0-9]{1,4}(?:\.[0-9]{1,5})?$")
    hundred_millionths = (shaped.cast(pl.Float64) * (10**8 // RATIO_UNITS[unit])).round()
    shares = pl.Series(hundred_millionths.fill_null(0.0).to_numpy() / 1e8)
    return pl.select(pl.when(hundred_millionths.is_not_null()).then(shares)).to_series()

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
_SAMPLE = 2000


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
    checked later. A column that repeats itself is read by its distinct cells.
    """
    unit = definition.unit if unit is None else unit
    dtype = canonical_type(definition.kind)
    if raw.null_count() == len(raw):
        return Column(pl.Series(raw.name, [None] * len(raw), dtype=dtype), [])
    if not _repeats(raw):
        values, reasons = _read_values(definition, raw, unit)
        return Column(values.alias(raw.name), _locate(raw, reasons))
    distinct = raw.unique().drop_nulls()
    values, reasons = _read_values(definition, distinct, unit)
    if dtype == pl.String and not reasons and values.equals(distinct, check_names=False):
        return Column(raw, [])
    spread = raw.replace_strict(distinct, values, default=None, return_dtype=dtype).alias(raw.name)
    return Column(spread, _locate(raw, reasons))


def _repeats(raw: pl.Series) -> bool:
    """True when a sample suggests that most cells have been seen before."""
    sample = raw.head(_SAMPLE)
    return sample.n_unique() * 4 < len(sample)


def _locate(raw: pl.Series, reasons: dict[str, tuple[str, str]]) -> list[CellProblem]:
    if not reasons:
        return []
    rows = raw.is_in(list(reasons)).fill_null(False).arg_true()
    return [
        CellProblem(row, *reasons[text])
        for row, text in zip(rows.to_list(), raw.gather(rows).to_list(), strict=True)
    ]


def _read_values(
    definition: FieldDefinition, raw: pl.Series, unit: str
) -> tuple[pl.Series, dict[str, tuple[str, str]]]:
    """Canonical values, and code and reason for every distinct text that was refused."""
    dtype = canonical_type(definition.kind)
    quick = _fast(definition, raw, unit)
    rest = raw.filter(quick.is_null() & raw.is_not_null()).unique()
    known: dict[str, Any] = {}
    reasons: dict[str, tuple[str, str]] = {}
    reader = cell_reader(definition, unit)
    for text in rest.to_list():
        try:
            value = reader(text)
        except CellRefused as refusal:
            reasons[text] = (refusal.code, refusal.reason)
        else:
            if value is not None:
                known[text] = value
    if not known:
        return quick, reasons
    old, new = pl.Series(list(known), dtype=pl.String), pl.Series(list(known.values()), dtype=dtype)
    slow = raw.replace_strict(old, new, default=None, return_dtype=dtype)
    return pl.select(pl.coalesce(quick, slow)).to_series(), reasons


def cell_reader(definition: FieldDefinition, unit: str) -> Callable[[str], Any]:
    """The function that defines how one cell of this column is read: canonical value, None, or CellRefused."""
    nothing = empties_of(definition)
    read = _reader_of_kind(definition, unit)

    def reader(text: str) -> Any:
        stripped = text.strip()
        if stripped in nothing:
            return None
        value = read(stripped)
        return None if value == "" else value

    return reader


def empties_of(definition: FieldDefinition) -> frozenset[str]:
    """Spellings of nothing in this column: the usual and the declared ones, except an enumeration's own."""
    accepted = {spelling for spellings in definition.values.values() for spelling in spellings}
    return frozenset((*cells.EMPTIES, *definition.empties)) - accepted


def _reader_of_kind(definition: FieldDefinition, unit: str) -> Callable[[str], Any]:
    match definition.kind:
        case Kind.TEXT:
            return partial(cells.read_text, limit=definition.max_length or cells.TEXT_LENGTH)
        case Kind.CODE:
            limit = definition.max_length or cells.CODE_LENGTH
            return partial(cells.read_code, limit=limit, pattern=definition.pattern)
        case Kind.DATE:
            return partial(cells.read_date, excel_serial=definition.excel_serial)
        case Kind.MONTH:
            return cells.read_month
        case Kind.YEAR:
            return cells.read_year
        case Kind.MONEY:
            return partial(cells.read_cents, unit=unit)
        case Kind.NUMBER:
            return partial(cells.read_number, unit=unit)
        case Kind.INTEGER:
            return partial(cells.read_integer, unit=unit)
        case Kind.RATIO:
            return partial(cells.read_ratio, unit=unit)
        case Kind.ENUM:
            labels = tuple(definition.labels.values())
            return partial(cells.read_enum, accepted=cells.spellings(definition), labels=labels)
        case Kind.BOOL:
            return cells.read_bool
        case Kind.PHONE:
            return cells.read_phone
        case _:
            return partial(cells.read_identifier, check=PROBLEM_OF[definition.kind])


def normalise_names(names: pl.Series) -> pl.Series:
    """Enterprise names as they are compared: no spaces, half-width letters, full-width brackets."""
    clean = r"^[\u{4e00}-\u{9fff}0-9A-Za-z（），、·&.\-]*$"
    odd = (~names.str.contains(clean)).fill_null(False)
    if not odd.any():
        return names
    todo = names.filter(odd).unique()
    fixed = [normalise_name(name) for name in todo.to_list()]
    return names.replace(todo, pl.Series(fixed, dtype=pl.String))


def normalise_name(name: str) -> str:
    """One name as `normalise_names` gives it."""
    return cells.fold(name).replace("(", "（").replace(")", "）").replace(",", "，")


def _fast(definition: FieldDefinition, raw: pl.Series, unit: str) -> pl.Series:
    """Canonical values of cells that need no reading; null where the reader must look."""
    match definition.kind:
        case Kind.TEXT:
            return _fast_text(raw, definition)
        case Kind.CODE:
            return _fast_code(raw, definition)
        case Kind.DATE:
            return _fast_date(raw)
        case Kind.MONTH:
            return _fast_month(raw)
        case Kind.YEAR:
            return _fast_year(raw)
        case Kind.MONEY:
            return _fast_money(raw, unit)
        case Kind.NUMBER:
            return _fast_number(raw)
        case Kind.INTEGER:
            return _fast_integer(raw)
        case Kind.RATIO:
            return _fast_ratio(raw, unit)
        case Kind.PHONE:
            return _fast_where(raw, r"^1[3-9][0-9]{9}$")
        case Kind.ENUM | Kind.BOOL:
            return pl.Series([None] * len(raw), dtype=canonical_type(definition.kind))
        case _:
            return pl.select(pl.when(pl.Series(valid_mask(definition.kind, raw))).then(raw)).to_series()


def _fast_where(raw: pl.Series, pattern: str) -> pl.Series:
    return pl.select(pl.when(raw.str.contains(pattern)).then(raw)).to_series()


def _fast_text(raw: pl.Series, definition: FieldDefinition) -> pl.Series:
    odd = r"[\x00-\x1f\x7f-\u{9f}\u{200b}\u{2028}\u{2029}\u{feff}\u{fffd}]|^['\s]|\s$"
    limit = definition.max_length or cells.TEXT_LENGTH
    good = ~raw.str.contains(odd) & (raw.str.len_bytes() <= limit) & ~raw.is_in(list(empties_of(definition)))
    return pl.select(pl.when(good).then(raw)).to_series()


def _fast_code(raw: pl.Series, definition: FieldDefinition) -> pl.Series:
    """ASCII without spaces, brackets, `.0` tail or exponent; or Chinese with nothing that would be folded."""
    if definition.pattern is not None:
        return pl.Series([None] * len(raw), dtype=pl.String)
    plain = r"[!-&*,\-/-~.]+"
    chinese = r"[0-9A-Za-z（）〔〕\-/]*[\u{4e00}-\u{9fff}][0-9A-Za-z\u{4e00}-\u{9fff}（）〔〕\-/]*"
    good = raw.str.contains(f"^(?:{plain}|{chinese})$") & ~raw.str.contains(r"\.0+$|[Ee][0-9]{1,3}$")
    limit = definition.max_length or cells.CODE_LENGTH
    short = (raw.str.len_bytes() <= limit) & ~raw.is_in(list(empties_of(definition)))
    quick = pl.select(pl.when(good & short).then(raw)).to_series()
    if quick.null_count() == raw.null_count():
        return quick
    bracketed = raw.str.contains(
        r"^[0-9A-Za-z（）()〔〕\u{4e00}-\u{9fff}\- /]*[\u{4e00}-\u{9fff}][0-9A-Za-z（）() -]*$"
    )
    mended = raw.str.replace_many(["(", ")", " "], ["（", "）", ""])
    return pl.select(
        pl.when(quick.is_not_null()).then(quick).when(bracketed & short).then(mended)
    ).to_series()


def _fast_date(raw: pl.Series) -> pl.Series:
    shaped = _fast_where(raw, r"^(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$")
    days = shaped.str.to_date("%Y-%m-%d", strict=False)
    return pl.select(pl.when(~days.is_in(_OPEN_ENDS)).then(days)).to_series()


def _fast_month(raw: pl.Series) -> pl.Series:
    shaped = _fast_where(raw, r"^(?:19|20|21)[0-9]{2}-[0-9]{2}$")
    return (shaped + "-01").str.to_date("%Y-%m-%d", strict=False)


def _fast_year(raw: pl.Series) -> pl.Series:
    return _fast_where(raw, r"^(?:19|20|21)[0-9]{2}$").cast(pl.Int64)


def _fast_money(raw: pl.Series, unit: str) -> pl.Series:
    """At most fifteen significant digits, so that the float is exact to the hundredth of 元."""
    scale = MONEY_UNITS[unit]
    places = len(str(scale)) - 1
    shaped = _fast_where(
        _without_separators(raw), rf"^-?[0-9]{{1,{13 - places}}}(?:\.[0-9]{{1,{2 + places}}})?$"
    )
    return (shaped.cast(pl.Float64) * (scale * 100)).round().cast(pl.Int64)


def _without_separators(raw: pl.Series) -> pl.Series:
    """Thousands separators taken out where they stand right; any other cell unchanged."""
    separated = raw.str.contains(r"^-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$").fill_null(False)
    if not separated.any():
        return raw
    return pl.select(
        pl.when(separated).then(raw.str.replace_all(",", "", literal=True)).otherwise(raw)
    ).to_series()


def _fast_number(raw: pl.Series) -> pl.Series:
    return _fast_where(_without_separators(raw), r"^-?[0-9]{1,12}(?:\.[0-9]{1,8})?$").cast(pl.Float64)


def _fast_integer(raw: pl.Series) -> pl.Series:
    return _fast_where(_without_separators(raw), r"^-?[0-9]{1,15}$").cast(pl.Int64)


def _fast_ratio(raw: pl.Series, unit: str) -> pl.Series:
    shaped = _fast_where(raw, r"^[0-9]{1,4}(?:\.[0-9]{1,5})?$")
    hundred_millionths = (shaped.cast(pl.Float64) * (10**8 // RATIO_UNITS[unit])).round()
    shares = pl.Series(hundred_millionths.fill_null(0.0).to_numpy() / 1e8)
    return pl.select(pl.when(hundred_millionths.is_not_null()).then(shares)).to_series()

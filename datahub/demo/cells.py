"""Canonical values to the text a department would have typed, whole columns at a time."""

import numpy as np
import polars as pl

from datahub.contracts import MONEY_UNITS, FieldDefinition, ItemDefinition, Kind
from datahub.demo.styles import Style, in_wan

DATE_FORMATS = {
    "iso": "%Y-%m-%d", "slash": "%Y/%-m/%-d", "dot": "%Y.%m.%d", "chinese": "%Y年%-m月%-d日", "compact": "%Y%m%d",
    "stamp": "%Y-%m-%d 00:00:00",
}  # fmt: skip
MONTH_FORMATS = {"dash": "%Y-%m", "slash": "%Y/%m", "compact": "%Y%m", "chinese": "%Y年%-m月"}
_FULLWIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def as_text(
    frame: pl.DataFrame, item: ItemDefinition, style: Style, rng: np.random.Generator
) -> pl.DataFrame:
    """Every field of ``item`` that the frame has, as String, in the order of the definition; nulls stay null."""
    open_ended = item.timeline.valid_to
    columns = []
    for definition in item.fields:
        if definition.code not in frame.columns:
            continue
        column = _column(frame[definition.code], definition, style, rng)
        if definition.code == open_ended and style.open_end:
            column = column.fill_null(style.open_end)
        columns.append(column.alias(definition.code))
    return pl.DataFrame(columns)


def with_nulls(frame: pl.DataFrame, style: Style) -> pl.DataFrame:
    """Empty cells in the department's spelling of nothing."""
    return frame.with_columns(pl.all().fill_null(style.null)) if style.null else frame


def widen_digits(frame: pl.DataFrame, rows: np.ndarray, columns: list[str]) -> pl.DataFrame:
    """Full-width digits in some cells, as an input method leaves them."""
    for column in columns:
        texts = frame[column].gather(rows).to_list()
        wide = [text.translate(_FULLWIDTH) if text is not None else None for text in texts]
        frame = frame.with_columns(frame[column].scatter(rows, wide))
    return frame


def _column(
    values: pl.Series, definition: FieldDefinition, style: Style, rng: np.random.Generator
) -> pl.Series:
    match definition.kind:
        case Kind.DATE:
            return _mixed(values, [DATE_FORMATS[name] for name in style.dates], rng)
        case Kind.MONTH:
            return _mixed(values, [MONTH_FORMATS[name] for name in style.months], rng)
        case Kind.MONEY:
            return _money(values, definition, style)
        case Kind.RATIO:
            scaled = (values * (100 if definition.unit == "%" or style.percent else 1)).round(4)
            return _number(scaled) + ("%" if style.percent else "")
        case Kind.NUMBER:
            return _thousands(values) if style.thousands else _number(values)
        case Kind.ENUM:
            return _enum(values, definition, style)
        case Kind.BOOL:
            return values.replace_strict([True, False], ["是", "否"], return_dtype=pl.String)
        case _:
            return values.cast(pl.String)


def _mixed(values: pl.Series, formats: list[str], rng: np.random.Generator) -> pl.Series:
    if len(formats) == 1:
        return values.dt.strftime(formats[0])
    habit = pl.Series(rng.integers(len(formats), size=len(values)))
    result = values.dt.strftime(formats[0])
    for place, form in enumerate(formats[1:], 1):
        result = result.zip_with(habit != place, values.dt.strftime(form))
    return result


def _money(values: pl.Series, definition: FieldDefinition, style: Style) -> pl.Series:
    unit = "万元" if in_wan(definition, style) else definition.unit or "元"
    scaled = (values.cast(pl.Float64) / MONEY_UNITS[unit]).round(6 if unit == "万元" else 2)
    return _thousands(scaled) if style.thousands else _number(scaled)


def _number(values: pl.Series) -> pl.Series:
    """Shortest decimal text, whole numbers without ``.0``."""
    if values.dtype.is_integer():
        return values.cast(pl.String)
    return values.cast(pl.Decimal(38, 6)).cast(pl.String).str.replace(r"\.?0+$", "")


def _thousands(values: pl.Series) -> pl.Series:
    """Text with commas between groups of three digits and two decimals."""
    cents = (values.cast(pl.Float64).abs() * 100).round().cast(pl.Int64)
    yuan, sign = (
        cents // 100,
        pl.select(pl.when(values < 0).then(pl.lit("-")).otherwise(pl.lit(""))).to_series(),
    )
    text = (yuan % 1000).cast(pl.String)
    for power in (3, 6, 9):
        rest = yuan // 10**power
        group = (rest % 1000).cast(pl.String)
        text = text.zip_with(rest == 0, group + "," + _last_three(yuan, power))
    return sign + text + "." + (cents % 100).cast(pl.String).str.zfill(2)


def _last_three(yuan: pl.Series, power: int) -> pl.Series:
    """The groups below ``10**power``, each padded to three digits."""
    groups = [((yuan // 10**p) % 1000).cast(pl.String).str.zfill(3) for p in range(power - 3, -1, -3)]
    text = groups[0]
    for group in groups[1:]:
        text = text + "," + group
    return text


def _enum(values: pl.Series, definition: FieldDefinition, style: Style) -> pl.Series:
    spelling = {
        code: accepted[min(style.alias, len(accepted) - 1)] for code, accepted in definition.values.items()
    }
    return values.replace_strict(
        list(spelling), list(spelling.values()), default=None, return_dtype=pl.String
    )

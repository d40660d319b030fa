"""What a column of text cells is: a type is proposed only where every cell fits it and nothing is lost."""

import re
from dataclasses import dataclass

import polars as pl

from datahub.engine.cells import EMPTIES

# In text columns a dash or a slash may be content; these never are.
TEXT_EMPTIES = ("", "\\N", "NULL", "null", "Null", "N/A", "#N/A", "NaN", "nan", "None")
_INTEGER = r"^[+-]?(?:0|[1-9]\d{0,14}|[1-9]\d{0,2}(?:,\d{3}){1,4})$"
_NUMBER = r"^[+-]?(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)?(?:\.\d+)?(?:[eE][+-]?\d{1,2})?$"
_PERCENT = r"^[+-]?\d+(?:\.\d+)?[%％]$"
_ZERO_LED = r"^[+-]?0\d+$"
_LONG = r"^\d{16,}$"
_DATE = r"^(?:19|20|21)\d{2}(?:-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2}|年\d{1,2}月\d{1,2}日)$"
_MIDNIGHT = r"[ T]00:00:00(?:\.0+)?$"
_STAMP = r"^(?:19|20|21)\d{2}[-/]\d{1,2}[-/]\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$"
_COMPACT = r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$"
_DAY_FIRST = r"^\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d{2}$"
_BOOLEAN = r"^(?:true|false|TRUE|FALSE|True|False)$"
_SCIENTIFIC = r"^\d\.\d+[eE]\+\d{2}$"
_DATE_WORD = re.compile(r"日期|时间|date|day|_on$", re.IGNORECASE)
_CODE_WORD = re.compile(
    r"代码|编码|编号|证号|身份证|卡号|账号|帐号|号码|电话|邮编|code|_no$|phone|\bid\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Guess:
    """The proposed type, its unit, and what the publisher should know."""

    type: str
    unit: str = ""
    hint: str = ""


def guess_type(title: str, cells: pl.Series) -> Guess:
    """``cells`` are text with nulls for nothing; see :func:`blanked`."""
    typed = blanked(cells, for_text=False)
    present = typed.drop_nulls()
    if present.is_empty():
        return Guess("text", hint="整列为空")
    if _any(present, _SCIENTIFIC) and _CODE_WORD.search(title):
        return Guess("text", hint="有号码已被电子表格改写为科学计数法，尾数可能丢失，请从原系统重新导出")
    if _any(present, _ZERO_LED) or _any(present, _LONG):
        return Guess("text", hint="号码含前导零或位数较长，按文本保存以免失真")
    if _all(present, _COMPACT) and _DATE_WORD.search(title):
        return Guess("date", hint="八位数字按日期读取")
    if _CODE_WORD.search(title) and _all(present, r"^\d+$"):
        return Guess("text", hint="编号类字段按文本保存")
    if _all(present, _INTEGER):
        return Guess("integer")
    if _all(present, _NUMBER) and not _any(present, r"^[+-]?$"):
        return Guess("number")
    if _all(present, _PERCENT):
        return Guess("number", unit="%", hint="去掉百分号后按数值保存")
    if _all(present, _BOOLEAN):
        return Guess("boolean")
    days = present.str.replace(_MIDNIGHT, "")
    if (
        _DATE_WORD.search(title)
        and _all(days, f"(?:{_DATE})|(?:{_COMPACT})")
        and to_dates(days).null_count() == 0
    ):
        return (
            Guess("date", hint="日期有多种写法，统一按年月日读取") if _any(days, _COMPACT) else Guess("date")
        )
    if _DATE_WORD.search(title) and _all(days, _DAY_FIRST):
        return Guess("text", hint="日与月的先后不明，按文本保存；请改为年-月-日后重新上传")
    if _all(days, _DATE):
        return Guess("date") if to_dates(days).null_count() == 0 else Guess("text", hint="有不存在的日期")
    if _all(present, _STAMP):
        return Guess("timestamp")
    numbers = int(present.str.contains(_NUMBER).sum())
    if numbers * 10 >= len(present) * 8:
        odd = present.filter(~present.str.contains(_NUMBER))
        return Guess("text", hint=f"多数为数值，但有 {len(odd)} 个单元格不是，例如“{str(odd[0])[:20]}”")
    return Guess("text")


def blanked(cells: pl.Series, *, for_text: bool) -> pl.Series:
    """Cells stripped, spellings of nothing as nulls."""
    stripped = cells.str.strip_chars()
    empties = TEXT_EMPTIES if for_text else EMPTIES
    frame = pl.DataFrame({"cell": stripped})
    nothing = pl.col("cell").is_in(list(empties))
    return frame.select(pl.when(nothing).then(None).otherwise(pl.col("cell")).alias("cell"))["cell"]


def convert(cells: pl.Series, kind: str) -> pl.Series:
    """Text cells as the type's values in text that PostgreSQL reads; null where a cell does not fit."""
    if kind == "text":
        return cells
    if kind == "integer":
        plain = cells.str.replace_all(",", "").str.replace(r"\.0+$", "").str.replace(r"^\+", "")
        return _kept(plain, plain.str.contains(r"^-?\d{1,18}$"))
    if kind == "number":
        plain = cells.str.replace_all(",", "").str.replace(r"[%％]$", "").str.replace(r"^\+", "")
        fits = plain.str.contains(r"^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?$")
        return _kept(plain, fits)
    if kind == "date":
        return to_dates(cells.str.replace(r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$", "")).cast(pl.String)
    if kind == "timestamp":
        return _to_stamps(cells)
    words = cells.str.to_lowercase()
    true, false = (
        words.is_in(["true", "t", "1", "是", "yes", "y"]),
        words.is_in(["false", "f", "0", "否", "no", "n"]),
    )
    frame = pl.DataFrame({"true": true, "false": false})
    return frame.select(
        pl.when(pl.col("true")).then(pl.lit("true")).when(pl.col("false")).then(pl.lit("false")).alias("cell")
    )["cell"]


def to_dates(cells: pl.Series) -> pl.Series:
    """Days in any of the usual spellings; null where there is no such day."""
    plain = (
        cells.str.replace(r"^(\d{4})年(\d{1,2})月(\d{1,2})日?$", "${1}-${2}-${3}")
        .str.replace(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$", "${1}-${2}-${3}")
        .str.replace(r"^(\d{4})(\d{2})(\d{2})$", "${1}-${2}-${3}")
    )
    return plain.str.to_date("%Y-%m-%d", strict=False)


def _to_stamps(cells: pl.Series) -> pl.Series:
    plain = (
        cells.str.replace_all("/", "-").str.replace("T", " ").str.replace(r"^(\S+ \d{1,2}:\d{2})$", "${1}:00")
    )
    plain = plain.str.replace(r"^(\d{4}-\d{1,2}-\d{1,2})$", "${1} 00:00:00")
    stamps = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False)
    return stamps.dt.strftime("%Y-%m-%d %H:%M:%S%.f")


def _kept(cells: pl.Series, fits: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"cell": cells, "fits": fits})
    return frame.select(pl.when(pl.col("fits")).then(pl.col("cell")).alias("cell"))["cell"]


def _all(cells: pl.Series, pattern: str) -> bool:
    return bool(cells.str.contains(pattern).all())


def _any(cells: pl.Series, pattern: str) -> bool:
    return bool(cells.str.contains(pattern).any())

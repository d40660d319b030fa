"""One cell: from what a clerk typed to a canonical value, or a reason with a remedy.

These functions define what every kind accepts. `kinds` applies them to whole columns: a fast path for cells
that already are canonical, these functions for the distinct rest.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from datahub.contracts import MONEY_UNITS, RATIO_UNITS, FieldDefinition, Grade
from datahub.engine.headers import normalise_header
from datahub.engine.identifiers import IdentifierProblem, normalise_identifier

EMPTIES = (
    "",
    "\\N",
    "\\n",
    "NULL",
    "null",
    "Null",
    "None",
    "NaN",
    "nan",
    "N/A",
    "#N/A",
    "空",
    "-",
    "--",
    "---",
    "—",
    "——",
    "/",
)
"""Spellings of nothing, compared after stripping."""
OPEN_ENDS = frozenset({date(2099, 12, 31), date(1899, 12, 31), date(1899, 12, 30)})
OPEN_END_WORDS = frozenset(
    {"长期", "永久", "长期有效", "无固定期限", "永续", "无期限", "0000-00-00", "00000000"}
)
FIRST_YEAR, LAST_YEAR = 1900, 2200
MAX_YUAN = 10**14
MAX_NUMBER = 10**15
TEXT_LENGTH, CODE_LENGTH = 4000, 200

SHEET_DAMAGE_REASON = "长号码已被电子表格改写为科学计数法，尾数丢失，请将该列设为文本格式后从原系统重新导出"
BAD_BYTES_REASON = "含有无法识别的字符，请检查该单元格后另存为 UTF-8 或 GB18030 编码"

_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d{1,3}")
_SHEET_TAIL = re.compile(r"\d+\.0+")
_CJK = re.compile(r"[\u3400-\u9fff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff]+")
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\+08:?00)?)?"
)
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0+| ?\d{6})?")
_DATE_MARKS = re.compile(r" ?([年月日/.-]) ?(?=\d|$)")
_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})|年(\d{1,2})月(?:份)?|(\d{2}))(?:\.0+)?")
_YEAR = re.compile(r"(\d{4})(?:\.0+|年度?)?")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_PLAIN = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?(?:[Ee][+-]?\d{1,2})?|[+-]?\.\d+")
_ACCOUNTING = re.compile(r"\((.+)\)")
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7}")
_PERSONAL = re.compile(
    r"\d{6}(?:(?:18|19|20)\d{2}|\d{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{2,4}[\dXx]?"
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"
)
"""Citizen ids of 18 and 15 digits, complete or cut short by a few, and mobile numbers."""
_TRUE = frozenset({"是", "有", "true", "t", "1", "1.0", "y", "yes", "公示", "已公示", "√"})
_FALSE = frozenset({"否", "无", "false", "f", "0", "0.0", "n", "no", "不公示", "未公示", "×"})


class CellRefused(Exception):
    """A cell cannot be read; `code` is stable, `reason` Chinese and without the cell's content."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(code)


def clean_text(text: str) -> str:
    """Strip, drop the apostrophe that spreadsheets put in front, turn control characters into one space."""
    return _CONTROL.sub(" ", text).strip().removeprefix("'").strip()


def fold(text: str) -> str:
    """NFKC without any white space: how dates, numbers and enumerations are compared."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _refuse_bad_bytes(text: str) -> None:
    if "\ufffd" in text:
        raise CellRefused("BAD_BYTES", BAD_BYTES_REASON)


def read_text(text: str, limit: int = TEXT_LENGTH) -> str:
    """Text as it stands, cleaned."""
    _refuse_bad_bytes(text)
    return _not_longer(clean_text(text), limit)


def read_code(text: str, limit: int = CODE_LENGTH, pattern: str | None = None) -> str:
    """A document or account number: no spaces, half-width, full-width brackets beside Chinese, no `.0`."""
    _refuse_bad_bytes(text)
    folded = fold(clean_text(text))
    if _SCIENTIFIC.fullmatch(folded) and ("+" in folded or "." in folded):
        raise CellRefused("SHEET_DAMAGE", SHEET_DAMAGE_REASON)
    if _CJK.search(folded):
        folded = folded.replace("(", "（").replace(")", "）")
    elif _SHEET_TAIL.fullmatch(folded):
        folded = folded.partition(".")[0]
    if pattern is not None and folded and not re.fullmatch(pattern, folded):
        raise CellRefused("BAD_PATTERN", "不符合该编号的规定格式，请核对")
    return _not_longer(folded, limit)


def _not_longer(text: str, limit: int) -> str:
    if len(text) > limit:
        raise CellRefused("TOO_LONG", f"超过 {limit} 个字，请缩短")
    return text


def read_identifier(text: str, check: Callable[[str], IdentifierProblem | None] | None = None) -> str:
    """An identifier normalised and, when `check` is given, proved valid."""
    _refuse_bad_bytes(text)
    normal = normalise_identifier(text)
    if "+" in normal and _SCIENTIFIC.fullmatch(normal):
        raise CellRefused("SHEET_DAMAGE", SHEET_DAMAGE_REASON)
    problem = check(normal) if check is not None and normal else None
    if problem is not None:
        raise CellRefused(problem.code, problem.message)
    return normal


def read_phone(text: str) -> str:
    """A mobile or fixed-line number, digits only."""
    normal = read_identifier(text).removeprefix("+86").replace("(", "").replace(")", "")
    if not _PHONE.fullmatch(normal):
        raise CellRefused("BAD_PHONE", "不是有效的电话号码，请填写 11 位手机号或带区号的固定电话")
    return normal


@lru_cache(maxsize=1 << 16)
def read_date(text: str, excel_serial: bool = False) -> date | None:
    """A day; None for the open ends (9999-09-09, 2099-12-31, 1899-12-31, 长期 and the like)."""
    _refuse_bad_bytes(text)
    folded = _DATE_MARKS.sub(_mark, " ".join(unicodedata.normalize("NFKC", clean_text(text)).split()))
    if folded in OPEN_END_WORDS:
        return None
    found = _DAY.fullmatch(folded) or _COMPACT_DAY.fullmatch(folded)
    if found is None:
        if _SERIAL.fullmatch(folded):
            if excel_serial:
                return _known_day(date(1899, 12, 30) + timedelta(days=int(float(folded))))
            raise CellRefused("BAD_DATE", "疑似电子表格的日期序号，请将该列设为日期格式后重新导出")
        raise CellRefused("BAD_DATE", "不是可识别的日期，请按 2024-01-31 的格式填写")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    if year == 9999:
        return None
    try:
        return _known_day(date(year, month, day))
    except ValueError:
        raise CellRefused("BAD_DATE", "该日期不存在，请核对年月日") from None


def _mark(found: re.Match[str]) -> str:
    """The mark without spaces around it, except that a space after 日 parts day and time."""
    return found.group(0).lstrip() if found.group(1) == "日" else found.group(1)


def _known_day(day: date) -> date | None:
    if day in OPEN_ENDS:
        return None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellRefused("BAD_DATE", f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间，请核对")
    return day


@lru_cache(maxsize=1 << 14)
def read_month(text: str) -> date | None:
    """A month as its first day; a whole date gives its month."""
    _refuse_bad_bytes(text)
    found = _MONTH.fullmatch(fold(clean_text(text)))
    if found is None:
        try:
            day = read_date(text)
        except CellRefused:
            raise CellRefused("BAD_MONTH", "不是可识别的年月，请按 2024-01 的格式填写") from None
        return None if day is None else day.replace(day=1)
    year, month = (int(part) for part in found.groups() if part is not None)
    if not 1 <= month <= 12 or not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellRefused("BAD_MONTH", "该年月不存在，请核对")
    return date(year, month, 1)


@lru_cache(maxsize=1 << 12)
def read_year(text: str) -> int | None:
    """A year; a whole date gives its year."""
    _refuse_bad_bytes(text)
    found = _YEAR.fullmatch(fold(clean_text(text)))
    if found is None:
        try:
            day = read_date(text)
        except CellRefused:
            raise CellRefused("BAD_YEAR", "不是可识别的年份，请按 2024 的格式填写") from None
        return None if day is None else day.year
    year = int(found.group(1))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellRefused("BAD_YEAR", f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间，请核对")
    return year


def _read_decimal(folded: str) -> Decimal:
    accounting = _ACCOUNTING.fullmatch(folded)
    sign = -1 if accounting else 1
    body = accounting.group(1) if accounting else folded
    if not _PLAIN.fullmatch(body):
        raise CellRefused("BAD_NUMBER", "不是可识别的数值，请只填数字，可带千分位逗号和小数点")
    try:
        return sign * Decimal(body.replace(",", ""))
    except InvalidOperation:
        raise CellRefused("BAD_NUMBER", "不是可识别的数值，请只填数字") from None


def read_cents(text: str, unit: str) -> int:
    """Money in hundredths of 元, rounded half up; a unit written in the cell overrides the column's."""
    _refuse_bad_bytes(text)
    folded = fold(clean_text(text)).replace("人民币", "").lstrip("¥￥")
    for name in sorted(MONEY_UNITS, key=len, reverse=True):
        if folded.endswith(name):
            folded, unit = folded.removesuffix(name), name
            break
    else:
        if folded.endswith(("万", "亿")):
            folded, unit = folded[:-1], folded[-1] + "元"
    yuan = _read_decimal(folded) * MONEY_UNITS[unit]
    if abs(yuan) > MAX_YUAN:
        raise CellRefused("RANGE", "金额超出可能的范围，请核对单位是元还是万元")
    return int((yuan * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def read_number(text: str, unit: str) -> float:
    """A plain number; the declared unit may follow it in the cell."""
    _refuse_bad_bytes(text)
    folded = fold(clean_text(text))
    if unit:
        folded = folded.removesuffix(fold(unit))
    value = _read_decimal(folded)
    if abs(value) > MAX_NUMBER:
        raise CellRefused("RANGE", "数值超出可能的范围，请核对")
    return float(value)


def read_integer(text: str, unit: str) -> int:
    """A whole number, `12.0` included."""
    value = read_number(text, unit)
    if value != int(value):
        raise CellRefused("BAD_INTEGER", "应为整数，请去掉小数部分")
    return int(value)


def read_ratio(text: str, unit: str) -> float:
    """A share of 1; a percent sign in the cell overrides the column's unit; eight decimals are kept."""
    _refuse_bad_bytes(text)
    folded = fold(clean_text(text))
    for sign in ("%", "‰"):
        if folded.endswith(sign):
            folded, unit = folded[:-1], sign
    scale = RATIO_UNITS[unit]
    value = _read_decimal(folded)
    if abs(value) > MAX_NUMBER:
        raise CellRefused("RANGE", "比例超出可能的范围，请核对")
    return int((value * 10**8 / scale).quantize(Decimal(1), rounding=ROUND_HALF_UP)) / 10**8


def read_bool(text: str) -> bool:
    """是 or 否 in its usual spellings."""
    _refuse_bad_bytes(text)
    folded = fold(clean_text(text)).casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise CellRefused("BAD_BOOL", "请填写“是”或“否”")


def spellings(definition: FieldDefinition) -> Mapping[str, str]:
    """Normalised spelling to enumeration code."""
    return {normalise_header(s): code for code, accepted in definition.values.items() for s in accepted}


def read_enum(text: str, accepted: Mapping[str, str], labels: tuple[str, ...]) -> str:
    """The enumeration's code for one of its accepted spellings."""
    _refuse_bad_bytes(text)
    code = accepted.get(normalise_header(clean_text(text)))
    if code is None:
        raise CellRefused("BAD_ENUM", f"不在允许的取值之内，请改为：{'、'.join(labels)}")
    return code


def mask_personal(text: str) -> str:
    """Keep three symbols in front and two behind of a personal identifier; short ones vanish whole."""
    if len(text) < 8:
        return "*" * len(text)
    return text[:3] + "*" * (len(text) - 5) + text[-2:]


def mask_cell(text: str, grade: Grade) -> str:
    """A cell as it may be shown beside its reason: L4 not at all, L3 by its first symbol, others cut at 40.

    Whatever looks like a citizen id or a phone number is masked in any column.
    """
    shown = clean_text(text)
    if grade is Grade.L4:
        return "***"
    if grade is Grade.L3:
        return shown[:1] + "***" if len(shown) > 1 else "***"
    shown = _PERSONAL.sub("***", shown)
    return shown if len(shown) <= 40 else shown[:39] + "…"

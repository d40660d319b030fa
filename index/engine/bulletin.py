"""Does a bulletin's table contradict itself? Level, change and percentage of each row, as far as they are printed.

A figure printed with d decimals stands for an interval of half a unit to either side. Level and change give the
interval of the previous level, and so that of the percentage; a row is right when the printed percentage's own
interval meets it. A change that was taken from two printed levels, instead of being rounded itself, is right too.
All arithmetic is in fractions: nothing is lost to the check.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from index.engine.table import Table, UnableToReadTable

HEADERS = {
    "series": ("series", "name", "index", "指标", "序列", "指数名称", "指数", "名称", "项目", "分类"),
    "level": ("level", "value", "数值", "水平", "指数值", "点位", "指数水平", "本期", "本期值", "指数"),
}
WORDS = {
    "percentage": re.compile(r"%|％|百分(?!点)|percent|pct|幅|率"),
    "decimals": re.compile(r"小数|位数|decimal|digit"),
    "change": re.compile(r"变动|变化|增减|涨跌|升降|点数|百分点|change|difference|points"),
    "previous": re.compile(r"上期|上月|上季|上年|基数|previous|prior"),
}
"""How headers of the other columns are told, in this order: 变动（%） is a percentage, 变动（点） a change."""
NAMES = {
    "series": "series（指标）", "level": "level（数值）", "change": "change（变动）", "percentage": "percentage（百分比）",
}  # fmt: skip
_UNITS = re.compile(r"(?:个?百分点|个点|点|[%％])$")
_RISE, _FALL = (
    re.compile(r"^(?:上升|上涨|增长|增加|提高|升|涨|↑|▲)"),
    re.compile(r"^(?:下降|下跌|减少|回落|降|跌|↓|▼)"),
)


@dataclass(frozen=True)
class Figure:
    """A printed number: its value and half a unit of its last decimal."""

    value: Fraction
    half: Fraction
    decimals: int

    @property
    def low(self) -> Fraction:
        return self.value - self.half

    @property
    def high(self) -> Fraction:
        return self.value + self.half


@dataclass(frozen=True)
class Range:
    """A closed interval."""

    low: Fraction
    high: Fraction

    def meets(self, figure: Figure) -> bool:
        return self.low <= figure.high and figure.low <= self.high

    def printed(self, decimals: int) -> tuple[str, str]:
        """The smallest and largest number with so many decimals that could be printed for a value in the range."""
        unit = Fraction(1, 10**decimals)
        low, high = ceil((self.low - unit / 2) / unit), floor((self.high + unit / 2) / unit)
        return _decimal(low * unit, decimals), _decimal(high * unit, decimals)


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    line: int
    series: str
    level: Figure
    change: Figure | None
    percentage: Figure | None
    previous: Figure | None


@dataclass(frozen=True)
class Finding:
    """A row that contradicts itself: the figure in question as printed, and the range that would be right."""

    line: int
    series: str
    figure: str
    printed: str
    right: Range
    message: str


@dataclass(frozen=True)
class Report:
    """checked: rows with enough figures to check; unchecked: lines of the others."""

    findings: tuple[Finding, ...]
    checked: int
    unchecked: tuple[int, ...]


def check_bulletin(table: Table) -> Report:
    """Every row of a bulletin's table. UnableToReadTable for unknown headers or a cell that is no number."""
    findings: list[Finding] = []
    checked, unchecked = 0, []
    for line in read_lines(table):
        found = check_line(line)
        if found is None:
            unchecked.append(line.line)
        else:
            checked += 1
            findings += found
    return Report(tuple(findings), checked, tuple(unchecked))


def check_line(line: Line) -> list[Finding] | None:
    """Contradictions of one row; None when it has too few figures, or no positive previous level, to check."""
    findings: list[Finding] = []
    possible = False
    if line.previous is not None and line.change is not None:
        possible = True
        change = _difference(line.level, line.previous)
        if not change.meets(line.change):
            findings.append(_finding(line, "变动", line.change, change, "点", "按数值与上期数值"))
    if line.percentage is not None and (line.change is not None or line.previous is not None):
        ranges = percentage_ranges(line)
        if ranges:
            possible = True
            if not any(right.meets(line.percentage) for right in ranges):
                basis = "按数值与变动" if line.change is not None else "按数值与上期数值"
                findings.append(
                    _finding(line, "百分比", line.percentage, ranges[0], "%", basis, _other_way(line))
                )
    return findings if possible else None


def percentage_ranges(line: Line) -> list[Range]:
    """What the percentage can be: from level and change, and from two printed levels; empty when the previous level
    may be zero or less."""
    if line.change is None:
        ranges = [_from_levels(line.level, line.previous)] if line.previous is not None else []
    else:
        before = Figure(line.level.value - line.change.value, line.level.half, line.level.decimals)
        ranges = [_from_change(line.level, line.change), _from_levels(line.level, before)]
    known = [found for found in ranges if found is not None]
    return known if len(known) == len(ranges) else []


def change_range(level: Figure, percentage: Figure) -> Range | None:
    """What the change would be if level and percentage were right: L p / (100 + p); None below -100 %."""
    if percentage.low <= -100:
        return None
    corners = [
        side * share / (100 + share)
        for side in (level.low, level.high)
        for share in (percentage.low, percentage.high)
    ]
    return Range(min(corners), max(corners))


def _from_change(level: Figure, change: Figure) -> Range | None:
    """Percentage c / (L - c) over both intervals: its extremes are at the corners, as it is monotone in either."""
    if level.low - change.high <= 0:
        return None
    corners = [100 * c / (side - c) for side in (level.low, level.high) for c in (change.low, change.high)]
    return Range(min(corners), max(corners))


def _from_levels(level: Figure, previous: Figure) -> Range | None:
    if previous.low <= 0:
        return None
    corners = [
        100 * (now / ago - 1) for now in (level.low, level.high) for ago in (previous.low, previous.high)
    ]
    return Range(min(corners), max(corners))


def _difference(level: Figure, previous: Figure) -> Range:
    return Range(level.low - previous.high, level.high - previous.low)


def _other_way(line: Line) -> str:
    """What the change would have to be if the percentage were the right one."""
    if line.change is None or line.percentage is None:
        return ""
    other = change_range(line.level, line.percentage)
    if other is None:
        return ""
    return f"；若百分比无误，则变动应印作 {_span(other, line.change.decimals)} 点"


def _finding(
    line: Line, name: str, figure: Figure, right: Range, unit: str, basis: str, more: str = ""
) -> Finding:
    """A finding with the range, the printable figures in it, and what else could be wrong."""
    printed = _decimal(figure.value, figure.decimals)
    digits = figure.decimals + 2
    exact = f"{_decimal(_down(right.low, digits), digits)} 至 {_decimal(_up(right.high, digits), digits)}"
    message = (
        f"第 {line.line} 行“{line.series}”：{name}印作 {printed}{unit}，{basis}应在 {exact} 之间（单位 {unit}），"
        f"可印作 {_span(right, figure.decimals)}{unit}{more}"
    )
    return Finding(line.line, line.series, name, printed, right, message)


def _span(found: Range, decimals: int) -> str:
    low, high = found.printed(decimals)
    return low if low == high else f"{low} 至 {high}"


def _down(value: Fraction, decimals: int) -> Fraction:
    return Fraction(floor(value * 10**decimals), 10**decimals)


def _up(value: Fraction, decimals: int) -> Fraction:
    return Fraction(ceil(value * 10**decimals), 10**decimals)


def _decimal(value: Fraction, decimals: int) -> str:
    """The text of a fraction that has at most so many decimals."""
    whole = round(value * 10**decimals)
    sign, digits = ("-" if whole < 0 else ""), f"{abs(whole):0{decimals + 1}d}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def read_lines(table: Table) -> list[Line]:
    """Rows with their figures. Columns are found by English or Chinese headers."""
    names = find_columns(table)
    lines = []
    for row, number in enumerate(table.lines):

        def cell(key: str, row: int = row) -> str:
            return table.columns[names[key]][row] if key in names else ""

        stated = _stated_decimals(cell("decimals"), table, number)
        figures = {
            key: _figure(cell(key), stated[place], table, number, names.get(key, key))
            for place, key in enumerate(("level", "change", "percentage"))
        }
        level = figures["level"]
        if level is None:
            raise UnableToReadTable(f"{table.source} 第 {number} 行“{names['level']}”列：没有数值，请补上")
        previous = _figure(cell("previous"), stated[0], table, number, names.get("previous", ""))
        lines.append(
            Line(
                number,
                cell("series") or f"第 {number} 行",
                level,
                figures["change"],
                figures["percentage"],
                previous,
            )
        )
    return lines


def find_columns(table: Table) -> dict[str, str]:
    """The table's column for each role; every column serves once."""
    tidy = {_tidy(name): name for name in reversed(table.columns)}
    found: dict[str, str] = {}
    for key, words in WORDS.items():
        for name in table.columns:
            if key not in found and name not in found.values() and words.search(name.lower()):
                found[key] = name
    for key in ("series", "level"):
        for known in HEADERS[key]:
            if known in tidy and tidy[known] not in found.values():
                found[key] = tidy[known]
                break
    if "series" not in found:
        first = next(iter(table.columns))
        if first not in found.values():
            found["series"] = first
    if "level" not in found and found.get("series") == tidy.get("指数"):
        others = [name for name in table.columns if name not in found.values()]
        if "series" in found and others:
            found["level"], found["series"] = found["series"], others[0]
    for key, name in NAMES.items():
        if key not in found and not (key == "change" and "previous" in found):
            raise UnableToReadTable(
                f"{table.source}：表头中没有 {name} 列，现有：{'、'.join(table.columns)}；请改表头"
            )
    return found


def _tidy(name: str) -> str:
    return re.sub(r"[（(].*[)）]", "", name).strip().lower()


def _stated_decimals(cell: str, table: Table, line: int) -> Sequence[int | None]:
    """One number for all three figures, or three (level, change, percentage) as in 2/2/1; empty: as they are printed."""
    if table.absent(cell):
        return (None, None, None)
    parts = [part for part in re.split(r"[/、;；, ]+", cell.replace("位", "").strip()) if part]
    if not all(part.isdigit() and int(part) <= 9 for part in parts) or len(parts) not in (1, 3):
        raise UnableToReadTable(
            f"{table.source} 第 {line} 行：小数位“{cell}”应为一个整数，或三个整数如 2/2/1"
        )
    numbers = [int(part) for part in parts]
    return numbers * 3 if len(numbers) == 1 else numbers


def _figure(cell: str, decimals: int | None, table: Table, line: int, column: str) -> Figure | None:
    text = cell.strip()
    if table.absent(text):
        return None
    if text == "持平":
        text = "0"
    sign = 1
    text = _UNITS.sub("", text).strip()
    if _FALL.match(text):
        sign, text = -1, _FALL.sub("", text).strip()
    text = (
        _RISE.sub("", text)
        .strip()
        .replace("＋", "+")
        .replace("－", "-")
        .replace("\u2212", "-")
        .replace(",", "")
    )
    if not re.fullmatch(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)", text):
        raise UnableToReadTable(f"{table.source} 第 {line} 行“{column}”列：“{cell}”不是数字，请更正")
    printed = len(text.partition(".")[2])
    places = printed if decimals is None else max(printed, decimals)
    return Figure(sign * Fraction(text), Fraction(1, 2 * 10**places), places)

"""Tables of text cells with their lines, and columns of numbers made from them."""

import csv
import difflib
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from index.engine.scoring import Floats


class UnableToReadTable(ValueError):
    """The data cannot be used; the text names file, line, column and the remedy."""


MISSING_WORDS = frozenset(
    (
        *(
            "",
            "NA",
            "N/A",
            "#N/A",
            "n/a",
            "na",
            "NaN",
            "nan",
            "NULL",
            "null",
            "None",
            ".",
            "..",
            "...",
            "-",
            "--",
        ),
        *(":", "—", "–", "－", "——", "…", "……", "/", "缺失", "无", "暂缺", "不详"),
    )
)
_DELIMITERS = (",", "\t", ";", "|")
_WIDE = str.maketrans("０１２３４５６７８９．，％－＋", "0123456789.,%-+")
_FLAGGED = re.compile(r"^([-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?)(?:\s+[a-z]{1,3}|\s*\([a-z]{1,3}\))$")
_PLAIN = re.compile(r"^-?\d{1,15}(?:\.\d{1,20})?$", re.ASCII)
_NOTE = re.compile(r"^(?:注|说明|备注|数据来源|资料来源|来源|source|note|\*)", re.IGNORECASE)
_FOOT = re.compile(r"^(?:[a-z]|\d{1,2}|[\[(（]\w{1,2}[\])）])[.．、)]?\s+\S")
_GROUPED = re.compile(r"^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")


@dataclass(frozen=True, eq=False)
class Table:
    """Text cells by column; lines: the physical line each row begins on."""

    source: str
    columns: dict[str, list[str]]
    lines: list[int]
    missing: frozenset[str] = field(default=MISSING_WORDS)

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> list[str]:
        if name not in self.columns:
            near = difflib.get_close_matches(name, list(self.columns), n=3)
            hint = f"是否应为 {'、'.join(near)}" if near else f"现有列：{'、'.join(list(self.columns)[:20])}"
            raise UnableToReadTable(f"{self.source}：没有名为 {name} 的列，{hint}；请改表头或定义中的列名")
        return self.columns[name]

    def absent(self, cell: str) -> bool:
        return cell in self.missing

    def numbers(self, name: str) -> Floats:
        """(n,) values of a column, NaN where missing. UnableToReadTable names line and column of what is no number."""
        out = np.full(len(self), np.nan)
        for row, cell in enumerate(self.column(name)):
            if not self.absent(cell):
                value = parse_number(cell)
                if value is None:
                    raise UnableToReadTable(
                        f"{self.source} 第 {self.lines[row]} 行“{name}”列：“{cell}”不是数字，请更正，"
                        f"缺失值请留空或写 NA"
                    )
                out[row] = value
        return out

    def where(self, rows: Sequence[int]) -> "Table":
        """The rows at these places."""
        columns = {name: [cells[row] for row in rows] for name, cells in self.columns.items()}
        return Table(self.source, columns, [self.lines[row] for row in rows], self.missing)


def parse_number(cell: str) -> float | None:
    """A number as tables print it: 1,234.5 | 12.3% (as 12.3) | full-width digits | 97.5 b (a flag); None if not one."""
    if _PLAIN.match(cell):
        return float(cell)
    text = cell.strip().translate(_WIDE).replace("\u2212", "-").replace("\u00a0", "").replace(" ", " ")
    text = text.removesuffix("%").strip()
    if flagged := _FLAGGED.match(text):
        text = flagged[1]
    if _GROUPED.match(text):
        text = text.replace(",", "")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def read_table(text: str, source: str, missing: frozenset[str] = MISSING_WORDS) -> Table:
    """A delimited text whose first row of at least two cells is the header (its first row, if no row has two).

    Delimiter: the one of comma, tab, semicolon and bar that most rows use. Titles above the header, blank rows and
    notes (a lone first cell such as 注：… or Source: …, below the data
    also `a Data refer to …`) are left out; a row that is longer or shorter than the
    header, a column without a name and a name used twice are refused.
    """
    rows = _records(text.removeprefix("\ufeff"), source)
    wide = [number for number, (_, cells) in enumerate(rows) if sum(map(bool, cells)) > 1]
    top = wide[0] if wide else 0
    names = _header(rows[top][1], source, rows[top][0])
    lines: list[int] = []
    kept: list[list[str]] = []
    last = wide[-1] if wide else len(rows)
    noted = False
    for number, (line, cells) in enumerate(rows[top + 1 :], top + 1):
        if len(names) > 1 and not any(cells[1:]):
            # Below the last row of data, whatever stands alone under a note or begins like a footnote is one.
            noted = noted or bool(_NOTE.match(cells[0]))
            if _NOTE.match(cells[0]) or (number > last and (noted or _FOOT.match(cells[0]))):
                continue
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        if len(cells) != len(names):
            raise UnableToReadTable(
                f"{source} 第 {line} 行：有 {len(cells)} 列，表头有 {len(names)} 列，请补齐或删去多余的列"
            )
        kept.append(cells)
        lines.append(line)
    if not kept:
        raise UnableToReadTable(f"{source}：只有表头，没有数据行")
    columns = {name: [row[place] for row in kept] for place, name in enumerate(names)}
    return Table(source, columns, lines, missing)


def _records(text: str, source: str) -> list[tuple[int, list[str]]]:
    """Rows that are not blank with the line each begins on; their cells without white space around."""
    heads = [line for line in text.splitlines()[:50] if line.strip()]
    delimiter = max(_DELIMITERS, key=lambda sign: sum(sign in line for line in heads))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    last = 0
    try:
        for cells in reader:
            begins, last = last + 1, reader.line_num
            cells = [cell.strip() for cell in cells]
            if any(cells):
                rows.append((begins, cells))
    except csv.Error as error:
        raise UnableToReadTable(
            f"{source} 第 {reader.line_num} 行：不是正确的 CSV（{error}），请检查引号"
        ) from error
    if not rows:
        raise UnableToReadTable(f"{source}：文件是空的，请检查导出结果")
    return rows


def _header(cells: list[str], source: str, line: int) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    for place, name in enumerate(cells):
        if not name and place:
            raise UnableToReadTable(f"{source} 第 {line} 行：第 {place + 1} 列没有列名，请补上")
        if cells.index(name) != place:
            raise UnableToReadTable(f"{source} 第 {line} 行：列名 {name} 用了两次，请改名")
    if cells and not cells[0]:
        cells[0] = "(1)"
    return cells

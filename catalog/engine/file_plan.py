"""How a file is to be read as a table: proposed from its beginning, shown to the publisher, then followed.

Wider than the data hub's reader, which knows what columns to expect: here any table is welcome, so the
header row, the types and the codes of columns are proposed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from datahub.engine import csv_blocks
from datahub.engine.csv_blocks import NOTE_STARTS
from datahub.engine.headers import normalise_header

from .book import SheetRows, UnableToReadFile, open_book, sheet_rows
from .encodings import CHOICES, LABELS, SAMPLE_BYTES, propose_encoding
from .type_guess import Guess, guess_type

DELIMITERS = (",", "\t", ";", "|")
DELIMITER_LABELS = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线", "": "无"}
HEADER_SEARCH_ROWS = 50
GUESS_ROWS = 5000
SAMPLE_ROWS = 20
MOST_COLUMNS = 500
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DATA_CELL = re.compile(r"[+-]?[\d,.]+[%％]?|\d{4}[-/.年]\d{1,2}.*")


@dataclass(frozen=True)
class PlannedColumn:
    """One column: where it stands (0-based), what it is called, what it is taken for."""

    place: int
    code: str
    title: str
    type: str
    unit: str = ""
    hint: str = ""


@dataclass(frozen=True)
class FilePlan:
    """How to read a file. ``questions`` must be answered by the publisher before it is read for good."""

    encoding: str
    encoding_reason: str
    delimiter: str
    sheet: str
    header_line: int
    columns: tuple[PlannedColumn, ...]
    sheets: tuple[str, ...] = ()
    encodings: tuple[tuple[str, str, str], ...] = ()  # name, label, sample
    questions: tuple[str, ...] = ()
    notes_above: tuple[str, ...] = ()
    sample: tuple[tuple[int, tuple[str, ...]], ...] = ()  # line, cells

    @property
    def width(self) -> int:
        return max((column.place for column in self.columns), default=-1) + 1

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "FilePlan":
        known = dict(told)
        known["columns"] = tuple(PlannedColumn(**one) for one in told["columns"])
        known["sample"] = tuple((line, tuple(cells)) for line, cells in told.get("sample", ()))
        known["encodings"] = tuple(tuple(one) for one in told.get("encodings", ()))
        for name in ("sheets", "questions", "notes_above"):
            known[name] = tuple(told.get(name, ()))
        return cls(**known)


@dataclass(frozen=True)
class Wishes:
    """What the publisher has already said; empty means: propose."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int | None = None  # 0: there is no header row
    known_codes: Mapping[str, str] = field(default_factory=dict)


def propose(path: Path, wishes: Wishes | None = None) -> FilePlan:
    """The plan for a file. Raises :class:`UnableToReadFile`."""
    wished = wishes or Wishes()
    with path.open("rb") as stream:
        raw = stream.read(SAMPLE_BYTES)
        is_whole = not stream.read(1)
    if not raw.strip():
        raise UnableToReadFile("文件是空的，请检查导出步骤后重新上传。")
    if raw.startswith(_OLE):
        raise UnableToReadFile("文件是旧版 XLS 或加密的表格，请另存为未加密的 XLSX 或 CSV。")
    if raw.startswith(_ZIP):
        return _propose_sheet(path, wished)
    if raw[:512].lstrip().lower().startswith((b"<html", b"<!doctype html", b"<?xml", b"<table")):
        raise UnableToReadFile(
            "文件内容其实是网页或 XML，不是表格，请用电子表格软件打开后另存为 XLSX 或 CSV。"
        )
    return _propose_text(path, raw, is_whole, wished)


def _propose_text(path: Path, raw: bytes, is_whole: bool, wished: Wishes) -> FilePlan:
    proposal = propose_encoding(raw, is_whole=is_whole)
    questions: tuple[str, ...] = ()
    name, reason = proposal.name, proposal.reason
    if wished.encoding:
        if wished.encoding not in CHOICES:
            raise UnableToReadFile("不支持这种编码。")
        name, reason = wished.encoding, f"发布人指定为 {LABELS[wished.encoding]}"
    elif not proposal.is_sure:
        questions = ("encoding",)
    text = csv_blocks.read_text(path, name)
    if "\x00" in text[:65536]:
        raise UnableToReadFile("文件不是文本表格，请上传 CSV 或 XLSX 文件。")
    lines = text.lstrip("\ufeff").split("\n")
    delimiters = (wished.delimiter,) if wished.delimiter else DELIMITERS
    best = max((_laid_out(lines, one) for one in delimiters), key=lambda found: found[0])
    _, delimiter, records = best
    plan = _plan_of(records, wished, FilePlan(name, reason, delimiter, "", 0, ()))
    return replace(
        plan, questions=questions,
        encodings=tuple((c.name, c.label, c.sample) for c in proposal.candidates),
    )  # fmt: skip


def _laid_out(lines: list[str], delimiter: str) -> tuple[tuple[float, int], str, list[tuple[int, list[str]]]]:
    """How well a delimiter explains the first records: share of the usual width, then the width itself."""
    records: list[tuple[int, list[str]]] = []
    at = 0
    while at < len(lines) and len(records) < GUESS_ROWS:
        cells, used = csv_blocks.read_record(lines, at, delimiter, width=None)
        records.append((at + used, cells if cells is not None else [lines[at]]))
        at += used
    widths = Counter(_filled(cells) for _, cells in records[:500] if any(cell.strip() for cell in cells))
    if not widths:
        return (0.0, 0), delimiter, records
    usual = max(widths, key=lambda width: (widths[width] * min(width, 3), width))
    share = widths[usual] / sum(widths.values())
    return (round(share, 1) if usual > 1 else 0.0, usual), delimiter, records


def _filled(cells: Sequence[str]) -> int:
    return len(cells)


def _plan_of(
    records: list[tuple[int, list[str]]],
    wished: Wishes,
    base: FilePlan,
    errors: Mapping[tuple[int, int], str] | None = None,
) -> FilePlan:
    broken = errors or {}
    width = _usual_width(records)
    place = _header_place(records, width, wished.header_line)
    header_line, titles = 0, [f"列{n}" for n in range(1, width + 1)]
    above: tuple[str, ...] = ()
    body = records
    if place is not None:
        header_line, cells = records[place]
        width = max(width, len(_trimmed(cells)))
        if wished.header_line is None and (joined := _joined_header(records, place, width)) is not None:
            place += 1
            header_line, cells = records[place][0], joined
        titles = [_title(cell, n) for n, cell in enumerate([*cells, *[""] * width][:width], start=1)]
        above = tuple(" ".join(c.strip() for c in row if c.strip())[:200] for _, row in records[:place])
        body = records[place + 1 :]
    if width > MOST_COLUMNS:
        raise UnableToReadFile(f"列数超过 {MOST_COLUMNS}，请检查分隔符或拆分后上传。")
    rows = [(line, [*cells, *[""] * width][:width]) for line, cells in body if is_row(cells)]
    columns = []
    codes = codes_for(titles, wished.known_codes)
    for n, title in enumerate(titles):
        sound = [row[n] if (line, n) not in broken else "" for line, row in rows]
        held = pl.Series("cell", sound, dtype=pl.String)
        lines = [line for line, at in broken if at == n and line > header_line]
        if (
            rows
            and place is not None
            and title == f"列{n + 1}"
            and held.str.strip_chars().eq("").all()
            and not lines
        ):
            continue  # a column without a header and without a value is none
        guess = guess_type(title, held) if rows else Guess("text")
        hint = _error_hint(lines, broken[min(lines), n]) if lines else guess.hint
        columns.append(PlannedColumn(n, codes[n], title, guess.type, guess.unit, hint))
    if not columns:
        raise UnableToReadFile("没有找到表格内容，请检查文件。")
    sample = tuple((line, tuple(row)) for line, row in rows[:SAMPLE_ROWS])
    return replace(
        base,
        header_line=header_line,
        columns=tuple(columns),
        notes_above=tuple(n for n in above if n),
        sample=sample,
    )


def _error_hint(lines: Sequence[int], first: str) -> str:
    return (
        f"有 {len(lines)} 处公式错误，首处在第 {min(lines)} 行（{first}），所在的行不会入表，请改正后重新上传"
    )


def is_row(cells: Sequence[str]) -> bool:
    """False for blank rows, notes and totals."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return False
    first = cells[0].strip() if cells else ""
    if re.match(r"(?:合计|总计|小计)", first):
        return False
    return not (len(filled) == 1 and filled[0].startswith(NOTE_STARTS) and len(cells) > 1)


def _usual_width(records: list[tuple[int, list[str]]]) -> int:
    widths = Counter(len(_trimmed(cells)) for _, cells in records[:500] if any(c.strip() for c in cells))
    if not widths:
        raise UnableToReadFile("文件中没有内容。")
    return max(widths, key=lambda width: (widths[width] * min(width, 3), width))


def _trimmed(cells: Sequence[str]) -> list[str]:
    """Without the empty cells behind the last filled one."""
    kept = list(cells)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _header_place(records: list[tuple[int, list[str]]], width: int, wished: int | None) -> int | None:
    """Which record is the header; None when the table has none."""
    if wished == 0:
        return None
    if wished is not None:
        place = next((n for n, (line, _) in enumerate(records) if line >= wished), None)
        if place is None:
            raise UnableToReadFile(f"第 {wished} 行不存在。")
        return place
    for place, (_, cells) in enumerate(records[:HEADER_SEARCH_ROWS]):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) < max(1, (width * 3 + 4) // 5) or (width > 1 and len(filled) < 2):
            continue
        names = [normalise_header(cell) for cell in filled]
        data = sum(bool(_DATA_CELL.fullmatch(cell)) for cell in filled)
        repeats = len(set(names)) < len(names) * 0.8
        if data * 2 > len(filled) or (repeats and (data or not _has_data(records, place))):
            return None  # the first full row already is data
        return place
    return None


def _has_data(records: list[tuple[int, list[str]]], place: int) -> bool:
    """Whether numbers or days stand below a row of words, which then names the columns though names repeat."""
    below = (cell.strip() for _, cells in records[place + 1 : place + 21] for cell in cells)
    return any(_DATA_CELL.fullmatch(cell) for cell in below)


def _joined_header(records: list[tuple[int, list[str]]], place: int, width: int) -> list[str] | None:
    """Headings of two merged rows as one: 金额 above 上年 and 本年 gives 金额上年, 金额本年; None if it is one row.

    The second row fills every gap of the first, leaves a gap itself, and holds no value that looks like data.
    """
    if place + 1 >= len(records):
        return None
    upper, lower = (
        [c.strip() for c in [*row, *[""] * width][:width]] for _, row in records[place : place + 2]
    )
    gaps = [n for n in range(width) if not upper[n]]
    told = [cell for cell in lower if cell]
    if not gaps or not all(lower[n] for n in gaps) or len(told) == width or not upper[0]:
        return None
    if any(_DATA_CELL.fullmatch(cell) for cell in told):
        return None
    joined, above = [], ""
    for n in range(width):
        above = upper[n] or above
        joined.append(f"{above}{lower[n]}")
    return joined


def _title(cell: str, number: int) -> str:
    title = " ".join(cell.replace("\ufeff", "").split()).strip("'\"")[:200]
    return title or f"列{number}"


def codes_for(titles: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """A code for each title: a known one, the title itself where it is one, else its pinyin; never twice."""
    codes: list[str] = []
    for number, title in enumerate(titles, start=1):
        code = known.get(normalise_header(title)) or _as_code(title) or f"column_{number}"
        base, again = code, 2
        while code in codes:
            code, again = f"{base}_{again}", again + 1
        codes.append(code)
    return codes


def _as_code(title: str) -> str:
    from pypinyin import Style, lazy_pinyin  # its dictionaries take most of a second to read

    latin = title if title.isascii() else "_".join(lazy_pinyin(title, style=Style.NORMAL, errors="ignore"))
    code = re.sub(r"[^0-9a-z]+", "_", latin.casefold()).strip("_")[:60].strip("_")
    return f"c_{code}" if code[:1].isdigit() else code


# -- XLSX ----------------------------------------------------------------------------------------------
def _propose_sheet(path: Path, wished: Wishes) -> FilePlan:
    book = open_book(path)
    sheets = tuple(book.sheet_names)
    if wished.sheet and wished.sheet not in sheets:
        raise UnableToReadFile(f"没有工作表“{wished.sheet[:60]}”。")
    found: list[tuple[bool, str, SheetRows]] = []
    filled = []
    for sheet in sheets:
        read = sheet_rows(path, book, sheet, 0, GUESS_ROWS)
        if not any(any(cell.strip() for cell in row) for row in read.rows):
            continue
        filled.append(sheet)
        if not wished.sheet or wished.sheet == sheet:
            found.append((_looks_like_a_table(read.rows), sheet, read))
    if not found:
        raise UnableToReadFile("工作簿中没有内容。")
    _, chosen, read = max(found, key=lambda one: one[0])  # the first of those that look like a table
    records = list(enumerate(read.rows, start=1))
    base = FilePlan("xlsx", f"XLSX 工作簿，取工作表“{chosen}”", "", chosen, 0, (), sheets=tuple(filled))
    return _plan_of(records, wished, base, read.errors)


def _looks_like_a_table(rows: list[list[str]]) -> bool:
    """A sheet of notes is none: there must be two rows of two cells at least."""
    return sum(len([cell for cell in row if cell.strip()]) > 1 for row in rows[:200]) > 1

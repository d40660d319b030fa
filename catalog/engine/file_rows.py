"""Rows of a file as its plan says, block by block; what does not fit is named by row and column."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from datahub.engine import csv_blocks
from datahub.engine.csv_blocks import NOTE_STARTS, TextBlock
from datahub.engine.sheet_cells import cell_name

from .book import SheetRows, open_book, sheet_rows
from .file_plan import FilePlan, PlannedColumn, is_row
from .type_guess import blanked, convert

WORDS = {"integer": "整数", "number": "数值", "date": "日期", "timestamp": "日期时间", "boolean": "是否值"}
LONGEST_CELL = 20_000


@dataclass(frozen=True)
class Fault:
    """What is wrong, in which physical line (or sheet row) and column (empty: the whole row)."""

    line: int
    column: str
    message: str


Told = dict[int, dict[int, Fault]]  # faults known beforehand, by place and line


@dataclass(frozen=True, eq=False)
class Block:
    """Rows that fit, columns named by code in the plan's order, as text PostgreSQL reads; and the faults."""

    frame: pl.DataFrame
    faults: list[Fault]


def read_blocks(path: Path, plan: FilePlan) -> Iterator[Block]:
    """Stream a file, about 50,000 rows at a time. A row with a fault is left out, never guessed."""
    if plan.sheet:
        read = sheet_rows(path, open_book(path), plan.sheet, plan.header_line, None)
        told = _formula_faults(read, plan)
        for start in range(0, len(read.rows), csv_blocks.BLOCK_ROWS):
            piece = read.rows[start : start + csv_blocks.BLOCK_ROWS]
            lines = range(plan.header_line + start + 1, plan.header_line + start + len(piece) + 1)
            yield _typed(list(lines), piece, [], plan, told)
        return
    for block in csv_blocks.iterate_blocks(path, plan.encoding, plan.header_line):
        yield _text_block(block, plan)


def _text_block(block: TextBlock, plan: FilePlan) -> Block:
    data = block.data.removeprefix("\ufeff".encode())
    clean = TextBlock(data, block.first_line)
    width = plan.width
    layout = csv_blocks.lay_out(clean, plan.delimiter, width)
    if layout is not None and bool((layout.widths == width).all()) and b'"' not in data:
        places = [column.place for column in plan.columns]
        table = csv_blocks.parse_uniform(data, plan.delimiter, {0, *places})
        lines = pl.Series("line", layout.lines, dtype=pl.Int64)
        return _typed_frame(lines, table, [], plan)
    lines_read: list[int] = []
    cells_read: list[list[str]] = []
    faults: list[Fault] = []
    physical = data.decode("utf-8").split("\n")[:-1]
    at = 0
    while at < len(physical):
        cells, used = csv_blocks.read_record(physical, at, plan.delimiter, width)
        line = block.first_line + at
        at += used
        if cells is None:
            faults.append(Fault(line, "", f"第 {line} 行：英文双引号不成对，请补齐或删去。"))
        elif not is_row(cells) or (len(cells) == 1 < width and cells[0].strip().startswith(NOTE_STARTS)):
            continue
        elif len(cells) < width and len(cells) > 1 and plan.delimiter:
            lines_read.append(line)
            cells_read.append([*cells, *[""] * (width - len(cells))])
        elif any(cell.strip() for cell in cells[width:]) or (len(cells) == 1 and width > 1):
            reason = f"应有 {width} 列，实有 {len(cells)} 列，请检查分隔符与引号"
            faults.append(Fault(line, "", f"第 {line} 行：{reason}。"))
        else:
            lines_read.append(line)
            cells_read.append(cells[:width])
    return _typed(lines_read, cells_read, faults, plan)


def _formula_faults(read: SheetRows, plan: FilePlan) -> Told:
    """What is said of each formula error in a column that is taken."""
    told: Told = {}
    titles = {column.place: column.title for column in plan.columns}
    for (line, place), text in read.errors.items():
        if place in titles:
            cell = cell_name(line, place + read.first_column)
            message = f"工作表“{plan.sheet}”第 {line} 行“{titles[place]}”（{cell}）：公式错误 {text}，请改正公式或改填数值。"
            told.setdefault(place, {})[line] = Fault(line, titles[place], message)
    return told


def _typed(
    lines: list[int], rows: list[list[str]], faults: list[Fault], plan: FilePlan, told: Told | None = None
) -> Block:
    width = plan.width
    kept = [(n, row) for n, row in zip(lines, rows, strict=True) if is_row(row)]
    columns = {
        str(c.place): [row[c.place] if c.place < len(row) else "" for _, row in kept] for c in plan.columns
    }
    table = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    if "0" not in columns and width:
        table = table.with_columns(pl.Series("0", [row[0] for _, row in kept], dtype=pl.String))
    return _typed_frame(pl.Series("line", [n for n, _ in kept], dtype=pl.Int64), table, faults, plan, told)


def _typed_frame(
    lines: pl.Series, table: pl.DataFrame, faults: list[Fault], plan: FilePlan, told: Told | None = None
) -> Block:
    first = table["0"].str.strip_chars().fill_null("")
    names = [str(column.place) for column in plan.columns]
    blank = table.select(
        pl.all_horizontal(pl.col(names).str.strip_chars().fill_null("") == "").alias("blank")
    )["blank"]
    others = [name for name in names if name != "0"]
    alone = pl.Series("alone", [len(plan.columns) > 1] * len(first), dtype=pl.Boolean)
    if others:
        alone = (
            alone
            & table.select(
                pl.all_horizontal(pl.col(others).str.strip_chars().fill_null("") == "").alias("alone")
            )["alone"]
        )
    note = alone & first.str.contains(f"^(?:{'|'.join(NOTE_STARTS)})")
    keep = ~(blank | note | first.str.contains(r"^(?:合计|总计|小计)"))
    if not bool(keep.all()):
        table, lines = table.filter(keep), lines.filter(keep)
    faulty = pl.Series("faulty", [False] * len(lines), dtype=pl.Boolean)
    done: list[pl.Series] = []
    for column in plan.columns:
        cells = blanked(table[str(column.place)], for_text=column.type == "text")
        values = convert(cells, column.type)
        broken = pl.Series("broken", [False] * len(lines), dtype=pl.Boolean)
        if known := (told or {}).get(column.place):
            broken = lines.is_in(list(known))
            faults += [known[line] for line in lines.filter(broken).to_list()]
            faulty = faulty | broken
        bad = cells.is_not_null() & (values.is_null() | _unreadable(cells, column)) & ~broken
        if bool(bad.any()):
            faults += _faults(column, lines.filter(bad), cells.filter(bad))
            faulty = faulty | bad
        done.append(values.alias(column.code))
    frame = pl.DataFrame([lines, *done]) if done else pl.DataFrame([lines])
    return Block(frame.filter(~faulty), faults)


def _unreadable(cells: pl.Series, column: PlannedColumn) -> pl.Series:
    broken = cells.str.contains("\ufffd", literal=True)
    too_long = cells.str.len_chars() > LONGEST_CELL
    return (broken | too_long).fill_null(False)


def _faults(column: PlannedColumn, lines: pl.Series, cells: pl.Series) -> list[Fault]:
    faults = []
    for line, cell in zip(lines.to_list(), cells.to_list(), strict=True):
        if "\ufffd" in cell:
            reason = "含有无法识别的字符，请检查编码"
        elif len(cell) > LONGEST_CELL:
            reason = f"超过 {LONGEST_CELL} 字"
        else:
            reason = f"“{cell[:40]}”不是{WORDS.get(column.type, '文本')}"
        faults.append(Fault(line, column.title, f"第 {line} 行“{column.title}”：{reason}。"))
    return faults

"""Delimited text in blocks of whole records, each with the line it begins on.

A block that is well formed throughout is parsed by polars; any other one goes record by record, so that one
ragged row or one lone quotation mark costs that row and nothing else.
"""

import codecs
import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from datahub.contracts import REJECTION_SCHEMA

BLOCK_ROWS = 50_000
PIECE, MAX_BLOCK_BYTES = 1 << 20, 4 << 20
MAX_OPEN_BYTES = 1 << 18
"""A quoted cell longer than this is taken for a lone quotation mark."""
MAX_JOINED_LINES = 100
_NEWLINE, _QUOTE = 10, 34


NOTE_STARTS = (
    *("注：", "注:", "说明：", "说明:", "备注：", "备注:", "填表", "制表", "审核人", "单位负责人", "填报"),
    *("数据来源", "合计", "总计", "小计", "截至", "打印时间", "导出时间", "共计"),
)
"""How lines begin that explain or add up the table and are no row of it."""


@dataclass(frozen=True, eq=False)
class TextBlock:
    """UTF-8 bytes of whole records ending in a newline; `first_line` is the physical line of the first."""

    data: bytes
    first_line: int


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the records of a block begin and end (byte offsets), on which physical line, and their cells."""

    starts: np.ndarray
    ends: np.ndarray
    lines: np.ndarray
    widths: np.ndarray


@dataclass(eq=False)
class Records:
    """Records parsed one by one: their lines and cells, and what had to be refused (REJECTION_SCHEMA rows)."""

    lines: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    refused: list[dict[str, object]] = field(default_factory=list)
    blank: int = 0

    def refuse(self, line: int, code: str, reason: str) -> None:
        message = f"第 {line} 行：{reason}。"
        self.refused.append({"line": line, "column": "", "code": code, "message": message, "value_shown": ""})

    def take(self, line: int, cells: list[str] | None, width: int) -> None:
        """Keep a record of `width` cells (empty ones behind are cut off), refuse or skip any other."""
        if cells is None:
            self.refuse(line, "ROW_QUOTE", "英文双引号不成对，请补齐或删去，单元格内的双引号应写两遍")
        elif not any(cell.strip() for cell in cells):
            self.blank += 1
        elif len(cells) >= width and not any(cell.strip() for cell in cells[width:]):
            self.lines.append(line)
            self.cells.append(cells[:width])
        elif len(cells) == 1 and cells[0].strip().startswith(NOTE_STARTS):
            self.blank += 1
        else:
            reason = (
                f"应有 {width} 列，实有 {len(cells)} 列，请检查分隔符；单元格内有逗号时请用英文双引号括起"
            )
            self.refuse(line, "ROW_SHAPE", reason)

    def rejections(self) -> pl.DataFrame:
        return pl.DataFrame(self.refused, schema=dict(REJECTION_SCHEMA))


def read_text(path: Path, encoding: str, size: int = PIECE) -> str:
    """The first `size` bytes decoded, newlines unified, cut at the last whole line unless it is the whole file."""
    with path.open("rb") as stream:
        raw = stream.read(size)
        whole = not stream.read(1)
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    text = decoder.decode(raw, final=whole)
    return text if whole else text[: text.rfind("\n") + 1] or text


def iterate_blocks(path: Path, encoding: str, skip_lines: int) -> Iterator[TextBlock]:
    """Stream the file's records after its first `skip_lines` physical lines, about BLOCK_ROWS at a time.

    Memory is a few times the block's bytes, whatever the file's size. Undecodable bytes become U+FFFD.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    line, buffer, wanted = 1, b"", PIECE
    with path.open("rb") as stream:
        while True:
            raw = stream.read(PIECE)
            buffer += decoder.decode(raw, final=not raw).encode("utf-8", errors="replace")
            if not raw and buffer and not buffer.endswith(b"\n"):
                buffer += b"\n"
            while skip_lines and b"\n" in buffer:
                buffer = buffer[buffer.index(b"\n") + 1 :]
                line, skip_lines = line + 1, skip_lines - 1
            if raw and (skip_lines or len(buffer) < wanted):
                continue
            cut = _find_cut(buffer) if raw else len(buffer)
            if cut and not skip_lines:
                block = TextBlock(buffer[:cut], line)
                rows = block.data.count(b"\n")
                wanted = min(MAX_BLOCK_BYTES, max(PIECE, cut // max(rows, 1) * BLOCK_ROWS))
                buffer, line = buffer[cut:], line + rows
                yield block
            if not raw:
                return


def _find_cut(buffer: bytes) -> int:
    """Offset behind the last newline that ends a record; 0 when more bytes are needed."""
    last = buffer.rfind(b"\n") + 1
    if not last or buffer.count(b'"', 0, last) % 2 == 0:
        return last
    symbols = np.frombuffer(buffer, dtype=np.uint8)
    newlines = np.flatnonzero(symbols == _NEWLINE)
    outside = newlines[np.searchsorted(np.flatnonzero(symbols == _QUOTE), newlines) % 2 == 0]
    cut = int(outside[-1]) + 1 if outside.size else 0
    return cut if last - cut <= MAX_OPEN_BYTES else last


def lay_out(block: TextBlock, delimiter: str, width: int) -> Layout | None:
    """Find the records of a block. None when its quotation marks are not well formed throughout.

    A record of several lines that holds a line of `width` cells also counts as ill formed: two lone quotation
    marks far apart look like that.
    """
    symbols = np.frombuffer(block.data, dtype=np.uint8)
    newlines = np.flatnonzero(symbols == _NEWLINE)
    delimiters = np.flatnonzero(symbols == ord(delimiter))
    ends = newlines
    if b'"' in block.data:
        quotes = np.flatnonzero(symbols == _QUOTE)
        if not _well_formed(symbols, quotes, ord(delimiter)):
            return None
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    starts = np.concatenate(([0], ends[:-1] + 1))
    widths = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts) + 1
    layout = Layout(starts, ends + 1, block.first_line + np.searchsorted(newlines, starts), widths)
    return None if _swallows_records(block, layout, delimiter, width) else layout


def _swallows_records(block: TextBlock, layout: Layout, delimiter: str, width: int) -> bool:
    spans = np.diff(np.append(layout.lines, block.first_line + block.data.count(b"\n")))
    for place in np.flatnonzero(spans > 1).tolist():
        text = block.data[layout.starts[place] : layout.ends[place] - 1].decode("utf-8")
        if any(_is_record(line, delimiter, width) for line in text.split("\n")[1:]):
            return True
    return False


def _well_formed(symbols: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    """Every opening mark follows a delimiter, a newline or (doubled) a mark; every closing one precedes one."""
    if quotes.size % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, symbols[opening - 1], _NEWLINE)
    after = symbols[np.minimum(closing + 1, symbols.size - 1)]
    allowed = (delimiter, _NEWLINE, _QUOTE)
    return bool(np.isin(before, allowed).all() and np.isin(after, allowed).all())


def without(block: TextBlock, layout: Layout, left_out: np.ndarray) -> bytes:
    """The block's bytes without the records marked in the boolean array `left_out`."""
    if not left_out.any():
        return block.data
    edges = np.diff(np.concatenate(([1], left_out.astype(np.int8), [1])))
    starts, stops = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1) - 1
    return b"".join(
        block.data[layout.starts[start] : layout.ends[stop]]
        for start, stop in zip(starts, stops, strict=True)
    )


def parse_uniform(data: bytes, delimiter: str, wanted: Collection[int]) -> pl.DataFrame:
    """Parse well-formed records of equal width: String columns named by their 0-based place."""
    places = sorted(wanted)
    table = pl.read_csv(
        io.BytesIO(data),
        has_header=False,
        separator=delimiter,
        quote_char='"' if b'"' in data else None,
        infer_schema=False,
        columns=places,
    )
    table.columns = [str(place) for place in places]
    return table


def parse_records(block: TextBlock, delimiter: str, width: int) -> Records:
    """Parse a block record by record; what cannot be a row of `width` cells becomes one refusal each."""
    physical = block.data.decode("utf-8").split("\n")[:-1]
    records = Records()
    at = 0
    while at < len(physical):
        cells, used = read_record(physical, at, delimiter, width)
        records.take(block.first_line + at, cells, width)
        at += used
    return records


def parse_some(block: TextBlock, layout: Layout, chosen: np.ndarray, delimiter: str, width: int) -> Records:
    """The same for the records marked in the boolean array `chosen` of a well-formed block."""
    records = Records()
    for place in np.flatnonzero(chosen).tolist():
        text = block.data[layout.starts[place] : layout.ends[place] - 1].decode("utf-8")
        cells, _ = read_record(text.split("\n"), 0, delimiter, None)
        records.take(int(layout.lines[place]), cells, width)
    return records


def read_record(
    physical: list[str], at: int, delimiter: str, width: int | None
) -> tuple[list[str] | None, int]:
    """Cells of the record that begins at a physical line, and how many lines it takes.

    None for a record with a lone quotation mark, which then takes one line. A record of several lines must have
    `width` cells (any number when None) and swallow no line that is a record by itself, or its first mark was a
    lone one.
    """
    text = physical[at]
    if '"' not in text:
        return text.split(delimiter), 1
    for used in range(1, min(MAX_JOINED_LINES, len(physical) - at) + 1):
        if used > 1:
            text = f"{text}\n{physical[at + used - 1]}"
            if width is not None and _is_record(physical[at + used - 1], delimiter, width):
                return None, 1
            if '"' not in physical[at + used - 1]:
                continue
        try:
            source = [f"{part}\n" for part in text.split("\n")]
            cells = next(csv.reader(source, delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                continue
            return None, 1
        return (cells, used) if used == 1 or width in (None, len(cells)) else (None, 1)
    return None, 1


def _is_record(line: str, delimiter: str, width: int) -> bool:
    """True when a physical line by itself is a whole record of that width.

    The last line of a quoted cell never is: it has an odd number of quotation marks.
    """
    if line.count(delimiter) < width - 1 or line.count('"') % 2:
        return False
    if '"' not in line:
        return line.count(delimiter) == width - 1
    try:
        return len(next(csv.reader((line,), delimiter=delimiter, strict=True))) == width
    except csv.Error:
        return False


def rows_of(
    block: TextBlock, lines: list[int], delimiter: str, width: int
) -> Iterator[tuple[int, list[str]]]:
    """The cells of the records that begin on these lines of the block; a lone quote gives the line as one cell."""
    physical = block.data.decode("utf-8").split("\n")[:-1]
    for line in lines:
        at = line - block.first_line
        cells, _ = read_record(physical, at, delimiter, width)
        yield line, [physical[at]] if cells is None else cells

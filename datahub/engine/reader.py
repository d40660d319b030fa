"""Opening a department's file: encoding, delimiter or sheet, header row, then blocks of text cells."""

import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl

from datahub.contracts import (
    REJECTION_SCHEMA,
    EncodingDecision,
    HeaderMatch,
    ItemDefinition,
    Kind,
    RawBlock,
)
from datahub.engine import csv_blocks
from datahub.engine.csv_blocks import NOTE_STARTS, TextBlock
from datahub.engine.encoding import UnableToReadDelivery, decide_encoding
from datahub.engine.headers import match_headers
from datahub.engine.sheet_cells import UnableToSearchSheet, cell_name, formula_errors

__all__ = ["Delivery", "UnableToReadDelivery", "open_delivery"]

HEADER_SEARCH_ROWS = 50
MAX_XLSX_UNPACKED = 2 << 30
_DELIMITERS = (",", "\t", ";", "|")
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, eq=False)
class Delivery:
    """A file that can be read as one data item.

    encoding: what was decided and why. delimiter: empty for XLSX; sheet: empty for text. header_line: physical
    line (or sheet row) of the header, 1-based. headers: its cells. match: which column feeds which field.
    """

    item: ItemDefinition
    path: Path
    encoding: EncodingDecision
    delimiter: str
    sheet: str
    header_line: int
    headers: tuple[str, ...]
    match: HeaderMatch

    @property
    def units(self) -> dict[str, str]:
        """Units written in the header, for `check_block(..., units=...)`."""
        return dict(self.match.units)

    def blocks(self) -> Iterator[RawBlock]:
        """Stream the rows, about 50,000 at a time, in file order. May be called again."""
        if self.sheet:
            yield from _sheet_blocks(self)
            return
        for block in csv_blocks.iterate_blocks(self.path, self.encoding.name, self.header_line):
            yield _text_block(self, block)

    def raw_rows(self, lines: Collection[int]) -> Iterator[tuple[int, list[str]]]:
        """The cells, as delivered, of the records that begin on these lines, in file order."""
        wanted = frozenset(lines)
        if self.sheet:
            yield from _sheet_rows(self, wanted)
            return
        for block in csv_blocks.iterate_blocks(self.path, self.encoding.name, self.header_line):
            last = block.first_line + block.data.count(b"\n")
            here = sorted(line for line in wanted if block.first_line <= line < last)
            if here:
                yield from csv_blocks.rows_of(block, here, self.delimiter, len(self.headers))


def open_delivery(path: Path, item: ItemDefinition) -> Delivery:
    """Decide how to read the file as this item. Raises UnableToReadDelivery with a Chinese reason and remedy."""
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == _ZIP:
        return _open_sheet(path, item)
    encoding = decide_encoding(path)
    lines = csv_blocks.read_text(path, encoding.name).split("\n")
    best: Delivery | None = None
    for delimiter in _DELIMITERS:
        rows = _first_records(lines, delimiter)
        found = _find_header(item, rows)
        if found is not None and (best is None or len(found[2].columns) > len(best.match.columns)):
            last_line, cells, match = found
            best = Delivery(item, path, encoding, delimiter, "", last_line, tuple(cells), match)
    return _accept(best, item)


def _accept(best: Delivery | None, item: ItemDefinition) -> Delivery:
    expected = "、".join(f.name for f in item.fields if f.required) or item.field(item.subject.code).name
    if best is None:
        raise UnableToReadDelivery(
            "NO_HEADER",
            f"前 {HEADER_SEARCH_ROWS} 行内没有找到“{item.name}”的表头，请确认所选数据项，表头至少应有：{expected}",
        )
    if best.match.missing:
        names = "、".join(item.field(code).name for code in best.match.missing)
        raise UnableToReadDelivery(
            "MISSING_COLUMNS", f"第 {best.header_line} 行表头缺少必填列：{names}，请补齐后重新报送"
        )
    return best


def _first_records(lines: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """The first records with the last physical line of each; a record never fails here."""
    records: list[tuple[int, list[str]]] = []
    at = 0
    while at < len(lines) and len(records) < HEADER_SEARCH_ROWS:
        cells, used = csv_blocks.read_record(lines, at, delimiter, width=None)
        records.append((at + used, cells if cells is not None else []))
        at += used
    return records


def _find_header(
    item: ItemDefinition, rows: Sequence[tuple[int, list[str]]]
) -> tuple[int, list[str], HeaderMatch] | None:
    """The row that names the most fields, at least two; the earliest of equals."""
    best: tuple[int, list[str], HeaderMatch] | None = None
    for line, cells in rows:
        match = match_headers(item, cells)
        if len(match.columns) >= 2 and (best is None or len(match.columns) > len(best[2].columns)):
            best = (line, cells, match)
    return best


def _text_block(delivery: Delivery, block: TextBlock) -> RawBlock:
    """Records as wide as the header go through polars; the others, or all of an ill-formed block, one by one."""
    width, delimiter = len(delivery.headers), delivery.delimiter
    places = sorted({0, *delivery.match.columns.values()})
    layout = csv_blocks.lay_out(block, delimiter, width)
    if layout is None:
        records = csv_blocks.parse_records(block, delimiter, width)
        lines, table = _as_table(records, places)
        return _without_notes(delivery, lines, table, records.rejections(), records.blank)
    odd = layout.widths != width
    records = csv_blocks.parse_some(block, layout, odd, delimiter, width)
    lines, table = _as_table(records, places)
    if not odd.all():
        lines = lines.extend(pl.Series(layout.lines[~odd], dtype=pl.Int64))
        table = table.extend(
            csv_blocks.parse_uniform(csv_blocks.without(block, layout, odd), delimiter, places)
        )
        if records.lines:
            order = lines.arg_sort()
            lines, table = lines.gather(order), table.select(pl.all().gather(order))
    return _without_notes(delivery, lines, table, records.rejections(), records.blank)


def _as_table(records: csv_blocks.Records, places: list[int]) -> tuple[pl.Series, pl.DataFrame]:
    """Lines and String columns named by place of records parsed one by one; an empty cell is null."""
    columns = {str(place): [cells[place] or None for cells in records.cells] for place in places}
    table = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return pl.Series("line", records.lines, dtype=pl.Int64), table


def _no_rejections() -> pl.DataFrame:
    return pl.DataFrame(schema=dict(REJECTION_SCHEMA))


def _without_notes(
    delivery: Delivery, lines: pl.Series, table: pl.DataFrame, rejections: pl.DataFrame, skipped: int
) -> RawBlock:
    """Name the columns by field; leave out blank rows, notes (a text in the first cell alone) and totals."""
    columns = delivery.match.columns
    frame = pl.DataFrame([lines, *(table[str(place)].alias(code) for code, place in columns.items())])
    first = table["0"].str.strip_chars().fill_null("")
    drop = first.str.contains(r"^(?:合计|总计|小计)")
    others = [str(place) for place in columns.values() if place != 0]
    if all(table[place].null_count() for place in others):
        blank = pl.col(others).str.strip_chars().fill_null("") == ""
        rest_blank = table.select(pl.all_horizontal(blank)).to_series()
        drop = drop | (rest_blank & _is_note(delivery, first))
    if drop.any():
        frame = frame.filter(~drop)
        skipped += int(drop.sum())
    return RawBlock(frame=frame, rejections=rejections, skipped=skipped)


def _is_note(delivery: Delivery, first: pl.Series) -> pl.Series:
    """Which first cells, standing alone in their row, make a note or a blank row instead of a damaged record."""
    owner = next((code for code, place in delivery.match.columns.items() if place == 0), None)
    if owner is None:
        return pl.Series([True]).new_from_index(0, len(first))
    note = (first == "") | first.str.contains(f"^(?:{'|'.join(NOTE_STARTS)})")
    if delivery.item.field(owner).kind is not Kind.TEXT:
        note = note | first.str.contains(r"[\u{4e00}-\u{9fff}]")
    return note


def _open_sheet(path: Path, item: ItemDefinition) -> Delivery:
    book = _read_book(path)
    best: Delivery | None = None
    for sheet in book.sheet_names:
        top = book.load_sheet(sheet, header_row=None, skip_rows=0, n_rows=HEADER_SEARCH_ROWS, dtypes="string")
        rows = [[cell or "" for cell in row] for row in top.to_polars().rows()]
        found = _find_header(item, list(enumerate(rows, start=1)))
        if found is not None and (best is None or len(found[2].columns) > len(best.match.columns)):
            line, cells, match = found
            encoding = EncodingDecision("xlsx", f"XLSX 工作簿，取工作表“{sheet}”")
            best = Delivery(item, path, encoding, "", sheet, line, tuple(cells), match)
    return _accept(best, item)


def _read_book(path: Path) -> fastexcel.ExcelReader:
    damaged = UnableToReadDelivery("BAD_XLSX", "XLSX 文件已损坏或不是工作簿，请重新导出后报送")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise damaged from None
    if unpacked > MAX_XLSX_UNPACKED:
        raise UnableToReadDelivery("XLSX_TOO_LARGE", "XLSX 展开后超过 2 GB，请改用 CSV 报送")
    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError:
        raise damaged from None


Errors = dict[tuple[int, int], str]  # by sheet row and place in the row


def _load_sheet(delivery: Delivery) -> tuple[pl.DataFrame, Errors, int]:
    """All rows below the header as String columns named by place, with their sheet rows in `line`; cells whose
    formula broke, which hold the error's text; and which column of the sheet place 0 is.
    """
    sheet = _read_book(delivery.path).load_sheet(
        delivery.sheet, header_row=None, skip_rows=delivery.header_line, dtypes="string"
    )
    first = min((column.absolute_index for column in sheet.available_columns()), default=0)
    table = sheet.to_polars()
    table.columns = [str(place) for place in range(table.width)]
    errors = _errors_below(delivery, first)
    for place in sorted({place for _, place in errors} & set(range(table.width))):
        at = {line - delivery.header_line - 1: text for (line, own), text in errors.items() if own == place}
        at = {row: text for row, text in at.items() if row < table.height}
        cells = table[str(place)].scatter(list(at), list(at.values()))
        table = table.with_columns(cells.alias(str(place)))
    lines = pl.int_range(table.height, eager=True) + delivery.header_line + 1
    return table.with_columns(lines.cast(pl.Int64).alias("line")), errors, first


def _errors_below(delivery: Delivery, first: int) -> Errors:
    try:
        found = formula_errors(delivery.path, delivery.sheet)
    except UnableToSearchSheet:
        raise UnableToReadDelivery("BAD_XLSX", "XLSX 文件已损坏或不是工作簿，请重新导出后报送") from None
    return {
        (line, column - first): text
        for (line, column), text in found.items()
        if line > delivery.header_line and column >= first
    }


def _sheet_blocks(delivery: Delivery) -> Iterator[RawBlock]:
    table, errors, first = _load_sheet(delivery)
    refused = _formula_rejections(delivery, errors, first)
    for piece in table.iter_slices(csv_blocks.BLOCK_ROWS):
        block = _without_notes(delivery, piece["line"], piece, _no_rejections(), 0)
        own = refused.filter(pl.col("line").is_in(block.frame["line"].implode()))
        kept = block.frame.filter(~pl.col("line").is_in(own["line"].implode()))
        yield RawBlock(frame=kept, rejections=own, skipped=block.skipped)


def _formula_rejections(delivery: Delivery, errors: Errors, first: int) -> pl.DataFrame:
    """One rejection per broken formula in a column that feeds a field."""
    names = {place: delivery.item.field(code).name for code, place in delivery.match.columns.items()}
    told = [
        {
            "line": line, "column": names[place], "code": "FORMULA_ERROR", "value_shown": text,
            "message": f"工作表“{delivery.sheet}”第 {line} 行“{names[place]}”列（{cell_name(line, place + first)}）："
            f"公式错误 {text}，请改正公式或改填数值后重新报送。",
        }
        for (line, place), text in sorted(errors.items())
        if place in names
    ]  # fmt: skip
    return pl.DataFrame(told, schema=dict(REJECTION_SCHEMA))


def _sheet_rows(delivery: Delivery, wanted: frozenset[int]) -> Iterator[tuple[int, list[str]]]:
    table, _, _ = _load_sheet(delivery)
    chosen = table.filter(table["line"].is_in(sorted(wanted)))
    cells = chosen.drop("line").rows()
    for line, row in zip(chosen["line"].to_list(), cells, strict=True):
        yield line, [cell or "" for cell in row]

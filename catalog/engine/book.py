"""Workbooks: opened with care, their sheets as rows of text, formulas that broke named by cell."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl

from datahub.engine.sheet_cells import UnableToSearchSheet, formula_errors, padded_numbers

MAX_UNPACKED = 1 << 30
# A time of day is kept by spreadsheets as a part of day nought, and would come out as a day of 1899.
_TIME_OF_DAY = r"^1899-12-3[01] (\d{2}:\d{2}:\d{2})(?:\.0+)?$"


class UnableToReadFile(ValueError):
    """The file as a whole is no table; the text says why and what to do."""


@dataclass(frozen=True, eq=False)
class SheetRows:
    """Cells of a sheet as text. ``errors``: formula errors by (sheet row, place in the row); their cells hold the
    error's text. ``first_column``: which column of the sheet place 0 is, counted from 0.
    """

    rows: list[list[str]]
    errors: dict[tuple[int, int], str]
    first_column: int


def open_book(path: Path) -> fastexcel.ExcelReader:
    """The workbook. Raises :class:`UnableToReadFile` if it is none, is damaged or unpacks to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise UnableToReadFile("文件已损坏，请重新导出后上传。") from None
    if any(name.endswith("workbook.bin") for name in names):
        raise UnableToReadFile("文件是二进制工作簿（XLSB），请另存为 XLSX 或 CSV。")
    if not any(name.endswith("workbook.xml") for name in names):
        raise UnableToReadFile("压缩文件不是工作簿，请上传其中的表格。")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise UnableToReadFile("工作簿含有宏，请另存为不含宏的 XLSX。")
    if unpacked > MAX_UNPACKED:
        raise UnableToReadFile("工作簿展开后超过 1 GB，请改用 CSV。")
    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError:
        raise UnableToReadFile("工作簿已损坏或已加密，请重新导出后上传。") from None


def sheet_rows(path: Path, book: fastexcel.ExcelReader, sheet: str, skip: int, rows: int | None) -> SheetRows:
    """A sheet from below the skipped rows. Raises :class:`UnableToReadFile` if it is damaged."""
    try:
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=skip, n_rows=rows, dtypes="string")
        first = min((column.absolute_index for column in loaded.available_columns()), default=0)
        broken, padded = formula_errors(path, sheet), padded_numbers(path, sheet)
    except (fastexcel.FastExcelError, UnableToSearchSheet):
        raise UnableToReadFile(f"工作表“{sheet[:60]}”已损坏，请重新导出后上传。") from None
    table = loaded.to_polars().with_columns(pl.all().str.replace(_TIME_OF_DAY, "$1"))
    cells = [[cell or "" for cell in row] for row in table.rows()]
    for (line, column), digits in padded.items():
        place, row = column - first, line - skip - 1
        if 0 <= row < len(cells) and 0 <= place < len(cells[row]) and cells[row][place].isdecimal():
            cells[row][place] = cells[row][place].zfill(digits)
    errors: dict[tuple[int, int], str] = {}
    for (line, column), text in broken.items():
        place, row = column - first, line - skip - 1
        if 0 <= row < len(cells) and 0 <= place < len(cells[row]):
            cells[row][place] = errors[line, place] = text
    return SheetRows(cells, errors, first)

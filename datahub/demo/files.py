"""Rows to the bytes of a file, the same every time."""

import csv
import io
from datetime import datetime
from pathlib import Path

import polars as pl
import xlsxwriter

from datahub.demo.styles import LARGEST_SHEET, Style

_SHEET_DATE = datetime(2026, 1, 1)  # noqa: DTZ001 - stands in the file's properties, so that bytes never differ


def file_format(style: Style, rows: int) -> str:
    """The format really used: a sheet too long for a spreadsheet goes as UTF-8 CSV."""
    return "utf-8-sig" if style.format == "xlsx" and rows > LARGEST_SHEET else style.format


def write_file(path: Path, header: list[str], notes: list[str], rows: pl.DataFrame, encoding: str) -> None:
    """Write notes, header and rows. encoding: utf-8, utf-8-sig, gb18030 or xlsx."""
    if encoding == "xlsx":
        _write_sheet(path, header, notes, rows)
    else:
        _write_text(path, header, notes, rows, encoding)


def _write_text(path: Path, header: list[str], notes: list[str], rows: pl.DataFrame, encoding: str) -> None:
    end = "\r\n" if encoding == "gb18030" else "\n"
    top = io.StringIO()
    writer = csv.writer(top, lineterminator=end)
    writer.writerows([[note] for note in notes])
    writer.writerow(header)
    body = io.BytesIO()
    rows.write_csv(body, include_header=False, line_terminator=end)
    data = top.getvalue().encode() + body.getvalue()
    if encoding == "gb18030":
        data = data.decode().encode("gb18030")
    elif encoding == "utf-8-sig":
        data = b"\xef\xbb\xbf" + data
    path.write_bytes(data)


def _write_sheet(path: Path, header: list[str], notes: list[str], rows: pl.DataFrame) -> None:
    """One sheet, every cell as text, as registers export it."""
    options = {
        "in_memory": True,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _SHEET_DATE})
        sheet = book.add_worksheet("数据")
        for line, cells in enumerate([*([note] for note in notes), header]):
            sheet.write_row(line, 0, cells)
        for line, row in enumerate(rows.iter_rows(), len(notes) + 1):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write_string(line, column, cell)

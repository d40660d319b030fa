"""The reject report: the unit's own rows with what is wrong beside them, ready to be mended and sent again."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import polars as pl
import xlsxwriter

from datahub.engine.reader import Delivery

MAX_REPORT_ROWS = 100_000
REASON_HEADERS = ("行号", "问题列", "问题代码", "原因与改法")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MAX_CELL = 32_000


def defuse(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, also after saving as CSV and opening again.

    Plain negative numbers stay as they are; the apostrophe put in front is dropped again on redelivery.
    """
    if text.startswith(_FORMULA_STARTS) and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    return text[1:].replace(",", "").replace(".", "", 1).isdecimal()


def write_reject_report(delivery: Delivery, rejections: pl.DataFrame, target: Path) -> int:
    """Write an XLSX of the rejected rows: the file's own columns, then line, column, code, reason and remedy.

    rejections: REJECTION_SCHEMA, all blocks of the delivery. Rows beyond MAX_REPORT_ROWS are left out and said
    so on the second sheet. Returns the number of rows written.
    """
    lines = rejections["line"].unique().sort()
    shown = lines.head(MAX_REPORT_ROWS)
    reasons = _reasons_by_line(rejections.filter(rejections["line"].is_in(shown.implode())))
    book = xlsxwriter.Workbook(str(target), {"constant_memory": True, "strings_to_formulas": False})
    try:
        heading = book.add_format({"bold": True, "bg_color": "#E4EDE6", "border": 1, "text_wrap": True})
        reason_format = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("退回行")
        sheet.freeze_panes(1, 0)
        headers = [*delivery.headers, *REASON_HEADERS]
        for column, header in enumerate(headers):
            sheet.write_string(0, column, defuse(header), heading)
        sheet.set_column(0, len(delivery.headers) - 1, 18)
        sheet.set_column(len(headers) - 1, len(headers) - 1, 80)
        written = 0
        for line, cells in delivery.raw_rows(shown.to_list()):
            written += 1
            _write_row(
                sheet, written, len(delivery.headers), cells, (str(line), *reasons[line]), reason_format
            )
        _write_notes(book, delivery, len(lines), written)
    finally:
        book.close()
    return written


def _reasons_by_line(rejections: pl.DataFrame) -> dict[int, tuple[str, str, str]]:
    ordered = (
        rejections.sort("line", maintain_order=True).select("line", "column", "code", "message").iter_rows()
    )
    return {line: _joined(group) for line, group in groupby(ordered, key=lambda row: int(row[0]))}


def _joined(group: Iterator[tuple[int, str, str, str]]) -> tuple[str, str, str]:
    rows = list(group)
    columns = "、".join(dict.fromkeys(row[1] for row in rows if row[1]))
    codes = "、".join(dict.fromkeys(row[2] for row in rows))
    return columns or "整行", codes, "\n".join(row[3] for row in rows)


def _write_row(
    sheet: xlsxwriter.worksheet.Worksheet,
    row: int,
    width: int,
    cells: list[str],
    reasons: tuple[str, ...],
    reason_format: xlsxwriter.format.Format,
) -> None:
    """A ragged row is fitted: cells beyond the header are joined into the last one, so that nothing is lost."""
    if len(cells) > width:
        cells = [*cells[: width - 1], " ".join(cells[width - 1 :])]
    for column, cell in enumerate(cells):
        if cell:
            sheet.write_string(row, column, defuse(cell)[:_MAX_CELL])
    for offset, text in enumerate(reasons):
        sheet.write_string(row, width + offset, text[:_MAX_CELL], reason_format)


def _write_notes(book: xlsxwriter.Workbook, delivery: Delivery, total: int, written: int) -> None:
    sheet = book.add_worksheet("说明")
    sheet.set_column(0, 0, 100)
    notes = [
        f"数据项：{delivery.item.name}（{delivery.item.code}）",
        f"读取方式：{delivery.encoding.reason}；表头在第 {delivery.header_line} 行。",
        f"退回 {total} 行，本表列出 {written} 行。",
        "请在“退回行”中按“原因与改法”改正后，直接报送本表或改正原文件后重新报送；右侧四列无需删除。",
        "为防止被当作公式执行，以 =、+、-、@ 开头的内容前加了单引号，重新报送时自动去除。",
    ]
    if written < total:
        notes.append(f"退回行超过 {MAX_REPORT_ROWS} 行，其余未列出，请先处理共性问题。")
    for row, note in enumerate(notes):
        sheet.write_string(row, 0, note)

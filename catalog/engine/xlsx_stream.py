"""A workbook written while its rows arrive: a few kilobytes in memory, whatever the length.

Office Open XML (ECMA-376): strings inline, one style for days and one for times, a new sheet when one is full.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

SHEET_ROWS = 1_000_000
FLUSH_ROWS = 2_000
EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zone
MOST_DIGITS = 15
_CONTROLS = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/><xf numFmtId="164" applyNumberFormat="1"/>'
    '<xf numFmtId="165" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>'
)


class _Pipe(io.RawIOBase):
    """What the archive writes, until it is taken."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        self.place += len(data)
        return len(data)

    def tell(self) -> int:
        return self.place

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def stream_workbook(
    head: Sequence[str], rows: Iterable[Sequence[Any]], *, note: str = "", sheet_rows: int = SHEET_ROWS
) -> Iterator[bytes]:
    """Pieces of an XLSX file. ``note`` stands above the header when there is one."""
    pipe = _Pipe()
    archive = zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    source = iter(rows)
    sheets, row, more = 0, next(source, None), True
    while more:
        sheets += 1
        with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            above = ([note],) if note else ()
            for line in (*above, head):
                sheet.write(("<row>" + "".join(_text(cell, ' s="3"') for cell in line) + "</row>").encode())
            written = 0
            while row is not None and written < sheet_rows:
                sheet.write(_row(row))
                row, written = next(source, None), written + 1
                if written % FLUSH_ROWS == 0 and (ready := pipe.take()):
                    yield ready
            sheet.write(b"</sheetData></worksheet>")
        more = row is not None
    for name, text in _frame(sheets):
        archive.writestr(name, text)
    archive.close()
    yield pipe.take()


def _row(cells: Sequence[Any]) -> bytes:
    return ("<row>" + "".join(map(_cell, cells)) + "</row>").encode()


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, Decimal, float)):
        # A spreadsheet keeps fifteen digits; longer numbers stay whole as text.
        text = str(value)
        return f"<c><v>{text}</v></c>" if sum(c.isdigit() for c in text) <= MOST_DIGITS else _text(text)
    if isinstance(value, dt.datetime):
        return f'<c s="2"><v>{(value - EPOCH) / dt.timedelta(days=1):.10f}</v></c>' if value.year > 1900 else _text(
            value.isoformat())  # fmt: skip
    if isinstance(value, dt.date):
        days = value.toordinal() - EPOCH.toordinal()
        return f'<c s="1"><v>{days}</v></c>' if value.year > 1900 else _text(value.isoformat())
    return _text(str(value))


def _text(text: str, style: str = "") -> str:
    shown = escape(text.translate(_CONTROLS)[:32_767])
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


def _frame(sheets: int) -> Iterator[tuple[str, str]]:
    """The parts that name the sheets; they may stand behind them in the archive."""
    numbers = range(1, sheets + 1)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{parts}</Types>'
        ),
    )
    yield (
        "_rels/.rels",
        (
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    listed = "".join(f'<sheet name="数据{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        (f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>'),
    )
    linked = "".join(
        f'<Relationship Id="r{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{linked}<Relationship Id="s" '
            f'Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>'
        ),
    )
    yield "xl/styles.xml", _STYLES

"""A bulletin as an A4 PDF: text, charts as vectors, table, sign-off, vintage, permalink, page numbers.

The typeface is STSong-Light of the Adobe-GB1 collection, which PDF readers bring or replace by the system's Song:
the file carries no font and stays small. The same bulletin gives the same bytes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from index.line_breaking import broken
from index.pdf_charts import (
    BRICK,
    CELADON,
    FONT,
    INK,
    INK_2,
    RULE,
    WASH,
    line_drawing,
    signed,
    waterfall_drawing,
)
from index.sentences import printed

pdfmetrics.registerFont(UnicodeCIDFont(FONT))
WIDTH = A4[0] - 44 * mm


def _style(name: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    base = {"fontName": FONT, "textColor": INK, "wordWrap": "CJK"}
    return ParagraphStyle(name, fontSize=size, leading=leading, **base | more)


BODY = _style("body", 11, 19, firstLineIndent=22, spaceAfter=4)
PLAIN = _style("plain", 11, 19)
TITLE = _style("title", 19, 28, alignment=TA_CENTER, spaceAfter=2)
SUBTITLE = _style("subtitle", 10, 16, alignment=TA_CENTER, textColor=INK_2, spaceAfter=10)
HEAD = _style("head", 12.5, 20, textColor=CELADON, spaceBefore=10, spaceAfter=4)
NOTE = _style("note", 8.5, 13, textColor=INK_2)
CELL = _style("cell", 9.5, 13)
FIGURE = _style("figure", 9.5, 13, alignment=TA_RIGHT)
WARNING = _style("warning", 11, 18, alignment=TA_CENTER, textColor=BRICK)


@dataclass(frozen=True)
class Sheet:
    """Everything that a bulletin's file says. ``line``: days, values and provisional marks of the last year."""

    number: int
    title: str
    since: date
    until: date
    paragraphs: Sequence[str]
    comment: str
    facts: dict[str, Any]
    dimensions: Sequence[tuple[str, float]]
    line: tuple[Sequence[date], Sequence[float], Sequence[bool]] | None
    movers: Sequence[tuple[str, Sequence[tuple[str, float]]]]
    drafted: str
    signed: str
    is_signed: bool
    known_at: str
    permalink: str
    board_link: str

    @property
    def heading(self) -> str:
        """The title without its period, which stands below it."""
        return self.title.split("（")[0]

    @property
    def state(self) -> str:
        return "已签发" if self.is_signed else "草稿，未经签发，请勿外传"


def write_pdf(sheet: Sheet) -> bytes:
    """The file of a bulletin."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=22 * mm, rightMargin=22 * mm, topMargin=22 * mm, bottomMargin=22 * mm,
        title=sheet.title, author="慈溪市公共数据平台", subject=f"第 {sheet.number} 号，{sheet.state}", lang="zh-CN",
        invariant=1,
    )  # fmt: skip
    document.build(_story(sheet), canvasmaker=partial(_NumberedCanvas, sheet=sheet))
    return buffer.getvalue()


def _story(sheet: Sheet) -> list[Flowable]:
    facts = sheet.facts
    story: list[Flowable] = [
        _paragraph(sheet.heading, TITLE),
        _paragraph(f"第 {sheet.number} 号　{sheet.since.isoformat()} 至 {sheet.until.isoformat()}", SUBTITLE),
    ]
    if not sheet.is_signed:
        story.append(_paragraph("草稿，未经签发，请勿外传。", WARNING))
    story += [_paragraph(text, BODY) for text in sheet.paragraphs]
    if sheet.line is not None:
        drawing = line_drawing(*sheet.line, sheet.since, sheet.until, WIDTH, 43 * mm)
        story.append(_figure("近一年走势（点，基期均值为 100）", drawing, "底色为简报时段，虚线为暂定数值。"))
    if sheet.dimensions:
        before = float(printed(facts["before"]))
        drawing = waterfall_drawing(sheet.dimensions, before, sheet.since, sheet.until, WIDTH, 43 * mm)
        story.append(_figure("时段变动按维度分解（点）", drawing, "各维度拉动之和等于总指数变动。"))
    story += [_paragraph("数据表", HEAD), _values_table(facts.get("table", []))]
    if sheet.movers:
        story.append(KeepTogether([_paragraph("主要拉动与拖累（点）", HEAD), *_movers_tables(sheet.movers)]))
    if sheet.comment:
        comment = [_paragraph(text, BODY) for text in sheet.comment.splitlines() if text.strip()]
        story.append(KeepTogether([_paragraph("分析员点评", HEAD), *comment]))
    return [*story, KeepTogether([Spacer(1, 8), *_ending(sheet)])]


class _Chinese(Paragraph):
    """A paragraph of one typeface that breaks its lines by the rules of Chinese print.

    reportlab knows Japanese marks only: a full-width comma could begin a line.
    """

    def breakLinesCJK(self, maxWidths: float | Sequence[float]) -> Any:
        if getattr(self, "_splitpara", 0):
            return super().breakLinesCJK(maxWidths)  # the part before a page's end keeps its lines
        frag = self.frags[0]
        # What goes on behind a page's end comes as the lines it had.
        text = frag.text if hasattr(frag, "text") else "".join(frag.words)
        room = list(maxWidths) if isinstance(maxWidths, Sequence) else [maxWidths]
        widths = [pdfmetrics.stringWidth(one, frag.fontName, frag.fontSize) for one in text]
        lines = [(rest, [line]) for line, rest in broken(text, widths, room)]
        self.height = 0
        return frag.clone(kind=0, lines=lines, ascent=frag.fontSize, descent=-0.2 * frag.fontSize)


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return _Chinese(escape(text.replace("\u2212", "-")), style)


def _figure(title: str, drawing: Drawing, note: str) -> KeepTogether:
    return KeepTogether([_paragraph(title, HEAD), drawing, _paragraph(note, NOTE)])


RULES: list[Any] = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]


def _values_table(rows: Sequence[dict[str, Any]]) -> Table:
    """The table that ``manage.py check_bulletin`` recomputes; its head is repeated on every page."""
    heads = ("序列", "指数", "变动（点）", "变动（%）")
    table = [[_paragraph(head, CELL if not n else FIGURE) for n, head in enumerate(heads)]]
    for row in rows:
        figures = (row["level"], signed(float(row["change"])), signed(float(row["percentage"])))
        table.append([_paragraph(row["series"], CELL), *(_paragraph(text, FIGURE) for text in figures)])
    widths = [WIDTH * share for share in (0.4, 0.2, 0.2, 0.2)]
    return Table(table, widths, repeatRows=1, style=[*RULES, ("BACKGROUND", (0, 0), (-1, 0), WASH)])


def _movers_tables(movers: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> list[Table]:
    """Two blocks side by side."""
    made = []
    for place in range(0, len(movers), 2):
        pair = movers[place : place + 2]
        cells: list[Any] = [_movers_block(title, rows) for title, rows in pair]
        made.append(
            Table([cells + [""] * (2 - len(cells))], [WIDTH / 2] * 2,
                  style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0),
                         ("RIGHTPADDING", (-1, 0), (-1, 0), 0)])
        )  # fmt: skip
    return made


def _movers_block(title: str, rows: Sequence[tuple[str, float]]) -> Table:
    table = [[_paragraph(f"按{title}", CELL), ""]]
    table += [[_paragraph(name, CELL), _paragraph(signed(points), FIGURE)] for name, points in rows]
    inner = WIDTH / 2 - 12
    return Table(table, [inner * 0.74, inner * 0.26], style=[*RULES, ("BACKGROUND", (0, 0), (-1, 0), WASH)])


def _ending(sheet: Sheet) -> list[Flowable]:
    """Who drafted and signed, which vintage, where the figures can be looked up."""
    facts = sheet.facts
    signing = Table(
        [[_paragraph(f"起草：{sheet.drafted}", PLAIN), _paragraph(f"签发：{sheet.signed}", PLAIN)]],
        [WIDTH / 2] * 2,
        style=[("BOX", (0, 0), (-1, -1), 0.6, CELADON), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")],
    )
    lines = [
        f"编制定义 {facts['method']}；数值为{facts['firmness']}，按 {sheet.known_at} 当时所知；"
        f"覆盖主体 {facts['entities']:,} 户。",
        f"数据版本 {facts['data_version']}",
        "来源：28 个部门归集数据。变动与百分比由表列指数相减、相除得出，可用 manage.py check_bulletin 复核。",
    ]
    notes = [_paragraph(line, NOTE) for line in lines]
    notes += [_link("本简报", sheet.permalink), _link("看板", sheet.board_link)]
    beside: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)]
    code = Table([[notes, _code(sheet.permalink)]], [WIDTH - 24 * mm, 24 * mm], style=beside)
    return [signing, Spacer(1, 6), code]


def _link(label: str, address: str) -> Paragraph:
    return Paragraph(
        f'{label}：<link href="{escape(address, {chr(34): "&quot;"})}">{escape(address)}</link>', NOTE
    )


def _code(address: str) -> Drawing:
    side = 20 * mm
    widget = QrCodeWidget(address, barWidth=side, barHeight=side, barBorder=0)
    drawing = Drawing(side, side)
    drawing.add(widget)
    return drawing


class _NumberedCanvas(Canvas):
    """Writes head and foot when the number of pages is known."""

    def __init__(self, *args: Any, sheet: Sheet, **more: Any) -> None:
        super().__init__(*args, **more)
        self._sheet = sheet
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._kept, 1):
            self.__dict__.update(page)
            self._furniture(number, len(self._kept))
            super().showPage()
        super().save()

    def _furniture(self, number: int, total: int) -> None:
        sheet, right = self._sheet, A4[0] - 22 * mm
        self.setFont(FONT, 8.5)
        self.setFillColor(INK_2)
        self.setStrokeColor(CELADON)
        self.setLineWidth(0.8)
        self.line(22 * mm, A4[1] - 16 * mm, right, A4[1] - 16 * mm)
        self.drawString(22 * mm, A4[1] - 14 * mm, "慈溪市中小企业金融指数简报")
        self.drawRightString(right, A4[1] - 14 * mm, f"第 {sheet.number} 号　{sheet.state}")
        self.drawString(22 * mm, 13 * mm, f"数据版本 {sheet.facts['data_version'][:12]}")
        self.drawRightString(right, 13 * mm, f"第 {number} 页，共 {total} 页")

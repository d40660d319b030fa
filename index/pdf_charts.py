"""Charts of a bulletin as vectors for the PDF: a line and a waterfall. Plain values in, drawings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor

from index import sentences

FONT = "STSong-Light"
INK, INK_2, RULE, WASH = HexColor("#1f2a2e"), HexColor("#55636a"), HexColor("#e3e6e0"), HexColor("#eaf2ee")
CELADON, BRICK = HexColor("#1f6f66"), HexColor("#b3362b")
LEFT, RIGHT, TOP, BOTTOM = 38.0, 8.0, 10.0, 26.0


def signed(value: float, places: int = 2) -> str:
    """As printed: half up, a sign before what is not zero. The typeface has no U+2212, so the minus is a hyphen."""
    return sentences.signed(sentences.printed(value, places)).replace("\u2212", "-")


@dataclass(frozen=True)
class Scale:
    """From values to points of the page."""

    low: float
    high: float
    start: float
    length: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * self.length


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round steps (1, 2, 5 times a power of ten) from below ``low`` to above ``high``."""
    rough = max(high - low, 1e-6) / most
    power = 10 ** np.floor(np.log10(rough))
    step = next(float(power * times) for times in (1, 2, 5, 10) if power * times >= rough)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return [round(float(n * step), 10) for n in range(int(first), int(last) + 1)]


def line_drawing(
    days: Sequence[date], values: Sequence[float], provisional: Sequence[bool], since: date, until: date,
    width: float, height: float,
) -> Drawing:  # fmt: skip
    """The index day by day; the bulletin's window is shaded, what is provisional is dashed."""
    drawing = Drawing(width, height)
    known = [value for value in values if value == value]
    steps = ticks(min(known), max(known))
    y = Scale(steps[0], steps[-1], BOTTOM, height - TOP - BOTTOM)
    x = Scale(0, max(len(days) - 1, 1), LEFT, width - LEFT - RIGHT)
    inside = [n for n, day in enumerate(days) if since <= day <= until]
    if inside:
        begin, end = x(inside[0]), x(inside[-1])
        drawing.add(
            Rect(begin, BOTTOM, max(end - begin, 1), height - TOP - BOTTOM, fillColor=WASH, strokeColor=None)
        )
    _grid(drawing, steps, y, width)
    for n, day in enumerate(days):
        if day.day == 1 and day.month % 2 == 1:
            drawing.add(Line(x(n), BOTTOM, x(n), BOTTOM - 3, strokeColor=INK_2, strokeWidth=0.5))
            text = f"{day.year} 年 {day.month} 月" if day.month == 1 else f"{day.month} 月"
            drawing.add(_text(x(n), BOTTOM - 13, text, "middle"))
    firm = [(x(n), y(v)) for n, v in enumerate(values) if v == v and not provisional[n]]
    first_loose = next((n for n, flag in enumerate(provisional) if flag), None)
    drawing.add(_path(firm))
    if first_loose is not None:
        loose = [
            (x(n), y(v)) for n, v in enumerate(values) if v == v and (provisional[n] or n == first_loose - 1)
        ]
        drawing.add(_path(loose, dashed=True))
    last = len(values) - 1
    drawing.add(Circle(x(last), y(values[last]), 2.2, fillColor=CELADON, strokeColor=None))
    return drawing


def waterfall_drawing(
    parts: Sequence[tuple[str, float]], before: float, since: date, until: date, width: float, height: float
) -> Drawing:
    """From the first day's value to the last one's by parts that add up."""
    drawing = Drawing(width, height)
    levels = np.cumsum([before, *(points for _, points in parts)])
    after = float(levels[-1])
    spread = max(float(levels.max() - levels.min()), 0.05)
    steps = ticks(float(levels.min()) - spread * 0.25, float(levels.max()) + spread * 0.15)
    y = Scale(steps[0], steps[-1], BOTTOM, height - TOP - BOTTOM)
    _grid(drawing, steps, y, width)
    slot = (width - LEFT - RIGHT) / (len(parts) + 2)
    columns = [(since.isoformat(), y.low, before, INK_2, f"{before:.2f}")]
    level = before
    for name, points in parts:
        columns.append((name, level, level + points, CELADON if points >= 0 else BRICK, signed(points)))
        level += points
    columns.append((until.isoformat(), y.low, after, INK_2, f"{after:.2f}"))
    for n, (name, start, end, colour, label) in enumerate(columns):
        left, bottom, top = LEFT + n * slot + slot * 0.16, y(min(start, end)), y(max(start, end))
        drawing.add(
            Rect(left, bottom, slot * 0.68, max(top - bottom, 0.6), fillColor=colour, strokeColor=None)
        )
        if n + 1 < len(columns):
            drawing.add(Line(left, y(end), left + slot * 1.68, y(end), strokeColor=INK_2, strokeWidth=0.4))
        drawing.add(_text(left + slot * 0.34, top + 3, label, "middle", INK))
        drawing.add(_text(left + slot * 0.34, BOTTOM - 13, name, "middle"))
    return drawing


def _grid(drawing: Drawing, steps: Sequence[float], y: Scale, width: float) -> None:
    places = max(0, -int(np.floor(np.log10(steps[1] - steps[0]) + 1e-9)))
    for step in steps:
        drawing.add(Line(LEFT, y(step), width - RIGHT, y(step), strokeColor=RULE, strokeWidth=0.5))
        drawing.add(_text(LEFT - 4, y(step) - 3, f"{Decimal(repr(step)):.{places}f}", "end"))


def _text(x: float, y: float, text: str, anchor: str, colour: Color = INK_2) -> String:
    return String(x, y, text, fontName=FONT, fontSize=8, textAnchor=anchor, fillColor=colour)


def _path(points: Sequence[tuple[float, float]], *, dashed: bool = False) -> PolyLine:
    flat = [number for point in points for number in point]
    return PolyLine(
        flat,
        strokeColor=CELADON,
        strokeWidth=1.1,
        strokeDashArray=[2, 2] if dashed else None,
        strokeLineJoin=1,
    )

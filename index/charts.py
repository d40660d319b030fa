"""Figures of the index: thin SVG lines without markers, marks where something happened, a tile map."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from foundation.chart_parts import (
    CONTEXT,
    INK_2,
    PALETTE,
    SURFACE,
    Figure,
    day_of,
    make_figure,
    numbers,
    plain,
    short,
)
from foundation.charts import Step, bars, heat_map, waterfall
from index.transforms import thinned

__all__ = ["Line", "Mark", "Span", "bars", "heat_map", "line_chart", "overview", "waterfall_of"]


# Days between ticks of less than a month, months otherwise; the year stands below where it changes.
TICKS = [
    {"dtickrange": [None, 27 * 86_400_000], "value": "%-m月%-d日\n%Y年"},
    {"dtickrange": ["M1", None], "value": "%-m月\n%Y年"},
]


# Titles of events: height and width of a character, and the plot of a phone, in pixels.
LABEL_HEIGHT, LABEL_WIDTH, NARROW = 16, 12.5, 250


@dataclass(frozen=True)
class Line:
    """One line; ``provisional`` as long as the values, or empty. ``is_context`` draws it grey."""

    name: str
    values: Sequence[float]
    provisional: Sequence[bool] = ()
    is_context: bool = False


@dataclass(frozen=True)
class Mark:
    """A point that raised an alert."""

    day: date
    value: float
    text: str
    rising: bool


@dataclass(frozen=True)
class Span:
    """An annotated event."""

    since: date
    until: date
    title: str


def line_chart(
    days: Sequence[date], lines: Sequence[Line], *, unit: str = "", marks: Sequence[Mark] = (),
    spans: Sequence[Span] = (), base: float | None = None, decimals: int = 2,
) -> Figure:  # fmt: skip
    """Daily lines over the same days; provisional stretches dotted, alert points as triangles, events shaded."""
    axis = [day_of(day) for day in days]
    traces: list[dict[str, Any]] = []
    for place, line in enumerate(lines):
        colour = CONTEXT if line.is_context else PALETTE[place % len(PALETTE)]
        traces += _traces(axis, line, colour, decimals, unit)
    for rising, symbol, word in ((True, "triangle-up", "升"), (False, "triangle-down", "降")):
        own = [mark for mark in marks if mark.rising is rising]
        if own:
            traces.append({
                "type": "scatter", "mode": "markers", "name": f"预警点（{word}）", "x": [day_of(m.day) for m in own],
                "y": numbers([m.value for m in own]), "text": [plain(m.text) for m in own],
                "marker": {"symbol": symbol, "size": 10, "color": "var(--celadon)" if rising else "var(--brick)",
                           "line": {"color": SURFACE, "width": 1}},
                "hovertemplate": "%{text}<extra></extra>", "meta": "alert",
            })  # fmt: skip
    layout: dict[str, Any] = {
        "xaxis": {"type": "date", "showgrid": False, "tickformatstops": TICKS, "hoverformat": "%Y年%-m月%-d日"},
        "yaxis": {"tickformat": f",.{min(decimals, 1)}f"}, "hovermode": "x unified",
        "showlegend": len(traces) > 1, "shapes": [], "annotations": [],
        # Days stand in two rows where the year changes, also in a low chart: the legend keeps below them.
        "legend": {"yref": "container", "y": 0, "yanchor": "bottom"}, "margin": {"b": 68},
    }  # fmt: skip
    for span in spans:
        layout["shapes"].append({
            "type": "rect", "xref": "x", "yref": "paper", "x0": day_of(span.since),
            "x1": day_of(span.until + timedelta(days=1)), "y0": 0, "y1": 1, "layer": "below", "opacity": 0.5,
            "line": {"width": 0}, "fillcolor": "var(--seq-1)",
        })  # fmt: skip
    if spans:
        heights = _label_rows(days, spans)
        layout["annotations"] = [_label(days, span, row) for span, row in zip(spans, heights, strict=True)]
        layout["margin"] |= {"t": 22 + LABEL_HEIGHT * (max(heights) + 1)}
    if base is not None:
        layout["shapes"].append({
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": base, "y1": base, "layer": "below",
            "line": {"color": CONTEXT, "width": 1, "dash": "dot"},
        })  # fmt: skip
    columns = [
        numbers([None if value != value else round(value, 6) for value in line.values]) for line in lines
    ]
    rows: list[list[Any]] = [[day, *(column[place] for column in columns)] for place, day in enumerate(axis)]
    names = ["日期", *(line.name for line in lines)]
    if any(any(line.provisional) for line in lines):
        names.append("状态")
        for place, row in enumerate(rows):
            row.append(
                "暂定" if any(line.provisional and line.provisional[place] for line in lines) else "已发布"
            )
    return make_figure(traces, layout, names, rows, unit=unit, decimals=decimals)


def _label(days: Sequence[date], span: Span, row: int) -> dict[str, Any]:
    """The title above an event; near the right edge it ends with the event instead of beginning with it."""
    begin, width = _label_place(days, span)
    at_right = begin + width > 1
    return {
        "x": day_of(min(span.until, days[-1]) if at_right else span.since), "xanchor": "right" if at_right else "left",
        "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": row * LABEL_HEIGHT, "text": plain(span.title),
        "showarrow": False, "font": {"color": INK_2, "size": 12},
    }  # fmt: skip


def _label_place(days: Sequence[date], span: Span) -> tuple[float, float]:
    """Where a title begins and how wide it is, as shares of the narrowest plot."""
    length = max((days[-1] - days[0]).days, 1)
    return (span.since - days[0]).days / length, len(span.title) * LABEL_WIDTH / NARROW


def _label_rows(days: Sequence[date], spans: Sequence[Span]) -> list[int]:
    """A row for each title, so that no two lie on each other on a phone."""
    taken: list[list[tuple[float, float]]] = []
    rows = []
    for span in spans:
        begin, width = _label_place(days, span)
        if begin + width > 1:
            end = min((span.until - days[0]).days / max((days[-1] - days[0]).days, 1), 1.0)
            begin = end - width
        free = (n for n, row in enumerate(taken) if all(begin >= e or begin + width <= b for b, e in row))
        row = next(free, len(taken))
        if row == len(taken):
            taken.append([])
        taken[row].append((begin, begin + width))
        rows.append(row)
    return rows


def _traces(axis: list[str], line: Line, colour: str, decimals: int, unit: str) -> list[dict[str, Any]]:
    values = numbers([None if value != value else float(value) for value in line.values])
    flags = list(line.provisional) or [False] * len(axis)
    certain = [None if flag else value for value, flag in zip(values, flags, strict=True)]
    width = 1 if line.is_context else 1.6
    common = {"type": "scatter", "mode": "lines", "name": plain(line.name), "x": axis, "connectgaps": False,
              "hovertemplate": f"%{{y:,.{decimals}f}} {plain(unit)}<extra>%{{fullData.name}}</extra>"}  # fmt: skip
    made: list[dict[str, Any]] = [common | {"y": certain, "line": {"color": colour, "width": width}}]
    if any(flags):
        first = flags.index(True)
        loose = [
            v if f or n == first - 1 else None for n, (v, f) in enumerate(zip(values, flags, strict=True))
        ]
        made.append(common | {
            "y": loose, "mode": "lines+markers", "showlegend": False, "meta": "provisional",
            "line": {"color": colour, "width": width, "dash": "dot"},
            "marker": {"color": SURFACE, "size": [6 if f else 0 for f in flags], "line": {"color": colour, "width": 1.5}},
        })  # fmt: skip
    return made


def waterfall_of(
    parts: Sequence[tuple[str, float]], before: float, after: float, since: date, until: date
) -> Figure:
    """From the value of one day to another by parts that add up; the rounding of the last digit shows nowhere."""
    labels = [since.isoformat(), *(name for name, _ in parts), until.isoformat()]
    values = [before, *(points for _, points in parts), after]
    steps = [Step.TOTAL, *[Step.CHANGE] * len(parts), Step.TOTAL]
    figure = waterfall(labels, values, steps, unit="点", decimals=2)
    # The columns differ by hundredths of a point: an axis from zero would show a wall.
    levels, level = [before], before
    for _, points in parts:
        level += points
        levels.append(level)
    low, high = min(levels), max(levels)
    room = max((high - low) * 0.25, 0.05)
    # Without the year where it is the same: a phone's columns are narrow.
    said = "%m-%d" if since.year == until.year else "%Y-%m-%d"
    figure["layout"]["xaxis"] = figure["layout"].get("xaxis", {}) | {
        "tickmode": "array", "tickvals": list(range(len(labels))),
        "ticktext": [f"{since:{said}}", *(plain(name) for name, _ in parts), f"{until:{said}}"],
    }  # fmt: skip
    figure["layout"]["yaxis"] = {"tickformat": ",.2f", "range": [low - room, high + room]}
    return figure


def overview(values: Sequence[float], width: int = 600, height: int = 40) -> list[tuple[float, float]]:
    """Points of the thin line behind the range slider, in its own pixels; lowest and highest of each bucket."""
    array = np.asarray(values, dtype=float)
    kept = thinned(array)
    if len(kept) < 2:
        return []
    low, high = float(np.nanmin(array)), float(np.nanmax(array))
    span = (high - low) or 1.0
    last = max(len(array) - 1, 1)
    return [
        (round(n / last * width, 1), round(height - 3 - (float(array[n]) - low) / span * (height - 6), 1))
        for n in kept
    ]


def signed(value: float, places: int = 2) -> str:
    return short(value, places, signed=True)

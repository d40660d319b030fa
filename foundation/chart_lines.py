"""Figures made of lines: wheels of forces, histories, sparklines."""

from collections.abc import Sequence
from typing import Any

from foundation.chart_parts import (
    CONTEXT,
    INK_2,
    OWN,
    OWN_WASH,
    PALETTE,
    SURFACE,
    Figure,
    Number,
    Series,
    Threshold,
    When,
    columns_of,
    day_of,
    make_figure,
    numbers,
    plain,
    require_colours,
    require_lengths,
    short,
)


def radar(axes: Sequence[str], own: Series, peer: Series | None = None, *, maximum: float = 100) -> Figure:
    """Forces on a wheel, 0-`maximum`: own values as an area, the peer group's median as a thin grey line."""
    shown = [own] if peer is None else [own, peer]
    require_lengths(axes, shown)
    traces = []
    if peer is not None:
        traces.append(
            _ring(axes, peer)
            | {
                "line": {"color": CONTEXT, "width": 1.5, "dash": "dot"},
                "marker": {"size": 4, "color": CONTEXT},
            }
        )
    traces.append(
        _ring(axes, own)
        | {
            "fill": "toself",
            "fillcolor": OWN_WASH,
            "line": {"color": OWN, "width": 2},
            "marker": {"size": 6, "color": OWN},
        }
    )
    labels = [f"{plain(axis)}<br>{short(value)}" for axis, value in zip(axes, own.values, strict=True)]
    layout = {
        "polar": {
            "gridshape": "linear",
            "radialaxis": {
                "range": [0, maximum],
                "tickvals": [maximum * part / 4 for part in range(5)],
                "angle": 90,
                "showticklabels": False,
                "ticks": "",
            },
            "angularaxis": {
                "rotation": 90,
                "direction": "clockwise",
                "type": "category",
                "tickmode": "array",
                "tickvals": list(range(len(axes))),
                "ticktext": labels,
            },
        },
        "showlegend": peer is not None,
    }
    return make_figure(
        traces, layout, ["方面", *(one.name for one in shown)], columns_of(axes, shown), decimals=1
    )


def history_line(
    dates: Sequence[When],
    series: Sequence[Series],
    *,
    unit: str = "",
    decimals: int = 0,
    thresholds: Sequence[Threshold] = (),
    value_range: tuple[float, float] | None = None,
) -> Figure:
    """Values over time, one line a series, at most 8; provisional points are hollow, their line dotted."""
    require_lengths(dates, series)
    require_colours(series)
    days = [day_of(when) for when in dates]
    traces: list[dict[str, Any]] = []
    for place, one in enumerate(series):
        traces += _history_traces(days, one, PALETTE[place], unit, decimals)
    layout: dict[str, Any] = {
        "xaxis": {
            "type": "date",
            "showgrid": False,
            "tickformat": "%-m月\n%Y年",
            "hoverformat": "%Y年%-m月%-d日",
        },
        "yaxis": {"tickformat": f",.{decimals}f"},
        "hovermode": "x unified",
        "showlegend": len(series) > 1,
    }
    if value_range is not None:
        layout["yaxis"]["range"] = list(value_range)
    if thresholds:
        layout["shapes"] = [
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": level.value,
                "y1": level.value,
                "layer": "below",
            }
            | {"line": {"color": CONTEXT, "width": 1, "dash": "dot"}}
            for level in thresholds
        ]
        layout["annotations"] = [
            {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 4, "y": level.value, "yanchor": "middle"}
            | {"text": plain(level.label), "showarrow": False, "font": {"color": INK_2, "size": 12}}
            for level in thresholds
        ]
        layout["margin"] = {"r": 44}
    rows = columns_of(days, series)
    names = ["日期", *(one.name for one in series)]
    if any(any(one.provisional) for one in series):
        names.append("状态")
        rows = [
            [
                *row,
                "暂定" if any(bool(one.provisional) and one.provisional[place] for one in series) else "确定",
            ]
            for place, row in enumerate(rows)
        ]
    return make_figure(traces, layout, names, rows, unit=unit, decimals=decimals)


def sparkline(values: Sequence[Number], *, name: str = "数值", decimals: int = 0) -> Figure:
    """A bare line without axes for a tight place, the last known point marked.

    A table with hundreds of lines uses the `sparkline` template tag instead, which is plain SVG.
    """
    heights = numbers(values)
    last = max((place for place, number in enumerate(heights) if number is not None), default=None)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": list(range(1, len(heights) + 1)),
            "y": heights,
        }
        | {"line": {"color": OWN, "width": 1.5}, "hovertemplate": f"%{{y:,.{decimals}f}}<extra></extra>"}
    ]
    if last is not None:
        traces.append(
            {"type": "scatter", "mode": "markers", "x": [last + 1], "y": [heights[last]], "hoverinfo": "skip"}
            | {"marker": {"color": OWN, "size": 5}}
        )
    hidden = {"visible": False, "fixedrange": True}
    layout = {
        "xaxis": hidden,
        "yaxis": hidden,
        "showlegend": False,
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
    }
    rows = [[place + 1, number] for place, number in enumerate(heights)]
    return make_figure(traces, layout, ["序号", name], rows, decimals=decimals)


def _ring(axes: Sequence[str], series: Series) -> dict[str, Any]:
    """A closed ring: the first point again at the end."""
    values, labels = numbers(series.values), [plain(axis) for axis in axes]
    return {
        "type": "scatterpolar",
        "mode": "lines+markers",
        "name": plain(series.name),
        "r": [*values, *values[:1]],
        "theta": [*labels, *labels[:1]],
        "hovertemplate": "%{theta}　%{r:.1f}<extra>%{fullData.name}</extra>",
    }


def _history_traces(
    days: list[str], series: Series, colour: str, unit: str, decimals: int
) -> list[dict[str, Any]]:
    """The certain line, and a dotted one over provisional points joined to the last certain point."""
    values, flags = (
        numbers(series.values),
        [bool(flag) for flag in series.provisional] or [False] * len(days),
    )
    certain = [None if flag else value for value, flag in zip(values, flags, strict=True)]
    hover = f"%{{y:,.{decimals}f}} {plain(unit)}"
    common = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plain(series.name),
        "x": days,
        "connectgaps": False,
    }
    traces = [
        common
        | {"y": certain, "line": {"color": colour, "width": 2}, "marker": {"size": 5, "color": colour}}
        | {"hovertemplate": f"{hover}<extra>%{{fullData.name}}</extra>"}
    ]
    if any(flags):
        first = flags.index(True)
        joint = {first - 1} if first and not flags[first - 1] else set()
        loose = [
            value if flag or place in joint else None
            for place, (value, flag) in enumerate(zip(values, flags, strict=True))
        ]
        sizes = [0 if place in joint else 8 for place in range(len(days))]
        marker = {"size": sizes, "color": SURFACE, "line": {"color": colour, "width": 2}}
        traces.append(
            common
            | {
                "y": loose,
                "line": {"color": colour, "width": 2, "dash": "dot"},
                "marker": marker,
                "showlegend": False,
            }
            | {"hovertemplate": f"{hover}（暂定）<extra>%{{fullData.name}}</extra>", "meta": "provisional"}
        )
    return traces

"""Charts: plain values in, Plotly figures as plain dicts and lists out. Import from here.

A figure is `{"data": [...], "layout": {...}, "table": {...}}`: what plotly.js draws, and the same numbers
as a table for the reader and the CSV button. Only what is particular to a figure is written in Python; the
common template lives in `static/js/chart.js`.

Builders put lists into traces, never NumPy arrays: plotly would turn those into base64 and hide NaN. Labels
carry no tags: plotly writes a style attribute for each, which the content security policy refuses.
"""

from foundation.chart_bars import bars, heat_map, waterfall
from foundation.chart_lines import history_line, radar, sparkline
from foundation.chart_parts import (
    ChartCaption,
    Figure,
    Number,
    Series,
    Step,
    Threshold,
    UnableToBuildChart,
    figure_json,
)

__all__ = [
    "ChartCaption",
    "Figure",
    "Number",
    "Series",
    "Step",
    "Threshold",
    "UnableToBuildChart",
    "bars",
    "figure_json",
    "heat_map",
    "history_line",
    "radar",
    "sparkline",
    "waterfall",
]

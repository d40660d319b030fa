"""Figures made of areas: bars, waterfalls, heat maps."""

from collections.abc import Sequence
from typing import Any

from foundation.chart_parts import (
    CONTEXT,
    DIVERGING,
    GAIN,
    INK,
    INK_2,
    LINE,
    LOSS,
    ORDERED,
    OWN,
    PALETTE,
    SEQUENTIAL,
    Figure,
    Number,
    Series,
    Step,
    UnableToBuildChart,
    columns_of,
    make_figure,
    numbers,
    plain,
    require_colours,
    require_lengths,
    short,
)

OUTSIDE = {"textposition": "outside", "cliponaxis": False, "constraintext": "none", "textfont": {"size": 12}}
LABEL_ROOM = 0.14  # of the span, for figures written beyond the end of a bar


def bars(
    categories: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    decimals: int = 0,
    horizontal: bool = False,
    stacked: bool = False,
    ordered: bool = False,
    highlight: str | None = None,
) -> Figure:
    """Bars side by side or stacked; long names want `horizontal`, where the first category stands on top.

    `ordered` paints the series in tints of one colour, from strong to faint, for sizes or grades rather than
    kinds (at most 4). `highlight` keeps one category in colour and turns the others grey (single series).
    """
    require_lengths(categories, series)
    require_colours(series, len(ORDERED) if ordered else len(PALETTE))
    colours: list[Any] = list(ORDERED if ordered else PALETTE)
    if highlight is not None and len(series) == 1:
        colours = [[OWN if category == highlight else CONTEXT for category in categories]]
    labels = [plain(category) for category in categories]
    name_key, value_key = ("y", "x") if horizontal else ("x", "y")
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": plain(one.name),
            "orientation": "h" if horizontal else "v",
            name_key: labels,
            value_key: numbers(one.values),
            "marker": {"color": colour},
            "hovertemplate": f"%{{{name_key}}}　%{{{value_key}:,.{decimals}f}} {plain(unit)}"
            "<extra>%{fullData.name}</extra>",
        }
        for one, colour in zip(series, colours, strict=False)
    ]
    value_axis: dict[str, Any] = {"tickformat": f",.{decimals}f"}
    if len(series) == 1:
        traces[0] |= {"text": [short(value, decimals) for value in series[0].values]} | OUTSIDE
        value_axis["range"] = _room_for_labels(numbers(series[0].values))
    name_axis: dict[str, Any] = {"type": "category", "showgrid": False}
    if horizontal:
        name_axis["autorange"] = "reversed"
    layout = {
        f"{name_key}axis": name_axis,
        f"{value_key}axis": value_axis,
        "barmode": "stack" if stacked else "group",
        "showlegend": len(series) > 1,
    }
    names, rows = ["类别", *(one.name for one in series)], columns_of(categories, series)
    return make_figure(traces, layout, names, rows, unit=unit, decimals=decimals)


def waterfall(
    labels: Sequence[str],
    values: Sequence[Number],
    steps: Sequence[Step],
    *,
    unit: str = "",
    decimals: int = 1,
) -> Figure:
    """How a sum comes about: changes up and down between totals.

    The first total is where the sum starts; every later one must equal the sum so far (to the last decimal
    shown), or the picture would contradict its own figures: UnableToBuildChart.
    """
    if not len(labels) == len(values) == len(steps):
        raise UnableToBuildChart("a waterfall needs as many values and steps as labels")
    heights = numbers(values)
    _require_sums(heights, steps, decimals)
    totals = [step is Step.TOTAL for step in steps]
    trace = {
        "type": "waterfall",
        "name": "",
        "x": [plain(label) for label in labels],
        "y": heights,
        "measure": ["absolute" if total else "relative" for total in totals],
        "text": [
            short(number, decimals, signed=not total) for number, total in zip(heights, totals, strict=True)
        ],
        "increasing": {"marker": {"color": GAIN}},
        "decreasing": {"marker": {"color": LOSS}},
        "totals": {"marker": {"color": CONTEXT}},
        "connector": {"line": {"color": LINE, "width": 1}},
        "hovertemplate": f"%{{x}}　%{{text}} {plain(unit)}<extra></extra>",
    } | OUTSIDE
    layout = {
        "xaxis": {"type": "category", "showgrid": False},
        "yaxis": {"tickformat": ",.0f", "range": _room_for_labels(_levels(heights, steps))},
        "showlegend": False,
    }
    rows: list[list[Any]] = [
        [label, number, "合计" if total else "变动"]
        for label, number, total in zip(labels, heights, totals, strict=True)
    ]
    return make_figure([trace], layout, ["项目", "数值", "性质"], rows, unit=unit, decimals=decimals)


def heat_map(
    columns: Sequence[str],
    rows: Sequence[str],
    values: Sequence[Sequence[Number]],
    *,
    unit: str = "",
    decimals: int = 0,
    midpoint: float | None = None,
    show_values: bool = True,
) -> Figure:
    """A table in colour, first row on top: celadon tints, or brick-paper-celadon around a `midpoint`."""
    if len(values) != len(rows) or any(len(line) != len(columns) for line in values):
        raise UnableToBuildChart("a heat map needs one value for each row and column")
    cells = [numbers(line) for line in values]
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": [plain(column) for column in columns],
        "y": [plain(row) for row in rows],
        "z": cells,
        "xgap": 2,
        "ygap": 2,
        "colorscale": [list(stop) for stop in (SEQUENTIAL if midpoint is None else DIVERGING)],
        "hoverongaps": False,
        "hovertemplate": f"%{{y}}　%{{x}}　%{{z:,.{decimals}f}} {plain(unit)}<extra></extra>",
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickfont": {"color": INK_2, "size": 12}},
    }
    if midpoint is not None:
        trace["zmid"] = midpoint
    if show_values:
        shown = [["" if value is None else short(value, decimals) for value in line] for line in cells]
        trace |= {"text": shown, "texttemplate": "%{text}", "showscale": False}
        trace["textfont"] = {"color": INK}
    layout = {
        "xaxis": {"type": "category", "showgrid": False, "side": "top"},
        "yaxis": {"type": "category", "showgrid": False, "autorange": "reversed"},
        "showlegend": False,
    }
    table = [[row, *line] for row, line in zip(rows, cells, strict=True)]
    return make_figure([trace], layout, ["", *columns], table, unit=unit, decimals=decimals)


def _room_for_labels(values: Sequence[float | int | None]) -> list[float]:
    """A range from zero that leaves room for the figure beyond the longest bar."""
    known = [value for value in values if value is not None]
    low, high = min([0, *known]), max([0, *known])
    room = LABEL_ROOM * ((high - low) or 1)
    return [low - room if low < 0 else 0, high + room if high > 0 or low == 0 else 0]


def _levels(heights: Sequence[float | int | None], steps: Sequence[Step]) -> list[float]:
    """The sum after each column of a waterfall."""
    level, levels = 0.0, []
    for height, step in zip(heights, steps, strict=True):
        level = (height or 0) if step is Step.TOTAL else level + (height or 0)
        levels.append(level)
    return levels


def _require_sums(heights: Sequence[float | int | None], steps: Sequence[Step], decimals: int) -> None:
    level: float | None = None
    for height, step in zip(heights, steps, strict=True):
        if step is Step.CHANGE:
            level = (level or 0.0) + (height or 0)
            continue
        total = height or 0
        if level is not None and abs(total - level) > 10.0**-decimals:
            raise UnableToBuildChart(f"the total {total} is not the sum so far, {level}")
        level = float(total)

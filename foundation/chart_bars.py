"""Figures made of areas: bars, waterfalls, heat maps."""

from collections.abc import Sequence
from typing import Any

from foundation.chart_parts import (
    CONTEXT,
    DIVERGING,
    GAIN,
    LINE,
    LOSS,
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


def bars(
    categories: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    decimals: int = 0,
    horizontal: bool = False,
    stacked: bool = False,
    highlight: str | None = None,
) -> Figure:
    """Bars side by side or stacked; long names want `horizontal`, where the first category stands on top.

    `highlight` keeps one category in colour and turns the others grey (single series only).
    """
    require_lengths(categories, series)
    require_colours(series)
    labels = [plain(category) for category in categories]
    name_key, value_key = ("y", "x") if horizontal else ("x", "y")
    traces = []
    for place, one in enumerate(series):
        values = numbers(one.values)
        colour: Any = PALETTE[place]
        if highlight is not None and len(series) == 1:
            colour = [OWN if category == highlight else CONTEXT for category in categories]
        trace: dict[str, Any] = {
            "type": "bar",
            "name": plain(one.name),
            "marker": {"color": colour},
            "orientation": "h" if horizontal else "v",
            name_key: labels,
            value_key: values,
            "hovertemplate": f"%{{{name_key}}}　%{{{value_key}:,.{decimals}f}} {plain(unit)}"
            "<extra>%{fullData.name}</extra>",
        }
        if len(series) == 1:
            trace |= {
                "texttemplate": f"%{{{value_key}:,.{decimals}f}}",
                "textposition": "outside",
            }
            trace |= {"cliponaxis": False}
        traces.append(trace)
    value_axis = {"tickformat": f",.{decimals}f", "title": {"text": unit}}
    name_axis: dict[str, Any] = {"type": "category", "showgrid": False}
    if horizontal:
        name_axis |= {"autorange": "reversed"}
    layout = {
        "xaxis": value_axis if horizontal else name_axis,
        "yaxis": name_axis if horizontal else value_axis,
        "barmode": "stack" if stacked else "group",
        "showlegend": len(series) > 1,
    }
    rows = columns_of(categories, series)
    return make_figure(
        traces, layout, ["类别", *(one.name for one in series)], rows, unit=unit, decimals=decimals
    )


def waterfall(
    labels: Sequence[str],
    values: Sequence[Number],
    steps: Sequence[Step],
    *,
    unit: str = "",
    decimals: int = 1,
) -> Figure:
    """How a sum comes about: changes up and down between totals; a total's value is the sum so far."""
    if not len(labels) == len(values) == len(steps):
        raise UnableToBuildChart("a waterfall needs as many values and steps as labels")
    heights = numbers(values)
    texts = [
        short(number, decimals) if step is Step.TOTAL else short(number, decimals, signed=True)
        for number, step in zip(heights, steps, strict=True)
    ]
    trace = {
        "type": "waterfall",
        "name": "",
        "x": [plain(label) for label in labels],
        "y": heights,
        "measure": [str(step) for step in steps],
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "increasing": {"marker": {"color": GAIN}},
        "decreasing": {"marker": {"color": LOSS}},
        "totals": {"marker": {"color": CONTEXT}},
        "connector": {"line": {"color": LINE, "width": 1}},
        "hovertemplate": f"%{{x}}　%{{text}} {plain(unit)}<extra></extra>",
    }
    layout = {
        "xaxis": {"type": "category", "showgrid": False},
        "yaxis": {"tickformat": f",.{decimals}f", "title": {"text": unit}},
        "showlegend": False,
    }
    rows = [
        [label, number, "合计" if step is Step.TOTAL else "变动"]
        for label, number, step in zip(labels, heights, steps, strict=True)
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
        "colorbar": {"thickness": 10, "outlinewidth": 0, "title": {"text": unit, "side": "right"}},
    }
    if midpoint is not None:
        trace["zmid"] = midpoint
    if show_values:
        trace["texttemplate"] = f"%{{z:,.{decimals}f}}"
    layout = {
        "xaxis": {"type": "category", "showgrid": False, "side": "top"},
        "yaxis": {"type": "category", "showgrid": False, "autorange": "reversed"},
        "showlegend": False,
    }
    table = [[row, *line] for row, line in zip(rows, cells, strict=True)]
    return make_figure([trace], layout, ["", *columns], table, unit=unit, decimals=decimals)

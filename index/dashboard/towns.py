"""The 19 towns: heat map by dimension, tile map and small multiples."""

from typing import Any

import numpy as np
from django.urls import reverse

from datahub import public as datahub
from foundation.charts import Figure
from index import charts
from index.basket import load_tiles
from index.contracts import LIGHT_SHAPES, LIGHT_WORDS, PanelKind
from index.dashboard.board import Board
from index.dashboard.parts import hundredths
from index.selectors.headline import light_of_last
from index.selectors.panels import PanelCard, visible
from index.selectors.series import SeriesData, load_series
from index.transforms import (
    gaps_from_year,
    month_before,
)


def heat_block(board: Board) -> Figure | None:
    """Towns by dimension: how far each lies from its mean of the last year, in per cent."""
    towns = visible(board.panels.of_kind(PanelKind.TOWN), board.reader)
    if len(towns) < 2:
        return None
    data = load_series(board.standing, towns)
    names, rows = [], []
    for card in sorted(towns, key=lambda c: c.town):
        if (series := data.get(card.code)) is None:
            continue
        place = series.until(board.until)
        if place is None:
            continue
        names.append(card.name)
        rows.append(
            [_gap(series.values[: place + 1, n]) for n in range(1 + len(board.standing.basket.dimensions))]
        )
    return charts.heat_map(board.dimension_names, names, rows, unit="%", decimals=1, midpoint=0.0)


def _gap(values: np.ndarray) -> float | None:
    gap = float(gaps_from_year(values)[-1])
    return round(gap, 2) if np.isfinite(gap) else None


def town_blocks(board: Board) -> dict[str, Any]:
    """Tile map and small multiples of the 19 towns, each with its light."""
    towns = {card.town: card for card in board.panels.of_kind(PanelKind.TOWN)}
    shown = [card for card in towns.values() if board.reader.may_see(card)]
    data = load_series(board.standing, shown)
    rows = {card.town: _town_row(board, card, data[card.code]) for card in shown if card.code in data}
    tiles = []
    for tile in load_tiles():
        row = rows.get(tile.town)
        tiles.append(
            {
                "col": tile.col,
                "row": tile.row,
                "x": (tile.col - 1) * 100 + 2,
                "y": (tile.row - 1) * 72 + 2,
                "name": datahub.division_name(tile.town),
                "short": datahub.division_name(tile.town).removesuffix("街道").removesuffix("镇"),
                "light": row["light"] if row else "",
                "shape": row["shape"] if row else "",
                "word": row["word"] if row else "不可见",
                "value": row["value"] if row else None,
                "url": row["url"] if row else "",
            }
        )
    return {"tiles": tiles, "towns": sorted(rows.values(), key=lambda row: -row["value"])}


def _town_row(board: Board, card: PanelCard, series: SeriesData) -> dict[str, Any]:
    place = series.until(board.until)
    last = place if place is not None else len(series.days) - 1
    values = series.values[: last + 1, board.state.dimension]
    light, _, _ = light_of_last(values, board.standing.basket.light_years)
    month = series.at(month_before(series.days[last]))
    return {
        "name": card.name,
        "code": card.code,
        "value": float(values[-1]),
        "light": str(light) if light else "",
        "shape": LIGHT_SHAPES.get(light, "") if light else "",
        "word": LIGHT_WORDS.get(light, "暂无") if light else "暂无",
        "month": hundredths(values[-1] - values[month]) if month is not None else None,
        "entities": series.entities[last],
        "spark": [float(v) for v in values[-365::7]],
        "url": reverse("sme_index:board") + board.state.query(panel=card.code, compare=()),
    }

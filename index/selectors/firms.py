"""Enterprises of a panel with their composite score now and where the revision window opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from datahub import public as datahub
from index.models import Checkpoint, CubeDay
from index.packing import unpack_points, unpack_state
from index.paths import CELL, MISSING, NOWHERE, Points
from index.registry import MAIN, grouped
from index.selectors.panels import panel_name
from index.selectors.standing import Standing
from index.services.method import design_for, load_registry


@dataclass(frozen=True)
class FirmRow:
    """One enterprise: composite score 0 to 100 now, its change since the window opened."""

    enterprise_id: int
    score: float
    change: float | None


@dataclass(frozen=True)
class FirmList:
    """Firms of one place, the largest fall first."""

    name: str
    since: date
    ranked: list[FirmRow]

    def with_cards(self, rows: Sequence[FirmRow]) -> list[dict[str, Any]]:
        """Rows of one page with their names; one query."""
        cards = datahub.enterprise_cards(row.enterprise_id for row in rows)
        return [{"row": row, "card": cards[row.enterprise_id]} for row in rows if row.enterprise_id in cards]


def list_firms(standing: Standing, *, town: str = "", section: str = "", size: str = "") -> FirmList:
    """Active enterprises of the main universe in that place. Four queries and one pass over the checkpoint."""
    saved = Checkpoint.objects.filter(method=standing.method).order_by("-day").first()
    registry = load_registry(standing.basket)
    design = design_for(standing.method, registry)
    names = {u.code: u.name for u in standing.basket.universes}
    name = panel_name(MAIN, town, section, size, names)
    if saved is None:
        return FirmList(name, standing.day, [])
    state = unpack_state(saved.body)
    before = state.score.copy()
    bodies = CubeDay.objects.filter(method=standing.method, realtime_end=None, day__gt=saved.day).order_by(
        "day"
    )
    points = Points.of([unpack_points(body) for body in bodies.values_list("applied", flat=True)])
    points = points.where(np.isin(points.entity, state.entity))
    place = np.searchsorted(state.entity, points.entity)
    moves = points.indicator == CELL
    state.cell[place[moves]] = points.score[moves]
    state.score[place[~moves], points.indicator[~moves]] = points.score[~moves]
    inside = _cells_inside(registry.cells, town, section, size)
    chosen = np.flatnonzero((state.cell != NOWHERE) & inside[np.where(state.cell == NOWHERE, 0, state.cell)])
    now, earlier = (_composite(table[chosen], design.weights) for table in (state.score, before))
    rows = [
        FirmRow(int(entity), float(score), float(score - old) if np.isfinite(old) else None)
        for entity, score, old in zip(state.entity[chosen], now, earlier, strict=True) if np.isfinite(score)
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.change if row.change is not None else 0.0, row.score, row.enterprise_id))
    return FirmList(name, saved.day, rows)


def _cells_inside(cells: dict[Any, int], town: str, section: str, size: str) -> np.ndarray:
    inside = np.zeros(max(len(cells), 1), bool)
    for (universe, cell_town, cell_section, cell_size), number in cells.items():
        fits = (
            universe == MAIN and (not town or cell_town == town) and (not section or cell_section == section)
        )
        inside[number] = fits and (not size or size in (cell_size, grouped(cell_size)))
    return inside


def _composite(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    known = (scores != MISSING) & (weights > 0)
    weight = np.where(known, weights, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (weight * np.where(known, scores, 0) / 100.0).sum(axis=1) / weight.sum(axis=1)

"""The cube in memory: waterfalls, breadth and any crossing, as sums over its rows."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.daycube import Design
from index.models import CubeDay, PanelReference
from index.packing import unpack_rows
from index.paths import number_of
from index.registry import GROUPED, MAIN, PanelKey, Registry, panels_of_cell
from index.replay import CubeTable, Replayed, replay, table_of
from index.selectors.panels import PanelCard
from index.selectors.standing import Standing
from index.services.method import design_for, load_registry


@dataclass(frozen=True)
class Cube:
    """All rows, the design, and where each cell lies."""

    table: CubeTable
    design: Design
    registry: Registry
    town: NDArray[np.str_]
    section: NDArray[np.str_]
    size: NDArray[np.str_]
    panels: list[frozenset[str]]

    def mask(self, card: PanelCard) -> NDArray[np.bool_]:
        """Which cells belong to a panel."""
        return np.array([card.code in codes for codes in self.panels], bool)


_cache: dict[tuple[int, int], Cube] = {}
_replayed: dict[tuple[int, int, int], tuple[CubeTable, Replayed, float]] = {}


def load_cube(standing: Standing) -> Cube:
    """The open vintage of the whole cube; kept in this process until a newer run."""
    if standing.key not in _cache:
        _cache.clear()
        _replayed.clear()
        _cache[standing.key] = _read(standing)
    return _cache[standing.key]


def _read(standing: Standing) -> Cube:
    rows = list(
        CubeDay.objects.filter(method=standing.method, realtime_end=None)
        .order_by("day")
        .values_list("day", "rows")
    )
    registry = load_registry(standing.basket)
    design = design_for(standing.method, registry)
    first = number_of(rows[0][0])
    lots = [unpack_rows(body) for _, body in rows]
    keys = sorted(registry.cells, key=lambda key: registry.cells[key])
    return Cube(
        table_of(first, lots, design), design, registry,
        np.array([key[1] for key in keys]), np.array([key[2] for key in keys]), np.array([key[3] for key in keys]),
        [frozenset(panel.code for panel in panels_of_cell(key)) for key in keys],
    )  # fmt: skip


def replayed(standing: Standing, card: PanelCard) -> tuple[CubeTable, Replayed, float]:
    """A panel's rows, its replay and its reference factor."""
    cube = load_cube(standing)
    key = (*standing.key, card.number)
    if key not in _replayed:
        own = cube.table.of_cells(cube.mask(card))
        reference = PanelReference.objects.filter(method=standing.method, panel_id=card.number).first()
        _replayed[key] = (own, replay(own, cube.design), reference.factors[0] if reference else 1.0)
    return _replayed[key]


@dataclass(frozen=True)
class Decomposed:
    """A change of the total over a window, by parts; ``parts`` maps a part's code to index points."""

    since: date
    until: date
    change: float
    parts: dict[str, float]


BY = ("dimension", "indicator", "town", "section", "size")


def decompose(standing: Standing, card: PanelCard, since: date, until: date, by: str) -> Decomposed:
    """Points that each part adds to the panel's change from ``since`` to ``until``; they add up exactly.

    ``by``: dimension, indicator, town, section or size. Nothing is hidden here; presenters do that.
    """
    cube = load_cube(standing)
    table, made, factor = replayed(standing, card)
    since = max(since, date.fromordinal(date(1970, 1, 1).toordinal() + table.first))
    start, end = (
        np.searchsorted(table.day, number_of(day) - table.first, side="right") for day in (since, until)
    )
    points = made.scale[table.day[start:end]] * table.points[start:end] * factor
    # Only the window's rows are looked at: a cube has millions. Which parts there are at all is known beforehand.
    names, of_row = _parts_of(standing, cube, table.cell[start:end], table.indicator[start:end], card, by)
    sums = np.bincount(of_row, weights=points, minlength=len(names))
    _, of_known = _parts_of(standing, cube, made.cells, made.indicators, card, by)
    present = np.bincount(of_known, minlength=len(names)) > 0
    return Decomposed(
        since,
        until,
        float(points.sum()),
        {name: float(total) for name, total, is_there in zip(names, sums, present, strict=True) if is_there},
    )


def _parts_of(
    standing: Standing,
    cube: Cube,
    cells: NDArray[np.int32],
    indicators: NDArray[np.int32],
    card: PanelCard,
    by: str,
) -> tuple[list[str], NDArray[np.integer]]:
    """Names of the parts, and the place of the part of each of these rows."""
    if by == "dimension":
        return [d.code for d in standing.basket.dimensions], cube.design.dimension[indicators]
    if by == "indicator":
        return [one.code for one in standing.basket.indicators], indicators
    labels = getattr(cube, by)
    if by == "size" and (card.town or card.section):
        labels = np.where(np.isin(labels, ("medium", "small")), GROUPED, labels)
    names, of_cell = np.unique(labels, return_inverse=True)
    return [str(name) for name in names], of_cell[cells]


def crossing_code(card: PanelCard, by: str, part: str) -> str:
    """The code of the panel that a part of ``card`` would be."""
    places = {"town": card.town, "section": card.section, "size": card.size, by: part}
    if places["size"] in ("medium", "small") and (places["town"] or places["section"]):
        places["size"] = GROUPED
    parts = [f"{name}={places[name]}" for name in ("town", "section", "size") if places.get(name)]
    return "/".join([card.universe, *parts])


__all__ = [
    "BY",
    "MAIN",
    "Cube",
    "Decomposed",
    "PanelKey",
    "crossing_code",
    "decompose",
    "load_cube",
    "replayed",
]

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
from index.replay import CubeTable, Replayed, contributions, replay, table_of
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
    points = (
        contributions(table, made.scale, number_of(since) - table.first, number_of(until) - table.first)
        * factor
    )
    if by == "dimension":
        labels = np.array([d.code for d in standing.basket.dimensions])[cube.design.dimension][
            table.indicator
        ]
    elif by == "indicator":
        labels = np.array([one.code for one in standing.basket.indicators])[table.indicator]
    else:
        labels = getattr(cube, by)[table.cell]
        if by == "size" and (card.town or card.section):
            labels = np.where(np.isin(labels, ("medium", "small")), GROUPED, labels)
    names, place = np.unique(labels, return_inverse=True)
    sums = np.bincount(place, weights=points, minlength=len(names))
    return Decomposed(
        since,
        until,
        float(points.sum()),
        {str(name): float(total) for name, total in zip(names, sums, strict=True)},
    )


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

"""Numbers of cells and panels: given once, kept for good. Which panels a cell belongs to."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.basket import Basket, weights_of
from index.cellchain import Frame
from index.contracts import Indicator, PanelKind
from index.daycube import Design
from index.paths import NOWHERE, Fences, at_rest, universe_of

Key = tuple[str, str, str, str]  # universe, town, section, size
MAIN = "sme"
GROUPED = "small_up"
MOST_PANELS = 9


@dataclass(frozen=True)
class PanelKey:
    """What a panel is about, and its lasting code: ``sme``, ``sme/town=330282108/size=micro``."""

    kind: PanelKind
    universe: str
    town: str = ""
    section: str = ""
    size: str = ""

    @property
    def code(self) -> str:
        parts = [f"{name}={value}" for name in ("town", "section", "size") if (value := getattr(self, name))]
        return "/".join([self.universe, *parts])


def grouped(size: str) -> str:
    """Size classes in crossings: medium and small together, or hardly a crossing could be shown."""
    return GROUPED if size in ("medium", "small") else size


@lru_cache(maxsize=20_000)
def panels_of_cell(key: Key) -> tuple[PanelKey, ...]:
    """Every panel that a cell's entities count in, always in this order; unknown towns and sections have none."""
    universe, town, section, size = key
    made = [PanelKey(PanelKind.UNIVERSE, universe)]
    if universe != MAIN:
        return tuple(made)
    wide = grouped(size)
    if town:
        made += [
            PanelKey(PanelKind.TOWN, MAIN, town=town),
            PanelKey(PanelKind.TOWN_SIZE, MAIN, town=town, size=wide),
        ]
    if section:
        made += [
            PanelKey(PanelKind.SECTION, MAIN, section=section),
            PanelKey(PanelKind.SECTION_SIZE, MAIN, section=section, size=wide),
        ]
    if town and section:
        made.append(PanelKey(PanelKind.TOWN_SECTION, MAIN, town=town, section=section))
    made.append(PanelKey(PanelKind.SIZE, MAIN, size=size))
    if wide != size:
        made.append(PanelKey(PanelKind.SIZE, MAIN, size=wide))
    if town and section:
        made.append(PanelKey(PanelKind.CELL, MAIN, town=town, section=section, size=wide))
    return tuple(made)


@dataclass
class Registry:
    """Cells and panels by number. ``cell`` numbers what it has not met yet, in order of meeting."""

    basket: Basket
    cells: dict[Key, int] = field(default_factory=dict)
    panels: dict[PanelKey, int] = field(default_factory=dict)

    def cell(self, kind: str, size: str, town: str, section: str) -> int:
        """The number of an entity's cell, NOWHERE for who belongs to no universe."""
        found = universe_of(kind, size, self.basket.universes)
        if found is None:
            return int(NOWHERE)
        universe, shown = found
        key = (universe, town or "", section or "", shown)
        if key not in self.cells:
            self.cells[key] = len(self.cells)
            for panel in panels_of_cell(key):
                self.panels.setdefault(panel, len(self.panels))
        return self.cells[key]

    def frame(self, weights: NDArray[np.float64], link: tuple[int, int]) -> Frame:
        """Universe and group of the same industry and size of each cell; a group is numbered as its panel."""
        universes = {one.code: number for number, one in enumerate(self.basket.universes)}
        universe, kin = (np.zeros(max(len(self.cells), 1), np.int64) for _ in range(2))
        for key, number in self.cells.items():
            universe[number] = universes[key[0]]
            own = panels_of_cell(key)
            group = next((one for one in own if one.kind is PanelKind.SECTION_SIZE), own[0])
            kin[number] = self.panels[group]
        return Frame(universe, len(universes), kin, max(len(self.panels), 1), weights, link)

    def membership(self) -> NDArray[np.int64]:
        """(cells, 9): numbers of the panels of each cell, -1 where it has fewer."""
        table = np.full((max(len(self.cells), 1), MOST_PANELS), -1, np.int64)
        for key, number in self.cells.items():
            own = [self.panels[panel] for panel in panels_of_cell(key)]
            table[number, : len(own)] = own
        return table


def design_of(
    basket: Basket, supplied: frozenset[str], fences: dict[str, Fences], registry: Registry
) -> Design:
    """Weights, dimensions, scores at rest and panels, in the order of the basket's indicators."""
    used = tuple(one for one in basket.indicators if one.code in supplied)
    weights, nominal = weights_of(basket, used), weights_of(basket, basket.indicators)
    places = [d.code for d in basket.dimensions]
    return Design(
        nominal=np.array([nominal[one.code] for one in basket.indicators]),
        dimension=np.array([places.index(one.dimension) for one in basket.indicators]),
        dimensions=len(places), panels=registry.membership(), panel_count=len(registry.panels),
        frame=registry.frame(np.array([weights.get(one.code, 0.0) for one in basket.indicators]), basket.link),
        rest=np.array([_rest(one, supplied, fences, basket) for one in basket.indicators], np.uint16),
    )  # fmt: skip


def _rest(one: Indicator, supplied: frozenset[str], fences: dict[str, Fences], basket: Basket) -> int:
    if one.code not in supplied:
        return int(NOWHERE)
    return int(at_rest(one, fences[one.code], basket.score_low, basket.score_high))

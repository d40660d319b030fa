"""Who counts in which cell, and how heavily: what disclosure is judged by. Arrays only.

Kept from night to night; news replace the entities they touched. A sum could be carried on without them, the largest
share of a panel cannot once its owner leaves, so every entity is kept: 18 bytes each.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from index.paths import NOWHERE
from index.registry import Registry

MOST_YUAN = 1_000_000_000_000
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """Active entities of any universe, ascending; ``cell`` and registered ``capital`` in whole yuan (at least 1)."""

    entity: Ints
    cell: NDArray[np.uint16]
    capital: Ints

    @staticmethod
    def of(entities: pl.DataFrame, registry: Registry) -> "Counted":
        """Those of a frame of entities, ascending by id, that count; cells without a number have no panels yet."""
        known = len(registry.cells)
        keys = zip(
            entities["kind"], entities["size"], entities["town_code"], entities["section"], strict=True
        )
        cell = np.array([registry.cell(*key) for key in keys], np.int64)
        active = (entities["state"].to_numpy() == "active") & (cell != NOWHERE) & (cell < known)
        capital = entities["registered_capital_yuan"].fill_null(0.0).to_numpy()
        yuan = np.clip(np.nan_to_num(capital), 1, MOST_YUAN).astype(np.int64)
        who = entities["enterprise_id"].to_numpy().astype(np.int64)
        return Counted(who[active], cell[active].astype(np.uint16), yuan[active])

    def replaced(self, touched: Ints, fresh: "Counted") -> "Counted":
        """The same with ``fresh`` in place of whatever stood for the ``touched`` entities."""
        stays = ~np.isin(self.entity, touched)
        entity = np.concatenate([self.entity[stays], fresh.entity])
        order = np.argsort(entity, kind="stable")
        return Counted(
            entity[order], np.concatenate([self.cell[stays], fresh.cell])[order],
            np.concatenate([self.capital[stays], fresh.capital])[order],
        )  # fmt: skip

    def by_panel(self, registry: Registry) -> tuple[Ints, Ints, Ints]:
        """Entities, capital and the largest capital of each panel."""
        membership = registry.membership()
        cells = len(membership)
        in_cell = np.bincount(self.cell, minlength=cells)
        heavy, largest_in = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
        np.add.at(heavy, self.cell, self.capital)
        np.maximum.at(largest_in, self.cell, self.capital)
        cell, column = np.nonzero(membership >= 0)
        panel = membership[cell, column]
        count, weight, largest = (np.zeros(len(registry.panels), np.int64) for _ in range(3))
        np.add.at(count, panel, in_cell[cell])
        np.add.at(weight, panel, heavy[cell])
        np.maximum.at(largest, panel, largest_in[cell])
        return count, weight, largest

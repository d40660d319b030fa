"""What `compute_index` hands out: columns in order, printed with stated decimals, and the facts behind them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from index.engine.places import Place
from index.engine.rounding import RULES, shown
from index.engine.scoring import Floats

Column = list[str] | Floats


@dataclass(eq=False)
class Output:
    """columns: texts or numbers by name, in order. exact: columns that are not rounded (ranks). sort: the columns
    rows are ordered by, the first before the second; none for the order of the data. own: decimals of single columns."""

    columns: dict[str, Column] = field(default_factory=dict)
    decimals: int | None = None
    rule: str = "half_up"
    sort: list[str] = field(default_factory=list)
    exact: set[str] = field(default_factory=set)
    own: dict[str, int | None] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    wanted: list[str] | None = None
    place: Place | None = None

    def order(self) -> list[int]:
        """Rows in the order of display."""
        rows = list(range(len(next(iter(self.columns.values()), []))))
        for name in reversed(self.sort):
            rows = self._sorted(rows, name)
        return rows

    def _sorted(self, rows: list[int], asked: str) -> list[int]:
        """These rows by one column; equal ones keep their order."""
        sign, name = asked[:1], asked
        if name not in self.columns and sign in "+-":
            name = name[1:]
        if name not in self.columns:
            raise (self.place or Place(None)).fault(
                f"没有名为 {name} 的列可供排序，现有：{'、'.join(self.columns)}"
            )
        column = self.columns[name]
        stated = {"+": True, "-": False}.get(sign) if name != asked else None
        if isinstance(column, list):
            return sorted(rows, key=lambda row: column[row], reverse=stated is False)
        ascends = name in self.exact if stated is None else stated
        keys = np.where(np.isnan(column), np.inf, column if ascends else -column)
        return sorted(rows, key=lambda row: float(keys[row]))

    def names(self) -> list[str]:
        if self.wanted is None:
            return list(self.columns)
        for name in self.wanted:
            if name not in self.columns:
                raise (self.place or Place(None)).fault(
                    f"没有名为 {name} 的列，现有：{'、'.join(self.columns)}"
                )
        return self.wanted

    def text(self, name: str, row: int, decimals: int | None) -> str:
        """One cell as printed."""
        column = self.columns[name]
        if isinstance(column, list):
            return column[row]
        places = None if name in self.exact else self.own.get(name, decimals)
        return shown(float(column[row]), places, self.rule)

    def rows(self, decimals: int | None = None) -> list[list[str]]:
        """All cells as printed; `decimals` comes before the definition's."""
        places = self.decimals if decimals is None else decimals
        names = self.names()
        return [[self.text(name, row, places) for name in names] for row in self.order()]


def read_output(root: Place) -> Output:
    """`output: {decimals: 2, rounding: half_up, sort: rank_INDEX, columns: [...]}`."""
    place = root.find("output")
    if place is None:
        return Output()
    place.mapping("decimals", "rounding", "sort", "columns")
    output = Output(
        rule=place.choice_or("rounding", "half_up", *RULES),
        place=place,
        sort=place.at("sort").texts() if place.has("sort") else [],
    )
    if (decimals := place.find("decimals")) is not None:
        if isinstance(decimals.value, dict):
            output.own = {name: entry.integer(0, 12) for name, entry in decimals.items()}
            output.decimals = output.own.get("default")
        else:
            output.decimals = decimals.integer(0, 12)
    if (columns := place.find("columns")) is not None:
        output.wanted = columns.texts()
    return output

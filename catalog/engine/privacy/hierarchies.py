"""Generalisation hierarchies: for every value of a column the values it may be coarsened to, level by level.

The written form is the one of the anonymisation tool ARX: one line a value, ``leaf;level 1;level 2;…``, the
coarsest last, often ``*``. Level 0 is the value itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl


class UnableToReadHierarchy(ValueError):
    """A hierarchy contradicts itself; the text (Chinese) names the line."""


class ValueNotInHierarchy(ValueError):
    """A column holds values its hierarchy does not list; the text (Chinese) names some of them."""


@dataclass(frozen=True)
class Hierarchy:
    """``paths`` maps every leaf to its ancestors, nearest first; all paths have ``height`` steps."""

    paths: dict[str, tuple[str, ...]]
    height: int

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        return tuple(self.paths)

    def at(self, level: int) -> dict[str, str]:
        """What each leaf becomes at ``level`` (0 = itself)."""
        if not 0 <= level <= self.height:
            raise UnableToReadHierarchy(f"层级 {level} 超出范围：该层级表共有 0 至 {self.height} 层。")
        return {leaf: (leaf, *path)[level] for leaf, path in self.paths.items()}

    def rooted(self) -> "Hierarchy":
        """The same tree with a single root: one is added above if the coarsest level has several values."""
        if self.height and len({path[-1] for path in self.paths.values()}) == 1:
            return self
        return Hierarchy({leaf: (*path, "") for leaf, path in self.paths.items()}, self.height + 1)


def parse_hierarchy(rows: Iterable[Sequence[str]]) -> Hierarchy:
    """From split lines. Raises :class:`UnableToReadHierarchy` when lines differ in length, a leaf stands twice
    with different ancestors, or one value has two different parents (that would be no tree)."""
    paths: dict[str, tuple[str, ...]] = {}
    parents: dict[tuple[int, str], str] = {}
    height = -1
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        height = len(cells) - 1 if height < 0 else height
        if len(cells) - 1 != height:
            raise UnableToReadHierarchy(f"第 {number} 行有 {len(cells)} 列，前面各行为 {height + 1} 列。")
        leaf, path = cells[0], tuple(cells[1:])
        if paths.setdefault(leaf, path) != path:
            raise UnableToReadHierarchy(f"第 {number} 行：“{leaf}”已列出，且上级不同。")
        for level, (child, parent) in enumerate(zip(cells, path, strict=False)):
            if parents.setdefault((level, child), parent) != parent:
                raise UnableToReadHierarchy(
                    f"第 {number} 行：第 {level} 层的“{child}”有两个不同的上级，不成树形。"
                )
    if not paths:
        raise UnableToReadHierarchy("层级表为空。")
    return Hierarchy(paths, height)


def generalise(column: pl.Series, hierarchy: Hierarchy, level: int) -> pl.Series:
    """The column at ``level``; nulls stay null. Raises :class:`ValueNotInHierarchy`.

    A value that is already an entry of that level stays as it is, so that a table coarsened before is accepted.
    """
    if level == 0:
        return column
    mapping = hierarchy.at(level)
    known = mapping | {coarse: coarse for coarse in mapping.values() if coarse not in mapping}
    strange = [v for v in column.unique().drop_nulls().to_list() if v not in known]
    if strange:
        shown = "、".join(sorted(strange)[:5])
        raise ValueNotInHierarchy(f"列“{column.name}”有 {len(strange)} 个值不在层级表中，例如：{shown}。")
    present = column.unique().drop_nulls().to_list()
    if not present:
        return column
    return column.replace_strict(present, [known[v] for v in present], default=None, return_dtype=pl.String)

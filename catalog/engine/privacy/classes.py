"""Equivalence classes: the rows that share all quasi-identifiers, and how many rows each could be taken for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .specification import Missing

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
OUT = -1


@dataclass(frozen=True, eq=False)
class Classes:
    """``of_row``: class of each row, -1 for a suppressed one. By class: ``sizes`` rows, ``first`` row of it.

    ``left``/``right`` are pairs of different classes that match each other through a missing value, in both
    directions; empty unless missing values match everything.
    """

    of_row: Ints
    sizes: Ints
    first: Ints
    left: Ints
    right: Ints

    @property
    def count(self) -> int:
        return len(self.sizes)

    @property
    def rows(self) -> int:
        return int(self.sizes.sum())

    @cached_property
    def matched(self) -> Ints:
        """By class: rows that could be taken for its rows, itself included (sdcMicro's fk)."""
        return self.sizes + _spread(self.left, self.right, self.sizes, self.count).astype(np.int64)

    def weighted(self, weights: Floats) -> Floats:
        """By class: sum of the weights of the matching rows (sdcMicro's Fk)."""
        inside = self.of_row >= 0
        own = np.bincount(self.of_row[inside], weights=weights[inside], minlength=self.count)
        return own + _spread(self.left, self.right, own, self.count)

    def only(self, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """By row: whether its class is in ``keep`` (by class); False for suppressed rows."""
        return (
            np.where(self.of_row >= 0, keep[np.maximum(self.of_row, 0)], False)
            if self.count
            else self.of_row >= 0
        )


def _spread(left: Ints, right: Ints, amounts: NDArray, count: int) -> NDArray:  # type: ignore[type-arg]
    return np.bincount(left, weights=amounts[right], minlength=count) if len(left) else np.zeros(count)


def make_classes(frame: pl.DataFrame, missing: Missing, suppressed: str | None = None) -> Classes:
    """Classes of ``frame``, whose columns are the quasi-identifiers (any type; null = missing).

    Without columns all rows are one class. Time and memory are linear in rows for CATEGORY and DISTINCT; for
    WILDCARD the pairs of classes that match are added.
    """
    rows = frame.height
    codes = np.zeros((rows, frame.width), dtype=np.int64)
    for place, name in enumerate(frame.columns):
        codes[:, place] = _codes(frame[name])
    if missing is Missing.DISTINCT:
        _set_apart(codes)
    inside = ~_all_marked(frame, suppressed)
    key = _combined(codes[inside])
    _, first, inverse, sizes = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    of_row = np.full(rows, OUT, dtype=np.int64)
    of_row[inside] = inverse.reshape(-1)
    first = np.flatnonzero(inside)[first]
    left = right = np.zeros(0, dtype=np.int64)
    if missing is Missing.WILDCARD:
        left, right = _matches(codes[first])
    return Classes(of_row, sizes.astype(np.int64), first.astype(np.int64), left, right)


def value_codes(column: pl.Series) -> tuple[Ints, list[str | None]]:
    """Codes 0… of a column's values and the values in that order (as text; a missing one is None, last)."""
    text = column.cast(pl.String)
    values = sorted(text.unique().drop_nulls().to_list())
    places = {value: place for place, value in enumerate(values)}
    listed: list[str | None] = list(values)
    if text.null_count():
        listed.append(None)
    if not values:
        return np.zeros(len(text), dtype=np.int64), listed
    codes = text.replace_strict(values, list(places.values()), default=None, return_dtype=pl.Int64)
    return codes.fill_null(len(values)).to_numpy(), listed


def _codes(column: pl.Series) -> Ints:
    """0 for missing, 1… for values; equal cells have equal codes."""
    text = column if column.dtype == pl.String else column.cast(pl.String)
    physical = text.cast(pl.Categorical).to_physical()
    places = physical.cast(pl.Int64).fill_null(-1).to_numpy() + 1
    present = np.bincount(places) > 0
    present[0] = True  # keeps 0 for the missing
    return (np.cumsum(present) - 1)[places]


def _set_apart(codes: Ints) -> None:
    """Give every missing cell a code of its own."""
    for place in range(codes.shape[1]):
        holes = np.flatnonzero(codes[:, place] == 0)
        codes[holes, place] = codes[:, place].max(initial=0) + 1 + np.arange(len(holes))


def _combined(codes: Ints) -> Ints:
    """One number a row; equal rows have equal numbers. Renumbered whenever the product would not fit."""
    key = np.zeros(len(codes), dtype=np.int64)
    width = 1
    for place in range(codes.shape[1]):
        base = int(codes[:, place].max(initial=0)) + 1
        if width * base > 2**62:
            _, key = np.unique(key, return_inverse=True)
            key = key.reshape(-1)
            width = int(key.max(initial=0)) + 1
        key = key * base + codes[:, place]
        width *= base
    return key


def _all_marked(frame: pl.DataFrame, mark: str | None) -> NDArray[np.bool_]:
    if mark is None or not frame.width:
        return np.zeros(frame.height, dtype=bool)
    marked = frame.select(
        pl.all_horizontal(pl.col(name).cast(pl.String).eq_missing(pl.lit(mark)) for name in frame.columns)
    )
    return marked.to_series().to_numpy().astype(bool)


def _matches(keys: Ints) -> tuple[Ints, Ints]:
    """Pairs of different rows of ``keys`` that agree wherever neither is missing (0).

    Keys with the same holes are handled together: two such groups are joined on the columns both have.
    """
    width = keys.shape[1]
    names = [f"c{place}" for place in range(width)]
    holes = (
        (keys == 0).astype(np.int64) @ (1 << np.arange(width, dtype=np.int64))
        if width
        else np.zeros(len(keys))
    )
    groups = {
        int(pattern): pl.DataFrame(keys[holes == pattern], schema=names, orient="row").with_columns(
            pl.Series("id", np.flatnonzero(holes == pattern))
        )
        for pattern in np.unique(holes)
    }
    left: list[Ints] = []
    right: list[Ints] = []
    for one, other in _pairs(sorted(groups)):
        on = [name for place, name in enumerate(names) if not ((one | other) >> place) & 1]
        how = {"on": on} if on else {"how": "cross"}
        joined = groups[one].join(groups[other], suffix="_other", **how)  # type: ignore[arg-type]
        a, b = joined["id"].to_numpy(), joined["id_other"].to_numpy()
        if one == other:
            a, b = a[a != b], b[a != b]
            left.append(a)
            right.append(b)
        else:
            left += [a, b]
            right += [b, a]
    empty = np.zeros(0, dtype=np.int64)
    return (np.concatenate(left) if left else empty), (np.concatenate(right) if right else empty)


def _pairs(patterns: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of patterns that can match at all: complete keys never match one another."""
    return [
        (one, other)
        for place, one in enumerate(patterns)
        for other in patterns[place:]
        if one != other or one != 0
    ]

"""Small counts of an aggregated table are hidden, and others beside them, so that no total gives them back."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray


def hide_small_cells(
    frame: pl.DataFrame, column: str, threshold: int, within: Sequence[Sequence[str]] = ()
) -> pl.Series:
    """The count column with 1 … threshold - 1 hidden (null); 0 stays.

    ``within``: groupings whose totals are known, each a list of columns. In each group that holds exactly one hidden
    cell, or whose hidden cells add up to less than the threshold, the next smallest cell above 0 is hidden too
    (complementary suppression), again and again until every group is safe. A group of which nothing else can be
    hidden keeps its single hidden cell only if no total is published for it, which the caller must see to.
    """
    counts = frame[column].cast(pl.Float64, strict=False)
    values = counts.fill_null(0).to_numpy()
    hidden = (values > 0) & (values < threshold)
    groups = [_numbers(frame, columns) for columns in within]
    changed = True
    while changed:
        changed = False
        for of_row in groups:
            changed |= _complete(values, hidden, of_row, threshold)
    return pl.select(pl.when(pl.Series(~hidden)).then(frame[column]).alias(column)).to_series()


def _numbers(frame: pl.DataFrame, columns: Sequence[str]) -> NDArray[np.int64]:
    """Group number of each row."""
    if not columns:
        return np.zeros(frame.height, dtype=np.int64)
    keys = frame.select(pl.struct(list(columns)).rank("dense")).to_series()
    return keys.to_numpy().astype(np.int64) - 1


def _complete(
    values: NDArray[np.float64], hidden: NDArray[np.bool_], of_row: NDArray[np.int64], threshold: int
) -> bool:
    """Hide one more cell in every unsafe group; True if any was."""
    size = int(of_row.max(initial=-1)) + 1
    many = np.bincount(of_row, weights=hidden, minlength=size)
    lost = np.bincount(of_row, weights=np.where(hidden, values, 0), minlength=size)
    unsafe = (many == 1) | ((many > 0) & (lost < threshold))
    found = False
    for group in np.flatnonzero(unsafe):
        rows = np.flatnonzero((of_row == group) & ~hidden & (values > 0))
        if len(rows):
            hidden[rows[np.argmin(values[rows])]] = True
            found = True
    return found

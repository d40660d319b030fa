"""Two releases of one table: whom does the difference between them give away?

Each release may be anonymous by itself; whoever holds both sees which classes grew or shrank, and by how much. A class
that changed by one to k - 1 rows tells about those few, however large it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Difference:
    """``columns``: quasi-identifiers that both releases have, in one form; ``classes``: how many changed by 1 to k - 1
    rows; ``rows``: how many rows that is in all; ``coarser``, ``finer``: columns one release tells and the other not."""

    k: int
    columns: tuple[str, ...]
    classes: int
    rows: int
    finer: tuple[str, ...]
    coarser: tuple[str, ...]

    @property
    def is_safe(self) -> bool:
        return self.classes == 0


def compare_releases(
    earlier: pl.DataFrame, later: pl.DataFrame, quasi: Sequence[str], k: int, reshaped: Sequence[str] = ()
) -> Difference:
    """Compare by the quasi-identifiers both have. ``reshaped``: columns whose rule changed between the releases, so
    that their values cannot be compared; they are left out of the classes."""
    common = [c for c in quasi if c in earlier.columns and c in later.columns and c not in reshaped]
    finer = tuple(c for c in quasi if c in later.columns and c not in earlier.columns)
    coarser = tuple(c for c in quasi if c in earlier.columns and c not in later.columns)
    if not common:
        change = abs(later.height - earlier.height)
        few = 0 < change < k
        return Difference(k, (), int(few), change if few else 0, finer, coarser)
    before, after = _sizes(earlier, common, "before"), _sizes(later, common, "after")
    both = before.join(after, on=common, how="full", nulls_equal=True, coalesce=True)
    changed = both.select((pl.col("after").fill_null(0) - pl.col("before").fill_null(0)).abs().alias("by"))
    few_rows = changed.filter((pl.col("by") > 0) & (pl.col("by") < k))["by"]
    return Difference(k, tuple(common), len(few_rows), int(few_rows.sum()), finer, coarser)


def _sizes(frame: pl.DataFrame, columns: Sequence[str], name: str) -> pl.DataFrame:
    text = frame.select(pl.col(column).cast(pl.String) for column in columns)
    return text.group_by(columns).agg(pl.len().cast(pl.Int64).alias(name))

"""l-diversity: how many sensitive values a class holds, and how evenly (Machanavajjhala et al. 2007).

Counts of one sensitive column are kept sparse: one entry for each pair of class and value that occurs.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .classes import Classes, Floats, Ints, value_codes


@dataclass(frozen=True, eq=False)
class Counts:
    """Rows by class and sensitive value, sorted by class: parallel arrays ``classes``, ``values``, ``counts``.

    ``totals``: rows by class (those that match it, where missing values match everything). ``overall``: rows by value
    in the whole table. ``labels``: the values in code order, None for a missing one, which counts as a value.
    """

    classes: Ints
    values: Ints
    counts: Ints
    totals: Ints
    overall: Ints
    labels: list[str | None]

    @property
    def starts(self) -> Ints:
        return np.searchsorted(self.classes, np.arange(len(self.totals)))


def count_values(classes: Classes, column: pl.Series) -> Counts:
    """Counts of one sensitive column (same rows as the classes were made of); suppressed rows left out."""
    codes, labels = value_codes(column)
    inside = classes.of_row >= 0
    width = max(len(labels), 1)
    pairs, counts = np.unique(classes.of_row[inside] * width + codes[inside], return_counts=True)
    overall = np.bincount(codes[inside], minlength=width)
    if len(classes.left):
        pairs, counts = _with_matches(classes, pairs, counts, width)
    return Counts(pairs // width, pairs % width, counts.astype(np.int64), classes.matched, overall, labels)


def _with_matches(classes: Classes, pairs: Ints, counts: Ints, width: int) -> tuple[Ints, Ints]:
    """Add to each class the counts of the classes that match it."""
    own = pl.DataFrame({"of": pairs // width, "value": pairs % width, "n": counts})
    match = pl.DataFrame({"to": classes.left, "of": classes.right})
    lent = match.join(own, on="of").select(pl.col("to").alias("of"), "value", "n")
    summed = pl.concat([own, lent]).group_by("of", "value").agg(pl.col("n").sum()).sort("of", "value")
    return summed["of"].to_numpy() * width + summed["value"].to_numpy(), summed["n"].to_numpy()


def distinct(counts: Counts) -> Ints:
    """By class: number of different values."""
    return np.bincount(counts.classes, minlength=len(counts.totals))


def entropy(counts: Counts) -> Floats:
    """By class: Shannon entropy of its values in nats; entropy l is its exponential."""
    share = counts.counts / counts.totals[counts.classes]
    summed = np.bincount(counts.classes, weights=-share * np.log(share), minlength=len(counts.totals))
    return np.maximum(summed, 0.0)


def least_c(counts: Counts, least: int) -> Floats:
    """By class: recursive (c, l)-diversity holds for l = ``least`` iff c is greater than this.

    r1 / (r_l + … + r_m), the counts sorted downwards; infinite if the class has fewer than l values.
    """
    ranked, rank = _ranked(counts)
    kept = np.where(rank >= least - 1, ranked, 0)
    tail = np.bincount(counts.classes, weights=kept, minlength=len(counts.totals))
    with np.errstate(divide="ignore"):
        return _largest(counts) / tail


def recursive_level(counts: Counts, c: float) -> Ints:
    """By class: the greatest l with r1 < c (r_l + … + r_m); 0 if there is none."""
    ranked, _ = _ranked(counts)
    starts = counts.starts
    ends = np.append(starts[1:], len(ranked))
    running = np.concatenate([[0], np.cumsum(ranked)])
    tails = running[ends][counts.classes] - running[:-1]
    holds = _largest(counts)[counts.classes] < c * tails
    return np.bincount(counts.classes, weights=holds, minlength=len(counts.totals)).astype(np.int64)


def _ranked(counts: Counts) -> tuple[Ints, Ints]:
    """Counts sorted downwards within each class, and each one's rank from 0."""
    order = np.lexsort((-counts.counts, counts.classes))
    rank = np.arange(len(order)) - counts.starts[counts.classes]
    return counts.counts[order], rank


def _largest(counts: Counts) -> NDArray[np.int64]:
    if not len(counts.totals):
        return np.zeros(0, dtype=np.int64)
    return np.maximum.reduceat(counts.counts, counts.starts)

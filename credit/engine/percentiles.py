"""Ranks against frozen peer groups: s = 100 (n_less + .5 n_equal) / n, read from 101-point reference tables.

Peer groups run from fine to coarse: division x size, section x size, section, everyone; a group serves when
at least 30 of its enterprises had a value when the table was fitted. Between points of a table ranks are
linear; a value that fills several points stands in the middle of them, as half of its equals are counted.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit.contracts import Floats, UnableToScore
from credit.engine.indicators import Entities

EVERYONE = "*"
POINTS = 101


def fit_table(values: Floats) -> Floats:
    """101 quantiles (midpoint positions) of the finite values, ascending; UnableToScore when there are
    none."""
    values = values[np.isfinite(values)]
    if not len(values):
        raise UnableToScore("a reference table needs at least one value")
    table: Floats = np.quantile(values, np.linspace(0, 1, POINTS), method="hazen")
    return np.maximum.accumulate(table)


def rank(values: Floats, table: Floats) -> Floats:
    """Percentile ranks 0-100 of values against one table; NaN stays NaN."""
    return rank_in_groups(values, np.zeros(len(values), dtype=np.int32), table[None, :])


def rank_in_groups(values: Floats, group: NDArray[np.int32], tables: Floats) -> Floats:
    """Percentile ranks 0-100 of values, each against its group's row of `tables` (groups, 101)."""
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(len(tables) + 1))
    sought = values[order]
    low, high = np.empty(len(values), dtype=np.int64), np.empty(len(values), dtype=np.int64)
    for i in np.flatnonzero(bounds[1:] > bounds[:-1]):
        of = slice(bounds[i], bounds[i + 1])
        low[order[of]] = np.searchsorted(tables[i], sought[of], side="left")
        high[order[of]] = np.searchsorted(tables[i], sought[of], side="right")
    before = tables[group, np.clip(low - 1, 0, POINTS - 1)]
    gap = tables[group, np.clip(low, 0, POINTS - 1)] - before
    inside = np.divide(values - before, gap, out=np.zeros(len(values)), where=gap > 0)
    between = np.where(low == 0, 0.0, np.where(low == POINTS, 100.0, low - 1 + inside))
    ranks = np.where(high > low, (low + high - 1) / 2.0, between)
    return np.where(np.isnan(values), np.nan, ranks)


def treat(values: Floats) -> Floats:
    """Tame a skewed indicator before its spread is measured: |skew| > 2 and kurtosis > 3.5.

    Up to five extreme points are pulled to the next one; if that does not do, the logarithm is taken. Ranks
    need no treatment, entropy does.
    """
    if not _skewed(values):
        return values
    treated = values.copy()
    for _ in range(min(5, len(values) - 2)):
        order = np.argsort(treated, kind="stable")
        if _skewness(treated) > 0:
            treated[treated == treated[order[-1]]] = treated[treated < treated[order[-1]]].max()
        else:
            treated[treated == treated[order[0]]] = treated[treated > treated[order[0]]].min()
        if not _skewed(treated):
            return treated
    return np.sign(values) * np.log1p(np.abs(values))


def _skewness(values: Floats) -> float:
    centred = values - values.mean()
    return float((centred**3).mean() / centred.std() ** 3)


def _skewed(values: Floats) -> bool:
    if len(values) < 3 or values.std() == 0:
        return False
    centred = values - values.mean()
    kurtosis = (centred**4).mean() / centred.std() ** 4
    return abs(_skewness(values)) > 2 and bool(kurtosis > 3.5)


def group_chain(section: str, industry: str, size: str) -> tuple[str, ...]:
    """Peer groups of an enterprise from fine to coarse."""
    return (f"{industry}/{size}", f"{section}/{size}", section, EVERYONE)


@dataclass(frozen=True)
class Peers:
    """Which combination of section, division and size each of n enterprises has, and its chain of groups."""

    combination: NDArray[np.int32]
    chains: tuple[tuple[str, ...], ...]

    def choose(self, available: Iterable[str]) -> tuple[NDArray[np.int32], list[str]]:
        """Per enterprise the finest available group, as an index into the returned list of groups."""
        names = sorted(available)
        place = {name: i for i, name in enumerate(names)}
        picked = [next((place[key] for key in chain if key in place), -1) for chain in self.chains]
        if -1 in picked:
            raise UnableToScore("the reference has no table for everyone")
        return np.array(picked, dtype=np.int32)[self.combination], names


def find_peers(entities: Entities) -> Peers:
    """Peer combinations of the enterprises, in their order."""
    encoded = [entities.text(name) for name in ("section", "industry", "size")]
    key = np.zeros(len(entities), dtype=np.int64)
    for codes, names in encoded:
        key = key * (len(names) + 1) + codes + 1
    _, first, combination = np.unique(key, return_index=True, return_inverse=True)
    chains = []
    for row in first:
        section, industry, size = (names[codes[row]] if codes[row] >= 0 else "" for codes, names in encoded)
        chains.append(group_chain(section, industry, size))
    return Peers(combination.astype(np.int32), tuple(chains))


@dataclass(frozen=True)
class Reference:
    """The frozen half of a model version: tables, peer medians, word cut-offs, entropy parts."""

    card_version: str
    fitted_on: Mapping[str, Any]
    """Population label, as-of date, number of enterprises and supplied items of the fit."""
    tables: Mapping[str, Mapping[str, Floats]]
    """leaf code -> group -> 101 points."""
    leaf_medians: Mapping[str, Mapping[str, float]]
    """leaf code -> group -> median points, for leaves on a fixed scale."""
    force_medians: Mapping[str, tuple[float, ...]]
    """group -> five medians."""
    words: Mapping[str, float]
    """four-way word, best first -> lower bound of the total."""
    entropy: Mapping[str, float]
    """leaf code -> entropy part of its weight within its force."""

    @cached_property
    def json(self) -> str:
        """Canonical text: sorted keys, shortest floats."""
        body = {
            "card_version": self.card_version,
            "fitted_on": dict(self.fitted_on),
            "tables": {
                leaf: {g: t.tolist() for g, t in groups.items()} for leaf, groups in self.tables.items()
            },
            "leaf_medians": {leaf: dict(groups) for leaf, groups in self.leaf_medians.items()},
            "force_medians": {group: list(medians) for group, medians in self.force_medians.items()},
            "words": [[word, bound] for word, bound in self.words.items()],
            "entropy": dict(self.entropy),
        }
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_reference(text: str) -> Reference:
    """Read a reference file; UnableToScore when a table is not 101 ascending points."""
    body = json.loads(text)
    tables = {leaf: {g: np.array(t, dtype=np.float64) for g, t in groups.items()}
              for leaf, groups in body["tables"].items()}  # fmt: skip
    for leaf, groups in tables.items():
        for group, table in groups.items():
            if table.shape != (POINTS,) or not (np.diff(table) >= 0).all():
                raise UnableToScore(f"reference table {leaf} {group} is not {POINTS} ascending points")
    return Reference(
        card_version=body["card_version"],
        fitted_on=body["fitted_on"],
        tables=tables,
        leaf_medians=body["leaf_medians"],
        force_medians={group: tuple(medians) for group, medians in body["force_medians"].items()},
        words=dict(body["words"]),
        entropy=body["entropy"],
    )

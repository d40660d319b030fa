"""Level scores of a day, 0..100: mean of a cell, then of a dimension, then the total.

A missing indicator's weight goes to the others; below two thirds of the weight nothing is published (COINr's
``dat_thresh``).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.engine.cube import Cube
from index.engine.scoring import TOP, Floats

Mean = Literal["arithmetic", "geometric"]
THRESHOLD = 2 / 3
_SLACK = 1e-12


@dataclass(frozen=True, eq=False)
class Level:
    """value: the score, NaN where too little is known; coverage: share of the weight that is known, 0..1."""

    value: Floats
    coverage: Floats


def indicator_levels(cube: Cube) -> Floats:
    """(G, J) mean score of each cell and indicator in points 0..100; NaN in an empty cell."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(cube.n > 0, cube.s / np.maximum(cube.n, 1) * (100 / TOP), np.nan)


def indicator_spread(cube: Cube) -> Floats:
    """(G, J) weighted standard deviation of the scores, points; NaN in an empty cell.

    The variance is built from integers before the one division, so it cannot turn negative.
    """
    top = cube.n.astype(object) * cube.s2.astype(object) - cube.s.astype(object) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = top.astype(np.float64) / np.maximum(cube.n, 1).astype(np.float64) ** 2
    return np.where(cube.n > 0, np.sqrt(variance) * (100 / TOP), np.nan)


def combine(parts: Floats, weights: Floats, mean: Mean = "arithmetic", threshold: float = THRESHOLD) -> Level:
    """Weighted mean over the last axis; NaN parts give their weight to the others.

    parts: (..., K) points 0..100; weights: (K,) or (..., K), need not add up to 1. The geometric mean runs
    on 1..100 (1 + .99 x) and is brought back, so one zero does not wipe out the rest. NaN where the known
    weight is less than `threshold` of all.
    """
    known = ~np.isnan(parts)
    weight = np.where(known, weights, 0.0)
    total = np.broadcast_to(weights, parts.shape).sum(axis=-1)
    have = weight.sum(axis=-1)
    filled = np.where(known, parts, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = np.where(total > 0, have / total, 0.0)
        if mean == "geometric":
            value = (np.exp((weight * np.log(1 + 0.99 * filled)).sum(axis=-1) / have) - 1) / 0.99
        else:
            value = (weight * filled).sum(axis=-1) / have
    enough = (coverage >= threshold - _SLACK) & (have > 0)
    return Level(np.where(enough, value, np.nan), coverage)


def tree_levels(
    parts: Floats,
    weights: Floats,
    dimension: NDArray[np.integer],
    dimension_weights: Floats,
    *,
    mean: Mean = "arithmetic",
    total_mean: Mean = "arithmetic",
    threshold: float = THRESHOLD,
) -> tuple[Level, Level]:
    """Levels of D dimensions (..., D) and of the total (...) from (..., J) indicator levels.

    dimension: (J,) the dimension of each indicator.
    """
    shape = (*parts.shape[:-1], len(dimension_weights))
    value, coverage = np.full(shape, np.nan), np.zeros(shape)
    for d in range(len(dimension_weights)):
        mine = dimension == d
        if mine.any():
            found = combine(parts[..., mine], weights[mine], mean, threshold)
            value[..., d], coverage[..., d] = found.value, found.coverage
    total = combine(value, dimension_weights, total_mean, threshold)
    return Level(value, coverage), total


def effective_weights(weights: Floats, dimension: NDArray[np.integer], dimension_weights: Floats) -> Floats:
    """(J,) product of the weights down the tree, adding up to 1."""
    out = np.zeros(len(weights))
    used = [d for d in range(len(dimension_weights)) if (dimension == d).any()]
    total = sum(dimension_weights[d] for d in used)
    for d in used:
        mine = dimension == d
        out[mine] = weights[mine] / weights[mine].sum() * dimension_weights[d] / total
    return out

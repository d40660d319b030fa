"""From points to letters, words and, once outcomes exist, a probability of default."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from credit.contracts import Bytes, Confidence, Floats

PD_ANCHOR = 600.0
PD_ANCHOR_ODDS = 20.0
PD_POINTS_TO_DOUBLE = 50.0
PD_FACTOR = PD_POINTS_TO_DOUBLE / np.log(2.0)
PD_OFFSET = PD_ANCHOR - PD_FACTOR * np.log(PD_ANCHOR_ODDS)
CONFIDENCE_BOUNDS = (0.8, 0.6, 0.4)
_SLACK = 1e-12  # a coverage of 4 leaves of 5 is .8 whatever the order of the additions


def band(values: Floats, lower_bounds: Sequence[float]) -> Bytes:
    """Index of the first bound a value reaches; bounds descend, the last is the catch-all."""
    out = np.full(len(values), len(lower_bounds) - 1, dtype=np.uint8)
    for i in range(len(lower_bounds) - 2, -1, -1):
        out[values >= lower_bounds[i]] = i
    return out


def limit(uncapped: Floats, cap: Floats) -> Floats:
    """max(0, min(cap, uncapped)), where a NaN cap does not bind."""
    return np.maximum(0.0, np.fmin(uncapped, cap))


def confidence(coverage: Floats) -> Bytes:
    """Confidence of a coverage: .8 high, .6 medium, .4 low, else very low."""
    return band(coverage + _SLACK, (*CONFIDENCE_BOUNDS, -np.inf))


def thin(coverage: float) -> bool:
    """Whether a score of this coverage carries the note 信息不足，仅供参考."""
    return bool(confidence(np.array([coverage]))[0] >= Confidence.LOW)


def default_probability(score: float | NDArray[np.float64]) -> Floats:
    """PD of a calibrated score, S = 600 + (50 / ln 2) ln(odds / 20), PD = 1 / (1 + odds).

    Not to be published before the scale is calibrated on observed outcomes.
    """
    odds = np.exp((np.asarray(score, dtype=np.float64) - PD_OFFSET) / PD_FACTOR)
    return 1.0 / (1.0 + odds)

"""Scores of entities on frozen fences: integers 0..10,000, so that sums are exact.

Fences are percentiles of the base window, fitted once per method version: later data never move an older score.
A strongly skewed indicator is first put on a logarithmic scale (the rule of COINr and the JRC handbook:
absolute skewness of at least 2 together with kurtosis of at least 3.5).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scores = NDArray[np.uint16]
Scale = Literal["linear", "log", "asinh"]

TOP = 10_000
"""The best score; a score of 10,000 is 100.00 points."""
MISSING = 65_535
"""Marks a score that is not there."""
SKEW_LIMIT, KURTOSIS_LIMIT = 2.0, 3.5
ENOUGH = 10


class UnableToFitFence(ValueError):
    """The base window cannot carry fences; the message says why."""


@dataclass(frozen=True)
class Fence:
    """How one indicator becomes a score: scale, then low..high onto 0..10,000, turned round if less is better.

    low, high: on the transformed scale. unit: what a value is divided by before asinh (1 for the others).
    """

    low: float
    high: float
    scale: Scale = "linear"
    reversed: bool = False
    unit: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise UnableToFitFence(
                f"fences must be two finite, ascending numbers, not {self.low}, {self.high}"
            )
        if not self.unit > 0:
            raise UnableToFitFence(f"the unit must be positive, not {self.unit}")

    def limits(self) -> tuple[float, float]:
        """The fences in the indicator's own unit."""
        if self.scale == "log":
            return float(np.exp(self.low)), float(np.exp(self.high))
        if self.scale == "asinh":
            return float(np.sinh(self.low) * self.unit), float(np.sinh(self.high) * self.unit)
        return self.low, self.high


def fit_fence(
    values: Floats,
    *,
    lower_pct: float = 1.0,
    upper_pct: float = 99.0,
    reversed: bool = False,
    scale: Scale | None = None,
) -> Fence:
    """Fences of one indicator from the values of the base window (NaN left out).

    scale: given, or chosen by the rule: linear unless skewed; then log if every value is above zero, else asinh
    of the value over the median of its absolute non-zero values. Percentiles are R's type 7. Where both
    percentiles coincide (an indicator that is nearly always zero) the extremes serve. UnableToFitFence with
    fewer than ten values or when nothing varies.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) < ENOUGH:
        raise UnableToFitFence(f"fences need at least {ENOUGH} values, there are {len(values)}")
    chosen = scale or choose_scale(values)
    unit = _unit(values) if chosen == "asinh" else 1.0
    scaled = _on_scale(values, chosen, unit)
    scaled = scaled[np.isfinite(scaled)]
    low, high = (float(q) for q in np.quantile(scaled, [lower_pct / 100, upper_pct / 100]))
    if not low < high:
        low, high = float(scaled.min()), float(scaled.max())
    if not low < high:
        raise UnableToFitFence(f"every value of the base window is {values[0]:g}")
    return Fence(low, high, chosen, reversed, unit)


def choose_scale(values: Floats) -> Scale:
    """linear, log or asinh by skewness and kurtosis of finite values."""
    if not is_skewed(values):
        return "linear"
    return "log" if values.min() > 0 else "asinh"


def is_skewed(values: Floats, skew: float = SKEW_LIMIT, kurtosis: float = KURTOSIS_LIMIT) -> bool:
    """|g1| >= skew and excess kurtosis g2 >= kurtosis, both of moments (the base window is large)."""
    centred = values - values.mean()
    spread = np.sqrt((centred**2).mean())
    if not spread > 0:
        return False
    standard = centred / spread
    return bool(abs((standard**3).mean()) >= skew and (standard**4).mean() - 3 >= kurtosis)


def score(values: Floats, fence: Fence) -> Scores:
    """Integer scores of values (any shape); NaN becomes MISSING, and so does what has no logarithm.

    z = (clip(x) - low) / (high - low), times 10,000, rounded half up. A value at or below zero on a log
    scale stands below the fence and scores as the fence does; only NaN is missing.
    """
    values = np.asarray(values, dtype=np.float64)
    scaled = _on_scale(values, fence.scale, fence.unit)
    share = (np.clip(scaled, fence.low, fence.high) - fence.low) / (fence.high - fence.low)
    if fence.reversed:
        share = 1.0 - share
    absent = np.isnan(values)
    z = np.floor(np.where(absent, 0.0, share) * TOP + 0.5).astype(np.uint16)
    z[absent] = MISSING
    return z


def score_table(values: Floats, fences: list[Fence]) -> Scores:
    """(J, n) values, one row per indicator, to (J, n) scores: the layout of the cube."""
    if len(values) != len(fences):
        raise UnableToFitFence(f"{len(values)} indicators but {len(fences)} fences")
    out = np.empty(np.shape(values), dtype=np.uint16)
    for j, fence in enumerate(fences):
        out[j] = score(values[j], fence)
    return out


def _unit(values: Floats) -> float:
    sizes = np.abs(values[values != 0])
    return float(np.median(sizes)) if len(sizes) else 1.0


def _on_scale(values: Floats, scale: Scale, unit: float) -> Floats:
    if scale == "linear":
        return values
    if scale == "asinh":
        return np.arcsinh(values / unit)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), -np.inf)

"""Skewness, kurtosis, quantiles, spread and ranks under the conventions that published tables use.

All functions leave NaN out. `sample` is the adjusted form (G1, G2, n - 1: Excel, COINr, e1071 type 2), `moment` the
plain one (g1, g2, n).
"""

from typing import Literal

import numpy as np

from index.engine.scoring import Floats

Form = Literal["sample", "moment"]
FORMS = ("sample", "moment")
QUANTILE_TYPES = {
    1: "inverted_cdf", 2: "averaged_inverted_cdf", 3: "closest_observation", 4: "interpolated_inverted_cdf",
    5: "hazen", 6: "weibull", 7: "linear", 8: "median_unbiased", 9: "normal_unbiased",
}  # fmt: skip
"""R's nine definitions and what numpy calls them. Excel's PERCENTILE.INC is 7, PERCENTILE.EXC 6, SAS's default 2."""
TIES = ("min", "average", "max", "dense", "first")
RANK_DECIMALS = 9


def present(values: Floats) -> Floats:
    """The finite values."""
    values = np.asarray(values, dtype=np.float64)
    return values[np.isfinite(values)]


def skewness(values: Floats, form: str = "sample") -> float:
    """G1 = g1 sqrt(n (n - 1)) / (n - 2), or g1 = m3 / m2^1.5; NaN below three values or without spread."""
    x = present(values)
    n = len(x)
    if n < 3:
        return float("nan")
    centred = x - x.mean()
    square = (centred**2).sum()
    if not square > 0:
        return float("nan")
    moment = np.sqrt(n) * (centred**3).sum() / square**1.5
    return float(moment if form == "moment" else moment * np.sqrt(n * (n - 1)) / (n - 2))


def kurtosis(values: Floats, form: str = "sample") -> float:
    """Excess kurtosis: G2 = ((n + 1) g2 + 6) (n - 1) / ((n - 2) (n - 3)), or g2 = m4 / m2^2 - 3; NaN below four."""
    x = present(values)
    n = len(x)
    if n < 4:
        return float("nan")
    centred = x - x.mean()
    square = (centred**2).sum()
    if not square > 0:
        return float("nan")
    moment = n * (centred**4).sum() / square**2 - 3
    return float(moment if form == "moment" else ((n + 1) * moment + 6) * (n - 1) / ((n - 2) * (n - 3)))


def spread(values: Floats, form: str = "sample") -> float:
    """Standard deviation over n - 1 (sample) or n (moment); NaN where it has no meaning."""
    x = present(values)
    if len(x) < 2:
        return float("nan")
    return float(x.std(ddof=1 if form == "sample" else 0))


def quantile(values: Floats, share: float, kind: int = 7) -> float:
    """The quantile at a share of 0..1 by R's type 1..9; NaN for nothing."""
    x = present(values)
    if not len(x):
        return float("nan")
    return float(np.quantile(x, share, method=QUANTILE_TYPES[kind]))  # type: ignore[call-overload]


def ranks(
    values: Floats, *, ties: str = "min", largest_first: bool = True, decimals: int | None = RANK_DECIMALS
) -> Floats:
    """(n,) ranks from 1, NaN where missing; values are first rounded (unless None) so that noise breaks no tie.

    ties: min (1 2 2 4), average (1 2.5 2.5 4), max (1 3 3 4), dense (1 2 2 3) or first (in order of appearance).
    """
    rounded = np.asarray(values, dtype=np.float64)
    if decimals is not None:
        rounded = np.round(rounded, decimals)
    sign = -1.0 if largest_first else 1.0
    out = np.full(len(rounded), np.nan)
    there = np.flatnonzero(np.isfinite(rounded))
    keys = sign * rounded[there]
    if ties == "first":
        out[there[np.argsort(keys, kind="stable")]] = np.arange(1, len(there) + 1)
        return out
    ordered = np.sort(keys)
    low = np.searchsorted(ordered, keys, side="left") + 1
    high = np.searchsorted(ordered, keys, side="right")
    if ties == "dense":
        out[there] = np.searchsorted(np.unique(keys), keys) + 1
    else:
        out[there] = {"min": low, "max": high, "average": (low + high) / 2}[ties]
    return out

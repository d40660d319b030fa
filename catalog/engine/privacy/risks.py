"""Risk of being re-identified: prosecutor, journalist and marketer as ARX tells them, individual as sdcMicro does."""

import numpy as np

from .classes import Floats, Ints
from .specification import RiskMethod

SERIES_LIMIT = 100_000


def approximate_risk(sample: Ints, population: Floats) -> Floats:
    """sdcMicro ``indivRisk(method="approx")``: f = 1 and f = 2 exactly, above that p / (f - (1 - p)); 1/f if F = f."""
    p = sample / population
    risk = p / (sample - (1 - p))
    risk = np.where(sample <= 2, _exact_small(sample, p), risk)
    return np.where(np.isclose(population, sample), 1 / sample, risk)


def exact_risk(sample: Ints, population: Floats) -> Floats:
    """sdcMicro ``indivRisk(method="exact")``: (p / f) 2F1(1, 1; f + 1; 1 - p), the negative binomial posterior.

    Benedetti and Franconi's formula after Euler's transformation, which keeps every term positive.
    """
    pairs, back = np.unique(np.column_stack([sample, population]), axis=0, return_inverse=True)
    risks = np.array([_series(int(f), f / big) for f, big in pairs])
    return risks[back.reshape(-1)]


def individual_risk(sample: Ints, population: Floats, method: RiskMethod) -> Floats:
    """By row: from how many rows match it and the sum of their weights."""
    return (
        exact_risk(sample, population) if method is RiskMethod.EXACT else approximate_risk(sample, population)
    )


def _exact_small(sample: Ints, p: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = p / (1 - p)
        one = odds * np.log(1 / p)
        two = odds - odds**2 * np.log(1 / p)
    return np.where(sample == 1, one, two)


def _series(f: int, p: float) -> float:
    if p >= 1 - 1e-12:
        return 1 / f
    term, total, n = 1.0, 0.0, 0
    while term > 1e-15 * max(total, 1.0) and n < SERIES_LIMIT:
        total += term
        n += 1
        term *= n / (f + n) * (1 - p)
    if n == SERIES_LIMIT and f == 1:
        return p / (1 - p) * float(np.log(1 / p))
    return p / f * total

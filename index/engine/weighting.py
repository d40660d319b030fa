"""Weights that are computed: pairwise comparison (AHP), entropy, CRITIC, standard deviation.

Data-driven weights come from the values that are handed in (a base window) and are frozen with the definition.
"""

from dataclasses import dataclass

import numpy as np

from index.engine.scoring import Floats

RANDOM_INDEX = (0, 0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Saaty's mean consistency index of random matrices, by size."""


class UnableToWeigh(ValueError):
    """The matrix or the values give no weights; the text (Chinese) says why."""


@dataclass(frozen=True, eq=False)
class Pairwise:
    """weights: (k,) adding up to 1; ratio: the consistency ratio, below .1 for a usable judgement."""

    weights: Floats
    eigenvalue: float
    index: float
    ratio: float


def pairwise_weights(matrix: Floats, method: str = "eigenvector") -> Pairwise:
    """Weights of a reciprocal k x k matrix by its principal eigenvector or the geometric means of its rows."""
    k = len(matrix)
    if matrix.shape != (k, k) or k < 1 or k >= len(RANDOM_INDEX):
        raise UnableToWeigh(f"判断矩阵应为方阵，阶数 1 到 {len(RANDOM_INDEX) - 1}")
    if (matrix <= 0).any() or not np.allclose(matrix * matrix.T, 1.0, atol=0.02):
        raise UnableToWeigh("判断矩阵的元素应为正数，且对称位置互为倒数")
    if method == "geometric":
        raw = np.exp(np.log(matrix).mean(axis=1))
    else:
        values, vectors = np.linalg.eig(matrix)
        raw = np.abs(vectors[:, int(np.argmax(values.real))].real)
    weights = raw / raw.sum()
    eigenvalue = float(np.mean(matrix @ weights / weights))
    index = (eigenvalue - k) / (k - 1) if k > 1 else 0.0
    random = RANDOM_INDEX[k]
    return Pairwise(weights, eigenvalue, index, index / random if random else 0.0)


def entropy_weights(columns: Floats) -> Floats:
    """(n, k) values to (k,) weights (1 - e) / sum(1 - e), e = -sum p ln p / ln n, p of min-max scores."""
    k = columns.shape[1]
    entropy = np.ones(k)
    for j in range(k):
        x = columns[:, j]
        x = x[np.isfinite(x)]
        if len(x) >= 2 and x.max() > x.min():
            z = (x - x.min()) / (x.max() - x.min())
            p = z[z > 0] / z.sum()
            entropy[j] = -(p * np.log(p)).sum() / np.log(len(x))
    return _normalised(1 - entropy)


def critic_weights(columns: Floats) -> Floats:
    """(n, k) values to (k,) weights: sd of the min-max scores times sum(1 - r) with the others."""
    kept = columns[np.isfinite(columns).all(axis=1)]
    if len(kept) < 3:
        raise UnableToWeigh("各项俱全的行不足 3 行，不能计算 CRITIC 权重")
    span = kept.max(axis=0) - kept.min(axis=0)
    z = (kept - kept.min(axis=0)) / np.where(span > 0, span, 1.0)
    sd = z.std(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.nan_to_num(np.corrcoef(z, rowvar=False), nan=0.0).reshape(len(sd), len(sd))
    return _normalised(sd * (1 - r).sum(axis=1))


def spread_weights(columns: Floats) -> Floats:
    """(n, k) values to (k,) weights in proportion to the coefficient of variation."""
    mean, sd = np.nanmean(columns, axis=0), np.nanstd(columns, axis=0, ddof=1)
    return _normalised(np.where(mean != 0, sd / np.where(mean != 0, np.abs(mean), 1.0), 0.0))


def _normalised(raw: Floats) -> Floats:
    raw = np.where(np.isfinite(raw) & (raw > 0), raw, 0.0)
    if not raw.sum() > 0:
        raise UnableToWeigh("没有一项指标有差异，不能计算权重")
    return np.asarray(raw / raw.sum(), dtype=np.float64)

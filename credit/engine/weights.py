"""Weights: pairwise comparison (AHP), entropy, and the blend of both.

AHP after Saaty: the principal eigenvector, consistency ratio CR = ((lambda - n) / (n - 1)) / RI, to stay
below .10. Entropy rewards skew rather than risk, therefore its share is at most one fifth.
"""

from dataclasses import dataclass

import numpy as np

from credit.contracts import Floats

RANDOM_INDEX = {1: 0.0, 2: 0.0, 3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
"""Saaty's mean consistency index of random matrices by size."""
MAX_ENTROPY_SHARE = 0.20


class UnableToWeigh(ValueError):
    """The matrix is no pairwise comparison, or the columns carry nothing to weigh by."""


@dataclass(frozen=True)
class Hierarchy:
    """Result of a pairwise comparison of n things."""

    weights: Floats
    eigenvalue: float
    consistency_index: float
    consistency_ratio: float


def analytic_hierarchy(matrix: Floats) -> Hierarchy:
    """Weights of an (n, n) positive reciprocal matrix, n <= 10; UnableToWeigh otherwise."""
    n = len(matrix)
    if matrix.shape != (n, n) or n not in RANDOM_INDEX:
        raise UnableToWeigh(f"a square matrix of at most 10 rows expected, got {matrix.shape}")
    if not (matrix > 0).all() or not np.allclose(matrix * matrix.T, 1.0, atol=1e-6):
        raise UnableToWeigh("entries must be positive and mirrored by their reciprocals")
    values, vectors = np.linalg.eig(matrix)
    top = int(np.argmax(values.real))
    vector = np.abs(vectors[:, top].real)
    eigenvalue = float(values[top].real)
    index = (eigenvalue - n) / (n - 1) if n > 1 else 0.0
    random = RANDOM_INDEX[n]
    return Hierarchy(vector / vector.sum(), eigenvalue, index, index / random if random else 0.0)


@dataclass(frozen=True)
class Entropy:
    """Entropy per column and the weights (1 - e) / sum(1 - e)."""

    entropy: Floats
    weights: Floats


def entropy_weights(columns: Floats) -> Entropy:
    """Entropy weights of an (n, k) matrix: min-max, p = z / sum z, e = -sum p ln p / ln n.

    A column without variation has entropy 1 and weight 0; UnableToWeigh when none varies or n < 2.
    """
    n, k = columns.shape
    low, high = columns.min(axis=0, initial=np.inf), columns.max(axis=0, initial=-np.inf)
    entropy = np.ones(k)
    for j in range(k):
        if n >= 2 and high[j] > low[j]:
            z = (columns[:, j] - low[j]) / (high[j] - low[j])
            p = z[z > 0] / z.sum()
            entropy[j] = -(p * np.log(p)).sum() / np.log(n)
    spread = 1 - entropy
    if spread.sum() <= 0:
        raise UnableToWeigh("no column varies")
    return Entropy(entropy, spread / spread.sum())


def blend(hierarchy: Floats, entropy: Floats, share: float) -> Floats:
    """(1 - share) * hierarchy + share * entropy; UnableToWeigh when the share exceeds one fifth."""
    if not 0 <= share <= MAX_ENTROPY_SHARE:
        raise UnableToWeigh(f"entropy may have a share of 0 to {MAX_ENTROPY_SHARE}, not {share}")
    return (1 - share) * hierarchy + share * entropy

"""Two 64-bit fingerprints of a picture, and how near two pictures are.

``dhash`` compares neighbouring pixels of a 9 x 8 reduction; ``phash`` keeps the signs of the low frequencies of a
32 x 32 cosine transform. Recompressed, resized or lightly retouched copies differ in few bits. Eight 8-bit bands
are stored and indexed: two fingerprints within seven bits share at least one whole band, and the exact distance
decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

NEAR_IDENTICAL_BITS = 5
SIMILAR_BITS = 10
BANDS, BAND_BITS = 8, 8
SIGN_BIT = 1 << 63


class Likeness(StrEnum):
    SAME = "same"
    NEAR = "near"
    SIMILAR = "similar"
    OTHER = "other"


@dataclass(frozen=True)
class Fingerprint:
    """Unsigned 64-bit values."""

    dhash: int
    phash: int


def dhash_of(grey: NDArray[np.uint8]) -> int:
    """From an 8 x 9 array of grey values: one bit for each pixel brighter than its right neighbour."""
    if grey.shape != (8, 9):
        raise ValueError(f"dhash wants 8 rows of 9 pixels, not {grey.shape}")
    return _as_number((grey[:, 1:] > grey[:, :-1]).ravel())


def phash_of(grey: NDArray[np.uint8]) -> int:
    """From a 32 x 32 array of grey values: signs of the 8 x 8 lowest frequencies about their median."""
    if grey.shape != (32, 32):
        raise ValueError(f"phash wants 32 rows of 32 pixels, not {grey.shape}")
    basis = _cosines(32)
    low = (basis @ grey.astype(np.float64) @ basis.T)[:8, :8].ravel()
    return _as_number(low > np.median(low[1:]))


def distance(one: int, other: int) -> int:
    """Number of differing bits."""
    return (one ^ other).bit_count()


def likeness_of(one: Fingerprint, other: Fingerprint) -> Likeness:
    """Both fingerprints have a say: one alone is fooled by flat or repetitive pictures."""
    near = max(distance(one.phash, other.phash), distance(one.dhash, other.dhash))
    best = min(distance(one.phash, other.phash), distance(one.dhash, other.dhash))
    if near == 0:
        return Likeness.SAME
    if best <= NEAR_IDENTICAL_BITS and near <= SIMILAR_BITS:
        return Likeness.NEAR
    return Likeness.SIMILAR if best <= SIMILAR_BITS and near <= 2 * SIMILAR_BITS else Likeness.OTHER


def bands_of(value: int) -> list[int]:
    """Eight numbers that tell band and content apart: fingerprints within seven bits share at least one."""
    return [(place << BAND_BITS) | ((value >> (place * BAND_BITS)) & 0xFF) for place in range(BANDS)]


def to_signed(value: int) -> int:
    """As PostgreSQL's bigint stores it."""
    return value - (1 << 64) if value & SIGN_BIT else value


def to_unsigned(value: int) -> int:
    return value + (1 << 64) if value < 0 else value


def _as_number(bits: Sequence[bool] | NDArray[np.bool_]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)


@cache
def _cosines(size: int) -> NDArray[np.float64]:
    rows, columns = np.mgrid[0:size, 0:size]
    basis = np.cos(np.pi * (2 * columns + 1) * rows / (2 * size)) * np.sqrt(2 / size)
    basis[0] /= np.sqrt(2)
    return basis  # type: ignore[no-any-return]

"""Identifiers of demonstration firms, made in columns. Formulas: GB 32100-2015, GB 11714-1997, ISO 7064 MOD 11,10."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

AREA = "330282"
LARGEST_NUMBER = 99_999
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_ORG_CHECKS = np.array(list("0123456789X0"))


def demo_codes(prefixes: NDArray[np.str_], numbers: NDArray[np.int64]) -> NDArray[np.str_]:
    """Unified social credit codes ``<prefix>330282PDYnnnnn<check><check>``.

    prefixes: registrar and kind, two symbols each (``91`` ``92`` ``93``); numbers: 1 to 99999.
    """
    if numbers.size and (numbers.min() < 1 or numbers.max() > LARGEST_NUMBER):
        raise ValueError("demo numbers run from 1 to 99999")
    digits = numbers[:, None] // 10 ** np.arange(4, -1, -1) % 10
    letters = np.broadcast_to(np.array([25, 13, 34]), (numbers.size, 3))  # P D Y in the A=10..Z=35 scale
    remainder = 11 - (np.hstack([letters, digits]) * _ORG_WEIGHTS).sum(axis=1) % 11
    org_check = _ORG_CHECKS[remainder]
    body = np.char.add(prefixes.astype("U2"), AREA + "PDY")
    body = np.char.add(np.char.add(body, np.char.zfill(numbers.astype("U5"), 5)), org_check)
    values = np.array([_ALPHABET.index(c) if c in _ALPHABET else 0 for c in map(chr, range(128))])
    symbols = body.astype("U17").view(np.uint32).reshape(-1, 17)
    check = (31 - (values[symbols] * _USCC_WEIGHTS).sum(axis=1) % 31) % 31
    return np.char.add(body, np.array(list(_ALPHABET))[check])


def register_numbers(kinds: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.str_]:
    """Old 15-digit registration numbers ``330282`` + kind digit + seven digits + check digit."""
    digits = np.hstack([
        np.broadcast_to(np.array([int(c) for c in AREA]), (numbers.size, 6)),
        kinds[:, None],
        numbers[:, None] // 10 ** np.arange(6, -1, -1) % 10,
    ])  # fmt: skip
    carry = np.full(numbers.size, 10)
    for place in range(14):
        total = (carry + digits[:, place]) % 10
        carry = np.where(total == 0, 10, total) * 2 % 11
    check = (11 - carry) % 10
    return np.array(["".join(map(str, row)) for row in np.hstack([digits, check[:, None]])])


def with_wrong_check(codes: pl.Series) -> pl.Series:
    """The same codes with a last symbol that cannot be right."""
    last = codes.str.slice(17, 1)
    return codes.str.slice(0, 17) + last.replace_strict(
        list(_ALPHABET), list(_ALPHABET[7:] + _ALPHABET[:7]), default="0"
    )

"""Named streams of random numbers: what one table draws never shifts what another draws."""

import hashlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The generator that belongs to ``name`` under ``seed``; the same pair gives the same numbers everywhere."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def standard_gumbel(rng: np.random.Generator, size: int | tuple[int, ...]) -> np.ndarray:
    """Gumbel noise: adding it to log weights and sorting draws without replacement by those weights."""
    return -np.log(-np.log(rng.random(size).clip(1e-12, 1 - 1e-12)))

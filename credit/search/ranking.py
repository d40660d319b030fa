"""In which order enterprises stand when nothing else decides, and how near a near match is."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

# Firms one can still deal with come first; cancelled ones stay findable, at the end.
STATE_STEPS = {"active": 3, "moved": 2, "revoked": 1, "cancelled": 0}
SIZE_STEPS = {"large": 4, "medium": 3, "small": 2, "micro": 1}
KIND_STEPS = {"company": 3, "cooperative": 2, "branch": 1, "individual": 0}
STATE_WEIGHT = 1_000_000
SIZE_WEIGHT = 100_000
KIND_WEIGHT = 10_000
CAPITAL_WEIGHT = 50  # a point per fiftieth of a decade of registered capital
MOST_CAPITAL_POINTS = 999
BANDS = 64
"""The index is cut by rank into so many parts of equal size: each smaller than what is looked up whole."""


def rank_sql(alias: str) -> str:
    """The standing of a register row as an SQL integer; its millions are the state's step."""
    capital = f"coalesce({alias}.capital_yuan, 1)"
    return (
        f"{STATE_WEIGHT} * {_steps(alias + '.state', STATE_STEPS)}"
        f" + {SIZE_WEIGHT} * {_steps(alias + '.size', SIZE_STEPS)}"
        f" + {KIND_WEIGHT} * {_steps(alias + '.kind', KIND_STEPS)}"
        f" + least({MOST_CAPITAL_POINTS}, floor({CAPITAL_WEIGHT} * log(greatest({capital}, 1))))::int"
    )


def _steps(column: str, steps: Mapping[str, int]) -> str:
    cases = " ".join(f"WHEN '{value}' THEN {step}" for value, step in steps.items())
    return f"CASE {column} {cases} ELSE 0 END"


def band_of(rank: int, enterprise_id: int, starts: Sequence[tuple[int, int]]) -> int:
    """The band of a row, given each band's first ``(rank, enterprise_id)``, the highest rank first.

    A row above the first start belongs to band 0. With few starts (a small index) the later bands are empty.
    """
    return max(0, bisect_right(starts, (-rank, enterprise_id), key=lambda start: (-start[0], start[1])) - 1)

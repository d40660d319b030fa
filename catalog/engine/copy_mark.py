"""A mark in the order of rows: which of two neighbours comes first tells whose copy a table is.

Rows ``2p + 1`` and ``2p + 2`` are a pair. A copy keeps or swaps each pair as a keyed bit says; no value is
touched, no row added or lost, and every pair bears its own bit, so that some dozens of rows are enough.
Sorting the copy takes the mark out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb, log2
from typing import TypeVar

T = TypeVar("T")
_LN2 = 0.6931471805599453
Bit = Callable[[int], bool]  # pair number -> whether the pair is swapped


def pair_of(number: int) -> tuple[int, bool]:
    """The pair of a row number (counted from 1), and whether the row is its first."""
    return (number - 1) // 2, number % 2 == 1


def marked_order(rows: Iterable[tuple[int, T]], is_swapped: Bit) -> Iterator[T]:
    """Rows in ascending order of their numbers, each pair that stands side by side swapped where its bit is set.

    Holds one row at a time.
    """
    held: tuple[int, T] | None = None
    for number, row in rows:
        pair, is_first = pair_of(number)
        if held is not None:
            if held[0] == pair and not is_first:
                yield from (row, held[1]) if is_swapped(pair) else (held[1], row)
                held = None
                continue
            yield held[1]
            held = None
        if is_first:
            held = (pair, row)
        else:
            yield row
    if held is not None:
        yield held[1]


def marked_page(numbers: Sequence[int], rows: Sequence[T], is_swapped: Bit) -> list[T]:
    """The same for a page: the last two rows stay, so that a reader may go on behind the last number."""
    kept = max(0, len(rows) - 2)
    return [*marked_order(zip(numbers[:kept], rows[:kept], strict=True), is_swapped), *rows[kept:]]


def observed_bits(numbers: Iterable[int]) -> dict[int, bool]:
    """By pair, whether a copy holds it swapped; ``numbers`` are row numbers in the copy's order.

    Only pairs of which both rows are there tell anything.
    """
    bits: dict[int, bool] = {}
    seen: dict[int, bool] = {}  # the pair's row that came first is its first row
    for number in numbers:
        pair, is_first = pair_of(number)
        if pair not in seen:
            seen[pair] = is_first
        elif pair not in bits and seen[pair] != is_first:
            bits[pair] = is_first
    return bits


@dataclass(frozen=True)
class Agreement:
    """How a copy's order agrees with one mark: pairs that tell, pairs that agree, and chance's share of it.

    ``chance`` is the probability that an unmarked or foreign copy agrees as well or better.
    """

    pairs: int
    agreeing: int
    chance: float


def agreement(observed: Mapping[int, bool], is_swapped: Bit) -> Agreement:
    """Compare what was observed with one mark's bits."""
    agreeing = sum(is_swapped(pair) == bit for pair, bit in observed.items())
    return Agreement(len(observed), agreeing, _tail(len(observed), agreeing))


def _tail(trials: int, successes: int) -> float:
    """P(X >= successes) for X binomial(trials, 1/2)."""
    if trials == 0:
        return 1.0
    if trials > 2000:  # Hoeffding's bound is enough where it is beyond doubt anyway
        excess = successes / trials - 0.5
        return 1.0 if excess <= 0 else 2.0 ** max(-1074.0, -2 * excess * excess * trials / _LN2)
    favourable = sum(comb(trials, n) for n in range(successes, trials + 1))
    return 2.0 ** max(-1074.0, log2(favourable) - trials) if favourable else 0.0

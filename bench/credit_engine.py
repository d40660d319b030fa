"""Speed of the score engine: `python -m bench.credit_engine [enterprises]`.

Two sizes in one run, records read, time and CPU time of a full run, of a thousand enterprises and of one, peak memory,
and the ratio to the plain loop (a sample, records already in memory).
"""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import polars as pl

from bench.credit_oracle import Oracle
from bench.credit_population import Population
from credit.contracts import ScoringInput
from credit.definitions import load_model
from credit.engine.score import Model, score_enterprises

AS_OF = date(2026, 6, 30)
DENSITY = 0.15
SAMPLE = 300


def timed(work: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Best wall and CPU seconds of some runs."""
    best = (float("inf"), float("inf"))
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        best = min(best[0], time.perf_counter() - wall), min(best[1], time.process_time() - cpu)
    return best


def first_of(inputs: ScoringInput, count: int) -> ScoringInput:
    """The same input with the facts of the first enterprises only."""
    some = pl.col("enterprise_id") <= count
    frames = {item: frame.filter(some) for item, frame in inputs.frames.items()}
    return replace(inputs, entities=inputs.entities.filter(some), frames=frames)


def measure(enterprises: int, model: Model) -> None:
    """Print one block of figures."""
    inputs = Population(enterprises, AS_OF, model.card, density=DENSITY).inputs()
    records = sum(frame.height for frame in inputs.frames.values())
    sample = first_of(inputs, SAMPLE)
    oracle = Oracle(sample, model.card, model.reference)
    wall, cpu = timed(lambda: score_enterprises(inputs, model))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    slow, slow_cpu = timed(lambda: [oracle.score(i) for i in range(1, SAMPLE + 1)], 1)
    table, _ = score_enterprises(inputs, model)
    loop = slow_cpu / SAMPLE * enterprises
    print(f"{enterprises:,} enterprises, {records:,} records")
    print(f"  full run           {wall:8.2f} s   {cpu:8.2f} s CPU   peak memory {memory:,.0f} MB")
    for count in (1000, 1):
        part = first_of(inputs, count)
        wall, part_cpu = timed(lambda part=part: score_enterprises(part, model))  # type: ignore[misc]
        print(f"  {count:>5} enterprises  {wall:8.3f} s   {part_cpu:8.3f} s CPU")
    wall, digest_cpu = timed(table.row_digests, 1)
    print(f"  row digests        {wall:8.2f} s   {digest_cpu:8.2f} s CPU")
    print(
        f"  plain loop         {slow / SAMPLE * enterprises:8.0f} s   {loop:8.0f} s CPU   x{loop / cpu:,.0f}"
    )


def main() -> None:
    enterprises = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    model = load_model()
    for size in (enterprises // 4, enterprises):
        measure(size, model)


if __name__ == "__main__":
    main()

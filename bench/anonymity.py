"""k-anonymity of a table with six quasi-identifiers: in memory, with every measure, and from a file by the command."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.rows import Row

SIZES = {"small": 100_000, "large": 1_000_000}
TARGET_SECONDS = 5.0
QUASI = {"sex": 2, "age": 90, "town": 19, "trade": 20, "year": 40, "street": 300}
SPEC = "quasi_identifiers: [sex, age, town, trade, year, street]\nsensitive: [disease]\npolicy: {k: 5}\n"


def run(scale: str) -> list[Row]:
    from catalog.engine.privacy.classes import make_classes
    from catalog.engine.privacy.examine import examine
    from catalog.engine.privacy.specification import Column, ColumnRole, Missing, Policy, Specification

    rows = SIZES[scale]
    frame = make_table(rows)
    quasi = frame.select(list(QUASI))
    columns = tuple(Column(name, ColumnRole.QUASI) for name in QUASI)
    secret = Column("disease", ColumnRole.SENSITIVE)
    everything = Specification((*columns, secret), Policy(k=5, distinct_l=2))
    judged = TARGET_SECONDS if scale == "large" else None
    return [
        _row(f"{rows:,} 行 × 6 个准标识列的 k", _best(lambda: make_classes(quasi, Missing.CATEGORY)), judged),
        _row(f"{rows:,} 行的全部指标与隐匿后复核", _best(lambda: examine(frame, everything), 1), judged),
        _row(f"{rows:,} 行的 anonymity_report 命令", _command(frame), judged),
    ]


def make_table(rows: int) -> pl.DataFrame:
    """Text columns of the stated numbers of values, skewed as real ones are."""
    random = np.random.default_rng(20261122)
    columns: dict[str, Any] = {
        name: (random.beta(1, 3, rows) * values).astype(int).astype(str) for name, values in QUASI.items()
    }
    columns["disease"] = random.integers(0, 60, rows).astype(str)
    return pl.DataFrame(columns)


def _command(frame: pl.DataFrame) -> tuple[float, float]:
    """Wall and processor seconds of the command in a process of its own, reading the file included."""
    with tempfile.TemporaryDirectory() as folder:
        data, spec, out = (Path(folder) / name for name in ("data.csv", "spec.yaml", "out.json"))
        frame.write_csv(data)
        spec.write_text(SPEC, encoding="utf-8")
        command = [sys.executable, "manage.py", "anonymity_report", "--data", str(data), "--spec", str(spec)]
        before, begun = _children_seconds(), time.perf_counter()
        done = subprocess.run(
            [*command, "--out", str(out)], cwd=Path(__file__).parents[1], env=os.environ, check=False
        )
        seconds = time.perf_counter() - begun
        assert done.returncode == 1 and out.exists(), "the command did not answer"
    return seconds, _children_seconds() - before


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _best(work: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Wall and processor seconds of the quickest of some runs; both cores count towards the second."""
    taken = []
    for _ in range(times):
        used, begun = time.process_time(), time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun, time.process_time() - used))
    return min(taken)


def _row(workload: str, taken: tuple[float, float], target: float | None) -> Row:
    seconds, processor = taken
    told = "" if target is None else f"< {target:.0f} s"
    met = None if target is None else seconds < target
    figure = f"{seconds:.2f} s，处理器 {processor:.2f} s"
    return Row(workload, figure, None, told, met, {"seconds": seconds, "processor_seconds": processor})

"""``python -m bench [--scale small|large] [names]``: run measurements, print a table, keep the figures.

Figures go to ``bench-out/<name>.json``; the exit code is 1 if a target was missed.
"""

import argparse
import datetime as dt
import importlib
import json
import os
import pkgutil
import platform
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import bench
from bench.rows import SCALES, Row

OUT = Path(__file__).parents[1] / "bench-out"
HEADS = ("workload", "figure", "ratio", "target", "met")
MARKS = {True: "yes", False: "NO", None: ""}
Run = Callable[[str], list[Row]]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.test")
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="measurements to run; all by default")
    parser.add_argument("--scale", choices=SCALES, help="one size only; both by default")
    arguments = parser.parse_args()
    import django

    django.setup()
    from cixi_portal.embedded import services

    found = measurements()
    if unknown := set(arguments.names) - set(found):
        parser.error(
            f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(sorted(found))}"
        )
    wanted = arguments.names or sorted(found)
    rows: list[Row] = []
    with services.running():
        for name in wanted:
            own = _measure(name, found[name], [arguments.scale] if arguments.scale else list(SCALES))
            rows += own
            _print_table(own)
    print(
        f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, a million additions in {loop_ms():.0f} ms"
    )
    if len(wanted) > 1:
        _print_table(rows)
    return 1 if any(row.met is False for row in rows) else 0


def measurements() -> dict[str, Run]:
    """Every module of this package that defines ``run``."""
    names = [
        module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")
    ]
    modules = {name: importlib.import_module(f"bench.{name}") for name in names}
    return {name: module.run for name, module in modules.items() if hasattr(module, "run")}


def _measure(name: str, run: Run, scales: list[str]) -> list[Row]:
    rows: list[Row] = []
    sizes = {}
    for scale in scales:
        print(f"… {name} ({scale})", file=sys.stderr, flush=True)
        begun = time.perf_counter()
        own = run(scale)
        rows += own
        sizes[scale] = {
            "seconds": round(time.perf_counter() - begun, 1),
            "rows": [asdict(row) for row in own],
        }
    OUT.mkdir(exist_ok=True)
    told = {"name": name, "at": dt.datetime.now(dt.UTC).isoformat(), "machine": _machine(), "sizes": sizes}
    (OUT / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return rows


def loop_ms() -> float:
    """Milliseconds of a million additions in Python, the best of five: what one core gives just now.

    Some 30 ms on a quiet core of today; on a shared one several times that, and every time in the table with it.
    """
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        total = 0
        for number in range(1_000_000):
            total += number
        best = min(best, time.perf_counter() - begun)
    return best * 1000


def _machine() -> dict[str, str | int | float | None]:
    return {
        "cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version(),
        "load": os.getloadavg()[0], "loop_ms": round(loop_ms(), 1),
    }  # fmt: skip


def _print_table(rows: list[Row]) -> None:
    lines = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(_width(line[place]) for line in lines) for place in range(len(HEADS))]
    for number, line in enumerate(lines):
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return (row.workload, row.figure, ratio, row.target, MARKS[row.met])


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


if __name__ == "__main__":
    sys.exit(main())

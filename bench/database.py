"""A scratch database for measurements, made and dropped like a test database."""

import contextlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import polars as pl


@contextlib.contextmanager
def scratch_database() -> Iterator[Any]:
    """``default`` points to an empty, migrated database while the block runs; yields the connection."""
    from django.db import connection

    old = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "bench_cixi_portal"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield connection
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)


def copy_frame(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into a table, columns by name."""
    buffer = BytesIO()
    frame.write_csv(buffer, include_header=False)
    with cursor.copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(buffer.getbuffer())


def peak_memory_mb() -> float:
    """Highest resident size of this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def reset_peak_memory() -> None:
    """Start the high-water mark of :func:`current_peak_mb` anew (Linux)."""
    with open("/proc/self/clear_refs", "w") as control:  # noqa: PTH123
        control.write("5")


def current_peak_mb() -> float:
    """Peak resident size since :func:`reset_peak_memory`."""
    with open("/proc/self/status") as status:  # noqa: PTH123
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0

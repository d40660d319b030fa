"""Withdrawal of a large batch, half of whose rows had replaced what an earlier batch said."""

import tempfile
import time
from pathlib import Path
from typing import Any

from bench.database import current_peak_mb, reset_peak_memory, scratch_database
from bench.delivery import NOW, deliver, register_firms, write_file
from bench.rows import Row

SIZES = {"small": 100_000, "large": 1_000_000}
TARGET_SECONDS = 30.0


def run(scale: str) -> list[Row]:
    """Seconds from the call to the commit; the target is stated for a million rows."""
    size = SIZES[scale]
    facts = measure(size)
    told = f"{facts['seconds']:.1f} s（关闭 {facts['closed']:,.0f} 行，恢复 {facts['restored']:,.0f} 行）"
    at_size = f"< {TARGET_SECONDS:.0f} s"
    met = facts["seconds"] < TARGET_SECONDS
    return [Row(f"撤回 {size:,} 行的批次，其中一半曾取代旧行", told, None, at_size, met, facts)]


def measure(size: int) -> dict[str, float]:
    """Deliver half as many rows, then all of them anew with other amounts, and withdraw the second batch."""
    import audit
    from datahub.services.withdrawal import withdraw_batch

    with tempfile.TemporaryDirectory() as folder, scratch_database() as connection:
        with connection.cursor() as cursor:
            register_firms(cursor)
        database = connection.settings_dict["NAME"]
        first, second = Path(folder) / "first.csv", Path(folder) / "second.csv"
        write_file(first, size // 2, 0)
        write_file(second, size, 0, amount=2000)
        deliver(first, folder, database)
        told = deliver(second, folder, database)
        with connection.cursor() as cursor:
            before = _current(cursor)
        reset_peak_memory()
        begun = time.perf_counter()
        done = withdraw_batch(int(told["batch"]), reason="测量", origin=audit.Origin.system("bench"), now=NOW)
        seconds = time.perf_counter() - begun
        with connection.cursor() as cursor:
            after = _current(cursor)
    assert done.closed == told["promoted"] == before, "not every row of the batch was closed"
    assert done.restored == after, "not every row that the batch had hidden came back"
    return {
        "rows": size, "seconds": seconds, "closed": done.closed, "restored": done.restored,
        "peak_mb": current_peak_mb(),
    }  # fmt: skip


def _current(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM datahub_record WHERE superseded_at IS NULL")
    return int(cursor.fetchone()[0])

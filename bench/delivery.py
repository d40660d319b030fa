"""A department's file through the door, beside COPY of the rows that came of it.

Each size has a database and a process of its own, so that its peak memory is its own. The file goes in
twice with other rows: as the first delivery of its item, which has nothing to compare with, and on top of
as many rows, where every line is compared. Both yardsticks COPY the very rows that the portal wrote, in the
order of the file: into a twin of the table with the same partitions and indexes, and into a bare table.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.audit_writers import environment
from bench.database import current_peak_mb, reset_peak_memory, scratch_database
from bench.rows import Row

SIZES = {"small": (100_000, 200_000), "large": (500_000, 1_000_000, 2_000_000)}
FIRMS = 100_000
ITEM = "court.equity_freeze"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
RATIO, MEMORY_MB, FLAT = 2.5, 400.0, 1.15
HEADER = (
    "统一社会信用代码,企业名称,执行法院,执行裁定书文号,协助执行通知书文号,被执行人,冻结股权数额,冻结状态,"
    "冻结期限自,冻结期限至,公示日期"
)
ROLES = {"first": 0, "second": 1}


def run(scale: str) -> list[Row]:
    """Seconds, ratios and peak memory of the sizes of ``scale``."""
    rows: list[Row] = []
    peaks: list[float] = []
    for size in SIZES[scale]:
        facts = measure(size)
        peaks.append(max(facts["first_peak_mb"], facts["second_peak_mb"]))
        for role, name in (("first", "首次"), ("second", "已有同样多行")):
            ratio = facts[f"{role}_seconds"] / facts[f"{role}_twin_seconds"]
            bare = facts[f"{role}_seconds"] / facts[f"{role}_bare_seconds"]
            rows.append(
                Row(
                    f"报送 {size:,} 行，{name}（对照：COPY 入同样的表和索引）",
                    f"{facts[f'{role}_seconds']:.1f} s，COPY {facts[f'{role}_twin_seconds']:.1f} s，"
                    f"裸表的 {bare:.1f} 倍",
                    ratio, f"≤ {RATIO}", ratio <= RATIO, facts,
                )
            )  # fmt: skip
        rows.append(
            Row(f"报送 {size:,} 行：内存峰值", f"{peaks[-1]:.0f} MB", None, f"< {MEMORY_MB:.0f} MB",
                peaks[-1] < MEMORY_MB)
        )  # fmt: skip
    growth = peaks[-1] / peaks[0]
    told = f"{SIZES[scale][0]:,} 到 {SIZES[scale][-1]:,} 行：内存峰值之比"
    rows.append(Row(told, f"{peaks[0]:.0f} → {peaks[-1]:.0f} MB", growth, f"≤ {FLAT}", growth <= FLAT))
    return rows


def measure(size: int) -> dict[str, float]:
    """Both deliveries of ``size`` rows and their yardsticks, in one scratch database."""
    facts: dict[str, float] = {"rows": size}
    with tempfile.TemporaryDirectory() as folder, scratch_database() as connection:
        with connection.cursor() as cursor:
            register_firms(cursor)
            make_yardsticks(cursor)
        for role, shift in ROLES.items():
            path = Path(folder) / f"{role}.csv"
            write_file(path, size, shift)
            told = deliver(path, folder, connection.settings_dict["NAME"])
            facts |= {f"{role}_{name}": value for name, value in told.items() if name != "batch"}
            with connection.cursor() as cursor:
                facts |= {
                    f"{role}_{k}": v for k, v in copy_same_rows(cursor, int(told["batch"]), folder).items()
                }
    return facts


def register_firms(cursor: Any) -> None:
    """Enterprises with codes of the block reserved for private use, straight into the register."""
    with cursor.copy(
        "COPY datahub_enterprise (code, register_no, name, kind, state, town_code, industry_section, "
        "industry_code, size, legal_person, is_registered, changed_at) FROM STDIN"
    ) as copy:
        for code, number in zip(codes(), range(FIRMS), strict=True):
            copy.write_row(
                (code, "", f"慈溪市演示第{number}电器有限公司", "company", "active", "330282109", "C", "3857",
                 "", "王示范", True, NOW)
            )  # fmt: skip
    cursor.execute("ANALYZE datahub_enterprise")


def codes() -> list[str]:
    from datahub.engine.identifiers import make_demo_uscc

    return [make_demo_uscc(("91", "92")[n // 99_999], n % 99_999 + 1) for n in range(FIRMS)]


def write_file(target: Path, rows: int, shift: int, *, amount: int = 1000) -> None:
    """A GB18030 file as a court would export it: many firms, few rows each, one bad row in a thousand."""
    firms = codes()
    with target.open("w", encoding="gb18030", newline="") as stream:
        stream.write(HEADER + "\r\n")
        for row in range(rows):
            place = (row * 7919 + shift) % FIRMS
            begin = date(2021, 1, 1) + timedelta(days=row % 1500)
            end = begin + timedelta(days=1095 if row % 1000 != 999 else -1)
            stream.write(
                f"{firms[place]},慈溪市演示第{place}电器有限公司,慈溪市人民法院,"
                f"（{2024 + shift}）浙0282执{row}号,（{2024 + shift}）浙0282执{row}号之一,演示控股有限公司,"
                f"{row % 900_000 + amount}.50,冻结,{begin},{end},{begin}\r\n"
            )


def deliver(path: Path, folder: str, database: str) -> dict[str, float]:
    """What a fresh process with the application's rights says of receiving and promoting the file."""
    command = [sys.executable, "-m", "bench.delivery", "--deliver", str(path), "--store", f"{folder}/store"]
    done = subprocess.run(command, env=environment(database), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    told: dict[str, float] = json.loads(done.stdout)
    return told


def deliver_here(path: Path, store: str) -> dict[str, float]:
    """Receive and promote one file in this process."""
    from django.conf import settings
    from django.db import connection

    import audit
    from datahub.engine.definitions import get_item
    from datahub.models import Batch, Channel
    from datahub.services.deliveries import receive_delivery
    from datahub.services.promotion import process_batch

    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": store}
    origin, item = audit.Origin.system("bench"), get_item(ITEM)
    connection.ensure_connection()
    reset_peak_memory()
    idle, begun, cpu = current_peak_mb(), time.perf_counter(), time.process_time()
    with path.open("rb") as stream:
        received = receive_delivery(
            item, stream, file_name=path.name, period="2026-11", file_date=NOW.date(),
            channel=Channel.COMMAND, origin=origin, now=NOW,
        )  # fmt: skip
    process_batch(received.batch_id, origin=origin, now=NOW)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    batch = Batch.objects.get(pk=received.batch_id)
    accounted = batch.rows_promoted + batch.rows_unchanged + batch.rows_quarantined + batch.rows_waiting
    assert batch.state == "promoted" and batch.rows_received == accounted, batch.refusal
    return {
        "batch": batch.pk, "promoted": batch.rows_promoted, "quarantined": batch.rows_quarantined,
        "seconds": seconds, "cpu_seconds": cpu, "peak_mb": current_peak_mb(), "idle_mb": idle,
    }  # fmt: skip


def make_yardsticks(cursor: Any) -> None:
    """``twin``: partitions, indexes and checks of the record store; ``bare``: its columns alone."""
    cursor.execute("CREATE TABLE twin (LIKE datahub_record INCLUDING ALL) PARTITION BY HASH (enterprise_id)")
    for n in range(16):
        cursor.execute(
            f"CREATE TABLE twin_{n} PARTITION OF twin FOR VALUES WITH (MODULUS 16, REMAINDER {n}) "
            "WITH (fillfactor = 95)"
        )
    cursor.execute("CREATE TABLE bare (LIKE datahub_record)")
    cursor.execute(
        "SELECT count(*) FROM pg_indexes WHERE tablename ~ '^twin_[0-9]' UNION ALL "
        "SELECT count(*) FROM pg_indexes WHERE tablename ~ '^datahub_record_p'"
    )
    mine, theirs = (row[0] for row in cursor.fetchall())
    assert mine == theirs, "the twin has not the indexes of the record store"


def copy_same_rows(cursor: Any, batch: int, folder: str) -> dict[str, float]:
    """Seconds to COPY the batch's rows in from a file, into each yardstick."""
    path = Path(folder) / "rows.copy"
    with path.open("wb") as out, cursor.copy(
        "COPY (SELECT * FROM datahub_record WHERE batch_id = %s ORDER BY line) TO STDOUT", [batch]
    ) as copy:  # fmt: skip
        for part in copy:
            out.write(part)
    told: dict[str, float] = {"copy_bytes": path.stat().st_size}
    for table in ("twin", "bare"):
        begun = time.perf_counter()
        with path.open("rb") as content, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            while block := content.read(1 << 20):
                copy.write(block)
        told[f"{table}_seconds"] = time.perf_counter() - begun
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliver", type=Path, required=True)
    parser.add_argument("--store", required=True)
    arguments = parser.parse_args()
    import django

    django.setup()
    print(json.dumps(deliver_here(arguments.deliver, arguments.store)))


if __name__ == "__main__":
    main()

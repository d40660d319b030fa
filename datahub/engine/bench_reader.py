"""Measure reading and checking: `python -m datahub.engine.bench_reader [rows] [--messy]`.

Writes a GB18030 file of equity freezes into a temporary folder, reads and checks it in this process, and prints
seconds and peak resident memory above the level before reading.
"""

import argparse
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from datahub.engine.checks import check_block
from datahub.engine.definitions import get_item
from datahub.engine.identifiers import make_demo_uscc
from datahub.engine.reader import open_delivery

HEADER = (
    "统一社会信用代码,企业名称,执行法院,执行裁定书文号,协助执行通知书文号,被执行人,冻结股权数额,冻结状态,"
    "冻结期限自,冻结期限至,公示日期"
)
TODAY = date(2026, 4, 1)


def write_sample(target: Path, rows: int, messy: bool) -> None:
    """Write `rows` plausible rows; messy ones use slashed dates, separators, and a ragged row in a thousand."""
    codes = [make_demo_uscc("91", number) for number in range(1, 20_001)]
    with target.open("w", encoding="gb18030", newline="") as stream:
        stream.write(HEADER + "\r\n")
        for row in range(rows):
            begin = date(2021, 1, 1) + timedelta(days=row % 1500)
            end = begin + timedelta(days=1095)
            amount = f'"{row % 900_000 + 1000:,}.50"' if messy else f"{row % 900_000 + 1000}.50"
            first, last = (f"{d.year}/{d.month}/{d.day}" if messy else d.isoformat() for d in (begin, end))
            extra = ",多余" if messy and row % 1000 == 999 else ""
            stream.write(
                f"{codes[row % 20_000]},慈溪市演示第{row % 20_000}电器有限公司,慈溪市人民法院,（2024）浙0282执{row}号,"
                f"（2024）浙0282执{row}号之一,演示控股有限公司,{amount},冻结,{first},{last},{first}{extra}\r\n"
            )


def main() -> None:
    """Print one line of figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--messy", action="store_true")
    arguments = parser.parse_args()
    item = get_item("court.equity_freeze")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.csv"
        write_sample(path, arguments.rows, arguments.messy)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, cpu = time.perf_counter(), time.process_time()
        received = good = 0
        reading = 0.0
        delivery = open_delivery(path, item)
        mark = time.process_time()
        for block in delivery.blocks():
            reading += time.process_time() - mark
            checked = check_block(item, block.frame, today=TODAY, units=delivery.units)
            received += block.received
            good += checked.rows.height
            mark = time.process_time()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        size = path.stat().st_size
    print(
        f"rows {received} good {good} bytes {size} wall {seconds:.2f}s cpu {cpu:.2f}s reading {reading:.2f}s "
        f"peak {peak / 1024:.0f} MB (before {before / 1024:.0f} MB)"
    )


if __name__ == "__main__":
    main()

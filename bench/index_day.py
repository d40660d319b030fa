"""Years of the index in one go, one whole nightly round from the database, and every chart of the dashboard.

The backfill and the day run in a process of their own, so that their memory is theirs alone.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.database import current_peak_mb, reset_peak_memory, scratch_database
from bench.index_charts import drawn_ms, server_ms
from bench.index_city import bring_news, fill_city
from bench.recalculation import AT, environment
from bench.rows import Row

SIZES = {"small": 20_000, "large": 200_000}
YEARS = {"small": 2, "large": 5}
LAST = date(2026, 11, 19)
CHANGED_SHARE = 0.02
DAY_SECONDS, BACKFILL_SECONDS, MEMORY_MB, CHART_MS, DRAWN_MS = 3.0, 600.0, 2048.0, 50.0, 1000.0


def run(scale: str) -> list[Row]:
    """A backfill of years, a day with two per cent changed, charts in the server and drawn by a browser."""
    facts = measure(scale)
    size, server = f"{facts['entities']:,} 户", facts["server"]
    slowest = max(server, key=lambda name: server[name])
    plain = {name: value for name, value in facts.items() if isinstance(value, int | float)}
    return [
        Row(f"历史回算 {YEARS[scale]} 年，{size}，{facts['records']:,} 条记录",
            f"{facts['backfill']:.1f} s（{facts['days']} 日，写入 {facts['values']:,} 条）", None,
            f"< {BACKFILL_SECONDS:.0f} s", facts["backfill"] < BACKFILL_SECONDS, plain),
        Row("同上，内存峰值", f"{facts['peak_mb']:.0f} MB", None, f"< {MEMORY_MB:.0f} MB", facts["peak_mb"] < MEMORY_MB),
        Row(f"指数一日，从库中读取到发布、隐私判定与预警，{size}中变动 {CHANGED_SHARE:.0%}",
            f"{facts['day']:.2f} s（本进程处理器 {facts['day_cpu']:.2f} s，写入 {facts['day_values']:,} 条）",
            None, f"< {DAY_SECONDS:.0f} s",
            facts["day"] < DAY_SECONDS),
        Row("立方体读入内存（每次新计算后一次）", f"{facts['cube']:.1f} s"),
        Row("看板最慢的一张图，服务器端，立方体在内存", f"{server[slowest]:.1f} ms（{slowest}）", None,
            f"< {CHART_MS:.0f} ms", server[slowest] < CHART_MS, server),
        *(Row(f"Chromium 中从打开页面到画出：{name}", f"{took:.0f} ms", None, f"< {DRAWN_MS:.0f} ms", took < DRAWN_MS,
              {"ms": took}) for name, took in facts["drawn"].items()),
    ]  # fmt: skip


def measure(scale: str) -> dict[str, Any]:
    """Seconds of each part on a made-up city of that size, in a database of its own."""
    first = LAST.replace(year=LAST.year - YEARS[scale]) + timedelta(days=1)
    with scratch_database() as connection:
        with connection.cursor() as cursor:
            records = fill_city(cursor, SIZES[scale], first)
        facts = {"records": records} | _apart("--backfill", first.isoformat())
        with connection.cursor() as cursor:
            bring_news(cursor, SIZES[scale], CHANGED_SHARE)
        facts |= _apart("--day")
        server = server_ms()
        return facts | {"cube": server.pop("cube") / 1000, "server": server, "drawn": drawn_ms()}


def _apart(*arguments: str) -> dict[str, Any]:
    """What a process of its own says of its work."""
    from django.db import connection

    done = subprocess.run(
        [sys.executable, "-m", "bench.index_day", *arguments], env=environment(connection.settings_dict["NAME"]),
        check=True, text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def backfill(first: date) -> dict[str, Any]:
    """Release the definition (fences from the base year), then all days."""
    import audit
    from index.services.backfill import plan_backfill, run_backfill
    from index.services.following import judge_history
    from index.services.method import release_method

    origin, now = audit.Origin.system("bench"), datetime(2026, 11, 20, 12, tzinfo=UTC)
    reset_peak_memory()
    begun = time.perf_counter()
    method = release_method(known_at=AT, now=now, origin=origin)
    released = time.perf_counter() - begun
    done = run_backfill(plan_backfill(method, first, LAST, origin=origin, now=now), now=now)
    judge_history(done, now=now)
    return {
        "backfill": time.perf_counter() - begun, "release": released, "peak_mb": current_peak_mb(),
        "entities": done.entities, "days": (LAST - first).days + 1, "values": done.values_written, "points": done.points,
    }  # fmt: skip


def day() -> dict[str, Any]:
    """The whole nightly round over the news that came in: facts, cube, series, vintages, disclosure, alerts."""
    from index.services.daily import last_run
    from index.services.following import follow
    from index.services.method import current_method

    method = current_method()
    begun, worked = time.perf_counter(), time.process_time()
    assert follow(yesterday=LAST + timedelta(days=1), now=datetime(2026, 11, 21, tzinfo=UTC))
    took, worked = time.perf_counter() - begun, time.process_time() - worked
    done = last_run(method)
    assert done is not None
    assert done.last_day == LAST + timedelta(days=1)
    return {
        "day": took,
        "day_cpu": worked,
        "day_values": done.values_written,
        "day_changed": done.changed_entities,
    }


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.test")
    import django

    django.setup()
    if sys.argv[1] == "--backfill":
        print(json.dumps(backfill(date.fromisoformat(sys.argv[2]))))
    elif sys.argv[1] == "--day":
        print(json.dumps(day()))


if __name__ == "__main__":
    main()

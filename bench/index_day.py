"""One day of the index end to end from the database, the rate of a backfill, a chart from the cube."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from bench.database import copy_frame, current_peak_mb, reset_peak_memory, scratch_database
from bench.recalculation import AT, fill
from bench.rows import Row

SIZES = {"small": 20_000, "large": 200_000}
LAST = date(2026, 11, 19)
HISTORY_DAYS = {"small": 120, "large": 60}
CHANGED_SHARE = 0.02
YEARS_DAYS = 1_826
DAY_SECONDS, BACKFILL_SECONDS, CHART_MS, MEMORY_MB = 3.0, 600.0, 50.0, 2048.0
CHARTS = 20


def run(scale: str) -> list[Row]:
    """A day with 2 % of entities changed; days of backfill a second; a decomposition from the cube."""
    facts = measure(scale)
    size = f"{facts['entities']:,.0f} 户"
    five = facts["read"] + facts["day_rate"] * YEARS_DAYS
    return [
        Row(f"指数一日，从库中读取到发布，{size}中变动 {CHANGED_SHARE:.0%}",
            f"{facts['day']:.2f} s（写入 {facts['day_values']:,.0f} 条）", None, f"< {DAY_SECONDS:.0f} s",
            facts["day"] < DAY_SECONDS, facts),
        Row(f"历史回算 {size}，实测 {facts['days']:.0f} 日",
            f"读取 {facts['read']:.1f} s，每日 {facts['day_rate'] * 1000:.1f} ms"),
        Row("同上，按此推算五年", f"{five:.0f} s", None, f"< {BACKFILL_SECONDS:.0f} s", five < BACKFILL_SECONDS),
        Row("同上，内存峰值", f"{facts['peak_mb']:.0f} MB", None, f"< {MEMORY_MB:.0f} MB", facts["peak_mb"] < MEMORY_MB),
        Row(f"由立方体出图（分解任一时段），{size}", f"{facts['chart_ms']:.1f} ms", None, f"< {CHART_MS:.0f} ms",
            facts["chart_ms"] < CHART_MS),
    ]  # fmt: skip


def measure(scale: str) -> dict[str, float]:
    """Seconds of each part on a made-up city of that size, in a database of its own."""
    with scratch_database() as connection:
        with connection.cursor() as cursor:
            fill(cursor, SIZES[scale])
        facts = _history(HISTORY_DAYS[scale])
        with connection.cursor() as cursor:
            _news(cursor, SIZES[scale])
        return facts | _day() | _chart()


def _history(days: int) -> dict[str, float]:
    import audit
    from index.models import Run
    from index.services.backfill import plan_backfill, run_backfill
    from index.services.inputs import read_everything
    from index.services.method import basket_of, fences_of, load_registry, release_method

    origin, now = audit.Origin.system("bench"), datetime(2026, 11, 20, 12, tzinfo=UTC)
    method = release_method(known_at=AT, now=now, origin=origin)
    begun = time.perf_counter()
    basket = basket_of(method)
    read_everything(basket, load_registry(basket), frozenset(method.supplied), fences_of(method), AT)
    read = time.perf_counter() - begun
    reset_peak_memory()
    run: Run = plan_backfill(method, LAST - timedelta(days=days - 1), LAST, origin=origin, now=now)
    begun = time.perf_counter()
    run_backfill(run, now=now)
    took = time.perf_counter() - begun
    return {
        "entities": float(run.entities), "days": float(days), "read": read,
        "day_rate": max(took - read, 0.0) / days, "peak_mb": current_peak_mb(), "points": float(run.points),
    }  # fmt: skip


def _news(cursor: Any, n: int) -> None:
    """A lawsuit each against two in a hundred enterprises, promoted as change 2."""
    from datahub.public import get_item

    at = datetime(2026, 11, 20, 20, tzinfo=UTC)
    cursor.execute(
        "INSERT INTO datahub_change (kind, batch_id, at, touched) VALUES ('promoted', 1, %s, %s) RETURNING id",
        [at, int(n * CHANGED_SHARE)],
    )
    change = cursor.fetchone()[0]
    ids = pl.DataFrame({"enterprise_id": range(1, n + 1, int(1 / CHANGED_SHARE))})
    touched = ids.select(pl.lit(change).alias("change_id"), "enterprise_id")
    copy_frame(cursor, "datahub_touchedenterprise", touched)
    rows = ids.select(
        "enterprise_id", pl.lit(get_item("court.cases_filed").number).alias("item_id"),
        pl.format("指数{}", "enterprise_id").alias("natural_key"), pl.lit('{"role": "defendant"}').alias("payload"),
        pl.lit("{10000}").alias("nums"), pl.lit("2026-11-18").alias("event_date"), pl.lit("2026-11-18").alias("valid_from"),
        pl.lit("defendant").alias("level"), pl.lit(at.isoformat()).alias("received_at"), pl.lit(1).alias("batch_id"),
        pl.lit(1).alias("origin_batch_id"), pl.lit(change).alias("change_id"), pl.int_range(1, pl.len() + 1).alias("line"),
    )  # fmt: skip
    copy_frame(cursor, "datahub_record", rows)


def _day() -> dict[str, float]:
    from index.services.daily import run_day
    from index.services.method import current_method

    now = datetime(2026, 11, 21, tzinfo=UTC)
    begun = time.perf_counter()
    run = run_day(current_method(), LAST + timedelta(days=1), now=now)
    return {"day": time.perf_counter() - begun, "day_values": float(run.values_written)}


def _chart() -> dict[str, float]:
    """Median of decompositions of several windows, the cube in memory."""
    from index.selectors.cube import decompose
    from index.selectors.panels import Panels
    from index.selectors.standing import find_standing

    standing = find_standing()
    assert standing is not None
    card = Panels(standing).by_code["sme"]
    decompose(standing, card, LAST - timedelta(days=30), LAST, "town")
    times = []
    for n in range(CHARTS):
        begun = time.perf_counter()
        decompose(
            standing,
            card,
            LAST - timedelta(days=5 + n),
            LAST,
            ("town", "section", "size", "indicator")[n % 4],
        )
        times.append(time.perf_counter() - begun)
    return {"chart_ms": sorted(times)[len(times) // 2] * 1000}

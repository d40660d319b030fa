"""The chained log beside the same writes unchained: 50 processes at once."""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from typing import Any

from bench.audit_writers import drop_tables, environment, make_tables
from bench.database import scratch_database
from bench.rows import Row

WRITERS = 50
EACH = {"small": 20, "large": 100}
ROUNDS = 3
TARGET = 0.2


def run(scale: str) -> list[Row]:
    """Transactions a second of both, taken in turns; the median of each counts."""
    each = EACH[scale]
    with tempfile.TemporaryDirectory() as folder, _checkpoints_in(folder), scratch_database() as connection:
        outcomes: dict[str, list[dict[str, Any]]] = {"plain": [], "chained": []}
        role = _application_role()
        with connection.cursor() as cursor:
            make_tables(cursor, role)
        for _ in range(ROUNDS):
            for mode, taken in outcomes.items():
                taken.append(_writers(mode, each, environment(connection.settings_dict["NAME"])))
        facts = _facts(outcomes, each) | _chain_facts(ROUNDS * WRITERS * each)
        with connection.cursor() as cursor:
            drop_tables(cursor)
    ratio = facts["chained_per_second"] / facts["plain_per_second"]
    sound = not facts["errors"] and facts["gaps"] == 0 and facts["intact"] == 1
    name = f"审计链，{WRITERS} 个进程各 {each} 笔"
    return [
        Row(
            f"{name}（对照：不成链）",
            f"{facts['chained_per_second']:.0f} 笔/秒，中位 {facts['chained_p50_ms']:.0f} ms，"
            f"p99 {facts['chained_p99_ms']:.0f} ms；不成链 {facts['plain_per_second']:.0f} 笔/秒",
            ratio,
            f"≥ {TARGET}",
            ratio >= TARGET,
            facts,
        ),
        Row(
            f"{name}：分叉、断号、死锁",
            f"{facts['errors']:.0f} 个错误，{facts['gaps']:.0f} 处断号",
            None,
            "0",
            sound,
        ),
        Row(f"核验日志，{ROUNDS * WRITERS * each} 条", f"{facts['verified_per_second']:.0f} 条/秒"),
    ]


def _checkpoints_in(folder: str) -> AbstractContextManager[None]:
    from django.test.utils import override_settings

    return override_settings(PORTAL_CHECKPOINT_FOLDER=folder)


def _application_role() -> str:
    from django.conf import settings

    return str(settings.PORTAL_DATABASE_ROLES["application"])


def _writers(mode: str, each: int, env: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.audit_writers", "--mode", mode, "--each", str(each)]
    done = subprocess.run(
        [*command, "--writers", str(WRITERS)], env=env, capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _facts(outcomes: dict[str, list[dict[str, Any]]], each: int) -> dict[str, float]:
    facts: dict[str, float] = {"errors": 0}
    for mode, taken in outcomes.items():
        middle = sorted(taken, key=lambda one: one["seconds"])[len(taken) // 2]
        latencies = middle["latencies"]
        facts[f"{mode}_per_second"] = WRITERS * each / middle["seconds"]
        facts[f"{mode}_p50_ms"] = latencies[len(latencies) // 2]
        facts[f"{mode}_p99_ms"] = latencies[int(len(latencies) * 0.99)]
        facts["errors"] += sum(sum(one["errors"].values()) for one in taken)
    return facts


def _chain_facts(expected: int) -> dict[str, float]:
    """Whether the chain that came of it is whole."""
    from audit.verification import verify

    begun = time.perf_counter()
    report = verify()
    speed = report.entries / (time.perf_counter() - begun)
    return {
        "gaps": abs(expected - report.entries),
        "intact": float(report.intact),
        "verified_per_second": speed,
    }

"""The search beside ``ILIKE '%…%'``, query by query in turn, and what building the index takes."""

import time
from collections.abc import Callable
from typing import Any

from bench.database import scratch_database
from bench.rows import Row
from bench.search_queries import Typist
from bench.search_register import Register, make_register, store

SIZES = {"small": 20_000, "large": 200_000}
QUERIES = 400
COMPARED = 100  # ILIKE is slow: every fourth query is compared
TARGETS_MS = {
    "exact_code": 5, "two_characters": 30, "pinyin": 30, "mixed": 30, "letters_and_characters": 30, "typo": 150,
    "short_name": 150,
}  # fmt: skip
AGAINST_ILIKE = ("two_characters", "pinyin", "mixed")
LEAST_RATIO = 20.0
LABELS = {
    "exact_code": "完整代码", "code_prefix": "代码开头", "two_characters": "两字", "one_character": "一字",
    "four_characters": "四字", "pinyin": "拼音首字母", "mixed": "地名加两字", "letters_and_characters": "首字母加两字",
    "legal_person": "法定代表人", "former_name": "曾用名", "full_name": "全称", "typo": "错一字", "short_name": "简称",
}  # fmt: skip
WARMING = 30


def run(scale: str) -> list[Row]:
    """Percentiles by kind of query; whole calls, from the text typed to the page's hits with their reasons."""
    from credit.selectors import search_frequency
    from credit.services.search_index import rebuild

    count = SIZES[scale]
    with scratch_database() as connection:
        register, tables = make_register(count)
        store(connection, tables)
        built, done = _seconds(rebuild)
        assert done.rows == count, "the index does not hold the register"
        search_frequency.forget()
        _make_yardstick(connection)
        rows = [Row(f"建立 {count:,} 户的检索索引", f"{built:.1f} s", facts={"seconds": built})]
        rows.append(_refresh_row(connection, count))
        rows += [_row(kind, count, register, connection) for kind in LABELS]
    return rows


def _refresh_row(connection: Any, count: int) -> Row:
    from credit.services.search_index import refresh

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE datahub_enterprise SET changed_at = now() WHERE mod(id, %s) = 0", [count // 1000]
        )
    seconds, done = _seconds(refresh)
    assert done.mode == "rows" and done.rows >= 1000, done
    return Row(
        f"{count:,} 户中 {done.rows:,} 户变动后更新索引", f"{seconds:.2f} s", facts={"seconds": seconds}
    )


def _make_yardstick(connection: Any) -> None:
    """The register with a column of initials: what one would search with ILIKE. One process a query, as for
    the index: with several searches at a time there is no second core to help."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_register AS SELECT e.*, s.rank, s.sound FROM datahub_enterprise e"
            " JOIN credit_search s ON s.enterprise_id = e.id ORDER BY e.id"
        )
        cursor.execute("VACUUM ANALYZE bench_register")
        cursor.execute("VACUUM ANALYZE credit_search")
        cursor.execute("SET max_parallel_workers_per_gather = 0")


def _row(kind: str, count: int, register: Register, connection: Any) -> Row:
    typist = Typist(register, seed=count + len(kind))
    for typed in typist.queries(kind, WARMING):
        _search(typed)
    own, scans = [], []
    for number, typed in enumerate(typist.queries(kind, QUERIES)):
        own.append(_seconds(lambda typed=typed: _search(typed))[0] * 1000)
        if kind in AGAINST_ILIKE and number % (QUERIES // COMPARED) == 0:
            scans.append(_seconds(lambda typed=typed: _scan(connection, typed))[0] * 1000)
    facts = _percentiles(own)
    told = f"p50 {facts['p50']:.1f}  p95 {facts['p95']:.1f}  p99 {facts['p99']:.1f} ms"
    target, met, ratio = _judge(kind, count, facts["p95"])
    if scans:
        scanned = _percentiles(scans)
        ratio = scanned["p50"] / facts["p50"]
        facts |= {f"ilike_{name}": value for name, value in scanned.items()} | {"ratio": ratio}
        told += f"（ILIKE p50 {scanned['p50']:.0f}  p95 {scanned['p95']:.0f} ms）"
        if count == SIZES["large"]:
            target, met = f"{target}，ILIKE ≥ {LEAST_RATIO:.0f} 倍", bool(met) and ratio >= LEAST_RATIO
    return Row(f"{count:,} 户查{LABELS[kind]}", told, ratio, target, met, facts)


def _judge(kind: str, count: int, p95: float) -> tuple[str, bool | None, float | None]:
    """Targets are stated for 200,000 firms; a smaller register must meet them too."""
    if kind not in TARGETS_MS:
        return "", None, None
    return f"p95 < {TARGETS_MS[kind]} ms", p95 < TARGETS_MS[kind], None


def _search(typed: str) -> Any:
    from credit.search.filters import Filters
    from credit.search.query import understand
    from credit.selectors.search import find_enterprises

    return find_enterprises(understand(typed), Filters())


def _scan(connection: Any, typed: str) -> Any:
    """The first twenty by rank whose name (or initials) has every word in it, found by scanning."""
    words = typed.split()
    where = " AND ".join(f"{'sound' if word.isascii() else 'name'} ILIKE %s" for word in words)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, code, name FROM bench_register WHERE {where} ORDER BY rank DESC, id LIMIT 20",
            [f"%{word}%" for word in words],
        )
        return cursor.fetchall()


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        f"p{share}": ordered[min(len(ordered) * share // 100, len(ordered) - 1)] for share in (50, 95, 99)
    }

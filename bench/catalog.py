"""The open catalogue: pages of a table of a million rows, its dump beside COPY, and five thousand datasets with facets."""

import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.database import current_peak_mb, reset_peak_memory, scratch_database
from bench.rows import Row

ROWS = {"small": 100_000, "large": 1_000_000}
DATASETS = {"small": 500, "large": 5_000}
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
FIRST_MS, DEEP_MS, SEARCH_MS, DUMP_RATIO, DUMP_MB = 100.0, 150.0, 150.0, 3.0, 64.0
PUBLISH_MB = 200.0
CALLS = 40
WORDS = "养老 床位 企业 信用 补贴 公交 停车 学校 招生 价格 水位 专利 贷款 担保 名录 统计 处罚 许可 用电 空气"
COLUMNS = (
    ("code", "编号", "text"), ("name", "名称", "text"), ("town", "镇街", "text"), ("amount", "金额", "number"),
    ("people", "人数", "integer"), ("day", "日期", "date"), ("note", "说明", "text"), ("is_open", "营业", "boolean"),
)  # fmt: skip


def run(scale: str) -> list[Row]:
    """Whole calls through the addresses that clients use."""
    with scratch_database() as connection:
        resource = _table(connection, ROWS[scale])
        rows = [*_page_rows(resource, ROWS[scale]), *_dump_rows(connection, resource, ROWS[scale])]
        rows += _publication_rows(resource, ROWS[scale])
        _many_datasets(DATASETS[scale])
        return [*rows, *_search_rows(DATASETS[scale])]


def _table(connection: Any, count: int) -> Any:
    from catalog.engine.columns import Column
    from catalog.models import Dataset
    from catalog.services.drafts import save_fields
    from catalog.services.publish_tables import put_in_force, seal_release, start_release
    from catalog.services.publishers import ensure_publishers

    publisher = ensure_publishers(NOW)["market"]
    dataset = Dataset.objects.create(
        publisher=publisher, name="big", title="大表", created_at=NOW, modified_at=NOW
    )
    resource = dataset.resources.create(name="大表", format="CSV", created_at=NOW, modified_at=NOW)
    columns = tuple(
        Column(code, title, kind, f"c{n}") for n, (code, title, kind) in enumerate(COLUMNS, start=1)
    )
    release = start_release(resource, columns, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO catalog_rows.r{release.pk} SELECT n, 'N' || lpad(n::text, 9, '0'), "
            "'测试单位' || mod(n, 5000), '镇街' || mod(n, 19), round((random() * 100000)::numeric, 2), "
            "(random() * 900)::int, DATE '2020-01-01' + mod(n, 2200), md5(n::text), mod(n, 3) = 0 "
            "FROM generate_series(1, %s) n",
            [count],
        )
    release.row_count = count
    save_fields(resource, columns, {})
    seal_release(release, columns, now=NOW)
    dataset.refresh_from_db()
    put_in_force(dataset, now=NOW)
    return resource


def _page_rows(resource: Any, count: int) -> list[Row]:
    from django.test import Client

    client = Client()
    rows = f"/api/v1/catalog/resources/{resource.uid}/rows/"
    deep = client.get(rows, {"limit": 1, "filter": f"_id:eq:{count * 9 // 10}"}).json()["cursor"]
    sorted_first = client.get(rows, {"limit": 100, "sort": "-amount"}).json()
    search = "/api/3/action/datastore_search"
    kinds: list[tuple[str, float, Callable[[], Any]]] = [
        ("首页 100 行", FIRST_MS, lambda: client.get(rows, {"limit": 100})),
        ("按金额降序首页", FIRST_MS, lambda: client.get(rows, {"limit": 100, "sort": "-amount"})),
        ("按金额降序第二页", FIRST_MS, lambda: client.get(sorted_first["next"])),
        ("日期筛选首页（不计总数）", FIRST_MS, lambda: client.get(rows, {"filter": "day:eq:2021-05-05", "total": "false"})),
        (f"第 {count * 9 // 10:,} 行之后一页", DEEP_MS, lambda: client.get(rows, {"limit": 100, "cursor": deep})),
        ("CKAN 首页 100 行", FIRST_MS, lambda: client.get(search, {"resource_id": str(resource.uid)})),
        (f"CKAN 偏移 {count * 9 // 10:,}", DEEP_MS,
         lambda: client.get(search, {"resource_id": str(resource.uid), "offset": count * 9 // 10})),
        ("CKAN next_page", DEEP_MS, lambda: client.get(search, {
            "resource_id": str(resource.uid), "filters": json.dumps({"_id": {"gt": count * 9 // 10}}),
            "include_total": "false"})),
    ]  # fmt: skip
    return [_timed(f"{count:,} 行：{label}", most, call) for label, most, call in kinds]


def _timed(label: str, most: float, call: Callable[[], Any]) -> Row:
    for _ in range(3):
        assert call().status_code == 200, label
    return _timed_plain(label, call, most)


def _dump_rows(connection: Any, resource: Any, count: int) -> list[Row]:
    from django.test import Client

    resource.refresh_from_db()
    begun = time.perf_counter()
    sql = f"COPY catalog_rows.r{resource.current_id} TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        raw_bytes = sum(len(block) for block in copy)
    raw = time.perf_counter() - begun
    rows = []
    for format, is_bound in (("csv", True), ("json", False)):
        before = current_peak_mb()
        reset_peak_memory()
        held = current_peak_mb()
        begun = time.perf_counter()
        answer = Client().get(f"/datastore/dump/{resource.uid}", {"format": format})
        sent = sum(len(piece) for piece in answer.streaming_content)  # type: ignore[attr-defined]
        taken = time.perf_counter() - begun
        grown = current_peak_mb() - held
        ratio = taken / raw
        facts = {"seconds": taken, "copy_seconds": raw, "bytes": sent, "raw_bytes": raw_bytes, "grown_mb": grown,
                 "peak_before_mb": before}  # fmt: skip
        met = ratio < DUMP_RATIO and grown < DUMP_MB if is_bound else grown < DUMP_MB
        target = f"< {DUMP_RATIO:.0f} × COPY，< {DUMP_MB:.0f} MB" if is_bound else f"< {DUMP_MB:.0f} MB"
        rows.append(Row(f"{count:,} 行整表下载 {format}，与 COPY 相比", f"{taken:.1f} s，增 {grown:.0f} MB", ratio=ratio,
                        target=target, met=met, facts=facts))  # fmt: skip
    return rows


def _publication_rows(resource: Any, count: int) -> list[Row]:
    """The rules over the whole table and its proof, as at publication: a mask, rounding and a date made coarser."""
    from audit import Origin
    from catalog.models import FieldRule
    from catalog.services.desensitise import protect
    from tests.people import make_person

    by = make_person()
    for code, method, told in (("name", "mask", {"kind": "name"}), ("amount", "round", {"base": 100}),
                               ("day", "date", {"to": "month"})):  # fmt: skip
        FieldRule.objects.create(
            field=resource.fields.get(code=code), method=method, parameters=told, set_by=by, set_at=NOW
        )
    reset_peak_memory()
    held, begun = current_peak_mb(), time.perf_counter()
    proof = protect(resource, by=None, now=NOW, origin=Origin.system("bench"))
    taken, grown = time.perf_counter() - begun, current_peak_mb() - held
    assert proof is not None and proof.passed and proof.release.row_count == count
    facts = {"seconds": taken, "grown_mb": grown}
    return [Row(f"{count:,} 行脱敏、封存与证明", f"{taken:.1f} s，增 {grown:.0f} MB", target=f"< {PUBLISH_MB:.0f} MB",
                met=grown < PUBLISH_MB, facts=facts)]  # fmt: skip


def _many_datasets(count: int) -> None:
    from catalog.models import Dataset, Resource
    from catalog.search import search_text
    from catalog.services.publishers import ensure_publishers
    from catalog.vocabulary import Cycle, Lane, Opening, State, Subject

    chance = random.Random(5)
    publishers = list(ensure_publishers(NOW).values())
    words = WORDS.split()
    datasets = []
    for number in range(count):
        title = "".join(chance.sample(words, 3)) + str(number)
        tags = chance.sample(words, 2)
        publisher = chance.choice(publishers)
        datasets.append(Dataset(
            publisher=publisher, name=f"set-{number}", title=title, notes="用于测量的数据集。" * 6, tags=tags,
            lane=chance.choice([*Lane.values, ""]), subject=chance.choice(Subject.values), cycle=chance.choice(Cycle.values),
            opening=chance.choice(Opening.values), formats=chance.sample(["CSV", "XLSX", "JSON", "PDF"], 2),
            state=State.PUBLISHED, created_at=NOW, modified_at=NOW, published_at=NOW,
            search_text=search_text(title, [publisher.name, *tags], ["用于测量的数据集。" * 6]),
        ))  # fmt: skip
    made = Dataset.objects.bulk_create(datasets, batch_size=1000)
    Resource.objects.bulk_create(
        [Resource(dataset=d, name=d.title, format="CSV", kind="link", url="https://example.org/", created_at=NOW,
                  modified_at=NOW) for d in made], batch_size=1000,
    )  # fmt: skip


def _search_rows(count: int) -> list[Row]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from catalog.selectors.search import FACETS, browse

    client = Client()
    facets = '["organization", "groups", "tags", "res_format", "license_id", "opening"]'

    def search(rows: int) -> Any:
        return client.get("/api/3/action/package_search", {"q": "养老", "facet.field": facets, "rows": rows})

    queries = []
    for rows in (1, 100):
        with CaptureQueriesContext(connection) as captured:
            assert search(rows).status_code == 200
        queries.append(len(captured))
    fixed = Row(
        f"{count:,} 个数据集，六个分面的查询数（取 1 与 100 个）", f"{queries[0]} 与 {queries[1]}", target="相同",
        met=queries[0] == queries[1], facts={"queries": queries[1]},
    )  # fmt: skip
    assert len(FACETS) == 6
    return [
        _timed(f"{count:,} 个数据集：package_search 两字、六个分面", SEARCH_MS, lambda: search(10)),
        _timed_plain(
            f"{count:,} 个数据集：页面查询，六个分面", lambda: browse("养老", {"opening": ["open"]})
        ),
        _timed_plain(f"{count:,} 个数据集：页面全部，六个分面", lambda: browse("", {})),
        fixed,
    ]


def _timed_plain(label: str, call: Callable[[], Any], most: float = SEARCH_MS) -> Row:
    """p50 and p95 by the clock, and what a call takes of this process's processor time (the server's is not in it)."""
    times = []
    used = time.process_time()
    for _ in range(CALLS):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1000)
    processor = (time.process_time() - used) * 1000 / CALLS
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    facts = {"p50_ms": p50, "p95_ms": p95, "processor_ms": processor}
    figure = f"p50 {p50:.0f}，p95 {p95:.0f} ms"
    return Row(label, figure, target=f"< {most:.0f} ms", met=p95 < most, facts=facts)

"""A full recalculation beside the bare COPY of what it reads and writes, and beside a loop over the ORM."""

import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from bench.audit_writers import environment
from bench.credit_population import Population
from bench.database import copy_frame, current_peak_mb, reset_peak_memory, scratch_database
from bench.rows import Row
from foundation.copy_out import copy_out

AS_OF = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
SIZES = {"small": 20_000, "large": 200_000}
TOUCHED, SAMPLE = 1_000, 200
DENSITY = 0.15  # of the monthly series: some 26 records a firm, as in the demonstration city
RATIO, MEMORY_MB, LOOP, TOUCHED_SECONDS = 3.0, 2048.0, 100.0, 2.0


def run(scale: str) -> list[Row]:
    """Full run of two workers, of one, of nothing new and of the touched; memory; the loop."""
    facts = measure(SIZES[scale])
    bare = facts["read"] + facts["write"]
    size = f"{facts['enterprises']:,.0f} 户、{facts['records']:,.0f} 条记录"
    ratio, loop = facts["full"] / bare, facts["loop_each"] * facts["scores"] / facts["full"]
    copies = f"COPY 出 {facts['read']:.1f} s、入 {facts['write']:.1f} s"
    peak = max(facts["peak_mb"], facts["shared_peak_mb"])
    return [
        Row(f"全量重算 {size}，两个进程（对照：COPY 出入）", f"{facts['full']:.1f} s；{copies}",
            ratio, f"≤ {RATIO:.0f}", ratio <= RATIO, facts),
        Row("同上，一个进程", f"{facts['alone']:.1f} s", facts["alone"] / bare),
        Row("同上，数据未变再算一次，一个进程", f"{facts['again']:.1f} s", facts["again"] / bare),
        Row("同上，每个进程的内存峰值", f"{peak:.0f} MB", None, f"< {MEMORY_MB:.0f} MB", peak < MEMORY_MB),
        Row(f"逐户经 ORM 读取并计算（抽样 {SAMPLE} 户）与全量重算之比",
            f"每户 {facts['loop_each'] * 1000:.1f} ms", loop, f"≥ {LOOP:.0f}", loop >= LOOP),
        Row(f"{size}中变动 {TOUCHED:,} 户的重算", f"{facts['touched']:.2f} s（{facts['touched_altered']:.0f} 户改分）",
            None, f"< {TOUCHED_SECONDS:.0f} s", facts["touched"] < TOUCHED_SECONDS),
    ]  # fmt: skip


def fill(cursor: Any, n: int) -> int:
    """Enterprises and records of a made-up population, straight into the tables; returns the records."""
    from credit.definitions import load_scorecard
    from datahub.engine.definitions import get_item
    from datahub.engine.identifiers import make_demo_uscc
    from datahub.models import Batch, BatchState, Channel

    population = Population(n, AS_OF, load_scorecard(), density=DENSITY)
    entities = population.entities()
    codes = [make_demo_uscc(("91", "92", "93")[i // 99_999], i % 99_999 + 1) for i in range(n)]
    register = entities.select(
        pl.col("enterprise_id").alias("id"), pl.Series("code", codes), pl.lit("").alias("register_no"),
        pl.format("慈溪示范{}有限公司", "enterprise_id").alias("name"), "kind", "state", "town_code",
        pl.col("section").alias("industry_section"), pl.concat_str("industry", pl.lit("10")).alias("industry_code"),
        "size", pl.lit("王示范").alias("legal_person"), "established_on",
        pl.col("registered_capital_yuan").alias("capital_yuan"), pl.lit(True).alias("is_registered"),
        pl.lit(AT.isoformat()).alias("changed_at"),
    )  # fmt: skip
    copy_frame(cursor, "datahub_enterprise", register)
    kinds = {
        "individual": "个体工商户",
        "cooperative": "农民专业合作社",
        "branch": "有限责任公司分公司",
        "company": "有限责任公司",
    }
    payload = register.select(
        pl.struct(
            uscc="code", name="name", ent_type=pl.col("kind").replace_strict(kinds), reg_state="state",
            town_code="town_code", industry_code="industry_code", legal_person="legal_person",
            established_on=pl.col("established_on").cast(pl.String), reg_capital="capital_yuan",
        ).struct.json_encode().alias("payload")
    )  # fmt: skip
    records = _records(
        101,
        register.select(pl.col("id").alias("enterprise_id")).with_columns(payload),
        natural_key=pl.lit(""),
    )
    copy_frame(cursor, "datahub_record", records)
    total = n
    frames = population.inputs(delivered=True).frames
    for item, frame in frames.items():
        if "@" in item:
            continue
        rows = _records(
            get_item(item).number,
            frame.with_columns(payload=_payload()),
            natural_key=pl.col("record_id").cast(pl.String),
        )
        copy_frame(cursor, "datahub_record", rows)
        total += rows.height
    Batch.objects.bulk_create(
        Batch(
            pk=number, item_code=code, item_number=1, department="", period="2026", file_date=AS_OF,
            state=BatchState.PROMOTED, channel=Channel.COMMAND, file_digest="", file_name="", file_bytes=0,
            received_at=AT, promoted_at=AT,
        )
        for number, code in enumerate(sorted(frames), start=1)
    )  # fmt: skip
    cursor.execute(
        "INSERT INTO datahub_change (kind, batch_id, at, touched) VALUES ('promoted', 1, %s, 0)", [AT]
    )
    cursor.execute("VACUUM ANALYZE datahub_record, datahub_enterprise")
    return total


def _payload() -> pl.Expr:
    return pl.concat_str(
        pl.lit('{"doc_no": "慈示范（2026）'), pl.col("record_id"), pl.lit('号", "amount": '),
        pl.col("record_id") % 99991, pl.lit(', "note": "示范数据，仅用于测量"}'),
    )  # fmt: skip


def _records(item_id: int, frame: pl.DataFrame, *, natural_key: pl.Expr) -> pl.DataFrame:
    numbers = [c for c in (f"n{i}" for i in range(1, 11)) if c in frame.columns]
    array = (
        pl.concat_str(
            pl.lit("{"),
            pl.concat_str([pl.col(c).cast(pl.String).fill_null("NULL") for c in numbers], separator=","),
            pl.lit("}"),
        )
        if numbers
        else pl.lit(None, pl.String)
    )
    dates = [
        c
        for c in ("event_date", "valid_from", "valid_to", "released_on", "repaired_on")
        if c in frame.columns
    ]
    level = [pl.col("level")] if "level" in frame.columns else []
    return frame.select(
        "enterprise_id", pl.lit(item_id).alias("item_id"), natural_key.alias("natural_key"), "payload",
        array.alias("nums"), *dates, *level, pl.lit(AT.isoformat()).alias("received_at"),
        pl.lit(1).alias("batch_id"), pl.lit(1).alias("origin_batch_id"), pl.lit(1).alias("change_id"),
        pl.int_range(1, pl.len() + 1).alias("line"),
    )  # fmt: skip


def measure(n: int) -> dict[str, float]:
    """Seconds of the parts of one full run over ``n`` enterprises, and of what it is compared with."""
    import audit
    from credit.services.releases import release_scorecard

    with scratch_database() as connection:
        with connection.cursor() as cursor:
            records = fill(cursor, n)
        release_scorecard(origin=audit.Origin.system("bench"), now=AT)
        told: dict[str, float] = {"enterprises": n, "records": records}
        alone = full_run(connection.settings_dict["NAME"], workers=1)
        told |= {"alone": alone["seconds"], "peak_mb": alone["peak_mb"], "scores": count(connection)}
        told["read"], told["write"] = _bare_copies(connection)
        told["again"] = full_run(connection.settings_dict["NAME"], workers=1)["seconds"]
        touch(connection, TOUCHED)
        told |= follow()
        forget_scores(connection)
        shared = full_run(connection.settings_dict["NAME"], workers=2)
        told |= {"full": shared["seconds"], "shared_peak_mb": shared["peak_mb"]}
        assert count(connection) == told["scores"], "two workers have not stored what one stored"
        told["loop_each"] = loop_over_the_orm(SAMPLE)
    return told


def full_run(database: str, *, workers: int) -> dict[str, float]:
    """Plan a run and let ``workers`` processes, ready beforehand, take its chunks in turns."""
    import audit
    from credit.services import runs

    crew = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.recalculation", "--take-chunks"], env=environment(database), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(workers)
    ]  # fmt: skip
    for one in crew:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    plan = runs.plan_full_run(as_of=AS_OF, origin=audit.Origin.system("bench"), now=AT)
    for place, one in enumerate(crew):
        assert one.stdin is not None
        # each begins elsewhere; a chunk that another has or has done is left at once
        order = (
            plan.chunks[place * len(plan.chunks) // workers :]
            + plan.chunks[: place * len(plan.chunks) // workers]
        )
        one.stdin.write(f"{json.dumps([plan.run_id, order])}\n")
        one.stdin.flush()
    peaks = [json.loads(one.communicate()[0]) for one in crew]
    seconds = time.perf_counter() - begun
    assert all(one.returncode == 0 for one in crew)
    assert _run_of(plan.run_id).state == "done"
    return {"seconds": seconds, "peak_mb": max(peaks)}


def take_chunks() -> None:
    """The process of a worker: ready, then the chunks it is told of, then its peak memory."""
    from django.db import connection

    from credit.definitions import load_scorecard
    from credit.services import runs

    load_scorecard()
    connection.ensure_connection()
    print("ready", flush=True)
    run_id, order = json.loads(sys.stdin.readline())
    reset_peak_memory()
    for number in order:
        runs.run_chunk(run_id, number, now=AT)
    print(json.dumps(current_peak_mb()))


def _run_of(run_id: int) -> Any:
    from credit.models import ScoreRun

    return ScoreRun.objects.get(pk=run_id)


def count(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM credit_score")
        return int(cursor.fetchone()[0])


def forget_scores(connection: Any) -> None:
    """As before the first run, so that the next one stores every score again."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE credit_score, credit_scoreevidence, credit_standing")


def touch(connection: Any, enterprises: int) -> None:
    """A change that altered facts of so many enterprises: the newest record of each gets other figures."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO datahub_change (kind, batch_id, at, touched) VALUES ('promoted', 1, %s, %s) RETURNING id",
            [AT, enterprises],
        )
        (change,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO datahub_touchedenterprise (change_id, enterprise_id) "
            "SELECT %s, id FROM datahub_enterprise WHERE state = 'active' ORDER BY id LIMIT %s", [change, enterprises]
        )  # fmt: skip
        cursor.execute(
            "UPDATE datahub_record r SET nums = ARRAY(SELECT x * 1.5 FROM unnest(nums) x) "
            "FROM datahub_touchedenterprise t WHERE t.change_id = %s AND t.enterprise_id = r.enterprise_id "
            "AND r.nums IS NOT NULL",
            [change],
        )


def follow() -> dict[str, float]:
    """Seconds of the run over the touched, and how many scores it altered."""
    from credit.services import runs

    begun = time.perf_counter()
    plan = runs.plan_touched_run(as_of=AS_OF, now=AT)
    assert plan is not None
    for number in plan.chunks:
        runs.run_chunk(plan.run_id, number, now=AT)
    seconds = time.perf_counter() - begun
    run_ = _run_of(plan.run_id)
    assert run_.enterprises == TOUCHED, run_.enterprises
    return {"touched": seconds, "touched_altered": run_.changed}


def loop_over_the_orm(sample: int) -> float:
    """Seconds an enterprise: its facts by the ORM, the formulas by the plain loop of the tests' oracle."""
    from bench.credit_oracle import Oracle
    from credit.contracts import ScoringInput
    from credit.definitions import load_model
    from datahub.engine.definitions import get_item
    from datahub.models import Enterprise, Record

    model = load_model()
    items = {get_item(code).number: code for code in model.card.items if "@" not in code}
    measures = {code: get_item(code).measures for code in items.values()}
    begun = time.perf_counter()
    for firm in Enterprise.objects.filter(state="active").order_by("id")[:sample]:
        entity = pl.DataFrame([{
            "enterprise_id": firm.pk, "kind": firm.kind, "state": firm.state, "section": firm.industry_section,
            "industry": firm.industry_code[:2], "size": firm.size, "town_code": firm.town_code,
            "established_on": firm.established_on, "registered_capital_yuan": float(firm.capital_yuan or 0),
        }])  # fmt: skip
        rows: dict[str, list[dict[str, Any]]] = {}
        facts = Record.objects.filter(
            enterprise_id=firm.pk, item_id__in=list(items), superseded_at__isnull=True
        ).extra(select={"measures": "nums"})
        for fact in facts:
            numbers = [*(fact.measures or []), *[None] * 10][:10]
            rows.setdefault(items[fact.item_id], []).append(
                {
                    "record_id": fact.pk, "enterprise_id": firm.pk, "event_date": fact.event_date,
                    "valid_from": fact.valid_from, "valid_to": fact.valid_to, "released_on": fact.released_on,
                    "repaired_on": fact.repaired_on, "level": fact.level,
                }
                | {f"n{i + 1}": number for i, number in enumerate(numbers)}
            )  # fmt: skip
        frames: Any = {code: _Rows(found) for code, found in rows.items()}
        inputs = ScoringInput(frames, entity, frozenset(items.values()), AS_OF, measures)
        Oracle(inputs, model.card, model.reference).score(firm.pk)
    return (time.perf_counter() - begun) / sample


class _Rows(list[dict[str, Any]]):
    """Rows that can be walked like a frame's: the loop is not to pay for frames of a few rows each."""

    def iter_rows(self, *, named: bool) -> Any:
        return iter(self)


def _bare_copies(connection: Any) -> tuple[float, float]:
    """COPY out of the facts a run reads, to nowhere; COPY in of the scores it wrote, into a twin table."""
    from credit.definitions import load_scorecard
    from datahub.engine.definitions import get_item

    numbers = sorted({get_item(item).number for item in load_scorecard().items if "@" not in item})
    nums = ", ".join(f"nums[{i}]" for i in range(1, 11))
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        for part in range(16):
            copy_out(
                cursor.connection,
                f"SELECT item_id, enterprise_id, id, event_date, valid_from, valid_to, released_on, repaired_on, "
                f"level, {nums} FROM datahub_record_p{part:02d} WHERE item_id = ANY(ARRAY{numbers})",
            )
        read = time.perf_counter() - begun
        with cursor.copy("COPY credit_score TO STDOUT (FORMAT binary)") as copy:
            content = b"".join(bytes(part) for part in copy)
        cursor.execute("CREATE TABLE twin (LIKE credit_score INCLUDING ALL)")
        begun = time.perf_counter()
        with cursor.copy("COPY twin FROM STDIN (FORMAT binary)") as copy:
            copy.write(content)
        write = time.perf_counter() - begun
    return read, write


def main() -> None:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.test")
    import django

    django.setup()
    if sys.argv[1:] == ["--take-chunks"]:
        take_chunks()


if __name__ == "__main__":
    main()

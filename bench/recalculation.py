"""A full recalculation beside the bare COPY of what it reads and writes, and beside a loop over the ORM."""

import time
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from bench.credit_population import Population
from bench.database import copy_frame, current_peak_mb, reset_peak_memory, scratch_database

AS_OF = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


def fill(cursor: Any, n: int) -> int:
    """Enterprises and records of a made-up population, straight into the tables; returns the records."""
    from credit.definitions import load_scorecard
    from datahub.engine.definitions import get_item
    from datahub.engine.identifiers import make_demo_uscc

    population = Population(n, AS_OF, load_scorecard())
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
    cursor.execute(
        "INSERT INTO datahub_batch (id, item_code, item_number, department, period, file_date, state, channel, "
        "file_digest, file_name, file_bytes, encoding, definition_hash, rows_received, rows_promoted, "
        "rows_unchanged, rows_quarantined, rows_waiting, rows_ended, finding_count, findings, refusal, received_at, "
        "promoted_at, withdrawal_reason) SELECT row_number() OVER (), c, 1, '', '2026', %s, 'promoted', 'command', '', '', "
        "0, '', '', 0, 0, 0, 0, 0, 0, 0, '[]', '', %s, %s, '' FROM unnest(%s::text[]) c",
        [AS_OF, AT, AT, sorted(frames)],
    )
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
    """Seconds of the parts of one full run over ``n`` enterprises."""
    import audit
    from credit.services import runs
    from credit.services.releases import release_scorecard

    with scratch_database() as connection:
        with connection.cursor() as cursor:
            records = fill(cursor, n)
        origin = audit.Origin.system("bench")
        release_scorecard(origin=origin, now=AT)
        reset_peak_memory()
        begun = time.perf_counter()
        plan = runs.plan_full_run(as_of=AS_OF, origin=origin, now=AT)
        for number in plan.chunks:
            runs.run_chunk(plan.run_id, number, now=AT)
        full = time.perf_counter() - begun
        peak = current_peak_mb()
        read, write = _bare_copies(connection)
        again = time.perf_counter()
        plan = runs.plan_full_run(as_of=AS_OF, origin=origin, now=AT)
        for number in plan.chunks:
            runs.run_chunk(plan.run_id, number, now=AT)
        again = time.perf_counter() - again
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO datahub_change (kind, batch_id, at, touched) VALUES ('promoted', 1, %s, 1000) RETURNING id",
                [AT],
            )
            (change,) = cursor.fetchone()
            cursor.execute(
                "INSERT INTO datahub_touchedenterprise (change_id, enterprise_id) "
                "SELECT %s, id FROM datahub_enterprise ORDER BY id LIMIT 1000", [change]
            )  # fmt: skip
        touched = time.perf_counter()
        some = runs.plan_touched_run(as_of=AS_OF, now=AT)
        assert some is not None
        for number in some.chunks:
            runs.run_chunk(some.run_id, number, now=AT)
        touched = time.perf_counter() - touched
    return {
        "records": records,
        "full": full,
        "read": read,
        "write": write,
        "again": again,
        "touched": touched,
        "peak_mb": peak,
    }


def _bare_copies(connection: Any) -> tuple[float, float]:
    """COPY out of the facts a run reads, to nowhere; COPY in of the scores it wrote, into a twin table."""
    from credit.definitions import load_scorecard
    from datahub.engine.definitions import get_item

    numbers = sorted({get_item(item).number for item in load_scorecard().items if "@" not in item})
    nums = ", ".join(f"nums[{i}]" for i in range(1, 11))
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        for part in range(16):
            with cursor.copy(
                f"COPY (SELECT item_id, enterprise_id, id, event_date, valid_from, valid_to, released_on, repaired_on, "
                f"level, {nums} FROM datahub_record_p{part:02d} WHERE item_id = ANY(ARRAY{numbers})) TO STDOUT (FORMAT csv)"
            ) as copy:
                for _ in copy:
                    pass
        read = time.perf_counter() - begun
        with cursor.copy("COPY credit_score TO STDOUT (FORMAT binary)") as copy:
            content = b"".join(bytes(part) for part in copy)
        cursor.execute("CREATE TABLE twin (LIKE credit_score INCLUDING ALL)")
        begun = time.perf_counter()
        with cursor.copy("COPY twin FROM STDIN (FORMAT binary)") as copy:
            copy.write(content)
        write = time.perf_counter() - begun
    return read, write


if __name__ == "__main__":
    import os
    import sys

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.test")
    import django

    django.setup()
    from cixi_portal.embedded import services

    with services.running():
        for size in map(int, sys.argv[1:] or ["20000"]):
            found = measure(size)
            bare = found["read"] + found["write"]
            print(size, {k: round(v, 2) for k, v in found.items()}, f"ratio {found['full'] / bare:.2f}")

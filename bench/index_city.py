"""The made-up city of the index's measurements: many towns, years of monthly figures, news of a night."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from bench.credit_population import MONTHS, SERIES
from bench.database import copy_frame
from bench.recalculation import fill

NEWS_AT = datetime(2026, 11, 20, 20, tzinfo=UTC)


def fill_city(cursor: Any, n: int, first: date) -> int:
    """The population of the scores' measurements, spread over all towns, its monthly figures back to ``first``.

    Returns the records.
    """
    from datahub.public import STREETS_AND_TOWNS, get_item

    total = fill(cursor, n)
    cursor.execute(
        "UPDATE datahub_record SET payload = jsonb_set(payload, '{town_code}', "
        "to_jsonb((%s::text[])[1 + enterprise_id %% %s])) WHERE item_id = %s",
        [sorted(STREETS_AND_TOWNS), len(STREETS_AND_TOWNS), get_item("market.registration").number],
    )
    total += _older_months(cursor, first)
    cursor.execute("VACUUM ANALYZE datahub_record, datahub_enterprise")
    return total


def _older_months(cursor: Any, first: date) -> int:
    """The months that the population has, again and again before themselves, other amounts each time."""
    from datahub.public import get_item

    numbers = [get_item(code).number for code in SERIES]
    added, back = 0, 0
    while True:
        back += MONTHS
        cursor.execute(
            """
            INSERT INTO datahub_record (enterprise_id, item_id, natural_key, payload, nums, level, event_date,
                received_at, batch_id, origin_batch_id, change_id, line)
            SELECT enterprise_id, item_id, natural_key || '-' || %(back)s, payload,
                ARRAY(SELECT round((v * (0.8 + (id + %(back)s) %% 97 / 240.0))::numeric, 2)::float8 FROM unnest(nums) v),
                level, (event_date - make_interval(months => %(back)s))::date, received_at, batch_id, origin_batch_id,
                change_id, line
            FROM datahub_record
            WHERE item_id = ANY(%(numbers)s) AND natural_key NOT LIKE '%%-%%'
                AND event_date - make_interval(months => %(back)s) >= %(first)s
            """,
            {"back": back, "numbers": numbers, "first": first},
        )
        if not cursor.rowcount:
            return added
        added += cursor.rowcount


def bring_news(cursor: Any, n: int, share: float) -> None:
    """A lawsuit each against a share of the enterprises, promoted as change 2."""
    from datahub.public import get_item

    cursor.execute(
        "INSERT INTO datahub_change (kind, batch_id, at, touched) VALUES ('promoted', 1, %s, %s) RETURNING id",
        [NEWS_AT, int(n * share)],
    )
    change = cursor.fetchone()[0]
    ids = pl.DataFrame({"enterprise_id": range(1, n + 1, int(1 / share))})
    touched = ids.select(pl.lit(change).alias("change_id"), "enterprise_id")
    copy_frame(cursor, "datahub_touchedenterprise", touched)
    rows = ids.select(
        "enterprise_id", pl.lit(get_item("court.cases_filed").number).alias("item_id"),
        pl.format("指数{}", "enterprise_id").alias("natural_key"), pl.lit('{"role": "defendant"}').alias("payload"),
        pl.lit("{10000}").alias("nums"), pl.lit("2026-11-18").alias("event_date"), pl.lit("2026-11-18").alias("valid_from"),
        pl.lit("defendant").alias("level"), pl.lit(NEWS_AT.isoformat()).alias("received_at"), pl.lit(1).alias("batch_id"),
        pl.lit(1).alias("origin_batch_id"), pl.lit(change).alias("change_id"), pl.int_range(1, pl.len() + 1).alias("line"),
    )  # fmt: skip
    copy_frame(cursor, "datahub_record", rows)

"""Facts as columns: what a recalculation reads, by COPY, one partition or a few enterprises at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import polars as pl
from django.db import connection
from psycopg import sql

MEASURES = 10
_ENTITIES: dict[str, Any] = {
    "enterprise_id": pl.Int64, "kind": pl.String, "state": pl.String, "section": pl.String,
    "industry": pl.String, "size": pl.String, "town_code": pl.String, "established_on": pl.Date,
    "registered_capital_yuan": pl.Float64,
}  # fmt: skip
_FACTS: dict[str, Any] = {
    "item_id": pl.Int16, "enterprise_id": pl.Int64, "record_id": pl.Int64, "event_date": pl.Date,
    "valid_from": pl.Date, "valid_to": pl.Date, "released_on": pl.Date, "repaired_on": pl.Date,
    "level": pl.String, **{f"n{i + 1}": pl.Float64 for i in range(MEASURES)},
}  # fmt: skip

_SELECT_ENTITIES = """
SELECT id, kind, state, industry_section, left(industry_code, 2), size, town_code, established_on, capital_yuan
FROM datahub_enterprise WHERE is_registered AND {which} ORDER BY id
"""
_SELECT_FACTS = """
SELECT item_id, enterprise_id, id, event_date, valid_from, valid_to, released_on, repaired_on, level, {nums}
FROM {table} WHERE item_id = ANY({items}) AND received_at <= {at}
 AND (superseded_at IS NULL OR superseded_at > {at}) AND {which}
"""


def read(
    items: Mapping[int, str], known_at: datetime, *, shard: int | None, enterprise_ids: Sequence[int] | None
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """See :func:`datahub.public.scoring_frames`; ``items`` maps item numbers to codes."""
    if (shard is None) == (enterprise_ids is None):
        raise ValueError("exactly one of shard and enterprise_ids")
    table = sql.Identifier("datahub_record" if shard is None else f"datahub_record_p{shard:02d}")
    if shard is None:
        ids = sql.Literal(list(enterprise_ids or ()))
        of_entities = sql.SQL("id = ANY({}::int[])").format(ids)
        of_facts = sql.SQL("enterprise_id = ANY({}::int[])").format(ids)
    else:
        of_entities = sql.SQL("satisfies_hash_partition('datahub_record'::regclass, 16, {}, id)").format(
            sql.Literal(shard)
        )
        of_facts = sql.SQL("true")
    entities = _copy_out(sql.SQL(_SELECT_ENTITIES).format(which=of_entities), _ENTITIES)
    facts = _copy_out(
        sql.SQL(_SELECT_FACTS).format(
            table=table, items=sql.Literal(sorted(items)), at=sql.Literal(known_at), which=of_facts,
            nums=sql.SQL(", ").join(sql.SQL("nums[{}]").format(sql.Literal(i + 1)) for i in range(MEASURES)),
        ),
        _FACTS,
    )  # fmt: skip
    parts = facts.partition_by("item_id", as_dict=True, include_key=False)
    return entities, {items[int(key[0])]: frame for key, frame in parts.items()}


def _copy_out(query: sql.Composed, schema: Mapping[str, Any]) -> pl.DataFrame:
    buffer = BytesIO()
    with connection.cursor() as cursor:
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)
        with cursor.copy(statement) as copy:
            for data in copy:
                buffer.write(data)
    if not buffer.tell():
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=schema, missing_utf8_is_empty_string=False)

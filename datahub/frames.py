"""Facts as columns: what a recalculation reads, by COPY, one partition or a few enterprises at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection
from psycopg import sql

from datahub.engine.definitions import get_item
from datahub.engine.size_class import classify_sizes
from datahub.registration import ANNUAL, REGISTRATION, derived
from foundation.copy_out import copy_out

MEASURES = 10
_ENTITIES: dict[str, Any] = {
    "enterprise_id": pl.Int64, "kind": pl.String, "state": pl.String, "section": pl.String,
    "industry": pl.String, "town_code": pl.String, "established_on": pl.Date,
    "registered_capital_yuan": pl.Float64, "employees": pl.Float64, "revenue": pl.Float64, "assets": pl.Float64,
}  # fmt: skip
_FACTS: dict[str, Any] = {
    "item_id": pl.Int16, "enterprise_id": pl.Int64, "record_id": pl.Int64, "event_date": pl.Date,
    "valid_from": pl.Date, "valid_to": pl.Date, "released_on": pl.Date, "repaired_on": pl.Date,
    "level": pl.String, **{f"n{i + 1}": pl.Float64 for i in range(MEASURES)},
}  # fmt: skip

# The register as it was known at the instant, not as it is now: a past day recomputes to the same bytes.
_SELECT_ENTITIES = """
WITH told AS MATERIALIZED (
    SELECT r.enterprise_id, r.item_id, r.natural_key, r.payload, r.nums, r.line FROM {rows} r
    WHERE r.item_id IN ({item}, {annual}) AND r.received_at <= {at}
      AND (r.superseded_at IS NULL OR r.superseded_at > {at}) AND {which}
)
SELECT e.id, d.kind, d.state, d.industry_section, d.industry_code, d.town_code, d.established_on, d.capital_yuan,
       a.nums[{employees}], a.nums[{revenue}], a.nums[{assets}]
FROM ({derived}) d JOIN datahub_enterprise e USING (code)
LEFT JOIN (
    SELECT DISTINCT ON (r.enterprise_id) r.enterprise_id, r.nums FROM told r WHERE r.item_id = {annual}
    ORDER BY r.enterprise_id, r.natural_key DESC
) a ON a.enterprise_id = e.id
ORDER BY e.id
"""
_REGISTRATIONS = """
SELECT e.code, r.payload, r.line FROM told r JOIN datahub_enterprise e ON e.id = r.enterprise_id
WHERE r.item_id = {item}
"""
# One look into the index for each enterprise: a list of thousands would make the planner read whole partitions.
_OF_EACH = """(SELECT own.* FROM unnest({ids}::int[]) wanted(id)
    CROSS JOIN LATERAL (SELECT * FROM datahub_record WHERE enterprise_id = wanted.id OFFSET 0) own)"""
BY_INDEX = 5_000
_SELECT_FACTS = """
SELECT item_id, enterprise_id, id, event_date, valid_from, valid_to, released_on, repaired_on, level, {nums}
FROM {rows} r WHERE item_id = ANY({items}) AND received_at <= {at}
 AND (superseded_at IS NULL OR superseded_at > {at}) AND {which}
"""


def read(
    items: Mapping[int, str],
    known_at: datetime,
    *,
    shards: Sequence[int] | None,
    enterprise_ids: Sequence[int] | None,
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """See :func:`datahub.public.scoring_frames`; ``items`` maps item numbers to codes."""
    if (shards is None) == (enterprise_ids is None):
        raise ValueError("exactly one of shards and enterprise_ids")
    which: sql.Composable = sql.SQL("true")
    sources: list[sql.Composable] = [sql.Identifier(f"datahub_record_p{n:02d}") for n in shards or ()]
    if enterprise_ids is not None:
        ids = sql.Literal(sorted(set(enterprise_ids)))
        if len(enterprise_ids) <= BY_INDEX:
            sources = [sql.SQL(_OF_EACH).format(ids=ids)]
        else:
            sources, which = (
                [sql.Identifier("datahub_record")],
                sql.SQL("r.enterprise_id = ANY({}::int[])").format(ids),
            )
    values = {"items": sql.Literal(sorted(items)), "at": sql.Literal(known_at), "which": which}
    values["nums"] = sql.SQL(", ").join(
        sql.SQL("nums[{}]").format(sql.Literal(i + 1)) for i in range(MEASURES)
    )
    facts = _copy_out([sql.SQL(_SELECT_FACTS).format(rows=rows, **values) for rows in sources], _FACTS)
    parts = facts.partition_by("item_id", as_dict=True, include_key=False)
    entities = _read_entities(sources, known_at, which)
    return entities, {items[int(key[0])]: frame for key, frame in parts.items()}


def _read_entities(
    sources: Sequence[sql.Composable], known_at: datetime, which: sql.Composable
) -> pl.DataFrame:
    frame = _copy_out([_select_entities(rows, known_at, which) for rows in sources], _ENTITIES)
    size = classify_sizes(
        frame["industry"], frame["employees"], frame["revenue"] / 10_000, frame["assets"] / 10_000
    )
    return frame.select(
        "enterprise_id", "kind", "state", pl.col("section").fill_null(""),
        pl.col("industry").fill_null("").str.head(2), size.alias("size"), pl.col("town_code").fill_null(""),
        "established_on", "registered_capital_yuan",
    ).sort("enterprise_id")  # fmt: skip


def _select_entities(rows: sql.Composable, known_at: datetime, which: sql.Composable) -> sql.Composed:
    annual, at = get_item(ANNUAL), sql.Literal(known_at)
    item = sql.Literal(get_item(REGISTRATION).number)
    source = sql.SQL(_REGISTRATIONS).format(item=item)
    place = {
        name: sql.Literal(annual.measures.index(name) + 1) for name in ("employees", "revenue", "assets")
    }
    return sql.SQL(_SELECT_ENTITIES).format(
        derived=sql.SQL(derived("{source}")).format(source=source),
        rows=rows, item=item, annual=sql.Literal(annual.number), at=at, which=which, **place,
    )  # fmt: skip


def _copy_out(queries: Sequence[sql.Composed], schema: Mapping[str, Any]) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=schema)]
    with connection.cursor() as cursor:
        for query in queries:
            if (part := copy_out(cursor.connection, query)).getbuffer().nbytes:
                frames.append(pl.read_csv(part, has_header=False, schema=schema))
    return pl.concat(frames)

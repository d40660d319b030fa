"""Set-based SQL of the record store. Only the services of this app call it.

A promotion copies its rows into a temporary stage, compares the stage with what is current, and
writes the difference in one statement each. Nothing here loops over rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import polars as pl

FACT_COLUMNS = (
    "natural_key", "payload", "nums", "level", "event_date", "valid_from", "valid_to", "released_on", "repaired_on",
)  # fmt: skip
FACTS = ", ".join(FACT_COLUMNS)
STAGE_COLUMNS = ("line", "enterprise_id", "code", "name", *FACT_COLUMNS)
PROMOTION_LOCK = 7_301_001

_STAGE = """
CREATE TEMP TABLE stage (
    line integer, enterprise_id integer, code text, name text, natural_key text, payload jsonb,
    nums double precision[], level text, event_date date, valid_from date, valid_to date,
    released_on date, repaired_on date
) ON COMMIT DROP
"""


@dataclass(frozen=True)
class ChangeMark:
    """The number and the instant that every row of one change carries."""

    id: int
    at: datetime


@dataclass(frozen=True)
class Written:
    """Rows of one change: new or altered, unchanged, ended."""

    promoted: int
    unchanged: int
    ended: int


def make_stage(cursor: Any) -> None:
    cursor.execute("DROP TABLE IF EXISTS stage, diff, spared, vanished")
    cursor.execute(_STAGE)


def copy_rows(cursor: Any, table: str, columns: Iterable[str], frame: pl.DataFrame) -> None:
    """COPY ``frame`` (its columns in the order of ``columns``) into ``table``."""
    if frame.is_empty():
        return
    buffer = BytesIO()
    # Null is an unquoted nothing, an empty text is quoted: COPY reads both as they were.
    frame.write_csv(buffer, include_header=False, quote_style="necessary")
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(buffer.getbuffer())


def as_array_text(column: str) -> pl.Expr:
    """A list-of-floats column as PostgreSQL spells arrays; an absent list stays null."""
    inner = pl.col(column).list.eval(pl.element().cast(pl.String).fill_null("NULL")).list.join(",")
    return (
        pl.when(pl.col(column).is_null())
        .then(None)
        .otherwise(pl.concat_str(pl.lit("{"), inner, pl.lit("}")))
        .alias(column)
    )


def lock_promotions(cursor: Any) -> None:
    """From here to the commit no other change is written, so numbers and times rise together."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PROMOTION_LOCK])


def open_change(cursor: Any, kind: str, batch_id: int) -> ChangeMark:
    """Draw the change's number and time. Call with the promotion lock held."""
    cursor.execute(
        "INSERT INTO datahub_change (kind, batch_id, at, touched) VALUES (%s, %s, "
        # never before the last change, even when the machine's clock was set back
        "GREATEST(clock_timestamp(), (SELECT max(at) + interval '1 microsecond' FROM datahub_change)), 0) "
        "RETURNING id, at",
        [kind, batch_id],
    )
    return ChangeMark(*cursor.fetchone())


def compare_stage(cursor: Any, item_id: int, *, fresh: bool, batch_id: int) -> None:
    """Table ``diff``: per staged line the current version of its fact and whether it says the same.

    A current version from a later batch than this one also counts as "the same": rows that waited
    for their enterprise must not overwrite what was delivered since.
    """
    if fresh:
        cursor.execute(
            "CREATE TEMP TABLE diff ON COMMIT DROP AS SELECT 0 AS line, 0 AS enterprise_id, 0::bigint AS old_id, "
            "false AS same WHERE false"
        )
        return
    cursor.execute("ANALYZE stage")
    cursor.execute(
        """
        CREATE TEMP TABLE diff ON COMMIT DROP AS
        SELECT s.line, s.enterprise_id, r.id AS old_id,
               (r.payload = s.payload OR r.origin_batch_id > %s) AS same
        FROM stage s JOIN datahub_record r
          ON r.enterprise_id = s.enterprise_id AND r.item_id = %s AND r.natural_key = s.natural_key
         AND r.superseded_at IS NULL
        """,
        [batch_id, item_id],
    )
    cursor.execute("ANALYZE diff")


def find_vanished(cursor: Any, item_id: int, file_date: date) -> tuple[int, int]:
    """Table ``vanished``: current open facts that a full delivery no longer lists; (count, all open).

    Facts of which a faulty or unmatched row speaks are not counted as gone: table ``spared`` holds
    their enterprises.
    """
    cursor.execute(
        """
        CREATE TEMP TABLE vanished ON COMMIT DROP AS
        SELECT r.enterprise_id, r.id FROM datahub_record r
        WHERE r.item_id = %s AND r.superseded_at IS NULL AND r.repaired_on IS NULL
          AND (r.valid_to IS NULL OR r.valid_to > %s) AND (r.released_on IS NULL OR r.released_on > %s)
          AND NOT EXISTS (SELECT 1 FROM stage s WHERE s.enterprise_id = r.enterprise_id
                          AND s.natural_key = r.natural_key)
          AND NOT EXISTS (SELECT 1 FROM spared p WHERE p.enterprise_id = r.enterprise_id)
        """,
        [item_id, file_date, file_date],
    )
    gone = cursor.rowcount
    cursor.execute(
        "SELECT count(*) FROM datahub_record WHERE item_id = %s AND superseded_at IS NULL "
        "AND (valid_to IS NULL OR valid_to > %s)",
        [item_id, file_date],
    )
    return gone, cursor.fetchone()[0]


def write_stage(cursor: Any, mark: ChangeMark, item_id: int, batch_id: int, *, fresh: bool) -> Written:
    """Close altered versions, insert new ones, note whom it touched."""
    unchanged = 0
    if not fresh:
        cursor.execute("SELECT count(*) FROM diff WHERE same")
        unchanged = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE datahub_record r SET superseded_at = %s, superseded_change_id = %s FROM diff d "
            "WHERE r.enterprise_id = d.enterprise_id AND r.id = d.old_id AND NOT d.same",
            [mark.at, mark.id],
        )
    unless_same = "" if fresh else "WHERE NOT EXISTS (SELECT 1 FROM diff d WHERE d.line = s.line AND d.same)"
    cursor.execute(
        f"""
        INSERT INTO datahub_record (enterprise_id, item_id, {FACTS}, received_at, batch_id, origin_batch_id,
                                    change_id, line)
        SELECT s.enterprise_id, %s, {", ".join(f"s.{c}" for c in FACT_COLUMNS)}, %s, %s, %s, %s, s.line
        FROM stage s {unless_same}
        """,
        [item_id, mark.at, batch_id, batch_id, mark.id],
    )
    promoted = cursor.rowcount
    cursor.execute(
        f"INSERT INTO datahub_touchedenterprise (change_id, enterprise_id) "
        # in the order of its index, into which it is then appended instead of scattered
        f"SELECT DISTINCT %s::integer, s.enterprise_id FROM stage s {unless_same} ORDER BY 2",
        [mark.id],
    )
    return Written(promoted, unchanged, 0)


def end_vanished(cursor: Any, mark: ChangeMark, batch_id: int, file_date: date) -> int:
    """Supersede each vanished fact by a version that ends at the file's date; returns how many."""
    cursor.execute(
        f"""
        WITH closed AS (
            UPDATE datahub_record r SET superseded_at = %s, superseded_change_id = %s FROM vanished v
            WHERE r.enterprise_id = v.enterprise_id AND r.id = v.id RETURNING r.*
        ), noted AS (
            INSERT INTO datahub_touchedenterprise (change_id, enterprise_id)
            SELECT DISTINCT %s::integer, enterprise_id FROM closed ON CONFLICT DO NOTHING
        )
        INSERT INTO datahub_record (enterprise_id, item_id, {FACTS}, received_at, batch_id, origin_batch_id,
                                    change_id, line)
        SELECT enterprise_id, item_id, natural_key, payload, nums, level, event_date, valid_from, %s,
               released_on, repaired_on, %s, batch_id, %s, %s, line FROM closed
        """,
        [mark.at, mark.id, mark.id, file_date, mark.at, batch_id, mark.id],
    )
    return cursor.rowcount


def withdraw(cursor: Any, mark: ChangeMark, item_id: int, batch_id: int) -> tuple[int, int]:
    """Close what ``batch_id`` made current and bring back what it hid, as new rows; (closed, restored).

    The version that comes back is the latest of the fact that stands on no withdrawn batch.
    """
    cursor.execute("DROP TABLE IF EXISTS gone, hidden")
    cursor.execute(
        """
        CREATE TEMP TABLE gone ON COMMIT DROP AS
        SELECT enterprise_id, id, natural_key FROM datahub_record
        WHERE item_id = %s AND superseded_at IS NULL AND (batch_id = %s OR origin_batch_id = %s)
        """,
        [item_id, batch_id, batch_id],
    )
    cursor.execute("ANALYZE gone")
    cursor.execute(
        "UPDATE datahub_record r SET superseded_at = %s, superseded_change_id = %s FROM gone g "
        "WHERE r.enterprise_id = g.enterprise_id AND r.id = g.id",
        [mark.at, mark.id],
    )
    closed = cursor.rowcount
    # Which versions come back is settled over narrow rows; only those chosen are read whole.
    cursor.execute(
        """
        CREATE TEMP TABLE hidden ON COMMIT DROP AS
        SELECT DISTINCT ON (r.enterprise_id, r.natural_key) r.enterprise_id, r.id
        FROM datahub_record r JOIN gone g ON g.enterprise_id = r.enterprise_id AND g.natural_key = r.natural_key
        WHERE r.item_id = %(item)s AND r.superseded_change_id IS NOT NULL
          AND r.batch_id <> %(batch)s AND r.origin_batch_id <> %(batch)s
          AND r.batch_id NOT IN (SELECT id FROM datahub_batch WHERE state = 'withdrawn')
          AND r.origin_batch_id NOT IN (SELECT id FROM datahub_batch WHERE state = 'withdrawn')
        ORDER BY r.enterprise_id, r.natural_key, r.id DESC
        """,
        {"item": item_id, "batch": batch_id},
    )
    cursor.execute("ANALYZE hidden")
    cursor.execute(
        f"""
        INSERT INTO datahub_record (enterprise_id, item_id, {FACTS}, received_at, batch_id, origin_batch_id,
                                    change_id, line)
        SELECT r.enterprise_id, r.item_id, {", ".join(f"r.{c}" for c in FACT_COLUMNS)}, %s, r.batch_id,
               r.origin_batch_id, %s, r.line
        FROM datahub_record r JOIN hidden h ON h.enterprise_id = r.enterprise_id AND h.id = r.id
        """,
        [mark.at, mark.id],
    )
    restored = cursor.rowcount
    cursor.execute(
        "INSERT INTO datahub_touchedenterprise (change_id, enterprise_id) "
        "SELECT DISTINCT %s::integer, enterprise_id FROM gone ORDER BY 2",
        [mark.id],
    )
    return closed, restored


def close_change(cursor: Any, mark: ChangeMark) -> int:
    """Note on the change how many enterprises it touched."""
    cursor.execute(
        "UPDATE datahub_change SET touched = (SELECT count(*) FROM datahub_touchedenterprise "
        "WHERE change_id = %s) WHERE id = %s RETURNING touched",
        [mark.id, mark.id],
    )
    return int(cursor.fetchone()[0])

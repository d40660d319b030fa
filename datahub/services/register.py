"""The enterprise register follows the current registration records; nothing else writes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from datahub.engine.size_class import classify_sizes
from datahub.registration import derived
from datahub.store import copy_rows

COLUMNS = (
    "register_no", "name", "kind", "state", "town_code", "industry_section", "industry_code", "legal_person",
    "established_on", "capital_yuan",
)  # fmt: skip
_MINE = ", ".join(COLUMNS)
_NEW = ", ".join(f"n.{c}" for c in COLUMNS)


def take_registrations(cursor: Any, source: str, at: datetime) -> int:
    """Insert and update register rows from registration payloads; returns how many changed.

    A changed name keeps the old one as a former name, so that search still finds the firm by it.
    """
    cursor.execute("DROP TABLE IF EXISTS incoming")
    cursor.execute(f"CREATE TEMP TABLE incoming ON COMMIT DROP AS {derived(source)}")
    cursor.execute("ANALYZE incoming")
    cursor.execute(
        """
        INSERT INTO datahub_formername (enterprise_id, name, until)
        SELECT e.id, e.name, %s::date FROM datahub_enterprise e JOIN incoming n USING (code)
        WHERE e.name <> n.name ON CONFLICT DO NOTHING
        """,
        [at],
    )
    cursor.execute(
        f"""
        INSERT INTO datahub_enterprise (code, {_MINE}, size, is_registered, changed_at)
        SELECT n.code, {_NEW}, '', true, %s FROM incoming n
        ON CONFLICT (code) DO UPDATE SET ({_MINE}, is_registered, changed_at) =
            ROW({", ".join(f"excluded.{c}" for c in COLUMNS)}, true, excluded.changed_at)
        WHERE ({", ".join(f"datahub_enterprise.{c}" for c in COLUMNS)}, datahub_enterprise.is_registered)
            IS DISTINCT FROM ({", ".join(f"excluded.{c}" for c in COLUMNS)}, true)
        """,
        [at],
    )
    return int(cursor.rowcount)


def follow_current_registrations(cursor: Any, change_id: int, registration_item: int, at: datetime) -> None:
    """After a withdrawal: derive the touched rows again; who has no registration left is unlisted."""
    source = f"""
        SELECT e.code, r.payload, r.line FROM datahub_touchedenterprise t
        JOIN datahub_enterprise e ON e.id = t.enterprise_id
        JOIN datahub_record r ON r.enterprise_id = e.id AND r.item_id = {int(registration_item)}
             AND r.superseded_at IS NULL
        WHERE t.change_id = {int(change_id)}
    """
    take_registrations(cursor, source, at)
    cursor.execute(
        """
        UPDATE datahub_enterprise e SET is_registered = false, changed_at = %s
        FROM datahub_touchedenterprise t WHERE t.change_id = %s AND t.enterprise_id = e.id AND e.is_registered
          AND NOT EXISTS (SELECT 1 FROM datahub_record r WHERE r.enterprise_id = e.id AND r.item_id = %s
                          AND r.superseded_at IS NULL)
        """,
        [at, change_id, registration_item],
    )


def take_former_names(cursor: Any, change_id: int, changes_item: int) -> None:
    """Names that the change records of ``change_id`` say an enterprise bore before."""
    cursor.execute(
        """
        INSERT INTO datahub_formername (enterprise_id, name, until)
        SELECT DISTINCT ON (r.enterprise_id, r.payload->>'before')
               r.enterprise_id, left(r.payload->>'before', 200), r.event_date
        FROM datahub_touchedenterprise t JOIN datahub_record r ON r.enterprise_id = t.enterprise_id
        JOIN datahub_enterprise e ON e.id = r.enterprise_id
        WHERE t.change_id = %s AND r.item_id = %s AND r.level = 'name' AND r.superseded_at IS NULL
          AND r.payload->>'before' IS NOT NULL AND r.payload->>'before' <> e.name
        ORDER BY r.enterprise_id, r.payload->>'before', r.event_date DESC
        ON CONFLICT (enterprise_id, name) DO UPDATE SET until = excluded.until
        """,
        [change_id, changes_item],
    )


def refresh_sizes(cursor: Any, change_id: int, annual_item: int, measures: Mapping[str, int]) -> int:
    """Size class of the touched enterprises from their latest annual report; returns how many changed.

    ``measures``: 1-based places of employees, revenue and assets in ``nums`` (persons, yuan, yuan).
    """
    cursor.execute(
        """
        SELECT DISTINCT ON (e.id) e.id, e.industry_code, e.size, r.nums[%s], r.nums[%s], r.nums[%s]
        FROM datahub_touchedenterprise t JOIN datahub_enterprise e ON e.id = t.enterprise_id
        JOIN datahub_record r ON r.enterprise_id = e.id AND r.item_id = %s AND r.superseded_at IS NULL
        WHERE t.change_id = %s ORDER BY e.id, r.natural_key DESC
        """,
        [measures["employees"], measures["revenue"], measures["assets"], annual_item, change_id],
    )
    frame = pl.DataFrame(
        cursor.fetchall(),
        schema={"id": pl.Int64, "industry_code": pl.String, "size": pl.String, "employees": pl.Float64,
                "revenue": pl.Float64, "assets": pl.Float64},
        orient="row",
    )  # fmt: skip
    if frame.is_empty():
        return 0
    classified = frame.with_columns(
        new=classify_sizes(
            frame["industry_code"], frame["employees"], frame["revenue"] / 10_000, frame["assets"] / 10_000
        )
    ).filter(pl.col("new") != pl.col("size"))
    cursor.execute("DROP TABLE IF EXISTS sized")
    cursor.execute("CREATE TEMP TABLE sized (id integer, size text) ON COMMIT DROP")
    copy_rows(cursor, "sized", ("id", "size"), classified.select("id", "new"))
    cursor.execute("UPDATE datahub_enterprise e SET size = s.size FROM sized s WHERE s.id = e.id")
    return int(cursor.rowcount)

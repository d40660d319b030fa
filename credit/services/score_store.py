"""Storing scores: only those that changed, by binary COPY, then the pointer rows in one statement."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from django.db import connection

from credit.binary_copy import days, encode
from credit.contracts import ScoreTable

_PLAIN = ("total", "uncapped", "base", "penalty", "cap", "baseline", "coverage")
_SMALL = ("cap_code", "peer_group", "confidence", "grade", "word")
_ARRAYS = ("forces", "peer_forces", "force_coverage", "leaf_values", "leaf_scores", "contributions")
_SMALL_ARRAYS = ("leaf_states", "adverse", "favourable")
_EVIDENCE = ("enterprise_id", "run_id", "code", "item", "record_id", "points")


def write_scores(table: ScoreTable, *, run_id: int, as_of: date, now: datetime) -> int:
    """Add the rows whose digest differs from the enterprise's standing one; returns how many.

    Call inside a transaction; two runs over the same enterprise write one after the other.
    """
    if not len(table):
        return 0
    digests = np.frombuffer(b"".join(table.row_digests()), np.uint8).reshape(len(table), 16)
    with connection.cursor() as cursor:
        changed = _changed_rows(cursor, table.enterprise_id, digests)
        if not len(changed):
            return 0
        _copy_scores(cursor, table, changed, digests, run_id, as_of)
        _copy_evidence(cursor, table, changed, run_id)
        _move_standings(cursor, table, run_id, changed, now)
    return len(changed)


def _changed_rows(cursor: Any, ids: Any, digests: Any) -> Any:
    # Ordered locking: two chunks of different runs must not wait for each other in a ring.
    cursor.execute(
        "SELECT enterprise_id, digest FROM credit_standing WHERE enterprise_id = ANY(%s) "
        "ORDER BY enterprise_id FOR UPDATE",
        [ids.tolist()],
    )
    rows = cursor.fetchall()
    same = np.zeros(len(ids), bool)
    if rows:
        standing = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        known = np.frombuffer(b"".join(bytes(row[1]) for row in rows), np.uint8).reshape(len(rows), 16)
        places = np.searchsorted(ids, standing)
        same[places] = (digests[places] == known).all(axis=1)
    return np.flatnonzero(~same)


def _copy_scores(cursor: Any, table: ScoreTable, rows: Any, digests: Any, run_id: int, as_of: date) -> None:
    n = len(rows)
    columns: dict[str, tuple[str, Any]] = {
        "enterprise_id": ("i4", table.enterprise_id[rows]),
        "run_id": ("i4", np.full(n, run_id)),
        "as_of": ("i4", np.full(n, days(as_of))),
        "caps_fired": ("i8", table.caps_fired[rows]),
        "leaf_records": ("i8[]", table.leaf_records[rows]),
        "digest": ("bytea", digests[rows]),
    }
    columns |= {name: ("f8", getattr(table, name)[rows]) for name in _PLAIN}
    columns |= {name: ("i2", getattr(table, name)[rows]) for name in _SMALL}
    columns |= {name: ("f8[]", getattr(table, name)[rows]) for name in _ARRAYS}
    columns |= {name: ("i2[]", getattr(table, name)[rows]) for name in _SMALL_ARRAYS}
    with cursor.copy(f"COPY credit_score ({', '.join(columns)}) FROM STDIN (FORMAT binary)") as copy:
        copy.write(encode(columns))


def _copy_evidence(cursor: Any, table: ScoreTable, rows: Any, run_id: int) -> None:
    kept = table.evidence.filter(pl.col("enterprise_id").is_in(table.enterprise_id[rows].tolist()))
    if kept.is_empty():
        return
    buffer = BytesIO()
    kept.with_columns(run_id=pl.lit(run_id)).select(_EVIDENCE).write_csv(buffer, include_header=False)
    with cursor.copy(f"COPY credit_scoreevidence ({', '.join(_EVIDENCE)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(buffer.getbuffer())


def _move_standings(cursor: Any, table: ScoreTable, run_id: int, rows: Any, now: datetime) -> None:
    ids = table.enterprise_id[rows]
    thin = ids[table.thin[rows]].tolist()
    cursor.execute(
        """
        INSERT INTO credit_standing (enterprise_id, run_id, as_of, total, grade, word, thin, digest, changed_at)
        SELECT s.enterprise_id, s.run_id, s.as_of, s.total, s.grade, s.word, s.enterprise_id = ANY(%s), s.digest, %s
        FROM credit_score s WHERE s.run_id = %s AND s.enterprise_id = ANY(%s) ORDER BY s.enterprise_id
        ON CONFLICT (enterprise_id) DO UPDATE SET run_id = excluded.run_id, as_of = excluded.as_of,
            total = excluded.total, grade = excluded.grade, word = excluded.word, thin = excluded.thin,
            digest = excluded.digest, changed_at = excluded.changed_at,
            previous_total = credit_standing.total, previous_grade = credit_standing.grade
        WHERE credit_standing.as_of <= excluded.as_of  -- a past day recomputed later is history, not the standing
        """,
        [thin, now, run_id, ids.tolist()],
    )

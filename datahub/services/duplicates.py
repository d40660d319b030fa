"""Rows of one file that state the same fact twice."""

from typing import Any

import numpy as np
import polars as pl


class DuplicateFinder:
    """Collects a 64-bit hash and a line per row: 12 MB a million rows, whatever the rows hold."""

    def __init__(self) -> None:
        self._hashes: list[np.ndarray] = []
        self._lines: list[np.ndarray] = []

    def add(self, rows: pl.DataFrame, by: tuple[str, str]) -> None:
        self._hashes.append(rows.select(pl.struct(by).hash(seed=1)).to_series().to_numpy())
        self._lines.append(rows["line"].to_numpy().astype(np.int32))

    def suspects(self) -> np.ndarray:
        """Lines whose hash occurs more than once."""
        if not self._hashes:
            return np.empty(0, np.int32)
        ranked = np.concatenate(self._hashes)
        ranked.sort()
        repeated = np.unique(ranked[1:][ranked[1:] == ranked[:-1]])
        if not len(repeated):
            return np.empty(0, np.int32)
        # block by block: an index over all rows would take more memory than the hashes
        pairs = zip(self._hashes, self._lines, strict=True)
        return np.sort(np.concatenate([lines[np.isin(hashes, repeated)] for hashes, lines in pairs]))


def take_out(cursor: Any, suspects: np.ndarray) -> pl.DataFrame:
    """Remove later duplicates from the stage; returns (line, first) of those removed.

    Equal hashes are only a suspicion: the keys themselves are compared here.
    """
    schema = {"line": pl.Int64, "first": pl.Int64}
    if not len(suspects):
        return pl.DataFrame(schema=schema)
    cursor.execute(
        """
        WITH ranked AS (
            SELECT line, min(line) OVER (PARTITION BY enterprise_id, code, natural_key) AS first
            FROM stage WHERE line = ANY(%s)
        ), gone AS (DELETE FROM stage s USING ranked r WHERE r.line = s.line AND r.line > r.first)
        SELECT line, first FROM ranked WHERE line > first ORDER BY line
        """,
        [suspects.tolist()],
    )
    return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")

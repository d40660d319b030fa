"""Which enterprise a row is about: by credit code, else by the one name that only one bears."""

from typing import Any

import polars as pl

from datahub.models import WaitingState
from foundation.copy_out import copy_out

_CODES = "SELECT code AS key, id FROM datahub_enterprise"
_NAMES = "SELECT name AS key, id FROM datahub_enterprise{} UNION SELECT name, enterprise_id FROM datahub_formername{}"
_SCHEMA = {"key": pl.String, "enterprise_id": pl.Int64}
FEW = 5_000
"""So many codes or names are asked for by the index; for more the whole register is read, once."""


class SubjectFinder:
    """Maps codes and names to enterprise ids, block by block.

    A first block of few rows, most often the whole file, asks the register for these alone. A longer file gets arrays
    in memory: a register of 300,000 is about 15 MB; names are read only when a row comes without a code.
    """

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._codes: pl.DataFrame | None = None
        self._names: pl.DataFrame | None = None
        self._blocks = 0

    def split(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(rows with ``enterprise_id``, rows that wait with ``state``)."""
        self._blocks += 1
        codes = self._bearers_of_codes(rows["code"])
        found = rows.join(codes, left_on="code", right_on="key", how="left", maintain_order="left")
        missing = found["enterprise_id"].is_null()
        if not missing.any():
            return found.with_columns(state=pl.lit(None, pl.String)), found.clear().with_columns(
                state=pl.lit(None, pl.String)
            )
        nameless = missing & ((found["code"] != "") | (found["name"].fill_null("") == ""))
        known = found.filter(~missing)
        unknown = found.filter(nameless).with_columns(state=pl.lit(WaitingState.UNKNOWN.value))
        by_name, doubtful = self._by_name(found.filter(missing & ~nameless).drop("enterprise_id"))
        columns = [*rows.columns, "enterprise_id"]
        settled = pl.concat([known.select(columns), by_name.select(columns)]).sort("line")
        waiting = pl.concat([unknown.select([*columns, "state"]), doubtful.select([*columns, "state"])])
        return settled, waiting.sort("line")

    def ids_of_names(self, names: pl.Series) -> list[int]:
        """Ids of every enterprise that bears or bore one of these names."""
        wanted = names.filter(names != "").unique()
        if wanted.is_empty():
            return []
        bearers = self._bearers_of_names(wanted).join(pl.DataFrame({"key": wanted}), on="key", how="inner")
        return bearers["enterprise_id"].unique().to_list()

    def ids_of_codes(self, codes: pl.Series) -> list[int]:
        """Ids of the enterprises among ``codes`` that are registered."""
        joined = pl.DataFrame({"key": codes}).join(self._bearers_of_codes(codes), on="key", how="inner")
        return joined["enterprise_id"].unique().to_list()

    def _by_name(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        # A name that several bear decides nothing.
        names = (
            self._bearers_of_names(rows["name"])
            .group_by("key")
            .agg(pl.col("enterprise_id").first(), bearers=pl.col("enterprise_id").n_unique())
        )
        found = rows.join(names, left_on="name", right_on="key", how="left", maintain_order="left")
        sure = found.filter(pl.col("bearers") == 1).drop("bearers")
        unsure = found.filter(pl.col("bearers").is_null() | (pl.col("bearers") > 1)).with_columns(
            state=pl.when(pl.col("bearers") > 1)
            .then(pl.lit(WaitingState.DOUBTFUL.value))
            .otherwise(pl.lit(WaitingState.UNKNOWN.value)),
            enterprise_id=pl.lit(None, pl.Int64),
        )
        return sure, unsure.drop("bearers")

    def _bearers_of_codes(self, codes: pl.Series) -> pl.DataFrame:
        """``key`` and ``enterprise_id`` of at least these codes."""
        if self._codes is None and self._blocks <= 1 and len(codes) <= FEW:
            return self._ask(f"{_CODES} WHERE code = ANY(%s)", codes, 1)
        if self._codes is None:
            self._codes = self._read(_CODES)
        return self._codes

    def _bearers_of_names(self, names: pl.Series) -> pl.DataFrame:
        """``key`` and ``enterprise_id`` of at least these names and former names."""
        if self._names is None and self._blocks <= 1 and len(names) <= FEW:
            those = " WHERE name = ANY(%s)"
            return self._ask(_NAMES.format(those, those), names, 2)
        if self._names is None:
            self._names = self._read(_NAMES.format("", ""))
        return self._names

    def _ask(self, query: str, keys: pl.Series, times: int) -> pl.DataFrame:
        wanted = keys.drop_nulls().unique().to_list()
        self._cursor.execute(query, [wanted] * times)
        return pl.DataFrame(self._cursor.fetchall(), schema=_SCHEMA, orient="row")

    def _read(self, query: str) -> pl.DataFrame:
        buffer = copy_out(self._cursor.connection, query)
        if not buffer.getbuffer().nbytes:
            return pl.DataFrame(schema=_SCHEMA)
        return pl.read_csv(buffer, has_header=False, schema=_SCHEMA)

"""Which enterprise a row is about: by credit code, else by the one name that only one bears."""

from typing import Any

import polars as pl

from datahub.models import WaitingState
from foundation.copy_out import copy_out


class SubjectFinder:
    """Maps codes and names to enterprise ids, block by block, from arrays held in memory.

    A register of 300,000 is about 15 MB; names are read only when a row comes without a code.
    """

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._codes = self._read("SELECT code AS key, id FROM datahub_enterprise")
        self._names: pl.DataFrame | None = None

    def split(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(rows with ``enterprise_id``, rows that wait with ``state``)."""
        found = rows.join(self._codes, left_on="code", right_on="key", how="left", maintain_order="left")
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
        bearers = self._read_names().join(pl.DataFrame({"key": wanted}), on="key", how="inner")
        return bearers["enterprise_id"].unique().to_list()

    def ids_of_codes(self, codes: pl.Series) -> list[int]:
        """Ids of the enterprises among ``codes`` that are registered."""
        joined = pl.DataFrame({"key": codes}).join(self._codes, on="key", how="inner")
        return joined["enterprise_id"].unique().to_list()

    def _by_name(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        # A name that several bear decides nothing.
        names = (
            self._read_names()
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

    def _read_names(self) -> pl.DataFrame:
        if self._names is None:
            self._names = self._read(
                "SELECT name AS key, id FROM datahub_enterprise UNION SELECT name, enterprise_id FROM datahub_formername"
            )
        return self._names

    def _read(self, query: str) -> pl.DataFrame:
        schema = {"key": pl.String, "enterprise_id": pl.Int64}
        buffer = copy_out(self._cursor.connection, query)
        if not buffer.getbuffer().nbytes:
            return pl.DataFrame(schema=schema)
        return pl.read_csv(buffer, has_header=False, schema=schema)

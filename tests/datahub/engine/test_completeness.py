"""Filled cells of a block, against counting one by one."""

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datahub.engine.completeness import count_cells, expected_fields
from datahub.engine.definitions import get_item

ITEM = get_item("court.equity_freeze")
CELLS = st.sampled_from([None, "", "\\N", "x", "0"])


def test_the_end_of_a_fact_is_not_expected() -> None:
    codes = {field.code for field in expected_fields(ITEM)}
    assert "amount" in codes
    assert not codes & {"frozen_to", "released_on"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=20))
def test_cells_are_counted_as_one_by_one(rows: list[tuple[str | None, ...]]) -> None:
    columns = ["uscc", "amount", "released_on"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    filled = sum(cell not in (None, "", "\\N") for row in rows for cell in row[:2])
    assert count_cells(ITEM, frame) == (len(expected_fields(ITEM)) * len(rows), filled)

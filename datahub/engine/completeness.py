"""How many cells of a block are filled, of those a unit is expected to fill."""

import polars as pl

from datahub.contracts import FieldDefinition, ItemDefinition


def expected_fields(item: ItemDefinition) -> tuple[FieldDefinition, ...]:
    """All fields but those that are rightly empty while a fact goes on: its end, release and repair."""
    open_ends = {item.timeline.valid_to, item.timeline.released, item.timeline.repaired}
    return tuple(field for field in item.fields if field.required or field.code not in open_ends)


def count_cells(item: ItemDefinition, frame: pl.DataFrame) -> tuple[int, int]:
    """(expected, filled) cells. A column that the file does not have counts as empty in every row.

    frame: String columns named by field code; null, the empty text and ``\\N`` are not filled.
    """
    fields = expected_fields(item)
    present = [field.code for field in fields if field.code in frame.columns]
    if not present or frame.is_empty():
        return len(fields) * frame.height, 0
    cell = pl.col(present)
    filled = frame.select((cell.is_not_null() & (cell != "") & (cell != "\\N")).sum())
    return len(fields) * frame.height, int(sum(filled.row(0)))

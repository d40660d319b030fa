"""Rows of a release on their way through the rules: read, treated and written block by block, at constant memory."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from catalog import row_store
from catalog.engine.columns import Column, columns_of
from catalog.engine.privacy.free_text import FOUND_LABELS, PERSONAL, scan_column
from catalog.engine.privacy.transforms import Pseudonym, Step, UnableToTransform, run_steps
from catalog.engine.row_query import RowQuery
from catalog.models import Release
from catalog.opening_words import Method

BLOCK_ROWS = 50_000
WHOLE_TABLE_ROWS = 300_000
MOST_TEXTS = 200_000


def read_blocks(release: Release, codes: Sequence[str], size: int | None = None) -> Iterator[pl.DataFrame]:
    """Columns of a release as text, null = missing, in row order, some rows at a time."""
    columns = tuple(c for c in columns_of(release.columns) if c.code in set(codes))
    names, last = [c.code for c in columns], 0
    if not columns:
        return
    shown = ", ".join(("_id", *(f"{c.physical}::text" for c in columns)))
    while True:
        query = RowQuery(columns, after=(last,) if last else None)
        rows = row_store.stream(
            release.pk, query, shown, " WITH (FORMAT csv, FORCE_QUOTE *)", limit=size or BLOCK_ROWS
        )
        content = b"".join(bytes(row) for row in rows)
        if not content:
            return
        block = pl.read_csv(
            io.BytesIO(content), has_header=False, new_columns=["_id ", *names], infer_schema=False
        )
        last = int(block["_id "][-1])
        yield block.drop("_id ")
        if block.height < (size or BLOCK_ROWS):
            return


def treated_blocks(
    source: Release, codes: Sequence[str], steps: Sequence[Step], pseudonym: Pseudonym
) -> Iterator[pl.DataFrame]:
    """The same after the rules. Hiding small cells looks at the whole table, which must then be of moderate size.

    Raises ``UnableToTransform``.
    """
    own = [step for step in steps if step.column in set(codes)]
    if not any(step.method == Method.SMALL_CELLS for step in own):
        for block in read_blocks(source, codes):
            yield run_steps(block, own, pseudonym)
        return
    if source.row_count > WHOLE_TABLE_ROWS:
        raise UnableToTransform(
            f"小数值隐去须通看全表，只适用于 {WHOLE_TABLE_ROWS:,} 行以内的汇总表，请先汇总。"
        )
    whole = [*read_blocks(source, codes)]
    if whole:
        yield run_steps(pl.concat(whole), own, pseudonym)


def kept_blocks(blocks: Iterable[pl.DataFrame], dropped: pl.Series | None) -> Iterator[pl.DataFrame]:
    """Blocks without the rows that are ``dropped`` (one truth value a row of the whole table)."""
    at = 0
    for block in blocks:
        yield block if dropped is None else block.filter(~dropped.slice(at, block.height))
        at += block.height


def write_blocks(release: Release, columns: Sequence[Column], blocks: Iterable[pl.DataFrame]) -> int:
    """Fill a draft release. Returns how many rows there were."""
    count = 0
    for block in blocks:
        if block.height:
            numbered = block.with_row_index("_id ", offset=count + 1)
            count += block.height
            # One COPY a block: the next block is read on the same connection.
            row_store.fill_from_text(
                release.pk, columns, [numbered.write_csv(include_header=False, null_value="").encode()]
            )
    release.row_count += count
    release.save(update_fields=["row_count"])
    return count


class PersonalScan:
    """Personal information in columns that are published as they are, in the first 200,000 rows."""

    def __init__(self, rules: Sequence[Mapping[str, Any]]) -> None:
        self._accepted = {
            r["code"]: set(r["parameters"].get("accepted", [])) for r in rules if r["method"] == Method.KEEP
        }
        self._counts: dict[str, dict[str, int]] = {}
        self._seen = 0

    def passing(self, blocks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The blocks themselves, looked at on their way."""
        for block in blocks:
            self._look(block.head(max(0, MOST_TEXTS - self._seen)))
            self._seen += block.height
            yield block

    def _look(self, block: pl.DataFrame) -> None:
        for code in block.columns if block.height else ():
            if code not in self._accepted:
                continue
            for kind, rows in scan_column(block[code]).items():
                if kind in PERSONAL and kind.value not in self._accepted[code]:
                    told = self._counts.setdefault(code, {})
                    told[FOUND_LABELS[kind]] = told.get(FOUND_LABELS[kind], 0) + rows

    @property
    def found(self) -> dict[str, dict[str, int]]:
        """By column, what in how many rows."""
        return self._counts

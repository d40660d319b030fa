"""Whose copy a leaked table is: by the mark it carries in words, and by the order of its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import row_store
from catalog.copy_marks import bits_of
from catalog.engine.columns import ID_COLUMN, Column, columns_of
from catalog.engine.copy_file import CopyRows, canonical, marks_in, read_copy
from catalog.engine.copy_mark import Agreement, agreement, observed_bits
from catalog.engine.row_query import RowQuery
from catalog.models import GrantUse, Release
from foundation import keys
from foundation.keys import Purpose

BEYOND_DOUBT = 1e-9
MOST_PAIRS = 20_000
MOST_NAMED = 500


@dataclass(frozen=True)
class Suspect:
    """A use of a grant that a copy points to. ``by``: ``mark`` (it stands in the file) or ``order``."""

    use: GrantUse
    by: str
    found: Agreement | None = None


@dataclass(frozen=True)
class Trace:
    """What a copy tells. ``rows`` were read, ``matched`` of them stand in a release under grant, in ``pairs``."""

    rows: int
    matched: int
    pairs: int
    uses_compared: int
    suspects: list[Suspect]


def trace_copy(path: Path, name: str = "") -> Trace:
    """Everyone a copy points to, the surest first. Raises ``UnableToReadCopy``.

    Order counts as proof below a chance of one in a thousand million, shared among all uses compared.
    """
    copy = read_copy(path)
    with path.open("rb") as stream:
        written = marks_in(stream.read(64 * 1024 * 1024), name or path.name)[:MOST_NAMED]
    told = [Suspect(use, "mark") for use in _uses().filter(mark__in=written)]
    best: tuple[int, dict[int, bool], Release | None] = (0, {}, None)
    for release in Release.objects.filter(pk__in=_uses().values("release")).order_by("-pk"):
        numbers = _numbers_in(release, copy)
        if len(numbers) > best[0]:
            best = (len(numbers), observed_bits(numbers), release)
    matched, observed, chosen = best
    observed = dict(list(observed.items())[:MOST_PAIRS])
    uses = list(_uses().filter(release=chosen)) if chosen is not None else []
    ids = keys.ring(Purpose.INDEX).key_ids
    for use in uses:
        found = min(
            (agreement(observed, bits_of(use.mark, key_id)) for key_id in ids), key=lambda one: one.chance
        )
        if found.chance * len(uses) * len(ids) < BEYOND_DOUBT:
            told.append(Suspect(use, "order", found))
    return Trace(len(copy.rows), matched, len(observed), len(uses), told)


def _uses() -> Any:
    return GrantUse.objects.filter(release__isnull=False).select_related(
        "user", "grant__agency", "grant__resource__dataset"
    )


def _numbers_in(release: Release, copy: CopyRows) -> list[int]:
    """Row numbers of the copy's rows in its own order; rows that are not alone in their values are passed over."""
    shared = _shared(release, copy.heads)
    if not shared or not row_store.has_table(release.pk):
        return []
    places, columns = [place for place, _ in shared], [column for _, column in shared]
    wanted = [_row_key(row, places, columns) for row in copy.rows]
    looked_for = set(wanted)
    known: dict[int, int] = {}
    for number, cells in _rows_of(release, columns):
        key = hash(tuple(canonical(c, column.type) for c, column in zip(cells, columns, strict=True)))
        if key in looked_for:
            known[key] = 0 if key in known else number
    return [number for key in wanted if (number := known.get(key, 0))]


def _shared(release: Release, heads: Sequence[str]) -> list[tuple[int, Column]]:
    """Places in the copy and the release's columns they hold, by code or title."""
    columns = (ID_COLUMN, *columns_of(release.columns))
    by_code = {column.code: column for column in columns}
    by_title = {column.title: column for column in columns if column is not ID_COLUMN}
    found: dict[str, tuple[int, Column]] = {}
    for place, head in enumerate(heads):
        column = by_code.get(head) or by_title.get(head)
        if column is not None:
            found.setdefault(column.physical, (place, column))
    return list(found.values())


def _row_key(row: Sequence[str], places: list[int], columns: list[Column]) -> int:
    cells = (row[place] if place < len(row) else "" for place in places)
    return hash(tuple(canonical(c, column.type) for c, column in zip(cells, columns, strict=True)))


def _rows_of(release: Release, columns: list[Column]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Every row of a release with its number, read in pages."""
    query, size = RowQuery(tuple(columns)), 20_000
    while True:
        rows, found = row_store.read_rows(release.pk, query, limit=size)
        yield from ((key[-1], row) for row, key in zip(rows, found, strict=True))
        if len(rows) < size:
            return
        query = RowQuery(tuple(columns), after=found[-1])

"""A table as a stream of bytes in a chosen format, at constant memory."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from catalog import row_store
from catalog.copy_marks import bits_of, visible_line
from catalog.engine import row_formats as formats
from catalog.engine.columns import ID_COLUMN, Column
from catalog.engine.copy_mark import Bit, marked_order
from catalog.engine.row_query import RowQuery
from catalog.engine.xlsx_stream import stream_workbook
from catalog.selectors.field_list import datastore_fields
from catalog.selectors.reading import OpenTable

FORMATS = ("csv", "tsv", "json", "xml", "xlsx")
PIECE = 64 * 1024
READ_AT_ONCE = 5_000
Cut = tuple[int | None, int]  # limit, offset


def export(
    table: OpenTable,
    query: RowQuery,
    format: str,
    *,
    bom: bool = False,
    with_titles: bool = False,
    as_objects: bool = False,
    limit: int | None = None,
    offset: int = 0,
    mark: str = "",
) -> Iterator[bytes]:
    """The rows of ``query`` in ``format``. ``with_titles`` heads columns for people, not programs.

    With a byte order mark a table is meant for spreadsheets: cells they would run are made harmless. ``mark``
    names the use of a grant: it stands where a format has room for it, and in the order of neighbouring rows
    unless the reader asked for an order.
    """
    if offset and query.is_whole and not query.sort and query.after is None and table.release.is_dense:
        query, offset = replace(query, after=(offset,)), 0
    cut = (limit, offset)
    columns = query.columns
    heads = [_head(c, with_titles) for c in columns]
    release = table.release.pk
    bits = bits_of(mark) if mark and not query.sort and not query.distinct else None
    note = visible_line(table.right.watermark, mark)
    if format == "xlsx":
        yield from stream_workbook(heads, _rows(release, query, cut, bits), note=note)
        return
    if format in ("csv", "tsv"):
        delimiter = "," if format == "csv" else "\t"
        start = (formats.BOM if bom else "") + formats.delimited_head(heads, delimiter)
        shown = formats.delimited_row(columns, for_spreadsheets=bom)
        options = formats.CSV_OPTIONS if format == "csv" else formats.TSV_OPTIONS
        yield start.encode()
        yield from _pieces(release, query, shown, options, cut, bits)
        if note and with_titles:
            yield formats.delimited_head([note], delimiter).encode()
        return
    if format == "xml":
        named = f' mark="{mark}"' if mark else ""
        yield f'<?xml version="1.0" encoding="utf-8"?>\n<data{named}>\n'.encode()
        yield from _pieces(release, query, formats.xml_row(columns), formats.RAW_OPTIONS, cut, bits)
        yield b"</data>\n"
        return
    yield from _json(table, query, columns, as_objects, cut, mark, bits)


def _json(
    table: OpenTable,
    query: RowQuery,
    columns: tuple[Column, ...],
    as_objects: bool,
    cut: Cut,
    mark: str,
    bits: Bit | None,
) -> Iterator[bytes]:
    """CKAN's document of fields and lists, or a bare list of objects."""
    shown = formats.json_row(columns, as_objects=as_objects)
    if as_objects:
        yield b"[\n"
    else:
        fields = datastore_fields((c.code, c.type, table.fields.get(c.code)) for c in columns)
        named = f'"mark": "{mark}",\n  ' if mark else ""
        yield f'{{\n  {named}"fields": {formats.json_text(fields)},\n  "records": [\n'.encode()
    is_first = True
    for piece in _pieces(table.release.pk, query, shown, formats.RAW_OPTIONS, cut, bits):
        lines = piece.rstrip(b"\n").replace(b"\n", b",\n")
        yield (b"" if is_first else b",\n") + lines
        is_first = False
    yield b"\n]\n" if as_objects else b"\n]}\n"


def _pieces(
    release: int, query: RowQuery, shown: str, options: str, cut: Cut, bits: Bit | None
) -> Iterator[bytes]:
    """COPY's rows gathered to pieces of some size; COPY gives one row a time, so pieces end with a line."""
    held: list[bytes] = []
    size = 0
    for row in _lines(release, query, shown, options, cut, bits):
        held.append(bytes(row))
        size += len(row)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _lines(
    release: int, query: RowQuery, shown: str, options: str, cut: Cut, bits: Bit | None
) -> Iterator[bytes | memoryview]:
    """COPY's rows; in marked order they are read with their number in front, which is taken off again."""
    if bits is None:
        yield from row_store.stream(release, query, shown, options, limit=cut[0], offset=cut[1])
        return
    delimiter = formats.DELIMITERS[options]
    rows = row_store.stream(release, query, f"_id, {shown}", options, limit=cut[0], offset=cut[1])
    yield from marked_order(
        ((int(number), rest) for number, _, rest in (bytes(row).partition(delimiter) for row in rows)), bits
    )


def _rows(release: int, query: RowQuery, cut: Cut, bits: Bit | None) -> Iterator[tuple[Any, ...]]:
    """Rows as values; in marked order where ``bits`` say so."""
    pages = _pages(release, query, cut)
    if bits is None:
        return (row for rows, _ in pages for row in rows)
    numbered = ((key[-1], row) for rows, keys in pages for row, key in zip(rows, keys, strict=True))
    return marked_order(numbered, bits)


def _pages(
    release: int, query: RowQuery, cut: Cut
) -> Iterator[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
    """Rows and their sort keys, page after page by key."""
    left, offset = cut
    while left is None or left > 0:
        wanted = READ_AT_ONCE if left is None else min(READ_AT_ONCE, left)
        rows, keys = row_store.read_rows(release, query, limit=wanted, offset=offset)
        yield rows, keys
        if len(rows) < wanted:
            return
        if query.distinct:  # no keys to go on from
            offset += len(rows)
        else:
            query, offset = replace(query, after=keys[-1]), 0
        left = None if left is None else left - len(rows)


def _head(column: Column, with_titles: bool) -> str:
    return column.title if with_titles and column != ID_COLUMN else column.code

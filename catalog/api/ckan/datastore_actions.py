"""Reading rows: ``datastore_search`` and ``datastore_info``."""

import csv
import io
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from catalog.copy_marks import HEADER
from catalog.engine.columns import ID_COLUMN, Column, plain
from catalog.engine.row_filters import read_filters, read_sort, read_words
from catalog.engine.row_query import RowQuery, UnableToUnderstandQuery
from catalog.opening_words import Way
from catalog.row_store import UnableToAnswerInTime
from catalog.selectors.field_list import datastore_fields
from catalog.selectors.reading import NothingToRead, OpenTable, marked_rows, open_table, read_page
from catalog.services.statistics import note_call

from .errors import Invalid, NotAllowed, NotThere, SearchFault
from .parameters import Parameters
from .read_actions import the_resource
from .registry import Call, reads

MOST_RECORDS = 32_000
FORMATS = ("objects", "lists", "csv", "tsv")


@reads
def datastore_search(call: Call) -> Any:
    """Rows of a resource. resource_id, filters, q, fields, sort, limit, offset, distinct, include_total,
    records_format, include_next_page."""
    asked = call.parameters
    table = the_table(call)
    limit = asked.number("limit", 100, most=MOST_RECORDS)
    offset = asked.number("offset", 0)
    records_format = asked.text("records_format", "objects") or "objects"
    if records_format not in FORMATS:
        raise Invalid({"records_format": [f"Value must be one of {', '.join(FORMATS)}"]})
    try:
        shown = wanted_columns(asked, table)
        query = row_query(asked, table, shown)
        page = read_page(
            table, query, limit=limit, offset=offset, with_total=asked.flag("include_total", True)
        )
    except UnableToUnderstandQuery as error:
        raise Invalid({error.field: [str(error)]}) from None
    except UnableToAnswerInTime as error:
        raise SearchFault(str(error)) from None
    mark = note_call(table, call.now, call.origin, call.viewer, rows=len(page.rows))
    shown_rows = marked_rows(page, query, mark)
    answer: dict[str, Any] = {
        "resource_id": str(table.resource.uid),
        "fields": datastore_fields((c.code, c.type, table.fields.get(c.code)) for c in shown),
        "records_format": records_format, "records": _records(shown_rows, shown, records_format),
        "limit": limit, "offset": offset, "_links": _links(call, limit, offset),
    }  # fmt: skip
    if mark:
        answer["mark"] = call.headers[HEADER] = mark
    for name in ("filters", "q", "sort", "distinct"):
        if (value := asked.structure(name)) not in (None, ""):
            answer[name] = value
    if page.total is not None:
        answer |= {"total": page.total, "total_was_estimated": page.is_estimate}
    if asked.flag("include_next_page") and not query.sort and not query.distinct:
        last = page.keys[-1][-1] if len(page.keys) == limit and page.keys else None
        answer["next_page"] = {"_id": {"gt": last}} if last is not None else None
    return answer


@reads
def datastore_info(call: Call) -> Any:
    """What a resource's table holds. resource_id or id."""
    table = the_table(call)
    fields = [
        {"id": c.code, "type": told["type"], "info": told.get("info", {}),
         "schema": {"native_type": c.type, "notnull": not c.nullable, "is_index": False}}
        for c in table.columns
        for told in datastore_fields([(c.code, c.type, table.fields.get(c.code))])
    ]  # fmt: skip
    meta = {
        "id": str(table.resource.uid), "count": table.release.row_count, "table_type": "BASE TABLE",
        "db_size": None, "size": None, "idx_size": None, "aliases": [],
    }  # fmt: skip
    return {"meta": meta, "fields": fields, "schema": {c.code: c.type for c in table.columns}}


def the_table(call: Call) -> OpenTable:
    """The resource's rows as the caller may read them. Raises CKAN's refusals."""
    resource = the_resource(call, "resource_id", "id")
    if resource.current is None and not resource.releases.exists():
        raise NotThere("Resource was not found in the datastore.")
    try:
        return open_table(call.viewer, resource, call.now, way=Way.INTERFACE)
    except NothingToRead as error:
        raise NotAllowed(str(error)) from None


def wanted_columns(asked: Parameters, table: OpenTable) -> tuple[Column, ...]:
    """The columns asked for, ``_id`` and all of them without a list."""
    codes = asked.listed("fields")
    if not codes:
        return table.columns if asked.flag("distinct") else (ID_COLUMN, *table.columns)
    return tuple(dict.fromkeys(table.column(code, where="fields") for code in codes))


def row_query(asked: Parameters, table: OpenTable, shown: tuple[Column, ...]) -> RowQuery:
    """Filters, words and order of a call. Raises :class:`UnableToUnderstandQuery`."""

    def find(code: str, where: str) -> Column:
        return table.column(code, where=where)

    query = RowQuery(
        shown,
        where=read_filters(asked.structure("filters"), find),
        words=read_words(asked.structure("q"), table.columns, find),
        sort=read_sort(asked.structure("sort"), find),
    )
    if not asked.flag("distinct"):
        return query
    if foreign := [c.code for c, _ in query.sort if c not in shown]:
        raise UnableToUnderstandQuery(f"去重时只能按所取字段排序：{foreign[0]}。", "sort")
    return replace(query, distinct=True)


def _records(found: list[tuple[Any, ...]], shown: tuple[Column, ...], records_format: str) -> Any:
    rows = [[plain(value) for value in row] for row in found]
    if records_format == "lists":
        return rows
    if records_format == "objects":
        codes = [c.code for c in shown]
        return [dict(zip(codes, row, strict=True)) for row in rows]
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if records_format == "csv" else "\t", lineterminator="\n")
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return out.getvalue()


def _links(call: Call, limit: int, offset: int) -> dict[str, str]:
    kept = {
        k: v for k, v in call.parameters.values.items() if isinstance(v, str) and k not in ("offset", "limit")
    }
    start = f"/api/3/action/datastore_search?{urlencode(kept | {'limit': limit})}"
    return {"start": start, "next": f"{start}&offset={offset + limit}"}

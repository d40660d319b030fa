"""Opening the rows of a resource for one reader: the only way from a request to ``row_store``.

What a column's grade closes is cut here, before any filter, sort, count or profile could speak of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from catalog import row_store
from catalog.contracts import FieldRight
from catalog.copy_marks import bits_of
from catalog.engine.columns import ID_COLUMN, Column, columns_of
from catalog.engine.copy_mark import marked_page
from catalog.engine.row_query import RowQuery, UnableToUnderstandQuery
from catalog.models import Release, Resource, ResourceField
from catalog.selectors.rights import field_right
from catalog.vocabulary import Grade


class NothingToRead(LookupError):
    """The resource holds no rows that this reader may have; the text says why."""


@dataclass(frozen=True)
class OpenTable:
    """A release as one reader may read it."""

    resource: Resource
    release: Release
    columns: tuple[Column, ...]
    fields: dict[str, ResourceField]
    right: FieldRight

    def column(self, code: str, *, where: str = "filters") -> Column:
        """The readable column of that code, or ``_id``. A closed one is as unknown as one that is not there."""
        if code == ID_COLUMN.code:
            return ID_COLUMN
        for column in self.columns:
            if column.code == code:
                return column
        raise UnableToUnderstandQuery(f"没有字段“{code[:60]}”。", where)

    @property
    def query(self) -> RowQuery:
        """Everything this reader may read."""
        return RowQuery(self.columns)


@dataclass(frozen=True)
class RowPage:
    """Some rows. ``keys`` are the sort values beside each; ``total`` may be an estimate or not asked for."""

    rows: list[tuple[Any, ...]]
    keys: list[tuple[Any, ...]]
    total: int | None
    is_estimate: bool


def open_table(
    viewer: Any, resource: Resource, now: datetime, *, way: str | None = None, release: Release | None = None
) -> OpenTable:
    """The current release (or an older published one). ``way`` is ``interface`` or ``download`` when rows
    leave the portal, None for a look on a page. Raises :class:`NothingToRead`."""
    chosen = release or resource.current
    if chosen is None and not resource.dataset.is_published:
        # What its keepers work on; nobody else gets a right on it.
        chosen = resource.releases.order_by("-number").first()
    if chosen is None:
        raise NothingToRead("该资源没有可在线读取的数据表。")
    right = field_right(viewer, resource, now, way)
    fields = {field.code: field for field in resource.fields.all()}
    columns = readable(columns_of(chosen.columns), fields, right)
    if not columns:
        raise NothingToRead(right.reason or "该数据未向您开放。")
    return OpenTable(resource, chosen, columns, fields, right)


def readable(
    columns: tuple[Column, ...], fields: dict[str, ResourceField], right: FieldRight
) -> tuple[Column, ...]:
    """Columns the right names and whose field is known and below L4, whatever the right says."""
    return tuple(
        column
        for column in columns
        if right.allows(column.code) and column.code in fields and fields[column.code].grade != Grade.L4
    )


def readable_fields(viewer: Any, resource: Resource, now: datetime) -> list[ResourceField]:
    """Fields of the resource whose values the viewer may read, in order."""
    right = field_right(viewer, resource, now)
    return [f for f in resource.fields.all() if right.allows(f.code) and f.grade != Grade.L4]


def read_page(
    table: OpenTable, query: RowQuery, *, limit: int, offset: int = 0, with_total: bool = True
) -> RowPage:
    """Rows and how many there are in all: stored for the whole table, counted to 100,000, then estimated."""
    release = table.release
    if offset and query.is_whole and query.after is None and release.is_dense and not query.sort:
        # Rows are numbered without a gap: behind row n is where the number says, nothing is counted off.
        query, offset = RowQuery(query.columns, after=(offset,)), 0
    total: int | None = None
    is_estimate = False
    if with_total:
        if query.is_whole:
            total = release.row_count
        else:
            total, is_estimate = row_store.count_rows(release.pk, query)
    if limit == 0:
        return RowPage([], [], total, is_estimate)
    rows, keys = row_store.read_rows(release.pk, query, limit=limit, offset=offset)
    return RowPage(rows, keys, total, is_estimate)


def marked_rows(page: RowPage, query: RowQuery, mark: str) -> list[tuple[Any, ...]]:
    """A page's rows in the order that bears ``mark``; as they are without one, or where an order was asked for."""
    if not mark or query.sort or query.distinct:
        return page.rows
    return marked_page([key[-1] for key in page.keys], page.rows, bits_of(mark))


def tables_of(viewer: Any, resources: list[Resource], now: datetime) -> dict[int, OpenTable]:
    """Open tables by resource id; those that hold nothing for the viewer are absent."""
    found = {}
    for resource in resources:
        try:
            found[resource.pk] = open_table(viewer, resource, now)
        except NothingToRead:
            continue
    return found


FIELDS_IN_ORDER = Prefetch("fields", ResourceField.objects.order_by("position"))

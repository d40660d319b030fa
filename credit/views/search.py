"""Finding enterprises: the page, its fragment as one types, the full list as a file."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

import audit
from accounts.access import audience
from accounts.roles import Role
from credit import presenters_search
from credit.search.filters import Filters, read_filters
from credit.search.query import Query, understand
from credit.selectors.search import count_enterprises, every_enterprise, find_enterprises

SEARCHERS = (
    Role.BANK_OFFICER, Role.BANK_MANAGER, Role.LEADER, Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER,
    Role.INDEX_ANALYST,
)  # fmt: skip
BOM = "\ufeff"  # without it spreadsheets take UTF-8 for GBK


@audience(*SEARCHERS)
@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """The whole page, or the results alone when htmx asks while one types."""
    query, filters = asked_for(request.GET)
    asked = not query.is_empty or filters.narrows or bool(filters.sort)
    found = find_enterprises(query, filters, page=page_number(request.GET)) if asked else None
    context = presenters_search.page_context(query, filters, found)
    is_fragment = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = render(
        request, "credit/_search_results.html" if is_fragment else "credit/search.html", context
    )
    # The same address gives two answers: a cache (and the browser's back button) must not mix them up.
    patch_vary_headers(response, ["HX-Request"])
    return response


@audience(*SEARCHERS)
@require_GET
def search_export(request: HttpRequest) -> StreamingHttpResponse:
    """Every match of the page's search as CSV, in full, however many."""
    query, filters = asked_for(request.GET)
    rows = count_enterprises(query, filters)
    detail = {"query": query.text, "filters": filters.as_dict(), "rows": rows}
    audit.record(
        "credit.search.exported", origin=audit.origin_of(request), target="enterprises", detail=detail
    )
    response = StreamingHttpResponse(_lines(query, filters), content_type="text/csv; charset=utf-8")
    name = f"enterprises-{timezone.localdate():%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Echo:
    """Hands a written line back, so that the csv module serves a stream."""

    def write(self, line: str) -> str:
        return line


def _lines(query: Query, filters: Filters) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(presenters_search.EXPORT_HEAD)
    for hits in every_enterprise(query, filters):
        yield "".join(writer.writerow(map(_harmless, presenters_search.export_row(hit))) for hit in hits)


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula starts with an apostrophe."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t")) else cell


def asked_for(parameters: Any) -> tuple[Query, Filters]:
    """Query and filters from the parameters of an address."""
    return understand(parameters.get("q", "")), read_filters(parameters.getlist, presenters_search.ALLOWED)


def page_number(parameters: Any) -> int:
    """The page asked for, 1 if the parameter makes no sense."""
    text = parameters.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1

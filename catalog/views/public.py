"""The public pages: list, dataset, resource."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

import audit
from accounts.access import open_to_all
from catalog.models import Resource, ResourceKind
from catalog.presenters import datasets as present
from catalog.presenters import preview as present_rows
from catalog.presenters.linked import schema_org
from catalog.selectors.datasets import find_dataset, find_resource
from catalog.selectors.feedback import public_answers
from catalog.selectors.quality import freshness, quality_of
from catalog.selectors.reading import OpenTable, read_page, tables_of
from catalog.selectors.rights import CLOSED, uses_left
from catalog.selectors.search import FACETS, browse
from catalog.selectors.statistics import use_of
from catalog.selectors.versions import versions_of
from catalog.services.grants import UnableToUseGrant
from catalog.services.statistics import count_use, note_look, note_miss
from catalog.vocabulary import Lane, Opening

PAGE_SIZE = 20
PREVIEW_ROWS = 10
LANE_ICONS = {
    Lane.FARMING: "sun",
    Lane.BUSINESS_FINANCE: "bank",
    Lane.ELDERLY: "people",
    Lane.NEW_CITIZENS: "house",
}


@open_to_all
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """Search and facets; the results alone when htmx asks while one types."""
    words = request.GET.get("q", "")[:100].replace("\x00", "")
    chosen = {name: request.GET.getlist(name)[:30] for name in FACETS if name in request.GET}
    number = _page_number(request.GET)
    sort = request.GET.get("sort", "")
    found = browse(words, chosen, sort=sort, start=(number - 1) * PAGE_SIZE, size=PAGE_SIZE)
    now = timezone.now()
    page = Paginator(range(found.total), PAGE_SIZE).get_page(number)
    is_fragment = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    if words.strip() and not found.total and not is_fragment:
        note_miss(words, now)
    query = dict(request.GET.lists())
    context = {
        "query": words, "sort": sort, "page_obj": page, "total": found.total,
        "cards": [present.card(dataset, now) for dataset in found.datasets],
        "facets": present.facet_groups(found, query), "chosen": present.chosen_chips(found, query),
        "sorts": [{"label": label, "value": value, "active": value == sort} for value, label in present.SORTS],
        "lanes": _lanes(found), "is_start": not words and not chosen,
        "kept": [(k, v) for k, values in query.items() for v in values if k not in ("q", "page")],
    }  # fmt: skip
    response = render(request, "catalog/_results.html" if is_fragment else "catalog/list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@open_to_all
@require_safe
def dataset_page(request: HttpRequest, name: str) -> HttpResponse:
    """One dataset: what it is, what it holds, how good it is, how to have it."""
    dataset = find_dataset(request.user, name)
    if dataset is None:
        raise Http404
    now = timezone.now()
    resources = list(dataset.resources.all())
    for resource in resources:
        resource.dataset = dataset
    tables = tables_of(request.user, resources, now)
    first = next((r for r in resources if r.kind == ResourceKind.TABLE), None)
    score, parts = quality_of(dataset, now)
    if dataset.is_published:
        count_use(dataset.pk, "views", now)
    context = {
        "dataset": dataset, "facts": present.facts(dataset), "opening": present.opening_tag(dataset.opening),
        "fresh": freshness(dataset, now), "quality": score, "parts": parts,
        "resources": [present.resource_row(r, dataset, request.build_absolute_uri, is_readable=r.pk in tables)
                      for r in resources],
        "use": use_of(dataset, timezone.localdate(now)), "answers": public_answers(dataset),
        "winners": dataset.competition_entries.select_related("team__competition").order_by("rank"),
        "lane": dataset.get_lane_display(), "schema_org": schema_org(dataset, request.build_absolute_uri),
        "crumbs": _crumbs(dataset.title), "base": reverse("catalog_open:dataset", args=[dataset.name]),
    }  # fmt: skip
    # What never leaves is not to be had by applying either.
    context["may_apply"] = dataset.opening == Opening.RESTRICTED or any(
        table.right.reason == CLOSED for table in tables.values()
    )
    if first is not None:
        context |= _table_context(request, first, tables.get(first.pk))
    return render(request, "catalog/dataset.html", context)


@open_to_all
@require_safe
def resource_page(request: HttpRequest, name: str, uid: Any) -> HttpResponse:
    """One resource: rows, profiles, dictionary, interface, versions."""
    resource = find_resource(request.user, str(uid))
    if resource is None or resource.dataset.name != name:
        raise Http404
    now = timezone.now()
    table = tables_of(request.user, [resource], now).get(resource.pk)
    dataset = resource.dataset
    context = {
        "dataset": dataset, "resource": resource, "opening": present.opening_tag(dataset.opening),
        "row": present.resource_row(
            resource, dataset, request.build_absolute_uri, is_readable=table is not None),
        "versions": versions_of(request.user, resource, now),
        "crumbs": [*_crumbs(dataset.title, present.dataset_page(dataset)), {"label": resource.name, "url": ""}],
    }  # fmt: skip
    return render(request, "catalog/resource.html", context | _table_context(request, resource, table))


def _table_context(request: HttpRequest, resource: Resource, table: OpenTable | None) -> dict[str, Any]:
    """Preview, profiles, dictionary and calls of a table; only the dictionary where it may not be read."""
    readable = frozenset(c.code for c in table.columns) if table else frozenset()
    context: dict[str, Any] = {
        "table_name": resource.name, "dictionary": present_rows.dictionary(resource, readable),
        "downloads": present.download_links(resource) if table else [],
    }  # fmt: skip
    if table is None:
        return context
    page = read_page(table, table.query, limit=PREVIEW_ROWS)
    try:
        mark = note_look(table, timezone.now(), audit.origin_of(request), request.user, rows=len(page.rows))
    except UnableToUseGrant:  # ended or used up since the table was opened: what is everybody's stays
        return _table_context(request, resource, _public_table(resource))
    return context | {
        "granted": uses_left(table.right.grant_id) if mark else None, "mark": mark,
        "preview": present_rows.preview_table(table, page), "profiles": present_rows.profiles(table),
        "examples": present.api_examples(resource, table.columns[0].code, request.build_absolute_uri),
        "closed": table.right.reason, "release": table.release,
    }  # fmt: skip


def _public_table(resource: Resource) -> OpenTable | None:
    return tables_of(AnonymousUser(), [resource], timezone.now()).get(resource.pk)


def _lanes(found: Any) -> list[dict[str, Any]]:
    counts = {value: n for value, _, n, _ in found.facets["lane"].values}
    return [
        {
            "label": lane.label,
            "count": counts.get(lane.value, 0),
            "url": f"?lane={lane.value}",
            "icon": LANE_ICONS[lane],
        }
        for lane in Lane
    ]


def _crumbs(title: str, url: str = "") -> list[dict[str, str]]:
    return [{"label": "数据开放", "url": reverse("catalog:list")}, {"label": title, "url": url}]


def _page_number(parameters: QueryDict) -> int:
    text = parameters.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1

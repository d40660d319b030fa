"""DCAT by address: ``/dataset/<name>.ttl``, ``/catalog.jsonld``, and by what the client accepts."""

import datetime as dt
import math
from typing import Any

from django.db.models import Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import open_to_all
from catalog.dcat.describe import Describer
from catalog.dcat.graph import Literal, Thing, jsonld, turtle, typed
from catalog.engine.search_query import UnableToUnderstandSearch, parse_search
from catalog.selectors.datasets import as_uid, find_publisher, published, with_parts
from catalog.selectors.search import as_condition

PAGE_SIZE = 100
WRITERS = {
    "ttl": (turtle, "text/turtle; charset=utf-8"),
    "jsonld": (jsonld, "application/ld+json; charset=utf-8"),
}
ACCEPTED = {"text/turtle": "ttl", "application/x-turtle": "ttl", "application/ld+json": "jsonld"}
TEXT = "text/plain; charset=utf-8"


@open_to_all
@require_safe
def dataset(request: HttpRequest, name: str, ending: str = "") -> HttpResponse:
    """One dataset; without an ending what ``Accept`` asks for, the page for browsers."""
    found = published()
    uid = as_uid(name)
    one = with_parts(found.filter(uid=uid) if uid else found.filter(name=name)).first()
    if one is None:
        raise Http404
    chosen = ending or accepted(request)
    if not chosen:
        return _varied(_see_other(reverse("catalog:dataset", args=[one.name])))
    describer = Describer(request.build_absolute_uri)
    return _varied(_written(describer.everything(describer.dataset(one)), chosen))


@open_to_all
@require_safe
def catalog(request: HttpRequest, ending: str = "") -> HttpResponse:
    """The catalogue in pages of a hundred datasets. ``page``, ``modified_since``, ``q``, ``fq``."""
    chosen = ending or accepted(request)
    if not chosen:
        return _varied(_see_other(reverse("catalog:list")))
    try:
        found = _asked_for(request)
    except (UnableToUnderstandSearch, ValueError) as error:
        return HttpResponse(str(error), status=400, content_type=TEXT)
    text = request.GET.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    if page < 1:
        return HttpResponse("page 应为正整数。", status=400, content_type=TEXT)
    total = found.count()
    start = (page - 1) * PAGE_SIZE
    datasets = list(with_parts(found.order_by("pk"))[start : start + PAGE_SIZE])
    ends = published().aggregate(modified=Max("modified_at"), issued=Min("published_at"))
    describer = Describer(request.build_absolute_uri)
    things = describer.catalog(datasets, modified=ends["modified"], issued=ends["issued"])
    things.append(_collection(request, ending, page, total))
    return _varied(_written(describer.everything(things), chosen))


@open_to_all
@require_safe
def organization(request: HttpRequest, name: str) -> HttpResponse:
    """A publisher's datasets are a filter of the list."""
    publisher = find_publisher(name)
    if publisher is None:
        raise Http404
    return _see_other(f"{reverse('catalog:list')}?publisher={publisher.code}")


def accepted(request: HttpRequest) -> str:
    """The ending of the first graph format the client accepts before HTML; '' for the page."""
    for part in request.headers.get("Accept", "").split(","):
        media = part.partition(";")[0].strip().lower()
        if media in ACCEPTED:
            return ACCEPTED[media]
        if media in ("text/html", "*/*"):
            return ""
    return ""


def _asked_for(request: HttpRequest) -> Any:
    found = published()
    for name in ("q", "fq"):
        if told := request.GET.get(name, ""):
            found = found.filter(as_condition(parse_search(told)))
    if since := request.GET.get("modified_since", ""):
        try:
            moment = dt.datetime.fromisoformat(since.replace("Z", "+00:00"))
        except ValueError:
            raise ValueError("modified_since 应写成 2026-11-22 或 2026-11-22T00:00:00Z。") from None
        found = found.filter(modified_at__gte=moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
    return found


def _collection(request: HttpRequest, ending: str, page: int, total: int) -> Thing:
    """How the pages hang together (hydra:PagedCollection)."""
    last = max(1, math.ceil(total / PAGE_SIZE))

    def address(number: int) -> Literal:
        query = request.GET.copy()
        query["page"] = str(number)
        return Literal(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))

    here = address(page)
    thing = Thing("hydra:PagedCollection", here.value)
    thing.add("hydra:totalItems", typed(total, "integer")).add(
        "hydra:itemsPerPage", typed(PAGE_SIZE, "integer")
    )
    thing.add("hydra:firstPage", address(1)).add("hydra:lastPage", address(last))
    if page < last:
        thing.add("hydra:nextPage", address(page + 1))
    if page > 1:
        thing.add("hydra:previousPage", address(page - 1))
    return thing


def _written(things: list[Thing], ending: str) -> HttpResponse:
    if ending not in WRITERS:
        raise Http404
    write, media = WRITERS[ending]
    return HttpResponse(write(things), content_type=media)


def _see_other(address: str) -> HttpResponse:
    """The thing is not the page that speaks of it (RFC 9110, 303)."""
    return HttpResponse(status=303, headers={"Location": address})


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["Accept"])
    return response

"""The last step of the drill: enterprises behind a panel. Every opening is logged."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

import audit
from accounts.access import audience
from index.selectors.firms import list_firms
from index.selectors.panels import Panels, reader_of
from index.views.common import GOVERNMENT, crumbs, get_standing

PAGE = 50


@audience(*GOVERNMENT)
@require_GET
def firms_page(request: HttpRequest) -> HttpResponse:
    """Enterprises of a town, an industry, a size or a crossing, those that fell most first."""
    standing = get_standing()
    reader = reader_of(request.user)
    place = {name: request.GET.get(name, "")[:12] for name in ("town", "section", "size")}
    if not reader.may_list(place["town"]):
        raise PermissionDenied("您只能查看本镇街的企业名单。")
    with audit.action(
        "index.firms.viewed", origin=audit.origin_of(request), target="index:firms", detail=dict(place)
    ):
        rows = list_firms(standing, **place)
    page = Paginator(rows.ranked, PAGE).get_page(request.GET.get("page"))
    code = "/".join(["sme", *(f"{name}={value}" for name, value in place.items() if value)])
    card = Panels(standing).find(code)
    context = {
        "page_obj": page,
        "firms": rows.with_cards(list(page.object_list)),
        "place": place,
        "name": rows.name,
        "since": rows.since,
        "until": standing.day,
        "may_open": reader.everything,
        "crumbs": crumbs(
            ("金融指数", reverse("sme_index:board")),
            *([(rows.name, f"{reverse('sme_index:board')}?panel={code}")] if card and card.is_shown else []),
            ("企业名单", ""),
        ),
    }
    return render(request, "index/firms.html", context)

"""For search engines: which pages there are, and which are none of theirs."""

from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import open_to_all
from catalog.selectors.datasets import published

MOST_ADDRESSES = 50_000


@open_to_all
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every published dataset with the day it changed (sitemaps.org 0.9)."""
    listed = request.build_absolute_uri(reverse("catalog:list"))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
             f"<url><loc>{escape(listed)}</loc></url>"]  # fmt: skip
    rows = published().order_by("-modified_at").values_list("name", "modified_at")[:MOST_ADDRESSES]
    for name, modified_at in rows:
        address = request.build_absolute_uri(reverse("catalog:dataset", args=[name]))
        lines.append(f"<url><loc>{escape(address)}</loc><lastmod>{modified_at:%Y-%m-%d}</lastmod></url>")
    lines.append("</urlset>")
    return HttpResponse("\n".join(lines), content_type="application/xml; charset=utf-8")


@open_to_all
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """The open catalogue may be indexed; everything behind sign-in may not."""
    address = request.build_absolute_uri(reverse("catalog_open:sitemap"))
    text = f"User-agent: *\nAllow: /catalog/\nDisallow: /\n\nSitemap: {address}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")

"""What every page is given: portal name, own navigation, notices, demo mark."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from credit.views.search import SEARCHERS

from .navigation import items_for


def portal(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    agency = getattr(user, "agency", None) if signed_in else None
    return {
        "portal_name": settings.PORTAL_NAME,
        "demo_data": settings.PORTAL_DEMO,
        "nav_items": items_for(request) if signed_in else [],
        "agency_name": agency.name if agency else "",
        "role_label": user.role_label if signed_in else "",  # type: ignore[union-attr]
        "unread_count": _unread(user) if signed_in else 0,
        "search_url": _search_url(user) if signed_in else "",
        "request_id": getattr(request, "request_id", ""),
    }


def _search_url(user: Any) -> str:
    """The address of the search field in the top bar; empty for those who may not search."""
    return reverse("credit:search") if user.roles & frozenset(SEARCHERS) else ""


def _unread(user: Any) -> int:
    from accounts.inbox import unread_count

    return unread_count(user)

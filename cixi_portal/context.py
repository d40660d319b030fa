"""What every page is given: portal name, own navigation, notices, demo mark."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

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
        "request_id": getattr(request, "request_id", ""),
    }


def _unread(user: Any) -> int:
    from accounts.inbox import unread_count

    return unread_count(user)

"""Session limits and the audience check of every page."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from .access import declared_audience, may_enter
from .roles import CARDS

SEEN, BEGUN = "last_seen", "signed_in_at"


class SessionLimitsMiddleware:
    """End sessions that are idle or old. A passive poll (``X-Passive-Poll``) does not count as activity."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            now = time.time()
            begun = request.session.get(BEGUN, now)
            seen = request.session.get(SEEN, now)
            idle_limit = settings.SESSION_IDLE_SECONDS
            if any(CARDS[role].second_factor for role in user.roles):
                idle_limit = settings.SESSION_IDLE_PRIVILEGED_SECONDS
            if now - seen > idle_limit or now - begun > settings.SESSION_ABSOLUTE_SECONDS:
                logout(request)
            elif (
                not request.headers.get("X-Passive-Poll") and now - seen > 30
            ) or SEEN not in request.session:
                request.session[SEEN] = now
                request.session.setdefault(BEGUN, begun)
        return self.get_response(request)


class AudienceMiddleware:
    """Deny by default: a page without a declared audience answers nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if hasattr(view, "cls"):  # DRF authenticates later; its default permission asks the same question
            return
        if not may_enter(request.user, declared_audience(view)):
            raise PermissionDenied

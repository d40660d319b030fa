"""Session limits, the steps of sign-in, and the audience check of every page."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

import audit
from foundation import request_id

from .access import declared_audience, is_sign_in_step, may_enter
from .sign_in import BEGUN, SEEN, Step, pending_step

STEP_PAGES = {
    Step.SECOND_FACTOR: "accounts:second_step",
    Step.PASSWORD: "accounts:password_change",
    Step.ENROL: "accounts:enrol",
}
# Activity is written down at most this often; a session lives that much longer or shorter.
SEEN_EVERY_SECONDS = 30


def is_passive(request: HttpRequest) -> bool:
    """True for a poll of a page left open: it neither extends the session nor counts as a view."""
    return bool(request.headers.get("X-Passive-Poll"))


class SessionLimitsMiddleware:
    """End sessions that are idle or old. A passive poll (``X-Passive-Poll``) does not count as activity."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        now = time.time()
        begun = request.session.get(BEGUN, now)
        seen = request.session.get(SEEN, now)
        if now - seen > _idle_limit(request) or now - begun > settings.SESSION_ABSOLUTE_SECONDS:
            logout(request)
            request.session_ended = "limit"  # type: ignore[attr-defined]
        elif SEEN not in request.session or (not is_passive(request) and now - seen > SEEN_EVERY_SECONDS):
            request.session[SEEN] = now
            request.session.setdefault(BEGUN, begun)


def _idle_limit(request: HttpRequest) -> int:
    privileged = request.user.needs_second_factor  # type: ignore[union-attr]
    return settings.SESSION_IDLE_PRIVILEGED_SECONDS if privileged else settings.SESSION_IDLE_SECONDS


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Send strangers to the sign-in page, in a way that fragments and polls understand too.

    A view whose people sign in elsewhere (villagers, by phone) names that address as ``sign_in_page``.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        query = _next(request)
        if getattr(request, "session_ended", ""):
            query["ended"] = "1"
        page = getattr(view_func, "sign_in_page", settings.LOGIN_URL)
        url = reverse(page) + (f"?{urlencode(query)}" if query else "")
        return _elsewhere(request, url)


class SignInStepsMiddleware:
    """Until second step, password and enrolment are done, only the pages that do them answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated or is_sign_in_step(view):
            return None
        step = pending_step(request, timezone.now())
        if step is None:
            return None
        query = _next(request) if step is Step.SECOND_FACTOR else {}
        url = reverse(STEP_PAGES[step]) + (f"?{urlencode(query)}" if query else "")
        return _elsewhere(request, url)


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
            if request.user.is_authenticated:
                origin = audit.origin_of(request)
                audit.record("accounts.page.opened", origin=origin, target=request.path, result="refused")
            raise PermissionDenied


def _next(request: HttpRequest) -> dict[str, str]:
    """Where to return to: the page itself, or the one a fragment belongs to; never a form's target."""
    if _is_fragment(request):
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        path = page.path + (f"?{page.query}" if page.query else "")
    else:
        path = request.get_full_path() if request.method == "GET" else ""
    return {"next": path} if path not in ("", "/") else {}


def _is_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) or is_passive(request)


def _elsewhere(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect for a page; for a fragment or a poll 401 and where the whole page should go."""
    if request.path.startswith("/api/"):
        body = {"code": "sign_in_incomplete", "message": "登录尚未完成，请先在页面上完成。", "fields": {}}
        return JsonResponse({"error": body | {"request_id": request_id.current()}}, status=403)
    if not _is_fragment(request):
        return HttpResponseRedirect(url)
    response = JsonResponse({"error": {"code": "not_authenticated", "message": "请重新登录。"}}, status=401)
    response["HX-Redirect"] = url
    return response

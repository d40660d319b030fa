"""Error pages with a request id and what to do next."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = str(exception or "")
    # Django's own refusals are in English; what our views say is not.
    return render(request, "errors/403.html", {"reason": "" if reason.isascii() else reason}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    # No context processors: they would ask the database, which may be what broke.
    body = render_to_string("errors/500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(body, status=500)


def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    reason = "页面已过期，请返回上一页刷新后重试。"
    return render(request, "errors/403.html", {"reason": reason}, status=403)

"""Guessing is slowed down: by user name and address (axes), by user name alone, by address alone."""

from datetime import datetime
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from foundation.addresses import client_address

from .names import canonical_username


def username_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The one spelling under which axes counts failures."""
    typed = (credentials or {}).get("username") or request.POST.get("username") or ""
    return canonical_username(str(typed))[:150]


def is_over_ceiling(request: HttpRequest, username: str, now: datetime) -> bool:
    """True once a user name or an address failed too often within the lockout period, in sum."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=now - settings.AXES_COOLOFF_TIME)
    return (
        _failures(recent.filter(username=username)) >= settings.SIGN_IN_USER_CEILING
        or _failures(recent.filter(ip_address=client_address(request))) >= settings.SIGN_IN_ADDRESS_CEILING
    )


def _failures(attempts: Any) -> int:
    return int(attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The answer to a locked sign-in: the same for known and unknown names."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    response = render(request, "accounts/locked_out.html", {"minutes": seconds // 60}, status=429)
    response["Retry-After"] = str(seconds)
    return response

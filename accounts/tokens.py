"""How a program or a page proves who calls the API."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone
from rest_framework import authentication, throttling
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from .models import ApiToken, User
from .services.tokens import MARK, digest_of

USED_EVERY = timedelta(minutes=1)


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <token>``; never from the address, where it would end up in logs."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        found = holder_of(secret.strip(), timezone.now())
        if found is None:
            raise AuthenticationFailed("访问令牌无效、已过期或已停用，请重新申请。")
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """A signed-in page may call the API too; Django's CSRF check applies to every unsafe call."""


class CallerThrottle(throttling.UserRateThrottle):
    """Calls are counted for each token, and for each signed-in user without one."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if isinstance(request.auth, ApiToken):
            return self.cache_format % {"scope": self.scope, "ident": f"token-{request.auth.pk}"}
        if isinstance(request.user, AnonymousUser):
            return None
        return super().get_cache_key(request, view)


def holder_of(secret: str, now: datetime) -> tuple[User, ApiToken] | None:
    """Who holds a live token with this secret, and the token, marked as used; None for any other text."""
    token = _find(secret)
    if token is None or not token.is_live(now) or not _holder_is_active(token):
        return None
    unmarked = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USED_EVERY:
        ApiToken.objects.filter(unmarked, pk=token.pk).update(last_used_at=now)
    return token.user, token


def _find(secret: str) -> ApiToken | None:
    if not secret.startswith(f"{MARK}_"):
        return None
    wanted = ApiToken.objects.select_related("user", "user__agency", "agency")
    return wanted.filter(digest=digest_of(secret)).first()


def _holder_is_active(token: ApiToken) -> bool:
    """The token ends with its user's account, with the agency, and when the user leaves the agency."""
    return token.user.is_active and token.agency.is_active and token.user.agency_id == token.agency_id

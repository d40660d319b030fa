"""The door of the Action API: who calls, which action, and the one shape of every answer."""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

import audit
from accounts.access import ANYONE, open_to_all
from accounts.models import ApiToken, User
from accounts.token_scopes import Scope
from accounts.tokens import CallerThrottle, holder_of

from . import datastore_actions, read_actions, write_actions
from .errors import BadRequest, CkanRefusal, NotAllowed
from .parameters import read_parameters
from .registry import ACTIONS, Action, Call

CONTENT_TYPE = "application/json;charset=utf-8"
HANDLERS = (read_actions, datastore_actions, write_actions)
logger = logging.getLogger(__name__)


class TokenInHeader(BaseAuthentication):
    """The bare token in ``Authorization`` or ``X-CKAN-API-Key``; an unknown one counts as nobody.

    Cookies are not looked at, so no page of another site can act for a user here.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        for name in ("Authorization", "X-CKAN-API-Key"):
            secret = request.headers.get(name, "").strip()
            kind, _, rest = secret.partition(" ")
            if kind.casefold() in ("bearer", "token"):
                secret = rest.strip()
            if secret and (found := holder_of(secret, timezone.now())):
                return found
        return None


class PublicThrottle(AnonRateThrottle):
    """Harvesters ask for every dataset in a row: twenty times what is allowed elsewhere."""

    scope = "anon"

    def parse_rate(self, rate: str | None) -> tuple[int, int]:
        number, seconds = super().parse_rate(rate)
        return (number or 0) * 20, seconds or 60


class ActionView(APIView):
    """``/api/3/action/<name>`` and ``/api/action/<name>``."""

    audience = ANYONE
    required_scope = ""
    authentication_classes = (TokenInHeader,)
    throttle_classes = (PublicThrottle, CallerThrottle)
    schema = None

    def get(self, request: Request, name: str) -> HttpResponse:
        return self._answer(request, name)

    def post(self, request: Request, name: str) -> HttpResponse:
        return self._answer(request, name)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, Throttled):
            error = {"__type": "Rate Limited", "message": "请求过于频繁，请稍后再试。"}
            response = _json({"help": "", "success": False, "error": error}, 429)
            response["Retry-After"] = str(int(getattr(exc, "wait", None) or 1) + 1)
            return response
        return super().handle_exception(exc)

    def _answer(self, request: Request, name: str) -> HttpResponse:
        raw: HttpRequest = request._request
        help_url = raw.build_absolute_uri(f"/api/3/action/help_show?name={quote(name)}")
        try:
            action = ACTIONS.get(name)
            if action is None:
                raise BadRequest(f"Bad request - Action name not known: {name}")
            call = _call(request, raw, action, timezone.now())
            result = action.run(call)
        except BadRequest as error:
            return _json(str(error), 400)
        except CkanRefusal as refusal:
            return _json({"help": help_url, "success": False, "error": refusal.error}, refusal.status)
        except PermissionDenied as error:
            refused = NotAllowed(str(error))
            return _json({"help": help_url, "success": False, "error": refused.error}, refused.status)
        except Exception:
            logger.exception("ckan action failed")
            told = {"__type": "Internal Server Error", "message": "Internal Server Error"}
            return _json({"help": help_url, "success": False, "error": told}, 500)
        response = _json({"help": help_url, "success": True, "result": result}, 200)
        for header, value in call.headers.items():
            response[header] = value
        return response


def _call(request: Request, raw: HttpRequest, action: Action, now: datetime) -> Call:
    if not action.is_read and request.method != "POST":
        raise BadRequest("Bad request - This action changes data and must be called by POST.")
    viewer: Any = request.user
    token: Any = request.auth
    scopes = set(token.scopes) if isinstance(token, ApiToken) else set()
    if isinstance(token, ApiToken):
        raw.user = viewer
        if not action.is_read and Scope.CATALOG_WRITE not in scopes:
            raise NotAllowed("该令牌未包含编目权限（catalog.write）")
        if action.is_read and not scopes & {Scope.CATALOG_WRITE, Scope.CATALOG_READ}:
            viewer, token = AnonymousUser(), None
    else:
        # The session's user, if there is one, has no part in this call.
        raw.user = AnonymousUser()
        if not action.is_read:
            raise NotAllowed("该操作须携带访问令牌")
    parameters = read_parameters(raw, is_read=action.is_read)
    return Call(viewer, token, parameters, now, raw.build_absolute_uri, audit.origin_of(raw))


@open_to_all
def version(request: HttpRequest) -> HttpResponse:
    """``/api/3``: which version of the API this is."""
    return _json({"version": 3}, 200)


def _json(told: Any, status: int) -> HttpResponse:
    body = orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS, default=str)
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE)

"""What the villagers' endpoints share: who calls, and how a refusal is told."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import SessionAuthentication
from villages.models import Device
from villages.services.sign_in import find_device, touch_device
from villages.views.villager import Villager, find_villager


class DeviceAuthentication(authentication.BaseAuthentication):
    """``Authorization: Device <token>``: a mini-programme has no cookies."""

    def authenticate(self, request: Request) -> tuple[User, Device] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "device":
            return None
        now = timezone.now()
        device = find_device(token.strip(), now=now)
        if device is None or device.resident.user is None:
            raise AuthenticationFailed("登录已失效，请重新登录。")
        touch_device(device, now=now)
        return device.resident.user, device

    def authenticate_header(self, request: Request) -> str:
        return "Device"


AUTHENTICATION = [DeviceAuthentication, SessionAuthentication]


class Refused(APIException):
    """A service's refusal with its own code and status."""

    def __init__(self, text: str, code: str, status: int) -> None:
        super().__init__(text, code)
        self.status_code = status


def data_of(request: Request) -> Mapping[str, Any]:
    """The body as an object. Raises :class:`Refused` for a list."""
    if isinstance(request.data, list):
        raise Refused("提交的内容格式有误。", "malformed", 400)
    return request.data


def villager_of(request: Request) -> Villager:
    """The villager who calls; ``resident`` in the body or query chooses one whom he helps."""
    request._request.user = request.user
    found = find_villager(request._request)
    if found is None:
        raise Refused("您的账号没有对应的村民档案，请联系村管理员。", "no_resident", 403)
    wanted = str(data_of(request).get("resident", "") or request.query_params.get("resident", ""))
    if wanted and wanted != str(found.resident.pk):
        helped: dict[str, Any] = {str(r.pk): r for r in (found.own, *found.helped)}
        if wanted not in helped:
            raise Refused("您没有为该村民代办的授权。", "not_helper", 403)
        found.resident = helped[wanted]
    return found


def device_id_of(request: Request) -> int | None:
    """The device behind the call, by token or by the session it opened."""
    if isinstance(request.auth, Device):
        return request.auth.pk
    session = getattr(request._request, "session", None)
    return session.get("village_device") if session is not None else None

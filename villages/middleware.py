"""A remembered device opens the session again, so that a villager signs in once on a phone."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.middleware import is_passive
from accounts.sign_in import begin_session

from .services.sign_in import find_device, touch_device

COOKIE = "village_device"
OWN_PATHS = ("/villages/", "/api/v1/villages/")


class RememberedDeviceMiddleware:
    """Stands after the session limits and before the sign-in check; looks only at this app's addresses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request.COOKIES.get(COOKIE, "")
        if token and request.path.startswith(OWN_PATHS) and not request.user.is_authenticated:
            self._open_again(request, token)
        return self.get_response(request)

    def _open_again(self, request: HttpRequest, token: str) -> None:
        now = timezone.now()
        device = find_device(token, now=now)
        if device is None or is_passive(request):
            return
        # A new session brings a new CSRF secret, which would refuse the very form that wakes the device. The cookie
        # is SameSite=Lax: no other site can send it with a form.
        known = request.META.get("CSRF_COOKIE")
        begin_session(request, device.resident.user, now)  # type: ignore[arg-type]
        if known:
            request.META["CSRF_COOKIE"] = known
        request.session["village_device"] = device.pk
        touch_device(device, now=now)

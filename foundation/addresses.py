"""Where a request comes from, as far as it can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - a value for "not known", never bound to


def client_address(request: HttpRequest) -> str:
    """The caller's address. ``PORTAL_PROXY_COUNT`` own proxies stand in front (0: none).

    Every proxy of ours appends the address it saw to ``X-Forwarded-For``, so the entry written by the
    outermost of them is the n-th from the right. Whatever stands further left was sent by the caller
    and is not believed; a header that is too short or malformed leaves the address of the connection.
    """
    direct = str(request.META.get("REMOTE_ADDR") or UNKNOWN)
    count = int(getattr(settings, "PORTAL_PROXY_COUNT", 0))
    if count < 1:
        return _canonical(direct) or UNKNOWN
    hops = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if len(hops) >= count and (found := _canonical(hops[-count])):
        return found
    return _canonical(direct) or UNKNOWN


def _canonical(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)

"""Who sent a request, and from where."""

from typing import Any

from django.http import HttpRequest

from foundation import request_id
from foundation.addresses import client_address

from .contracts import Origin


def origin_of(request: HttpRequest | Any) -> Origin:
    """The person behind a Django or DRF request; an anonymous visitor has no actor id and no name."""
    user = getattr(request, "user", None)
    known = bool(user is not None and user.is_authenticated)
    agency = getattr(user, "agency", None) if known else None
    roles = sorted(str(role) for role in getattr(user, "roles", ())) if known else []
    return Origin(
        actor_id=user.pk if known else None,  # type: ignore[union-attr]
        actor_name=user.get_username() if known else "",  # type: ignore[union-attr]
        roles=",".join(roles),
        agency=agency.name if agency is not None else "",
        address=address_of(request),
        request_id=getattr(request, "request_id", "") or request_id.current(),
    )


def address_of(request: HttpRequest | Any) -> str:
    """The visitor's address, as far as it can be believed (see :mod:`foundation.addresses`)."""
    return client_address(request)[:64]

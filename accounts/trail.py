"""Who did it, as the log tells it."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest

import audit

from .models import User


def origin_of_arrival(request: HttpRequest, user: User) -> Any:
    """Origin of a request whose sender has just proved to be ``user`` (the session does not know yet)."""
    return replace(
        audit.origin_of(request),
        actor_id=user.pk,
        actor_name=user.username,
        roles=",".join(sorted(user.roles)),
        agency=user.agency.name if user.agency else "",
    )


def told_name(username: str) -> str:
    """A name nobody has, as it may stand in the log: people type passwords into the wrong field."""
    return f"{username[:2]}…" if username else ""

"""From a user name and a password to a session, and what still stands before the first page."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest

import audit

from .lockout import is_over_ceiling
from .models import Authenticator, User
from .names import canonical_username
from .trail import origin_of_arrival, told_name

BEGUN, SEEN, SECOND_STEP_DUE = "signed_in_at", "last_seen", "second_step_due"
BACKEND = "accounts.backends.PortalBackend"


class Refusal(StrEnum):
    """Why a sign-in was refused; unknown names, wrong passwords and disabled accounts are not told apart."""

    WRONG = "wrong"
    LOCKED = "locked"


class Step(StrEnum):
    """What a signed-in user must do before any other page answers; in the order of asking."""

    SECOND_FACTOR = "second_factor"
    PASSWORD = "password"  # noqa: S105 - the name of a step
    ENROL = "enrol"


def try_sign_in(request: HttpRequest, username: str, password: str, now: datetime) -> User | Refusal:
    """Check name and password; the caller opens the session. Every failure is counted and logged."""
    name = canonical_username(username)
    refusal = Refusal.LOCKED
    if not is_over_ceiling(request, name, now):
        user = authenticate(request, username=name, password=password)
        if isinstance(user, User):
            return user
        refusal = Refusal.LOCKED if getattr(request, "axes_locked_out", False) else Refusal.WRONG
    known = _find(name)
    audit.record(
        "accounts.session.opened",
        origin=audit.origin_of(request),
        target=f"user:{known.pk}" if known else "",
        detail={"username": name if known else told_name(name), "reason": refusal.value},
        result="refused",
    )
    return refusal


def _find(name: str) -> User | None:
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return None


def begin_session(request: HttpRequest, user: User, now: datetime) -> None:
    """Open a session under a new key, with its clock started; not without an entry in the log."""
    origin = origin_of_arrival(request, user)
    with audit.action("accounts.session.opened", origin=origin, target=f"user:{user.pk}"):
        login(request, user, backend=BACKEND)
        request.session[BEGUN] = request.session[SEEN] = now.timestamp()
        request.session[SECOND_STEP_DUE] = has_device(user)


def end_session(request: HttpRequest) -> None:
    """Close the session of ``request``: its row is deleted."""
    target = f"user:{request.user.pk}"
    with audit.action("accounts.session.closed", origin=audit.origin_of(request), target=target):
        logout(request)


def has_device(user: User) -> bool:
    return Authenticator.objects.filter(user=user, confirmed=True).exists()


def pending_step(request: HttpRequest, now: datetime) -> Step | None:
    """The first step the signed-in user of ``request`` still has to take, or None."""
    user = request.user
    assert isinstance(user, User)
    second_step = user.needs_second_factor or request.session.get(SECOND_STEP_DUE, False)
    unverified = second_step and not user.is_verified()  # type: ignore[attr-defined]
    enrolled = unverified and has_device(user)
    if enrolled:
        return Step.SECOND_FACTOR
    if is_password_due(user, now):
        return Step.PASSWORD
    return Step.ENROL if unverified else None


def is_password_due(user: User, now: datetime) -> bool:
    """True for a password that was issued by somebody else or is too old; demo passwords do not age.

    Who has none (a villager, who signs in by phone) has none to change.
    """
    if user.must_change_password:
        return True
    if user.is_demo or not user.has_usable_password() or not settings.PASSWORD_MAX_AGE_DAYS:
        return False
    since = user.password_changed_at or user.date_joined
    return now - since > timedelta(days=settings.PASSWORD_MAX_AGE_DAYS)

"""Passwords are changed by their owner or issued by the system officer."""

import secrets
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

import audit
from accounts.models import PasswordRecord, User
from accounts.models.user import new_stamp
from audit import Origin

# Letters that are not taken for one another when read from paper.
ISSUED_ALPHABET = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "-+=#%")


class UnableToChangePassword(Exception):
    """The new password was refused; ``reasons`` say why, one sentence each, ``field`` where."""

    def __init__(self, reasons: list[str], field: str = "new") -> None:
        super().__init__("".join(reasons))
        self.reasons, self.field = reasons, field


def change_password(user: User, current: str, new: str, *, now: datetime, origin: Origin) -> None:
    """Replace the user's own password; every other session of the user ends.

    Raises :class:`UnableToChangePassword` with every rule the new password breaks.
    """
    with audit.action("accounts.password.changed", origin=origin, target=f"user:{user.pk}"):
        if not user.check_password(current):
            raise UnableToChangePassword(["当前密码不正确。"], "current")
        try:
            validate_password(new, user)
        except ValidationError as error:
            raise UnableToChangePassword(list(error.messages)) from error
        _store(user, new, now, must_change=False)


def issue_password(user: User, now: datetime) -> str:
    """Give the user a random password that must be changed at the next sign-in; all sessions end."""
    issued = _random_password()
    _store(user, issued, now, must_change=True)
    return issued


def _store(user: User, password: str, now: datetime, must_change: bool) -> None:
    if user.has_usable_password():
        PasswordRecord.objects.create(user=user, digest=user.password, set_at=user.password_changed_at or now)
    keep = user.password_records.values_list("pk", flat=True)[: settings.PASSWORD_HISTORY]
    user.password_records.exclude(pk__in=list(keep)).delete()
    user.password = make_password(password)
    user.password_changed_at = now
    user.must_change_password = must_change
    user.session_stamp = new_stamp()
    user.save(update_fields=["password", "password_changed_at", "must_change_password", "session_stamp"])


def _random_password() -> str:
    letters = [secrets.choice(alphabet) for alphabet in ISSUED_ALPHABET]
    letters += [secrets.choice("".join(ISSUED_ALPHABET[:3])) for _ in range(12)]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)

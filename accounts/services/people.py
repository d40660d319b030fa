"""Accounts are opened, closed and given new passwords by the system officer."""

from contextlib import AbstractContextManager
from datetime import datetime

from django.db import IntegrityError, transaction

import audit
from accounts.models import Agency, User
from accounts.models.user import new_stamp
from accounts.names import ALLOWED, canonical_username
from accounts.roles import Role
from audit import Origin

from .passwords import issue_password
from .second_factor import forget_devices


class UnableToCreateUser(Exception):
    """The account cannot be opened; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "username") -> None:
        super().__init__(reason)
        self.field = field


class UnableToChangeUser(Exception):
    """The account may not be changed in this way or not by this officer; the text says why."""


def create_user(
    officer: User, username: str, full_name: str, agency: Agency, *, now: datetime, origin: Origin
) -> tuple[User, str]:
    """Open an account without any role. Returns it with its issued password, which is not kept."""
    name = canonical_username(username)
    detail = {"username": name, "agency": agency.code}
    with audit.action("accounts.user.created", origin=origin, detail=detail) as entry:
        if Role.SYSTEM_OFFICER not in officer.roles:
            raise UnableToCreateUser("只有系统管理员可以开设账号。")
        if not ALLOWED.fullmatch(name):
            raise UnableToCreateUser(
                "用户名为 2 至 40 位小写字母、数字、点、下划线或短横线，以字母或数字开头。"
            )
        if not agency.is_active:
            raise UnableToCreateUser("该机构已停用，不能开设账号。", "agency")
        user = User(username=name, full_name=full_name.strip(), agency=agency)
        user.set_unusable_password()
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError as error:
            raise UnableToCreateUser("该用户名已被使用（不区分大小写与全角半角）。") from error
        entry.target = f"user:{user.pk}"
        return user, issue_password(user, now)


def disable_user(officer: User, user: User, *, now: datetime, origin: Origin) -> None:
    """Close an account at once: sessions, tokens, authenticator and recovery codes end with it."""
    with _action("accounts.user.disabled", user, origin):
        _require_officer_over(officer, user)
        user.is_active = False
        user.session_stamp = new_stamp()
        user.save(update_fields=["is_active", "session_stamp"])
        user.tokens.filter(revoked_at__isnull=True).update(revoked_at=now)
        forget_devices(user)


def enable_user(officer: User, user: User, *, now: datetime, origin: Origin) -> str:
    """Open a closed account again; returns the password issued for it."""
    with _action("accounts.user.enabled", user, origin):
        _require_officer_over(officer, user)
        user.is_active = True
        user.save(update_fields=["is_active"])
        return issue_password(user, now)


def reset_password(officer: User, user: User, *, now: datetime, origin: Origin) -> str:
    """Issue a new password, to be changed at the next sign-in; all sessions of the user end."""
    with _action("accounts.password.issued", user, origin):
        _require_officer_over(officer, user)
        if not user.is_active:
            raise UnableToChangeUser("该账号已停用，请先启用。")
        return issue_password(user, now)


def reset_second_factor(officer: User, user: User, *, origin: Origin) -> None:
    """Take away a lost authenticator.

    The security officer does it, the system officer issues passwords: nobody alone takes an account over.
    """
    with _action("accounts.authenticator.removed", user, origin):
        if Role.SECURITY_OFFICER not in officer.roles or officer.pk == user.pk:
            raise UnableToChangeUser("验证器只能由安全保密管理员为他人解除绑定。")
        forget_devices(user)
        user.session_stamp = new_stamp()
        user.save(update_fields=["session_stamp"])


def _action(code: str, user: User, origin: Origin) -> AbstractContextManager[audit.Draft]:
    return audit.action(code, origin=origin, target=f"user:{user.pk}", detail={"username": user.username})


def _require_officer_over(officer: User, user: User) -> None:
    if Role.SYSTEM_OFFICER not in officer.roles:
        raise UnableToChangeUser("只有系统管理员可以管理账号。")
    if officer.pk == user.pk:
        raise UnableToChangeUser("不能对自己的账号进行此操作，请由另一名系统管理员办理。")

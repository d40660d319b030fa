"""Users and the roles they hold."""

import secrets
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from accounts.names import canonical_username
from accounts.roles import CARDS, THREE_OFFICERS, Role

from .agency import Agency


class Unwidened(models.Func):
    """Full-width and other compatibility forms folded to the plain letters (NFKC)."""

    template = "normalize(%(expressions)s, NFKC)"
    arity = 1


def new_stamp() -> str:
    return secrets.token_hex(8)


class UnableToMakeSuperuser(Exception):
    """The portal has no superuser: rights are granted as roles, by the security officer."""


class PortalUserManager(UserManager["User"]):
    """Django's manager without its way to a user who may do everything."""

    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> "User":
        """By any spelling of the name: the unique index answers."""
        spelled = canonical_username(username or "")
        return self.annotate(spelled=Lower(Unwidened("username"))).get(spelled=spelled)

    def create_superuser(self, *args: Any, **kwargs: Any) -> "User":
        if not settings.PORTAL_SUPERUSERS_ALLOWED:
            raise UnableToMakeSuperuser("平台不设超级用户。请用 manage.py first_officers 建立首批管理员。")
        return super().create_superuser(*args, **kwargs)


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """A person who signs in. Rights come from :class:`RoleGrant`, never from ``is_superuser``.

    ``session_stamp`` is part of what every session was signed for: renewing it ends them all.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="users")
    full_name = models.CharField("姓名", max_length=60, blank=True, default="")
    must_change_password = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField("演示账号", default=False)
    session_stamp = models.CharField(max_length=32, default=new_stamp, editable=False)

    objects: ClassVar[PortalUserManager] = PortalUserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower(Unwidened("username")),
                name="accounts_username_any_spelling",
                violation_error_message="该用户名已被使用（不区分大小写与全角半角）。",
            )
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Roles in force; read once per request."""
        if not self.is_active:
            return frozenset()
        codes = self.role_grants.values_list("role", flat=True)
        return frozenset(Role(code) for code in codes)

    @property
    def role_label(self) -> str:
        return "、".join(CARDS[role].label for role in sorted(self.roles, key=list(Role).index))

    @property
    def needs_second_factor(self) -> bool:
        """True if one of the roles may only be used after a second step at sign-in."""
        return any(CARDS[role].second_factor for role in self.roles)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        return salted_hmac(
            "accounts.User.session", self.password + self.session_stamp, secret=secret, algorithm="sha256"
        ).hexdigest()


class RoleGrant(models.Model):
    """That a user holds a role, and who gave it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="role_grants")
    role = models.CharField("角色", max_length=32, choices=[(r.value, CARDS[r].label) for r in Role])
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="accounts_one_grant_a_role"),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(role__in=sorted(role.value for role in THREE_OFFICERS)),
                name="accounts_one_officer_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}：{CARDS[Role(self.role)].label}"


class PasswordRecord(models.Model):
    """Hash of a password a user had, so that it is not taken again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="password_records")
    digest = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["-set_at", "-id"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.set_at:%Y-%m-%d}"

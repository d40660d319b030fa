"""Users and the roles they hold."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from accounts.roles import CARDS, Role

from .agency import Agency


class User(AbstractUser):
    """A person who signs in. Rights come from :class:`RoleGrant`, never from ``is_superuser``."""

    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="users")
    full_name = models.CharField("姓名", max_length=60, blank=True, default="")
    must_change_password = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField("演示账号", default=False)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("username"), name="accounts_username_any_case")]

    def __str__(self) -> str:
        return self.full_name or self.username

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


class RoleGrant(models.Model):
    """That a user holds a role, and who gave it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="role_grants")
    role = models.CharField("角色", max_length=32, choices=[(r.value, CARDS[r].label) for r in Role])
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="accounts_one_grant_a_role")]

    def __str__(self) -> str:
        return f"{self.user}：{CARDS[Role(self.role)].label}"

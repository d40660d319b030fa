"""API tokens: the secret is shown once, its hash is kept."""

from datetime import datetime

from django.db import models

from accounts.token_scopes import Scope

from .agency import Agency
from .user import User


class ApiToken(models.Model):
    """A program's key to the API, acting for ``user`` within ``scopes`` until ``expires_at``."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="tokens")
    user = models.ForeignKey(User, models.PROTECT, related_name="tokens")
    name = models.CharField("用途", max_length=60)
    prefix = models.CharField("令牌前缀", max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField("权限范围", default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name}（{self.prefix}…）"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    @property
    def scope_labels(self) -> str:
        return "、".join(Scope(code).label for code in self.scopes)

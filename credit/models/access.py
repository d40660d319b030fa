"""Who may look deeper, why they look, and what they follow."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Agency


class Authorisation(models.Model):
    """An enterprise lets one bank see its L3 facts, for a purpose, within a scope, until a day.

    Made by the enterprise's own representative, revocable at once; never edited otherwise.
    """

    enterprise_id = models.IntegerField()
    enterprise_code = models.CharField("统一社会信用代码", max_length=18)
    bank = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    purpose = models.CharField("用途", max_length=100)
    scope = ArrayField(models.CharField(max_length=20), verbose_name="授权范围")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField("授权时间")
    expires_on = models.DateField("有效期至")
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-granted_at"]
        indexes = [models.Index(fields=["enterprise_id", "bank"], name="credit_authorisation_of")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True)
                | models.Q(revoked_at__gte=models.F("granted_at")),
                name="credit_revoked_after_granted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_code} → {self.bank}"


class ViewPurpose(models.TextChoices):
    BEFORE = "before", "贷前调查"
    DURING = "during", "贷中审查"
    AFTER = "after", "贷后管理"


class PurposeDeclaration(models.Model):
    """Why a user opens a profile, asked once per enterprise and day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    enterprise_id = models.IntegerField()
    day = models.DateField()
    purpose = models.CharField("查询目的", max_length=8, choices=ViewPurpose.choices)
    declared_at = models.DateTimeField()
    last_viewed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "enterprise_id", "day"], name="credit_purpose_once_a_day")
        ]
        indexes = [models.Index(fields=["user", "-last_viewed_at"], name="credit_recently_viewed")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.enterprise_id} {self.get_purpose_display()}"


class WatchEntry(models.Model):
    """An enterprise on a user's watch list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    enterprise_id = models.IntegerField()
    note = models.CharField("备注", max_length=100, blank=True, default="")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "enterprise_id"], name="credit_watched_once")]
        ordering = ["-added_at"]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.enterprise_id}"

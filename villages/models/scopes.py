"""Grants on villages, and what a reader said before a resident's entry was opened to him."""

from django.conf import settings
from django.db import models
from guardian.models import UserObjectPermissionBase

from .places import Resident, Village

ADMINISTER = "administer_village"


class VillageUserPermission(UserObjectPermissionBase):
    """A user's grant on one village besides the own one; a direct foreign key, so lists stay quick."""

    id = models.BigAutoField(primary_key=True)
    content_object = models.ForeignKey(Village, models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class Tie(models.Model):
    """That a reviewer is a resident, or related to one: what he may not decide on. Declared, never guessed."""

    class Relation(models.TextChoices):
        SELF = "self", "本人"
        RELATIVE = "relative", "亲属"
        FRIEND = "interest", "其他利害关系"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="village_ties")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+")
    relation = models.CharField("关系", max_length=10, choices=Relation.choices)
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "resident"], name="villages_one_tie"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(relation="self"), name="villages_one_self"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.get_relation_display()} {self.resident_id}"


class TownCheck(models.Model):
    """The town opens one resident's entry for a stated reason, until the end of the day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+")
    reason = models.CharField("核查事由", max_length=200)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "expires_at"], name="villages_checks_of")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.resident_id}"


class Opening(models.Model):
    """That somebody opened a resident's data: what the resident may read about it."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="openings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    what = models.CharField("查看内容", max_length=40)
    reason = models.CharField("事由", max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["resident", "-at"], name="villages_openings_of")]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.what}"

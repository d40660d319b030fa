"""Files on their way to become tables: how each is read is proposed, confirmed, then done."""

from django.conf import settings
from django.db import models

from .datasets import Resource


class IntakeState(models.TextChoices):
    PROPOSED = "proposed", "待确认"
    TAKEN = "taken", "已入表"
    REFUSED = "refused", "未能读取"


class Intake(models.Model):
    """One file handed in for a resource.

    ``plan`` says how it is read (sheet, encoding, delimiter, header line, columns with their types);
    ``problems`` names row and column of what did not fit.
    """

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="intakes")
    file_digest = models.CharField(max_length=64)
    file_name = models.CharField("文件名", max_length=200)
    file_bytes = models.BigIntegerField("文件大小")
    state = models.CharField("状态", max_length=8, choices=IntakeState.choices, default=IntakeState.PROPOSED)
    plan = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    problem_count = models.IntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name

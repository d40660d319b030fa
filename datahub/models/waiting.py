"""Rows whose enterprise is not known yet; they are looked at again when the register grows."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .batch import Batch


class WaitingState(models.TextChoices):
    UNKNOWN = "unknown", "主体未登记"
    DOUBTFUL = "doubtful", "同名待确认"
    MATCHED = "matched", "已匹配"
    DROPPED = "dropped", "已放弃"


class WaitingRow(models.Model):
    """A good row of a batch that names an enterprise nobody knows, or a name that several bear."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="waiting", db_index=False)
    state = models.CharField(max_length=10, choices=WaitingState.choices)
    line = models.IntegerField()
    code = models.CharField(max_length=18, blank=True, default="")
    name = models.CharField(max_length=200, blank=True, default="")
    item_id = models.SmallIntegerField()
    natural_key = models.TextField()
    payload = models.JSONField()
    nums = ArrayField(models.FloatField(null=True), null=True)
    level = models.CharField(max_length=40, null=True)  # noqa: DJ001
    event_date = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    released_on = models.DateField(null=True)
    repaired_on = models.DateField(null=True)
    enterprise_id = models.IntegerField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "line"], name="datahub_waiting_place"),
            models.Index(fields=["code"], condition=models.Q(state="unknown"), name="datahub_waiting_code"),
            models.Index(
                fields=["name"],
                condition=models.Q(state__in=["unknown", "doubtful"]),
                name="datahub_waiting_name",
            ),
        ]

    def __str__(self) -> str:
        return f"第 {self.line} 行"

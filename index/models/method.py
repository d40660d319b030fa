"""Which definition counts, and which computation made a number."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class MethodVersion(models.Model):
    """A definition frozen with its fences under one hash. Never changed; another one replaces it at a link date.

    ``fences`` maps indicator codes to two numbers; ``indicators`` is the order of columns in every stored array.
    """

    code = models.CharField("版本", max_length=20, unique=True)
    definition = models.TextField()
    definition_hash = models.CharField(max_length=64)
    indicators = ArrayField(models.CharField(max_length=20))
    supplied = ArrayField(models.CharField(max_length=20))
    fences: Any = models.JSONField()
    code_hash = models.CharField(max_length=64)
    known_at = models.DateTimeField("数据截至")
    released_at = models.DateTimeField("发布时间")
    is_current = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="index_one_current_method"
            )
        ]

    def __str__(self) -> str:
        return self.code


class RunKind(models.TextChoices):
    BACKFILL = "backfill", "历史回算"
    DAILY = "daily", "每日计算"


class RunState(models.TextChoices):
    RUNNING = "running", "计算中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"


class Run(models.Model):
    """One computation: what it knew, which days it settled, how far it came."""

    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="runs")
    kind = models.CharField("类别", max_length=8, choices=RunKind.choices)
    state = models.CharField("状态", max_length=8, choices=RunState.choices, default=RunState.RUNNING)
    first_day = models.DateField("起始日")
    last_day = models.DateField("截止日")
    next_day = models.DateField()
    known_at = models.DateTimeField("数据截至")
    realtime = models.DateTimeField("发布时间")
    arrived_by = models.DateField("模拟到达日（演示）", null=True, blank=True)
    last_change_id = models.IntegerField("末次变更", default=0)
    data_version = models.CharField("数据版本", max_length=64, blank=True, default="")
    code_hash = models.CharField(max_length=64)
    releases: Any = models.JSONField(default=dict)
    entities = models.IntegerField("参与计算主体", default=0)
    changed_entities = models.IntegerField("变动主体", default=0)
    points = models.IntegerField("变动点", default=0)
    values_written = models.IntegerField("写入数值", default=0)
    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    problem = models.CharField("原因", max_length=400, blank=True, default="")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.last_day}"

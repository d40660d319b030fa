"""Alerts: a state per series, with the evidence of the day that raised it, and its append-only history."""

from typing import Any

from django.conf import settings
from django.db import models

from index.models.cube import Panel
from index.models.method import MethodVersion, Run


class AlertState(models.TextChoices):
    PENDING = "pending", "待确认"
    ALERTING = "alerting", "预警中"
    RECOVERING = "recovering", "恢复中"
    NO_DATA = "no_data", "缺数据"
    CLOSED = "closed", "已关闭"


class Alert(models.Model):
    """An episode of one series: opened by a signal, ended by recovery or by a person with a reason.

    ``evidence`` holds the data points that caused it, contributions, and the vintage they came from.
    """

    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+")
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="+")
    dimension = models.SmallIntegerField("维度", default=0)
    kind = models.CharField("依据", max_length=10)
    state = models.CharField("状态", max_length=12, choices=AlertState.choices)
    light = models.CharField("灯号", max_length=12, blank=True, default="")
    direction = models.SmallIntegerField("方向", default=0)
    opened_on = models.DateField("起始日")
    last_on = models.DateField("最近触发日")
    closed_on = models.DateField("结束日", null=True, blank=True)
    size = models.FloatField("强度")
    evidence: Any = models.JSONField(default=dict)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField("确认时间", null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="index_alerts"
    )
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.CharField("关闭原因", max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-last_on", "-size", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["method", "panel", "dimension", "kind"],
                condition=~models.Q(state="closed"),
                name="index_alert_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.panel_id}/{self.dimension} {self.opened_on}"


class AlertEvent(models.Model):
    """What happened to an alert, by whom; append-only."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events")
    at = models.DateTimeField("时间")
    day = models.DateField("数据日期")
    what = models.CharField(max_length=16)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.what}"

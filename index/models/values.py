"""Published values with both of their times: never updated, a revision closes the old row and adds another."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from index.models.cube import Panel
from index.models.method import MethodVersion, Run


class IndexValue(models.Model):
    """One panel on one day, as published from ``realtime_start`` until ``realtime_end``.

    ``chain``: total, then each dimension, last the total without matching; NaN where nothing is known. It
    starts at 100 on the panel's first day; shown values are ``chain`` times the panel's reference factor.
    ``level``: total, then each dimension, scores from 0 to 100. The run names method, data and code.
    """

    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+", db_index=False)
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField("日期")
    chain = ArrayField(models.FloatField())
    level = ArrayField(models.FloatField())
    entities = models.IntegerField("主体数")
    coverage = models.FloatField("覆盖权重")
    provisional = models.BooleanField("暂定")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)
    realtime_start = models.DateTimeField()
    realtime_end = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["method", "panel", "day"], name="index_value_series"),
            models.Index(
                fields=["method", "day"], condition=models.Q(realtime_end=None), name="index_value_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.panel_id}@{self.day}"


class PanelReference(models.Model):
    """Factors that bring a panel's chain to 100 on average of the base period; frozen once the period is over.

    One factor for the total, each dimension and the unmatched total. ``is_short``: the panel has no whole
    base period, so its own first year stands for it.
    """

    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+", db_index=False)
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="+", db_index=False)
    factors = ArrayField(models.FloatField())
    is_short = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["method", "panel"], name="index_reference_once")]

    def __str__(self) -> str:
        return f"{self.panel_id}"

"""The yearly list of key data to open (年度公共数据开放重点清单)."""

from django.conf import settings
from django.db import models

from catalog.opening_words import KeyListState, Progress
from catalog.vocabulary import Lane, Opening

from .datasets import Dataset, Publisher


class KeyList(models.Model):
    """One year's list."""

    year = models.PositiveSmallIntegerField("年度", unique=True)
    state = models.CharField("状态", max_length=16, choices=KeyListState.choices, default=KeyListState.DRAFT)
    foreword = models.TextField("编制说明", blank=True, default="")
    consultation_from = models.DateField("征求意见起", null=True, blank=True)
    consultation_to = models.DateField("征求意见止", null=True, blank=True)
    adopted_on = models.DateField("印发日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"慈溪市 {self.year} 年度公共数据开放重点清单"


class KeyListEntry(models.Model):
    """One line of the list: what, by whom, until when, how far."""

    key_list = models.ForeignKey(KeyList, models.CASCADE, related_name="entries")
    lane = models.CharField("领域", max_length=32, choices=Lane.choices)
    position = models.PositiveSmallIntegerField("次序", default=0)
    title = models.CharField("数据名称", max_length=200)
    content = models.CharField("主要内容", max_length=400, blank=True, default="")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="key_entries")
    opening = models.CharField("开放属性", max_length=12, choices=Opening.choices, default=Opening.OPEN)
    due_on = models.DateField("计划开放日期")
    progress = models.CharField("进展", max_length=12, choices=Progress.choices, default=Progress.PLANNED)
    note = models.CharField("进展说明", max_length=400, blank=True, default="")
    late_reason = models.CharField("逾期理由", max_length=400, blank=True, default="")
    dataset = models.ForeignKey(
        Dataset, models.SET_NULL, null=True, blank=True, related_name="key_entries", verbose_name="对应数据集"
    )
    done_on = models.DateField("开放日期", null=True, blank=True)

    class Meta:
        ordering = ["key_list", "lane", "position", "id"]

    def __str__(self) -> str:
        return self.title


class KeyListComment(models.Model):
    """What the public said of the draft (征求意见). Shown once moderated; the reply is public."""

    key_list = models.ForeignKey(KeyList, models.CASCADE, related_name="comments")
    entry = models.ForeignKey(KeyListEntry, models.SET_NULL, null=True, blank=True, related_name="comments")
    name = models.CharField("称呼", max_length=40)
    text = models.TextField("意见")
    at = models.DateTimeField()
    due_on = models.DateField("答复期限")
    reply = models.TextField("答复", blank=True, default="")
    accepted = models.BooleanField("采纳", null=True, blank=True)
    is_public = models.BooleanField("公开", default=False)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    replied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.name}的意见"

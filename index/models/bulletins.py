"""简报 and annotations."""

from typing import Any

from django.conf import settings
from django.db import models

from index.models.method import Run


class BulletinState(models.TextChoices):
    DRAFT = "draft", "草稿"
    SIGNED = "signed", "已签发"


class Bulletin(models.Model):
    """A bulletin over a window: machine-written text and table, the analyst's comment, a second person's sign-off.

    ``facts`` are the figures the text was written from; once signed nothing of it changes.
    """

    panel_code = models.CharField("范围", max_length=60)
    since = models.DateField("起始日")
    until = models.DateField("截止日")
    title = models.CharField("标题", max_length=120)
    text = models.TextField("机器撰写")
    facts: Any = models.JSONField(default=dict)
    comment = models.TextField("分析员点评", blank=True, default="", max_length=2000)
    state = models.CharField("状态", max_length=8, choices=BulletinState.choices, default=BulletinState.DRAFT)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("起草时间")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField("签发时间", null=True, blank=True)

    class Meta:
        ordering = ["-until", "-id"]

    def __str__(self) -> str:
        return self.title


class Annotation(models.Model):
    """An event worth a mark on charts; empty town and section mean all of them."""

    day = models.DateField("起始日")
    until = models.DateField("截止日", null=True, blank=True)
    title = models.CharField("事件", max_length=60)
    text = models.CharField("说明", max_length=300, blank=True, default="")
    town = models.CharField("镇街", max_length=9, blank=True, default="")
    section = models.CharField("行业门类", max_length=1, blank=True, default="")
    key = models.CharField(max_length=40, unique=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "id"]

    def __str__(self) -> str:
        return f"{self.day} {self.title}"

"""What people say to the publishers, and the answers everybody may read."""

from django.conf import settings
from django.db import models

from .datasets import Dataset, Publisher


class FeedbackKind(models.TextChoices):
    QUESTION = "question", "咨询"
    CORRECTION = "correction", "纠错"
    SUGGESTION = "suggestion", "建议"
    COMPLAINT = "complaint", "投诉"
    REQUEST = "request", "数据需求"


class FeedbackState(models.TextChoices):
    RECEIVED = "received", "待受理"
    ACCEPTED = "accepted", "办理中"
    ANSWERED = "answered", "已答复"
    DECLINED = "declined", "不予受理"


class Feedback(models.Model):
    """A question, correction, suggestion, complaint or request for data. No account is needed.

    Nothing a visitor wrote is shown to others before somebody released it (``is_public``). The contact is
    kept as ciphertext and told to nobody but who answers.
    """

    number = models.CharField("编号", max_length=20, unique=True)
    kind = models.CharField("类别", max_length=12, choices=FeedbackKind.choices)
    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, blank=True, related_name="feedback")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="feedback", verbose_name="承办单位")
    title = models.CharField("标题", max_length=100)
    text = models.TextField("内容")
    contact = models.TextField(blank=True, default="")
    state = models.CharField(
        "状态", max_length=10, choices=FeedbackState.choices, default=FeedbackState.RECEIVED
    )
    is_public = models.BooleanField("公开", default=False)
    answer = models.TextField("答复", blank=True, default="")
    accept_by = models.DateField("受理期限")
    answer_by = models.DateField("答复期限")
    created_at = models.DateTimeField("提交时间")
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["publisher", "state"], name="catalog_feedback_waiting")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

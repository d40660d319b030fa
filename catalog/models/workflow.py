"""The way of a dataset to the public: every step with who, why and when."""

from django.conf import settings
from django.db import models

from catalog.vocabulary import State

from .datasets import Dataset


class Action(models.TextChoices):
    """What someone did to a dataset."""

    SUBMIT = "submit", "提交部门审核"
    RECALL = "recall", "撤回提交"
    PASS = "pass", "部门审核通过"
    RETURN = "return", "退回修改"
    APPROVE = "approve", "数据中心审核通过"
    PUBLISH = "publish", "发布"
    BLOCK = "block", "发布受阻"
    REVISE = "revise", "发起修订"
    WITHDRAW = "withdraw", "下架"
    RESTORE = "restore", "恢复为草稿"


class WorkflowStep(models.Model):
    """One step (流转记录). ``findings``: what the gate said, if it was asked."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="steps")
    action = models.CharField("操作", max_length=12, choices=Action.choices)
    before = models.CharField("原状态", max_length=20, choices=State.choices, blank=True, default="")
    after = models.CharField("新状态", max_length=20, choices=State.choices)
    reason = models.CharField("意见", max_length=1000, blank=True, default="")
    findings = models.JSONField(default=list, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["dataset", "at", "id"]

    def __str__(self) -> str:
        return f"{self.dataset}：{self.get_action_display()}"

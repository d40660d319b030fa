"""How far a long piece of work is."""

from django.db import models


class Progress(models.Model):
    """State of one piece of background work; the worker writes it, pages and a restarted worker read it."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待处理"
        RUNNING = "running", "处理中"
        DONE = "done", "已完成"
        FAILED = "failed", "未完成"

    key = models.CharField(max_length=80, primary_key=True)
    title = models.CharField("名称", max_length=120)
    owner_id = models.BigIntegerField("发起人", null=True)
    is_shared = models.BooleanField("所有登录用户可见", default=False)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.WAITING)
    total = models.BigIntegerField("总数", null=True)
    done = models.BigIntegerField("已处理", default=0)
    rejected = models.BigIntegerField("退回", default=0)
    message = models.CharField("说明", max_length=300, blank=True, default="")
    next_url = models.CharField("完成后前往", max_length=300, blank=True, default="")
    created_at = models.DateTimeField("登记时间")
    started_at = models.DateTimeField("开始时间", null=True)
    heartbeat_at = models.DateTimeField("最近更新", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)
    paced_at = models.DateTimeField(null=True)  # where the pace is measured from: moved when work is resumed
    paced_done = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["owner_id", "-created_at"], name="foundation_progress_owner")]

    def __str__(self) -> str:
        return f"{self.title} {self.done}/{self.total}"

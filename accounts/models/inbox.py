"""What waits for a user (待办) and what a user should know (消息): one table for both."""

from django.db import models

from .user import User


class InboxItem(models.Model):
    """A task is open, a message new, until ``done_at``.

    ``key`` names the matter a task belongs to (``datahub.confirm:17``): whoever settles it first closes
    the task for everybody.
    """

    class Kind(models.TextChoices):
        TASK = "task", "待办"
        MESSAGE = "message", "消息"

    user = models.ForeignKey(User, models.CASCADE, related_name="inbox")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=120, blank=True, default="")
    title = models.CharField("标题", max_length=200)
    text = models.TextField("内容", blank=True, default="")
    url = models.CharField(max_length=300, blank=True, default="")
    due_on = models.DateField("办理期限", null=True, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"],
                condition=models.Q(kind="task", done_at__isnull=True),
                name="accounts_one_open_task_a_matter",
            )
        ]
        indexes = [
            models.Index(
                fields=["user"],
                condition=models.Q(done_at__isnull=True),
                name="accounts_inbox_waiting",
            ),
            models.Index(fields=["user", "-created_at"], name="accounts_inbox_of_user"),
            models.Index(fields=["key"], condition=models.Q(done_at__isnull=True), name="accounts_inbox_key"),
        ]

    def __str__(self) -> str:
        return self.title

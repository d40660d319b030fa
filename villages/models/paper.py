"""Votes cast on paper: counted by two people, entered once."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .activities import Activity


class PaperCount(models.Model):
    """The ballot box of one vote: votes of each choice, spoilt ones, and who took a ballot (never with a choice).

    ``counts`` maps the number of a choice to its votes. It counts from the moment the second counter confirms it.
    """

    class State(models.TextChoices):
        ENTERED = "entered", "待第二计票人确认"
        CONFIRMED = "confirmed", "已计入"
        RETURNED = "returned", "已退回"

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="paper_counts")
    counts = models.JSONField("各选项票数")
    spoilt = models.PositiveIntegerField("废票")
    voter_ids = models.JSONField("领票人")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.ENTERED)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="计票人"
    )
    entered_at = models.DateTimeField()
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="第二计票人"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField("退回原因", max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-entered_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["activity"], condition=~Q(state="returned"), name="villages_one_paper_count"
            ),
            models.CheckConstraint(condition=~Q(entered_by=F("second")), name="villages_two_count_paper"),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.get_state_display()}"

    @property
    def votes(self) -> int:
        """Votes for any choice, without spoilt ones."""
        return sum(self.counts.values())

"""The record store: every fact with both of its times and the line it came from."""

from django.db import models

from .batch import Batch


class ChangeKind(models.TextChoices):
    PROMOTED = "promoted", "入库"
    WITHDRAWN = "withdrawn", "撤回"
    MATCHED = "matched", "匹配入库"


class Change(models.Model):
    """One step of the store. Numbers and times rise together, since both are drawn under the
    promotion lock: a run that notes the last change has seen all of it and nothing after."""

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    touched = models.IntegerField(default=0)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"


class TouchedEnterprise(models.Model):
    """Whose facts a change altered; what stands above the hub recalculates exactly these."""

    # No constraint in the database: a check per row costs more than the row; open_change made the change.
    change = models.ForeignKey(
        Change, models.CASCADE, related_name="touched_rows", db_index=False, db_constraint=False
    )
    enterprise_id = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "enterprise_id"], name="datahub_touched_once")
        ]

    def __str__(self) -> str:
        return f"{self.change_id}:{self.enterprise_id}"


class Record(models.Model):
    """A fact of an enterprise as one delivery stated it.

    Known at instant T iff ``received_at <= T`` and not ``superseded_at <= T``; in force on day D iff
    ``valid_from <= D <= valid_to`` and neither released nor repaired by D. Rows are never edited but
    for closing them (``superseded_at``). ``batch_id`` and ``line`` say where the fact stood;
    ``origin_batch_id`` says whose promotion made this version (they differ when a full delivery ends
    a fact it no longer lists, and for rows that a withdrawal brought back).

    The table is hash-partitioned by enterprise into sixteen (``datahub_record_p00`` … ``_p15``): a
    profile reads one part, a recalculation takes part after part. It has no foreign keys in the
    database: a million row checks would cost more than the promotion, whose joins are the guarantee.
    """

    PARTITIONS = 16

    id = models.BigAutoField(primary_key=True)
    enterprise_id = models.IntegerField()
    item_id = models.SmallIntegerField()
    natural_key = models.TextField()
    payload = models.JSONField()
    level = models.CharField(max_length=40, null=True)  # noqa: DJ001  null: the item has no level, or it is empty
    event_date = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    released_on = models.DateField(null=True)
    repaired_on = models.DateField(null=True)
    received_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    batch_id = models.IntegerField()
    origin_batch_id = models.IntegerField()
    change_id = models.IntegerField()
    superseded_change_id = models.IntegerField(null=True)
    line = models.IntegerField()

    class Meta:
        managed = False
        db_table = "datahub_record"

    def __str__(self) -> str:
        return f"{self.item_id}:{self.natural_key}"

"""Scores and the runs that made them. Everything here is added, never edited, but for the pointer
row of each enterprise (:class:`Standing`) and the progress of runs and chunks."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class ScorecardRelease(models.Model):
    """A frozen model: card, reference tables, hash. Retired releases stay runnable."""

    version = models.CharField("版本", max_length=20, unique=True)
    model_hash = models.CharField(max_length=64)
    card = models.TextField()
    reference = models.TextField()
    is_current = models.BooleanField(default=False)
    released_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="credit_one_current_release"
            )
        ]

    def __str__(self) -> str:
        return self.version


class RunKind(models.TextChoices):
    FULL = "full", "全量重算"
    TOUCHED = "touched", "变动重算"


class RunState(models.TextChoices):
    RUNNING = "running", "计算中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"


class ScoreRun(models.Model):
    """One recalculation: which model, which day, which knowledge, what it read and wrote."""

    kind = models.CharField("类别", max_length=8, choices=RunKind.choices)
    state = models.CharField("状态", max_length=8, choices=RunState.choices, default=RunState.RUNNING)
    release = models.ForeignKey(ScorecardRelease, models.PROTECT, related_name="runs")
    as_of = models.DateField("评分日")
    known_at = models.DateTimeField("数据截至")
    last_change_id = models.IntegerField("末次变更", default=0)
    last_batch_id = models.IntegerField("末次入库批次", default=0)
    supplied = ArrayField(models.CharField(max_length=60), default=list)
    code_revision = models.CharField(max_length=40, blank=True, default="")
    input_digest = models.CharField("输入摘要", max_length=64, blank=True, default="")
    enterprises = models.IntegerField("参评企业", default=0)
    changed = models.IntegerField("变动评分", default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    problem = models.CharField("原因", max_length=400, blank=True, default="")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_kind_display()} {self.as_of}"


class ScoreChunk(models.Model):
    """A part of a run that one worker does in one transaction: some shards, or a list of enterprises."""

    run = models.ForeignKey(ScoreRun, models.CASCADE, related_name="chunks", db_index=False)
    number = models.SmallIntegerField()
    shards = ArrayField(models.SmallIntegerField(), null=True)
    enterprise_ids = ArrayField(models.IntegerField(), null=True)
    is_done = models.BooleanField(default=False)
    input_digest = models.CharField(max_length=64, blank=True, default="")
    enterprises = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    enqueued_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="credit_chunk_once")]
        indexes = [
            models.Index(fields=["is_done"], condition=models.Q(is_done=False), name="credit_chunk_open")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class Score(models.Model):
    """One enterprise's score by one run; see ``credit.contracts.ScoreTable`` for the meaning of columns.

    Written by binary COPY in fixed-width rows, so the arrays have no nulls: NaN stands for nothing.
    """

    pk = models.CompositePrimaryKey("enterprise_id", "run_id")
    enterprise_id = models.IntegerField()
    run_id = models.IntegerField()
    as_of = models.DateField()
    total = models.FloatField()
    uncapped = models.FloatField()
    base = models.FloatField()
    penalty = models.FloatField()
    cap = models.FloatField()
    cap_code = models.SmallIntegerField()
    caps_fired = models.BigIntegerField()
    baseline = models.FloatField()
    coverage = models.FloatField()
    peer_group = models.SmallIntegerField()
    confidence = models.SmallIntegerField()
    grade = models.SmallIntegerField()
    word = models.SmallIntegerField()
    forces = ArrayField(models.FloatField())
    peer_forces = ArrayField(models.FloatField())
    force_coverage = ArrayField(models.FloatField())
    leaf_values = ArrayField(models.FloatField())
    leaf_scores = ArrayField(models.FloatField())
    leaf_states = ArrayField(models.SmallIntegerField())
    leaf_records = ArrayField(models.BigIntegerField())
    contributions = ArrayField(models.FloatField())
    adverse = ArrayField(models.SmallIntegerField())
    favourable = ArrayField(models.SmallIntegerField())
    digest = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.enterprise_id}@{self.run_id}"


class ScoreEvidence(models.Model):
    """A record behind a penalty or a cap of one score."""

    enterprise_id = models.IntegerField()
    run_id = models.IntegerField()
    code = models.CharField(max_length=40)
    item = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    points = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["enterprise_id", "run_id"], name="credit_evidence_of")]

    def __str__(self) -> str:
        return f"{self.code}:{self.record_id}"


class Standing(models.Model):
    """Where each enterprise stands now: a pointer to its latest score, and what lists filter by."""

    enterprise_id = models.IntegerField(primary_key=True)
    run_id = models.IntegerField()
    as_of = models.DateField()
    total = models.FloatField()
    grade = models.SmallIntegerField()
    word = models.SmallIntegerField()
    thin = models.BooleanField()
    digest = models.BinaryField()
    previous_total = models.FloatField(null=True)
    previous_grade = models.SmallIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["grade"], name="credit_standing_grade")]

    def __str__(self) -> str:
        return f"{self.enterprise_id}: {self.total:.0f}"


class ConsumedChange(models.Model):
    """A change of the store that a run has followed; what is missing here the sweep picks up."""

    change_id = models.IntegerField(primary_key=True)
    run = models.ForeignKey(ScoreRun, models.PROTECT, null=True)

    def __str__(self) -> str:
        return str(self.change_id)

"""The cube by its daily changes, and what the next day starts from.

Packed columns are little-endian arrays, compressed; ``index/packing.py`` writes and reads them.
"""

from django.db import models

from index.models.method import MethodVersion, Run


class Cell(models.Model):
    """A cell of the cube: universe, town, industry section and size class under one number."""

    number = models.IntegerField(primary_key=True)
    universe = models.CharField(max_length=12)
    town = models.CharField("镇街", max_length=9, blank=True, default="")
    section = models.CharField("行业门类", max_length=1, blank=True, default="")
    size = models.CharField("规模", max_length=10, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["universe", "town", "section", "size"], name="index_cell_once")
        ]

    def __str__(self) -> str:
        return f"{self.universe}/{self.town}/{self.section}/{self.size}"


class Panel(models.Model):
    """What a series is about: a universe, a town, an industry, a size class or a crossing of two."""

    number = models.IntegerField(primary_key=True)
    code = models.CharField("代码", max_length=60, unique=True)
    kind = models.CharField("类别", max_length=14)
    universe = models.CharField(max_length=12)
    town = models.CharField("镇街", max_length=9, blank=True, default="")
    section = models.CharField("行业门类", max_length=1, blank=True, default="")
    size = models.CharField("规模", max_length=10, blank=True, default="")

    def __str__(self) -> str:
        return self.code


class CubeDay(models.Model):
    """A day's changes of the cube and of entities' scores. Append-only: a revision closes it and adds another.

    ``rows``: cell, indicator and the five parts of the change; ``applied``: entity, indicator and new score.
    ``freshness`` maps late indicators to the last day that brought figures of theirs.
    """

    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+")
    day = models.DateField("日期")
    rows = models.BinaryField()
    applied = models.BinaryField()
    digest = models.CharField(max_length=64)
    freshness = models.JSONField(default=dict)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    realtime_start = models.DateTimeField()
    realtime_end = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["method", "day"], condition=models.Q(realtime_end=None), name="index_cube_day_open"
            )
        ]
        indexes = [models.Index(fields=["method", "day", "realtime_start"], name="index_cube_day_vintage")]

    def __str__(self) -> str:
        return f"{self.day}"


class Checkpoint(models.Model):
    """Where every entity and every chain stood after a day: a working copy that can be made anew."""

    method = models.ForeignKey(MethodVersion, models.CASCADE, related_name="+")
    day = models.DateField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["method", "day"], name="index_checkpoint_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class Upcoming(models.Model):
    """Changes of one entity that time alone will bring: what lapses, what runs out of its window."""

    method = models.ForeignKey(MethodVersion, models.CASCADE, related_name="+", db_index=False)
    enterprise_id = models.IntegerField()
    next_day = models.DateField()
    points = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "enterprise_id"], name="index_upcoming_once")
        ]
        indexes = [models.Index(fields=["method", "next_day"], name="index_upcoming_due")]

    def __str__(self) -> str:
        return f"{self.enterprise_id}@{self.next_day}"


class Disclosure(models.Model):
    """Whether a panel may be shown: the verdict of ``index.engine.disclosure`` over all panels together.

    ``judged_on``: since when verdict and number of entities are what they are.
    """

    method = models.ForeignKey(MethodVersion, models.CASCADE, related_name="+", db_index=False)
    panel = models.ForeignKey(Panel, models.CASCADE, related_name="+", db_index=False)
    verdict = models.SmallIntegerField()
    entities = models.IntegerField()
    judged_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["method", "panel"], name="index_disclosure_once")]

    def __str__(self) -> str:
        return f"{self.panel_id}: {self.verdict}"


class RegisterCopy(models.Model):
    """Who is counted, where and how heavy, as known after a change of the store: a working copy for the judgement
    of disclosure, so that a night reads only enterprises with news. It can be made anew.
    """

    method = models.OneToOneField(MethodVersion, models.CASCADE, related_name="+")
    last_change_id = models.IntegerField()
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.method_id}@{self.last_change_id}"

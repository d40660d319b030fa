"""The data innovation competition (数据创新开放大赛)."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models

from accounts.models import Agency
from catalog.opening_words import Stage

from .datasets import Dataset


class Competition(models.Model):
    """One year's competition. ``criteria``: [{code, name, most}] with points that add up to 100."""

    year = models.PositiveSmallIntegerField("年度", unique=True)
    title = models.CharField("名称", max_length=120)
    about = models.TextField("说明", blank=True, default="")
    stage = models.CharField("阶段", max_length=16, choices=Stage.choices, default=Stage.PREPARING)
    criteria = models.JSONField("评分项", default=list)
    data_from = models.DateField("数据开放起")
    data_to = models.DateField("数据开放止")
    judges = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="judged_competitions", blank=True)
    is_demo = models.BooleanField("演示数据", default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-year"]

    def __str__(self) -> str:
        return self.title


class Track(models.Model):
    """A track (赛道)."""

    competition = models.ForeignKey(Competition, models.CASCADE, related_name="tracks")
    code = models.CharField("代码", max_length=20)
    name = models.CharField("名称", max_length=60)
    about = models.CharField("说明", max_length=400, blank=True, default="")

    class Meta:
        ordering = ["competition", "code"]
        constraints = [models.UniqueConstraint(fields=["competition", "code"], name="catalog_track_once")]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A team of one agency (参赛队伍); ``datasets`` are what it asked to use."""

    competition = models.ForeignKey(Competition, models.CASCADE, related_name="teams")
    track = models.ForeignKey(Track, models.PROTECT, related_name="teams")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="competition_teams")
    name = models.CharField("队名", max_length=60)
    members = models.CharField("成员", max_length=400)
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="led_teams")
    datasets = models.ManyToManyField(Dataset, related_name="competition_teams", blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["competition", "name"]
        constraints = [models.UniqueConstraint(fields=["competition", "name"], name="catalog_team_name_once")]

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """What a team made (参赛作品), with the datasets it used and the products that came of it."""

    team = models.OneToOneField(Team, models.CASCADE, related_name="entry")
    title = models.CharField("作品名称", max_length=120)
    about = models.TextField("作品简介")
    url = models.URLField("展示地址", blank=True, default="")
    products = models.JSONField("数据产品", default=list, blank=True)
    datasets = models.ManyToManyField(Dataset, related_name="competition_entries")
    submitted_at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField("名次", null=True, blank=True)
    award = models.CharField("奖项", max_length=40, blank=True, default="")
    score = models.DecimalField("总分", max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["rank", "submitted_at"]

    def __str__(self) -> str:
        return self.title


class Interest(models.Model):
    """A judge's declaration on one entry (利益关系声明): without one no sheet, with an interest none either."""

    judge = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="interests")
    has_interest = models.BooleanField("存在利益关系")
    text = models.CharField("说明", max_length=400, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["judge", "entry"], name="catalog_interest_once")]

    def __str__(self) -> str:
        return f"{self.judge}：{self.entry}"


class ScoreSheet(models.Model):
    """One judge's points for one entry (评分表), by criterion code."""

    judge = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="sheets")
    points = models.JSONField("各项得分")
    total = models.DecimalField("合计", max_digits=5, decimal_places=2, validators=[MaxValueValidator(100)])
    remark = models.CharField("评语", max_length=400, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["judge", "entry"], name="catalog_sheet_once")]

    def __str__(self) -> str:
        return f"{self.judge}：{self.entry}"

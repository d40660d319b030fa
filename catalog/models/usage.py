"""How much datasets are used, and what was looked for in vain."""

from django.db import models

from .datasets import Dataset


class UseDay(models.Model):
    """One dataset's counts of one day."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="use_days")
    day = models.DateField("日期")
    views = models.IntegerField("浏览", default=0)
    downloads = models.IntegerField("下载", default=0)
    calls = models.IntegerField("接口调用", default=0)

    class Meta:
        ordering = ["dataset", "-day"]
        constraints = [models.UniqueConstraint(fields=["dataset", "day"], name="catalog_one_count_a_day")]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.day}"


class SearchMiss(models.Model):
    """Words that found nothing, with how often: what people wish were open."""

    words = models.CharField("查询内容", max_length=60, unique=True)
    times = models.IntegerField("次数", default=1)
    last_on = models.DateField("最近一次")

    class Meta:
        ordering = ["-times", "words"]

    def __str__(self) -> str:
        return self.words

"""What is catalogued: publishers, datasets, their resources, fields and releases.

A dataset is what the public finds; a resource is one table, file or link of it; a release (版本) is one
set of rows of a resource, never edited once sealed. What the public reads is ``Resource.current``.

A change to a published dataset is a second row that ``revises`` the first and goes the same way through
the workflow; ``catalog.services.revisions`` moves it over when it is published.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models

from accounts.models import Agency
from catalog.vocabulary import OPEN_LICENCE, Cycle, FieldType, Grade, Lane, Opening, State, Subject

NAME_RULE = RegexValidator(r"^[a-z0-9_-]{2,100}\Z", "名称为 2 至 100 个小写字母、数字、连字符或下划线。")
CITY_CODE = "330282"


class Publisher(models.Model):
    """A department that publishes (数源单位); ``code`` is the data hub's department code."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField("代码", max_length=100, unique=True, validators=[NAME_RULE])
    name = models.CharField("名称", max_length=120)
    short = models.CharField("简称", max_length=40, blank=True, default="")
    description = models.TextField("简介", blank=True, default="")
    contact = models.CharField("联系方式", max_length=120, blank=True, default="")
    number = models.SmallIntegerField("次序", default=999)
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="publishers", verbose_name="所属机构"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["number", "code"]

    def __str__(self) -> str:
        return self.name


class Dataset(models.Model):
    """One entry of the catalogue (数据集)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("标识", max_length=100, validators=[NAME_RULE])
    title = models.CharField("标题", max_length=200)
    notes = models.TextField("摘要", blank=True, default="")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="datasets", verbose_name="数源单位")
    lane = models.CharField("重点领域", max_length=32, choices=Lane.choices, blank=True, default="")
    subject = models.CharField("数据领域", max_length=32, choices=Subject.choices, default=Subject.OTHER)
    tags = ArrayField(models.CharField(max_length=60), verbose_name="标签", default=list, blank=True)
    licence = models.CharField("使用许可", max_length=40, default=OPEN_LICENCE)
    cycle = models.CharField("更新周期", max_length=2, choices=Cycle.choices, default=Cycle.IRREGULAR)
    spatial_code = models.CharField("空间范围", max_length=12, default=CITY_CODE)
    temporal_from = models.DateField("时间范围起", null=True, blank=True)
    temporal_to = models.DateField("时间范围止", null=True, blank=True)
    contact = models.CharField("联系方式", max_length=120, blank=True, default="")
    # author, author_email, maintainer, maintainer_email, url, version: what harvesters ask for.
    described = models.JSONField(default=dict, blank=True)
    extras = models.JSONField("扩展信息", default=dict, blank=True)

    # The opening attribute stands with its reason and the day it is looked at again; the grade is the
    # highest of the fields.
    opening = models.CharField("开放属性", max_length=12, choices=Opening.choices, default=Opening.OPEN)
    opening_reason = models.CharField("开放属性理由", max_length=40, blank=True, default="")
    opening_review_on = models.DateField("复核日期", null=True, blank=True)
    category = models.CharField("数据分类", max_length=40, blank=True, default="")
    grade = models.CharField("分级", max_length=2, choices=Grade.choices, default=Grade.L1)

    state = models.CharField("状态", max_length=20, choices=State.choices, default=State.DRAFT)
    revises = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="revisions", verbose_name="修订自"
    )
    publish_on = models.DateField("计划发布日期", null=True, blank=True)
    revision = models.IntegerField("修订号", default=1)

    # Kept beside the rows so that lists and facets read one table.
    formats = ArrayField(models.CharField(max_length=20), verbose_name="格式", default=list, blank=True)
    row_count = models.BigIntegerField("数据量", default=0)
    search_text = models.TextField(editable=False, default="")
    quality = models.SmallIntegerField("质量分", null=True, blank=True)
    data_changed_at = models.DateTimeField("数据更新时间", null=True, blank=True)

    is_demo = models.BooleanField("演示数据", default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("创建时间")
    modified_at = models.DateTimeField("更新时间")
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        ordering = ["-modified_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revises__isnull=True), name="catalog_one_dataset_a_name"
            ),
            models.UniqueConstraint(
                fields=["revises"],
                condition=models.Q(revises__isnull=False)
                & ~models.Q(state__in=[State.PUBLISHED, State.WITHDRAWN]),
                name="catalog_one_open_revision",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-modified_at", "-id"], name="catalog_dataset_recent"),
            models.Index(fields=["publisher", "state"], name="catalog_dataset_publisher"),
            GinIndex(fields=["tags"], name="catalog_dataset_tags"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED and self.revises_id is None


class ResourceKind(models.TextChoices):
    """What a resource is made of."""

    TABLE = "table", "数据表"
    FILE = "file", "文件"
    LINK = "link", "链接"


class Resource(models.Model):
    """One table, file or link of a dataset (资源)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="resources")
    position = models.SmallIntegerField("次序", default=0)
    kind = models.CharField("类别", max_length=8, choices=ResourceKind.choices, default=ResourceKind.TABLE)
    name = models.CharField("名称", max_length=200)
    description = models.TextField("说明", blank=True, default="")
    format = models.CharField("格式", max_length=20, blank=True, default="")
    mimetype = models.CharField(max_length=100, blank=True, default="")
    url = models.CharField("链接地址", max_length=1000, blank=True, default="")
    file_digest = models.CharField(max_length=64, blank=True, default="")
    file_name = models.CharField("文件名", max_length=200, blank=True, default="")
    file_bytes = models.BigIntegerField("文件大小", null=True, blank=True)
    # Where the rows come from when not from a file: ``datahub:<item>`` or ``index:<series>``.
    source = models.CharField("来源", max_length=120, blank=True, default="")
    current = models.ForeignKey(
        "Release", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="现行版本"
    )
    # Grades of columns that were taken out, by code: one that comes back is no lower.
    grades_seen = models.JSONField(default=dict, blank=True)
    # Which resource of the published dataset this one of a revision stands for.
    revises = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        ordering = ["dataset", "position", "id"]

    def __str__(self) -> str:
        return self.name


class ResourceField(models.Model):
    """One column of a table resource (信息项), graded by itself.

    ``code`` names the column in interfaces; ``data_item`` and ``item_field`` say from which field of the
    data hub the grade is inherited.
    """

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="fields")
    position = models.SmallIntegerField("次序")
    code = models.CharField("字段代码", max_length=128)
    title = models.CharField("字段名称", max_length=200)
    type = models.CharField("类型", max_length=12, choices=FieldType.choices, default=FieldType.TEXT)
    unit = models.CharField("单位", max_length=20, blank=True, default="")
    description = models.TextField("说明", blank=True, default="")
    category = models.CharField("数据分类", max_length=40, blank=True, default="")
    grade = models.CharField("分级", max_length=2, choices=Grade.choices, default=Grade.L1)
    opening = models.CharField("开放属性", max_length=12, choices=Opening.choices, default=Opening.OPEN)
    data_item = models.CharField("数据项", max_length=80, blank=True, default="")
    item_field = models.CharField("数据项字段", max_length=80, blank=True, default="")

    class Meta:
        ordering = ["resource", "position"]
        constraints = [
            models.UniqueConstraint(fields=["resource", "code"], name="catalog_field_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title}（{self.code}）"


class ReleaseState(models.TextChoices):
    """A release takes rows while it is a draft; once sealed its rows stay what they are."""

    DRAFT = "draft", "录入中"
    SEALED = "sealed", "已封存"


class Release(models.Model):
    """One set of rows of a resource (版本), in a table of its own: ``catalog_rows.r<id>``.

    ``columns`` fixes what the table holds: ``[{"code", "title", "type", "column"}]`` with physical names
    ``c1``, ``c2``…; field codes never become SQL. ``made_from`` names the release whose rows were
    desensitised into this one.
    """

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="releases")
    number = models.IntegerField("版本号")
    state = models.CharField("状态", max_length=8, choices=ReleaseState.choices, default=ReleaseState.DRAFT)
    made_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="derived")
    columns = models.JSONField(default=list)
    row_count = models.BigIntegerField("行数", default=0)
    # Rows are numbered 1 to row_count without a gap, so that row n is found without counting.
    is_dense = models.BooleanField(default=True)
    # Codes of the columns that name a row, when the publisher said so.
    key_codes = ArrayField(models.CharField(max_length=128), default=list, blank=True)
    content_digest = models.CharField("内容摘要", max_length=64, blank=True, default="")
    note = models.CharField("更新说明", max_length=400, blank=True, default="")
    # Column profiles and the difference to the release before; by field code.
    profile = models.JSONField(default=dict, blank=True)
    difference = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        ordering = ["resource", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["resource", "number"], name="catalog_release_number_once"),
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 版"

"""The enterprise register: one row per market entity; other apps refer to it."""

from django.db import models


class EntityKind(models.TextChoices):
    COMPANY = "company", "公司"
    BRANCH = "branch", "分支机构"
    INDIVIDUAL = "individual", "个体工商户"
    COOPERATIVE = "cooperative", "农民专业合作社"


class EntityState(models.TextChoices):
    ACTIVE = "active", "存续"
    REVOKED = "revoked", "吊销"
    CANCELLED = "cancelled", "注销"
    MOVED = "moved", "迁出"


class EntitySize(models.TextChoices):
    LARGE = "large", "大型"
    MEDIUM = "medium", "中型"
    SMALL = "small", "小型"
    MICRO = "micro", "微型"


class Enterprise(models.Model):
    """Written by the promotion of registration batches, never by hand.

    ``is_registered`` turns false when the only registration record behind the row is withdrawn: the
    row stays, since other facts refer to it, but search and lists leave it out.
    """

    id = models.AutoField(primary_key=True)
    code = models.CharField("统一社会信用代码", max_length=18)
    register_no = models.CharField("注册号", max_length=15, blank=True, default="")
    name = models.CharField("名称", max_length=200)
    kind = models.CharField("主体类型", max_length=12, choices=EntityKind.choices)
    state = models.CharField("登记状态", max_length=10, choices=EntityState.choices)
    town_code = models.CharField("镇街", max_length=9, blank=True, default="")
    industry_section = models.CharField("行业门类", max_length=1, blank=True, default="")
    industry_code = models.CharField("行业代码", max_length=5, blank=True, default="")
    size = models.CharField("规模", max_length=6, choices=EntitySize.choices, blank=True, default="")
    legal_person = models.CharField("法定代表人", max_length=100, blank=True, default="")
    established_on = models.DateField("成立日期", null=True, blank=True)
    capital_yuan = models.DecimalField(
        "注册资本（元）", max_digits=18, decimal_places=2, null=True, blank=True
    )
    is_registered = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Not unique=True: on a CharField that makes a second index for LIKE, which C.UTF-8 does not need.
            models.UniqueConstraint(fields=["code"], name="datahub_enterprise_code"),
        ]
        indexes = [
            models.Index(
                fields=["register_no"], condition=~models.Q(register_no=""), name="datahub_ent_register_no"
            ),
            models.Index(fields=["name"], name="datahub_ent_name"),
            models.Index(fields=["town_code", "industry_section"], name="datahub_ent_town"),
        ]

    def __str__(self) -> str:
        return self.name


class FormerName(models.Model):
    """A name the enterprise bore until ``until`` (null when the delivery does not say)."""

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="former_names")
    name = models.CharField("曾用名", max_length=200)
    until = models.DateField("变更日期", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "name"], name="datahub_former_name_once")
        ]
        indexes = [models.Index(fields=["name"], name="datahub_former_name")]

    def __str__(self) -> str:
        return self.name

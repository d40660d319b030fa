"""Restricted opening: who asks, for what, what was agreed, and what the grant allows."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Agency
from catalog.opening_words import ApplicationState, RegistrationState, UseWay, Way

from .datasets import Dataset, Resource


class Registration(models.Model):
    """An outside organisation (申请单位), known by its credit code, confirmed by the data centre's operator."""

    credit_code = models.CharField("统一社会信用代码", max_length=18)
    name = models.CharField("单位名称", max_length=200)
    contact = models.CharField("联系人", max_length=60)
    phone = models.CharField("联系电话（加密）", max_length=400)
    purpose = models.CharField("拟开展的工作", max_length=400)
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="catalog_registrations"
    )
    state = models.CharField(
        "状态", max_length=12, choices=RegistrationState.choices, default=RegistrationState.SUBMITTED
    )
    submitted_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField("意见", max_length=400, blank=True, default="")

    class Meta:
        ordering = ["-submitted_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~models.Q(state="refused"),
                name="catalog_one_registration_a_code",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Application(models.Model):
    """An application for restricted data (受限开放申请). ``fields`` are codes of the resource's fields."""

    number = models.CharField("申请编号", max_length=20, unique=True)
    registration = models.ForeignKey(Registration, models.PROTECT, related_name="applications")
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="applications")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="applications")
    fields = ArrayField(models.CharField(max_length=128), verbose_name="申请字段")
    purpose = models.CharField("使用目的", max_length=400)
    scene = models.TextField("应用场景")
    way = models.CharField("获取方式", max_length=12, choices=Way.choices, default=Way.INTERFACE)
    quota = models.PositiveIntegerField("申请调用与下载次数")
    starts_on = models.DateField("使用起")
    ends_on = models.DateField("使用止")
    security = models.TextField("安全保障能力说明")
    security_digest = models.CharField(max_length=64, blank=True, default="")
    security_name = models.CharField("证明材料", max_length=200, blank=True, default="")
    committed = models.BooleanField("已签署安全承诺", default=False)
    renews = models.ForeignKey("Grant", models.PROTECT, null=True, blank=True, related_name="renewals")
    state = models.CharField(
        "状态", max_length=20, choices=ApplicationState.choices, default=ApplicationState.DRAFT
    )
    due_on = models.DateField("办理期限", null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False)

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["state", "due_on"], name="catalog_application_waiting")]

    def __str__(self) -> str:
        return self.number


class ApplicationStep(models.Model):
    """One step of an application (办理记录)."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="steps")
    action = models.CharField("操作", max_length=60)
    after = models.CharField("新状态", max_length=20, choices=ApplicationState.choices)
    reason = models.CharField("意见", max_length=1000, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["application", "at", "id"]

    def __str__(self) -> str:
        return f"{self.application} {self.action}"


class Agreement(models.Model):
    """What applicant and data centre agreed (使用协议); the text is kept as it was signed."""

    application = models.OneToOneField(Application, models.PROTECT, related_name="agreement")
    text = models.TextField("协议文本")
    digest = models.CharField("文本摘要（SM3）", max_length=64)
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.application}的使用协议"


class Grant(models.Model):
    """The right itself (授权): these fields, this way, so often, until that day. The clock and the counter decide."""

    application = models.OneToOneField(
        Application, models.PROTECT, null=True, blank=True, related_name="grant"
    )
    team = models.ForeignKey("Team", models.PROTECT, null=True, blank=True, related_name="grants")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="catalog_grants")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="grants")
    fields = ArrayField(models.CharField(max_length=128), verbose_name="授权字段")
    way = models.CharField("获取方式", max_length=12, choices=Way.choices)
    quota = models.PositiveIntegerField("次数上限")
    used = models.PositiveIntegerField("已用次数", default=0)
    rows_taken = models.BigIntegerField("已取行数", default=0)
    starts_on = models.DateField("起")
    ends_on = models.DateField("止")
    report_due_on = models.DateField("使用报告期限", null=True, blank=True)
    given_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoke_reason = models.CharField("收回理由", max_length=400, blank=True, default="")

    class Meta:
        ordering = ["-given_at", "-id"]
        indexes = [models.Index(fields=["agency", "resource"], name="catalog_grant_of_agency")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used__lte=models.F("quota")), name="catalog_grant_quota"
            )
        ]

    def __str__(self) -> str:
        return f"授权 {self.pk}"


class GrantUse(models.Model):
    """One use of a grant (使用记录), by the mark that its download carries."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="uses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    way = models.CharField("方式", max_length=12, choices=UseWay.choices)
    mark = models.CharField("水印编号", max_length=24, db_index=True)
    # Whose rows left: a leaked copy is compared with this release, as long as it is kept.
    release = models.ForeignKey("Release", models.SET_NULL, null=True, blank=True, related_name="+")
    rows = models.BigIntegerField("行数", default=0)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.mark


class UseReport(models.Model):
    """What a grantee did with the data (使用情况报告)."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="reports")
    text = models.TextField("使用情况")
    results = models.TextField("成果与成效", blank=True, default="")
    incidents = models.TextField("安全事件", blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.grant}的使用报告"


class Appeal(models.Model):
    """An appeal against a refusal or a revocation (申诉); someone who did not decide the matter answers it."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="appeals")
    text = models.TextField("申诉理由")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_on = models.DateField("答复期限")
    answer = models.TextField("答复", blank=True, default="")
    upheld = models.BooleanField("申诉成立", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.application}的申诉"

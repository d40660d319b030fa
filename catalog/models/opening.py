"""Opening by rule: what is done to a field before it is published, changes that need two people, and proofs."""

from django.conf import settings
from django.db import models

from catalog.opening_words import ChangeState, FieldRole, Method, RiskLevel
from catalog.vocabulary import Grade

from .datasets import Dataset, Release, Resource, ResourceField


class FieldRule(models.Model):
    """Desensitisation attached to one field (脱敏规则).

    ``grade_after`` is what the column counts as once the rule has run. If that is lower than the field's grade, the
    rule counts only when a second person has confirmed it.
    """

    field = models.OneToOneField(ResourceField, models.CASCADE, related_name="rule")
    role = models.CharField("列角色", max_length=12, choices=FieldRole.choices, default=FieldRole.INSENSITIVE)
    method = models.CharField("脱敏方法", max_length=12, choices=Method.choices, default=Method.KEEP)
    parameters = models.JSONField("参数", default=dict, blank=True)
    grade_after = models.CharField("脱敏后分级", max_length=2, choices=Grade.choices, blank=True, default="")
    reason = models.CharField("理由", max_length=400, blank=True, default="")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("set_by")),
                name="catalog_rule_two_people",
            )
        ]

    def __str__(self) -> str:
        return f"{self.field}：{self.get_method_display()}"


class ProtectionPlan(models.Model):
    """What a resource's rows must meet before they are published (匿名化要求); ``policy`` overrides the default."""

    resource = models.OneToOneField(Resource, models.CASCADE, related_name="protection")
    about_persons = models.BooleanField("逐人记录", default=False)
    policy = models.JSONField("要求", default=dict, blank=True)
    missing = models.CharField("缺失的算法", max_length=12, default="category")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.resource}的匿名化要求"


class GradeChange(models.Model):
    """A change of a field's grade (分级变更). Lowering takes effect when a second person confirms it.

    Kept by resource and code, so that it outlives the field's row when a revision replaces it.
    """

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="grade_changes")
    code = models.CharField("字段代码", max_length=128)
    title = models.CharField("字段名称", max_length=200)
    before = models.CharField("原分级", max_length=2, choices=Grade.choices)
    after = models.CharField("新分级", max_length=2, choices=Grade.choices)
    reason = models.CharField("理由", max_length=400)
    state = models.CharField("状态", max_length=12, choices=ChangeState.choices, default=ChangeState.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField("复核意见", max_length=400, blank=True, default="")

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "code"],
                condition=models.Q(state="waiting"),
                name="catalog_one_waiting_grade_change",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting")
                | models.Q(after__gt=models.F("before"))
                | ~models.Q(decided_by=models.F("asked_by")),
                name="catalog_lowering_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}：{self.before} → {self.after}"


class ReleaseProof(models.Model):
    """What was measured on a release before it was let out (脱敏证明). Written once, never edited.

    ``report`` is the anonymity report, ``difference`` the check against earlier releases, ``rules`` what was done to
    each field. ``removed`` rows were left out to meet the policy.
    """

    release = models.OneToOneField(Release, models.CASCADE, related_name="proof")
    rules = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    difference = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    removed = models.BigIntegerField("隐匿行数", default=0)
    passed = models.BooleanField("符合要求")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.release}的脱敏证明"


class ImpactAssessment(models.Model):
    """What opening rows about persons does to those persons (个人信息保护影响评估), written before it is done.

    Belongs to the dataset itself, not to a revision. ``basis`` is a digest of the fields, rules and opening that were
    looked at: when they change, it must be made anew. Written once, never edited; kept for three years at least.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="assessments")
    purpose = models.TextField("目的、方式的合法性、正当性、必要性")
    impact = models.TextField("对个人权益的影响与安全风险")
    measures = models.TextField("保护措施及其有效性")
    level = models.CharField("评估结论", max_length=8, choices=RiskLevel.choices)
    basis = models.CharField("评估对象摘要（SM3）", max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.dataset}的影响评估"

"""桥头分: versioned rule sets, score events with their history, snapshots, honours, dishonesty, appeals."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .places import Household, Resident, Village

USER = settings.AUTH_USER_MODEL


class RuleSet(models.Model):
    """A version of a town's rules, or of a village's extension of them. Frozen once it is published.

    ``content`` is the whole effective book (``villages.engine.rules``), so that an old score needs no other row.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草案"
        COUNCIL = "council", "已表决"
        LEGAL = "legal", "已合法性审查"
        NOTICE = "notice", "公示中"
        PUBLISHED = "published", "已施行"
        WITHDRAWN = "withdrawn", "已撤回"

    town_code = models.CharField("镇街编码", max_length=9)
    village = models.ForeignKey(Village, models.PROTECT, null=True, blank=True, related_name="rule_sets")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="extensions")
    version = models.PositiveIntegerField("版本")
    title = models.CharField("名称", max_length=80)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    changes = models.JSONField("本级修改", default=dict)
    content = models.JSONField("全部规则")
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    minutes_ref = models.CharField("会议纪要", max_length=120, blank=True, default="")
    minutes_on = models.DateField("表决日期", null=True, blank=True)
    minutes_votes = models.CharField("表决结果", max_length=60, blank=True, default="")
    legal_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    legal_at = models.DateTimeField(null=True)
    legal_note = models.CharField("审查意见", max_length=200, blank=True, default="")
    notice_from = models.DateField("公示开始", null=True)
    valid_from = models.DateField("施行日期", null=True)
    valid_to = models.DateField("失效日期", null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["town_code", "village", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["town_code", "village", "version"],
                name="villages_ruleset_version",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="villages_ruleset_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} 第{self.version}版"


class EventStatus(models.TextChoices):
    """Where a score event stands; only an active one counts."""

    PROPOSED = "proposed", "待复核"
    NOTICED = "noticed", "告知中"
    ACTIVE = "active", "生效"
    APPEALED = "appealed", "申诉中（暂不计入）"
    WITHDRAWN = "withdrawn", "已撤销"
    REPAIRED = "repaired", "已修复"


class ScoreEvent(models.Model):
    """One fact that changes a score, by a rule of a version; never changed. What became of it stands in its steps.

    The subject is a resident or, for items of the house, a household.
    """

    id = models.UUIDField(primary_key=True)
    village = models.ForeignKey(Village, models.PROTECT, related_name="score_events")
    resident = models.ForeignKey(Resident, models.PROTECT, null=True, related_name="score_events")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="score_events")
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    rule_code = models.CharField(max_length=16)
    delta = models.DecimalField(max_digits=5, decimal_places=1)
    occurred_on = models.DateField("发生日期")
    valid_from = models.DateField("起算日期")
    valid_to = models.DateField("截止日期", null=True)
    act = models.CharField("同一事项", max_length=60, blank=True, default="")
    evidence = models.CharField("依据", max_length=300)
    document = models.CharField("材料摘要", max_length=64, blank=True, default="")
    ref = models.UUIDField(null=True)
    made_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["occurred_on", "id"]
        indexes = [
            models.Index(fields=["resident", "occurred_on"], name="villages_scoreevent_person"),
            models.Index(fields=["household", "occurred_on"], name="villages_scoreevent_house"),
            models.Index(fields=["village", "occurred_on"], name="villages_scoreevent_village"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(resident__isnull=False, household__isnull=True)
                | Q(resident__isnull=True, household__isnull=False),
                name="villages_scoreevent_subject",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.delta}"


class ScoreEventStep(models.Model):
    """A change of an event's status, from a day on; steps are only added."""

    event = models.ForeignKey(ScoreEvent, models.PROTECT, related_name="steps")
    status = models.CharField(max_length=10, choices=EventStatus.choices)
    from_day = models.DateField()
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["event", "from_day", "id"]
        indexes = [models.Index(fields=["event", "from_day"], name="villages_step_event")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.status}"


class ScoreSnapshot(models.Model):
    """A resident's score at a month's end, with the digest of what it was made from."""

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="snapshots")
    village = models.ForeignKey(Village, models.PROTECT, related_name="snapshots")
    day = models.DateField()
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    score = models.DecimalField(max_digits=5, decimal_places=1)
    grade = models.CharField(max_length=2)
    points_earned = models.IntegerField()
    detail = models.JSONField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["resident", "-day"]
        constraints = [models.UniqueConstraint(fields=["resident", "day"], name="villages_snapshot_once")]
        indexes = [models.Index(fields=["village", "day"], name="villages_snapshot_day")]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.day} {self.score}"


class Honour(models.Model):
    """An honour a resident declares (荣誉申报): document, check, notice, then points and score."""

    class State(models.TextChoices):
        DECLARED = "declared", "待审核"
        NOTICE = "notice", "公示中"
        GRANTED = "granted", "已生效"
        REFUSED = "refused", "未通过"
        OBJECTED = "objected", "有异议"

    id = models.UUIDField(primary_key=True)
    village = models.ForeignKey(Village, models.PROTECT, related_name="honours")
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="honours")
    rule_code = models.CharField(max_length=16)
    level = models.CharField("级别", max_length=16)
    title = models.CharField("荣誉名称", max_length=100)
    issued_by = models.CharField("授予单位", max_length=80)
    issued_on = models.DateField("授予日期")
    document = models.CharField(max_length=64)
    document_name = models.CharField(max_length=120)
    may_publish = models.BooleanField("同意公布", default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DECLARED)
    declared_at = models.DateTimeField()
    checked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    notice_until = models.DateField(null=True)
    reason = models.CharField("说明", max_length=200, blank=True, default="")
    event = models.OneToOneField(ScoreEvent, models.PROTECT, null=True, related_name="honour")

    class Meta:
        default_permissions = ()
        ordering = ["-declared_at"]

    def __str__(self) -> str:
        return self.title


class DishonestyEntry(models.Model):
    """An entry of the dishonesty list (失信清单). Seen by the person and named officers, never published."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待第二人复核"
        NOTICED = "noticed", "告知期"
        LISTED = "listed", "在列"
        DROPPED = "dropped", "未成立"
        REPAIRED = "repaired", "已修复"
        ENDED = "ended", "已到期"

    event = models.OneToOneField(ScoreEvent, models.PROTECT, primary_key=True, related_name="dishonesty")
    village = models.ForeignKey(Village, models.PROTECT, related_name="dishonesty")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    counts_from = models.DateField(null=True)
    repaired_on = models.DateField(null=True)
    repair_note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="villages_dishonesty_two_people",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.state}"


class Appeal(models.Model):
    """A villager contests a score event or a movement of points; negative effects are frozen meanwhile."""

    class State(models.TextChoices):
        FILED = "filed", "待组成评议组"
        PANEL = "panel", "评议中"
        UPHELD = "upheld", "申诉成立"
        REJECTED = "rejected", "维持原决定"
        TOWN = "town", "镇街复核中"

    id = models.UUIDField(primary_key=True)
    village = models.ForeignKey(Village, models.PROTECT, related_name="appeals")
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="appeals")
    event = models.ForeignKey(ScoreEvent, models.PROTECT, null=True, related_name="appeals")
    transfer_id = models.UUIDField(null=True)
    text = models.CharField("理由", max_length=1000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.FILED)
    second_step = models.BooleanField("已提请镇街复核", default=False)
    filed_at = models.DateTimeField()
    due_on = models.DateField("应办结日期")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField("决定及理由", max_length=500, blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["due_on", "filed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["event"],
                condition=Q(state__in=["filed", "panel", "town"]),
                name="villages_appeal_event_open",
            ),
            models.UniqueConstraint(
                fields=["transfer_id"],
                condition=Q(state__in=["filed", "panel", "town"]),
                name="villages_appeal_transfer_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class PanelSeat(models.Model):
    """A member of an appeal's panel and how they voted; nobody who was involved may sit."""

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="seats")
    member = models.ForeignKey(USER, models.PROTECT, related_name="+")
    uphold = models.BooleanField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    voted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["appeal", "member"], name="villages_panelseat_once")]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.member_id}"


class BoardConsent(models.Model):
    """That a resident wants to be on the progress board (进步榜), by name or masked; revocable."""

    resident = models.OneToOneField(Resident, models.CASCADE, primary_key=True, related_name="board_consent")
    show_name = models.BooleanField(default=False)
    given_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.resident_id}"

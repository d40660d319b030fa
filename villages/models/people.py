"""How villagers come in and who may act for them: codes, devices, binding tickets, consents, helpers."""

from django.conf import settings
from django.db import models

from .places import Resident, Village


class SignInCode(models.Model):
    """A one-time code sent to a phone. Only its digest is kept; three tries, five minutes, one use."""

    phone_index = models.CharField(max_length=90)
    digest = models.CharField(max_length=64)
    address = models.CharField(max_length=64, blank=True, default="")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_index", "-sent_at"], name="villages_code_of_phone"),
            models.Index(fields=["address", "-sent_at"], name="villages_code_of_address"),
        ]

    def __str__(self) -> str:
        return f"验证码 {self.pk}"


class SimulatedMessage(models.Model):
    """A text message of the demonstration: shown on a page instead of being sent."""

    phone_tail = models.CharField(max_length=4)
    text = models.CharField(max_length=200)
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-sent_at", "-id"]

    def __str__(self) -> str:
        return f"{self.phone_tail} {self.text}"


class BindingTicket(models.Model):
    """A QR code that an administrator hands to one resident: whoever scans it first becomes that resident's device."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="binding_tickets")
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"绑定码 {self.pk}"


class Device(models.Model):
    """A phone or browser that stays signed in for one resident; its token's digest is kept."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField("设备", max_length=60, blank=True, default="")
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return self.label or f"设备 {self.pk}"


class Consent(models.Model):
    """That a resident was told the purpose and agreed (or took it back); every change is a row of its own."""

    class Kind(models.TextChoices):
        USE = "use", "参加积分活动并处理个人信息"
        PHOTO = "photo", "公示含本人影像的照片"
        BOARD = "board", "在进步榜上显示姓名"

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    version = models.PositiveSmallIntegerField("告知书版本")
    is_given = models.BooleanField()
    at = models.DateTimeField()
    by_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["resident", "kind", "-at"], name="villages_consent_of")]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.get_kind_display()}"


class Helper(models.Model):
    """代办: a relative (another resident) or a grid worker (a cadre) may act for a resident, both names on record."""

    class Kind(models.TextChoices):
        FAMILY = "family", "家人"
        GRID = "grid", "网格员"

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="helpers", verbose_name="被代办人")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    helper = models.ForeignKey(
        Resident, models.CASCADE, null=True, blank=True, related_name="helped", verbose_name="代办人"
    )
    helper_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="网格员",
    )
    reason = models.CharField("代办原因", max_length=100)
    agreed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(helper__isnull=False, helper_user__isnull=True, kind="family")
                | models.Q(helper__isnull=True, helper_user__isnull=False, kind="grid"),
                name="villages_one_helper_of_a_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(helper=models.F("resident")), name="villages_helps_somebody_else"
            ),
            models.UniqueConstraint(
                fields=["resident", "helper"],
                condition=models.Q(ended_at__isnull=True, helper__isnull=False),
                name="villages_one_live_helper",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resident_id} 由 {self.helper_id or self.helper_user_id} 代办"


class ResidentEvent(models.Model):
    """What happened to a resident's entry: added, changed, moved out, died, merged into another."""

    class Kind(models.TextChoices):
        ADDED = "added", "登记"
        CHANGED = "changed", "更正"
        MOVED_OUT = "moved_out", "迁出"
        RETURNED = "returned", "迁回"
        DIED = "died", "去世"
        MERGED = "merged", "合并"

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    on_date = models.DateField("发生日期")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    by_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.get_kind_display()}"


class ResidentImport(models.Model):
    """One XLSX of residents: its rows wait here until the doubtful ones are answered."""

    class State(models.TextChoices):
        OPEN = "open", "待确认"
        DONE = "done", "已导入"
        DROPPED = "dropped", "已放弃"

    village = models.ForeignKey(Village, models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=120)
    file_digest = models.CharField(max_length=64)
    rows = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    by_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.file_name


class MonthlyNotice(models.Model):
    """The 积分公示 of one village and month as it was printed: its rows, and the ledger's seal it stands on."""

    village = models.ForeignKey(Village, models.CASCADE, related_name="notices")
    month = models.DateField("月份（当月一日）")
    rows = models.JSONField()
    totals = models.JSONField()
    seal = models.CharField("账本日封", max_length=64, blank=True, default="")
    digest = models.CharField("公示摘要", max_length=64)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(fields=["village", "month"], name="villages_one_notice_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.village_id} {self.month:%Y-%m}"

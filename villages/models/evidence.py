"""What villagers hand in: taps, photos, voice notes, visits; and what reviewers said about them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from .activities import Activity
from .places import Resident, Village


class Tap(models.Model):
    """One act of one villager. The id is made by the phone at the tap (UUIDv7), so a repeat is harmless.

    ``occasion`` names the day, week or month it counts for: (activity, resident, occasion) earns once.
    """

    class State(models.TextChoices):
        STARTED = "started", "已签到，待签退"
        WAITING = "waiting", "待审核"
        COUNTED = "counted", "已计分"
        REFUSED = "refused", "未通过"
        REVOKED = "revoked", "已撤销"

    id = models.UUIDField(primary_key=True)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="taps")
    village = models.ForeignKey(Village, models.PROTECT, related_name="+")
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="taps")
    by_resident = models.ForeignKey(Resident, models.PROTECT, null=True, blank=True, related_name="+")
    by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    device_id = models.BigIntegerField(null=True, blank=True)
    body_digest = models.CharField(max_length=64)
    occasion = models.CharField(max_length=12)
    occurred_at = models.DateTimeField("发生时间")
    received_at = models.DateTimeField("收到时间")
    left_at = models.DateTimeField("签退时间", null=True, blank=True)
    minutes = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True, default="")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True)
    datum = models.CharField(max_length=8, blank=True, default="")
    presence = models.CharField(max_length=8, default="unasked")
    distance_m = models.FloatField(null=True, blank=True)
    trust = models.PositiveSmallIntegerField(default=100)
    trust_reasons = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices)
    points_asked = models.PositiveIntegerField(default=0)
    points_granted = models.PositiveIntegerField(default=0)
    clip_reason = models.CharField(max_length=120, blank=True, default="")
    due_on = models.DateField("审核期限", null=True, blank=True)
    reason_code = models.CharField(max_length=20, blank=True, default="")
    reason_text = models.CharField(max_length=200, blank=True, default="")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "resident", "occasion"],
                condition=~Q(state__in=["refused", "revoked"]),
                name="villages_one_tap_an_occasion",
            ),
            models.CheckConstraint(condition=Q(trust__lte=100), name="villages_trust_is_a_share"),
        ]
        indexes = [
            models.Index(fields=["resident", "-received_at"], name="villages_taps_of_resident"),
            models.Index(
                fields=["village", "due_on", "trust"],
                condition=Q(state="waiting"),
                name="villages_taps_waiting",
            ),
            models.Index(fields=["activity", "state"], name="villages_taps_of_activity"),
            models.Index(fields=["device_id", "-received_at"], name="villages_taps_of_device"),
            models.Index(
                fields=["received_at"],
                condition=Q(latitude__isnull=False) | Q(distance_m__isnull=False),
                name="villages_taps_with_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}:{self.resident_id}"


class Challenge(models.Model):
    """Asked for before a photo is taken and given back with it: five minutes, one use, one person, one activity."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="+")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.activity_id}:{self.resident_id}"


class Piece(models.Model):
    """A photo or a voice note of a tap; the bytes lie in the file store under their digest."""

    class Kind(models.TextChoices):
        PHOTO = "photo", "照片"
        BEFORE = "before", "整治前"
        AFTER = "after", "整治后"
        VOICE = "voice", "录音"

    tap = models.ForeignKey(Tap, models.CASCADE, related_name="pieces")
    village = models.ForeignKey(Village, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64)
    small_digest = models.CharField(max_length=64, blank=True, default="")
    mime = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    seconds = models.FloatField(null=True, blank=True)
    dhash = models.BigIntegerField(null=True, blank=True)
    phash = models.BigIntegerField(null=True, blank=True)
    bands = ArrayField(models.IntegerField(), null=True, blank=True)
    exif_taken_at = models.DateTimeField(null=True, blank=True)
    has_challenge = models.BooleanField(default=False)
    twin = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    twin_likeness = models.CharField(max_length=8, blank=True, default="")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["tap", "number"]
        indexes = [
            GinIndex(fields=["bands"], name="villages_piece_bands"),
            models.Index(fields=["digest"], name="villages_piece_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class BulkAward(models.Model):
    """Points for many at once, with a reason: proposed by one, carried out when a second has signed."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待第二人确认"
        DONE = "done", "已发放"
        REFUSED = "refused", "已退回"

    village = models.ForeignKey(Village, models.PROTECT, related_name="bulk_awards")
    rule_code = models.CharField("积分规则", max_length=12, blank=True, default="")
    reason = models.CharField("事由", max_length=200)
    points = models.PositiveIntegerField("每人积分")
    on_date = models.DateField("发生日期")
    resident_ids = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    due_on = models.DateField("确认期限")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=200, blank=True, default="")
    escalated_at = models.DateTimeField(null=True, blank=True)
    granted_people = models.PositiveIntegerField(default=0)
    granted_points = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="villages_second_signer_is_another",
            )
        ]

    def __str__(self) -> str:
        return self.reason

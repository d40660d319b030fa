"""The points ledger (积分账). Only the SQL functions of the migrations write here: never ``save()`` a balance.

Foreign keys of the journal are not enforced row by row (a deferred check for each of four columns would
cost more than the transfer itself); the functions take every id from rows they hold locked, and
``verify_ledger`` looks for dangling ones.
"""

from django.db import models
from django.db.models import F, Q

from .places import Resident, Village


class AccountKind(models.TextChoices):
    """Whose points, and where they end. Only a treasury may go below zero."""

    TREASURY = "treasury", "镇街总额度"
    POOL = "pool", "村积分池"
    RESIDENT = "resident", "村民"
    SHOP = "shop", "商户待结算"
    EXPIRED = "expired", "过期"
    FORFEITED = "forfeited", "收回"
    ADJUSTMENT = "adjustment", "扣减与更正"


class TransferCode(models.TextChoices):
    """Why points moved."""

    FUND = "fund", "拨入额度"
    UNFUND = "unfund", "收回额度"
    AWARD = "award", "奖励"
    DEDUCT = "deduct", "扣减"
    REVERSAL = "reversal", "冲正"
    CAPTURE = "capture", "兑换"
    REFUND = "refund", "退还"
    EXPIRY = "expiry", "到期清零"
    SETTLE = "settle", "商户结算"
    MOVE = "move", "档案转移"
    FORFEIT = "forfeit", "销户收回"


class Account(models.Model):
    """A balance. Available is ``posted - held``; the database refuses it below ``floor`` (null: no floor).

    ``owner_id`` is the resident, shop or village; of a treasury the village it funds (one sub-account a
    village, so that grants do not queue at one row). ``reserve`` of a pool is kept for exempt rules.
    """

    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    owner_id = models.BigIntegerField()
    vintage = models.PositiveSmallIntegerField(default=0)
    village = models.ForeignKey(Village, models.DO_NOTHING, db_constraint=False, related_name="+")
    pseudonym = models.CharField(max_length=12)
    posted = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(null=True, default=0)
    reserve = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "owner_id", "vintage"], name="villages_account_owner"),
            models.CheckConstraint(
                condition=Q(floor__isnull=True) | Q(posted__gte=F("floor") + F("held")),
                name="villages_account_floor",
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="villages_account_held"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.owner_id}/{self.vintage}"

    @property
    def available(self) -> int:
        return self.posted - self.held


class Transfer(models.Model):
    """One movement of points, never changed and never removed. ``id`` is the caller's UUIDv7 and the
    idempotency key, or is derived from the movement it follows (reversal, capture, expiry)."""

    id = models.UUIDField(primary_key=True)
    debit = models.ForeignKey(
        Account, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    credit = models.ForeignKey(
        Account, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    village = models.ForeignKey(
        Village, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    resident = models.ForeignKey(
        Resident, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    amount = models.IntegerField()
    code = models.CharField(max_length=12, choices=TransferCode.choices)
    rule_code = models.CharField(max_length=16, blank=True, default="")
    rule_set_id = models.IntegerField(null=True)
    ref = models.UUIDField(null=True)
    reverses = models.UUIDField(null=True)
    actor_id = models.BigIntegerField(null=True)
    memo = models.CharField(max_length=120, blank=True, default="")
    effective_on = models.DateField()
    posted_on = models.DateField()
    posted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="villages_transfer_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="villages_transfer_two_accounts"),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(reverses__isnull=False),
                name="villages_transfer_one_reversal",
            ),
        ]
        indexes = [
            models.Index(
                fields=["resident", "id"], condition=Q(resident__isnull=False), name="villages_transfer_party"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.code} {self.amount}"


class Claim(models.Model):
    """That a resident was rewarded for a task on a day: at most once. Keeps what was asked and granted.

    ``draws`` is what it took from caps, ``[[level, cap code, window, owner, taken], …]``: use can be proved
    from it, and a reversal gives it back.
    """

    pk = models.CompositePrimaryKey("resident_id", "task", "on_date")
    resident = models.ForeignKey(
        Resident, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    task = models.UUIDField()
    on_date = models.DateField()
    key = models.UUIDField(unique=True)
    asked = models.IntegerField()
    granted = models.IntegerField()
    reason = models.CharField(max_length=40, blank=True, default="")
    rule_code = models.CharField(max_length=16, blank=True, default="")
    rule_set_id = models.IntegerField(null=True)
    draws = models.JSONField(null=True)
    claimed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(granted__gte=0, granted__lte=F("asked")), name="villages_claim_granted"
            )
        ]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.task} {self.on_date}"


class CapUse(models.Model):
    """How much of a cap is used in one window, by one resident, household or village.

    ``cap_limit`` is the highest limit applied so far; a rule set that lowers it does not rewrite what was used.
    """

    class Level(models.IntegerChoices):
        RESIDENT = 1, "个人"
        HOUSEHOLD = 2, "户"
        VILLAGE = 3, "村"

    class Measure(models.IntegerChoices):
        POINTS = 0, "积分"
        TIMES = 1, "次数"

    pk = models.CompositePrimaryKey("owner_id", "level", "cap_code", "window_start")
    owner_id = models.BigIntegerField()
    level = models.SmallIntegerField(choices=Level.choices)
    cap_code = models.CharField(max_length=40)
    window_start = models.DateTimeField()
    measure = models.SmallIntegerField(choices=Measure.choices)
    used = models.IntegerField()
    cap_limit = models.IntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(used__gte=0), name="villages_capuse_used")]

    def __str__(self) -> str:
        return f"{self.cap_code} {self.owner_id} {self.used}"


class ResidentMove(models.Model):
    """Under which entry a person goes on, and the points that went along, each in its vintage. Once for an entry.

    ``id`` is the caller's UUIDv7; ``expired`` is what had ended in the other village already.
    """

    class Kind(models.TextChoices):
        MERGED = "merged", "合并"
        MOVED = "moved", "迁往他村"

    id = models.UUIDField(primary_key=True)
    from_resident = models.OneToOneField(Resident, models.PROTECT, related_name="went_on")
    to_resident = models.ForeignKey(Resident, models.PROTECT, related_name="came_from")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    points = models.IntegerField()
    expired = models.IntegerField()
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_resident=F("to_resident")), name="villages_residentmove_two_entries"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_resident_id} → {self.to_resident_id}"


class VintageEnd(models.Model):
    """That a village's points of one earning year have expired."""

    village = models.ForeignKey(Village, models.PROTECT, related_name="vintage_ends")
    vintage = models.PositiveSmallIntegerField()
    ended_at = models.DateTimeField()
    accounts = models.IntegerField()
    points = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["village", "vintage"], name="villages_vintageend_once")
        ]

    def __str__(self) -> str:
        return f"{self.village_id} {self.vintage}"


class Outbox(models.Model):
    """An effect outside of the ledger (a message, a push), written in the same commit as its cause."""

    topic = models.CharField(max_length=24)
    village = models.ForeignKey(
        Village, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    payload = models.JSONField()
    created_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(done_at__isnull=True), name="villages_outbox_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class DaySeal(models.Model):
    """SHA-256 over the village's last seal and the day's journal in id order. A sealed day is closed.

    ``totals`` has the day's count and points by transfer code: the money page adds these up.
    """

    village = models.ForeignKey(Village, models.PROTECT, related_name="seals")
    day = models.DateField("日期")
    previous = models.CharField(max_length=64, blank=True, default="")
    seal = models.CharField("印记", max_length=64)
    transfers = models.IntegerField("笔数")
    totals = models.JSONField()
    sealed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["village", "day"]
        constraints = [models.UniqueConstraint(fields=["village", "day"], name="villages_dayseal_once")]

    def __str__(self) -> str:
        return f"{self.village_id} {self.day} {self.seal[:8]}"

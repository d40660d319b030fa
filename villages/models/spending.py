"""Where points are spent: shops, goods, stock, holds and their pick-up, refunds, monthly statements, budget."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Agency

from .ledger import Account
from .places import Resident, Village

USER = settings.AUTH_USER_MODEL


class Shop(models.Model):
    """A shop (兑换点), opened by a village and approved by its town."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待镇街审批"
        APPROVED = "approved", "营业"
        REFUSED = "refused", "未批准"
        CLOSED = "closed", "已停业"

    village = models.ForeignKey(Village, models.PROTECT, related_name="shops")
    agency = models.OneToOneField(Agency, models.PROTECT, null=True, blank=True, related_name="shop")
    name = models.CharField("名称", max_length=60)
    address = models.CharField("地址", max_length=120, blank=True, default="")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField("说明", max_length=200, blank=True, default="")

    class Meta:
        ordering = ["village", "name"]
        constraints = [models.UniqueConstraint(fields=["village", "name"], name="villages_shop_name")]

    def __str__(self) -> str:
        return self.name


class Goods(models.Model):
    """Something a shop gives for points. Services have no stock row; the price has versions."""

    class Kind(models.TextChoices):
        GOODS = "goods", "商品"
        SERVICE = "service", "服务"

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="goods")
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("类别", max_length=8, choices=Kind.choices, default=Kind.GOODS)
    unit = models.CharField("单位", max_length=8, default="件")
    points = models.PositiveIntegerField("积分价")
    cost_fen = models.PositiveIntegerField("进价（分）", default=0)
    low_at = models.PositiveIntegerField("库存预警线", default=5)
    is_listed = models.BooleanField("上架", default=True)

    class Meta:
        ordering = ["shop", "points", "id"]
        verbose_name = "兑换品"
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="villages_goods_name"),
            models.CheckConstraint(condition=Q(points__gt=0), name="villages_goods_price"),
        ]

    def __str__(self) -> str:
        return self.name


class GoodsPrice(models.Model):
    """A version of a price: what it was from when on, and who set it."""

    goods = models.ForeignKey(Goods, models.PROTECT, related_name="prices")
    points = models.PositiveIntegerField()
    cost_fen = models.PositiveIntegerField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["goods", "-set_at"]

    def __str__(self) -> str:
        return f"{self.goods_id} {self.points}"


class Stock(models.Model):
    """What is on the shelf and what of it is promised; the database refuses to promise more."""

    goods = models.OneToOneField(Goods, models.PROTECT, primary_key=True, related_name="stock")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(on_hand__gte=F("reserved")), name="villages_stock_enough"
            )
        ]

    def __str__(self) -> str:
        return f"{self.goods_id} {self.on_hand}"

    @property
    def free(self) -> int:
        return self.on_hand - self.reserved


class StockMove(models.Model):
    """One change of a stock, with its reason; never changed."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "进货"
        LOSS = "loss", "报损"
        COUNT = "count", "盘点差异"
        CAPTURE = "capture", "兑出"
        REFUND = "refund", "退回"

    id = models.UUIDField(primary_key=True)
    goods = models.ForeignKey(Goods, models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    quantity = models.IntegerField()
    reason = models.CharField(max_length=100, blank=True, default="")
    hold_id = models.UUIDField(null=True)
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["-at"]
        constraints = [models.CheckConstraint(condition=~Q(quantity=0), name="villages_stockmove_some")]

    def __str__(self) -> str:
        return f"{self.goods_id} {self.kind} {self.quantity}"


class BasketLine(models.Model):
    """What a resident has put aside; nothing is promised before the hold."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="basket")
    goods = models.ForeignKey(Goods, models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["goods"]
        constraints = [
            models.UniqueConstraint(fields=["resident", "goods"], name="villages_basketline_once"),
            models.CheckConstraint(condition=Q(quantity__range=(1, 99)), name="villages_basketline_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.goods_id} {self.quantity}"


class Hold(models.Model):
    """Points and goods put aside for one pick-up; resolved once: captured (whole or in part), void or expired.

    ``code_index`` finds it by the one-time code; the code itself is kept encrypted for its owner's screen.
    """

    class State(models.TextChoices):
        OPEN = "open", "待取货"
        CAPTURED = "captured", "已兑换"
        VOID = "void", "已取消"
        EXPIRED = "expired", "已过期"

    id = models.UUIDField(primary_key=True)
    village = models.ForeignKey(Village, models.DO_NOTHING, related_name="holds")
    shop = models.ForeignKey(Shop, models.DO_NOTHING, related_name="holds")
    resident = models.ForeignKey(Resident, models.DO_NOTHING, related_name="holds")
    amount = models.IntegerField("积分")
    captured = models.IntegerField("已兑积分", default=0)
    refunded = models.IntegerField("已退积分", default=0)
    state = models.CharField(max_length=8, choices=State.choices)
    code_index = models.CharField(max_length=80, db_index=True)
    code_cipher = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.BigIntegerField(null=True)
    opened_by = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="villages_hold_open"),
            models.Index(fields=["resident", "opened_at"], name="villages_hold_resident"),
            models.Index(fields=["shop", "resolved_at"], name="villages_hold_shop"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured"), captured__lte=F("amount")),
                name="villages_hold_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class HoldPart(models.Model):
    """What of a hold lies on one vintage account."""

    hold = models.ForeignKey(Hold, models.DO_NOTHING, related_name="parts")
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="+", db_constraint=False)
    amount = models.IntegerField()
    captured = models.IntegerField(default=0)
    refunded = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hold", "account"], name="villages_holdpart_once"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured"), captured__lte=F("amount")),
                name="villages_holdpart_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} {self.amount}"


class HoldItem(models.Model):
    """Goods of a hold, at the price of its moment."""

    hold = models.ForeignKey(Hold, models.DO_NOTHING, related_name="items")
    goods = models.ForeignKey(Goods, models.DO_NOTHING, related_name="+")
    quantity = models.IntegerField()
    unit_points = models.IntegerField()
    captured = models.IntegerField(default=0)
    refunded = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hold", "goods"], name="villages_holditem_once"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0, refunded__gte=0, refunded__lte=F("captured"), captured__lte=F("quantity")
                ),
                name="villages_holditem_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} {self.goods_id} {self.quantity}"


class Refund(models.Model):
    """Goods that came back after pick-up; the points went back to the vintages they came from."""

    id = models.UUIDField(primary_key=True)
    hold = models.ForeignKey(Hold, models.DO_NOTHING, related_name="refunds")
    shop = models.ForeignKey(Shop, models.DO_NOTHING, related_name="refunds")
    points = models.IntegerField()
    expired = models.IntegerField(default=0)
    items = models.JSONField()
    reason = models.CharField(max_length=100, blank=True, default="")
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["shop", "at"], name="villages_refund_shop")]

    def __str__(self) -> str:
        return f"{self.hold_id} {self.points}"


class Statement(models.Model):
    """A shop's month: captures less refunds, confirmed by both sides, then paid out in yuan."""

    class State(models.TextChoices):
        OPEN = "open", "待双方确认"
        CONFIRMED = "confirmed", "双方已确认"
        DISPUTED = "disputed", "有异议"
        PAID = "paid", "已结算"

    id = models.UUIDField(primary_key=True)
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="statements")
    month = models.DateField("月份")
    captures = models.IntegerField("兑换积分")
    refunds = models.IntegerField("退还积分")
    pickups = models.IntegerField("笔数")
    points = models.IntegerField("应结积分")
    points_per_yuan = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    shop_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    shop_at = models.DateTimeField(null=True)
    village_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    village_at = models.DateTimeField(null=True)
    objection = models.CharField("异议", max_length=200, blank=True, default="")
    paid_at = models.DateTimeField(null=True)
    paid_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["-month", "shop"]
        constraints = [models.UniqueConstraint(fields=["shop", "month"], name="villages_statement_month")]

    def __str__(self) -> str:
        return f"{self.shop} {self.month:%Y-%m}"

    @property
    def yuan(self) -> float:
        return self.points / self.points_per_yuan


class BudgetRequest(models.Model):
    """A village asks for points, the town grants or refuses."""

    class State(models.TextChoices):
        ASKED = "asked", "待审批"
        GRANTED = "granted", "已拨入"
        REFUSED = "refused", "未批准"

    id = models.UUIDField(primary_key=True)
    village = models.ForeignKey(Village, models.PROTECT, related_name="budget_requests")
    points = models.PositiveIntegerField("积分")
    purpose = models.CharField("用途", max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField("说明", max_length=200, blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.village} {self.points}"


class LedgerCheck(models.Model):
    """One run of the invariants I1-I12 over a village (or, without one, over the whole book)."""

    village = models.ForeignKey(Village, models.CASCADE, null=True, related_name="checks")
    scope = models.CharField(max_length=8)
    at = models.DateTimeField()
    seconds = models.FloatField()
    transfers = models.BigIntegerField()
    intact = models.BooleanField()
    results = models.JSONField()

    class Meta:
        default_permissions = ()
        ordering = ["-at"]
        indexes = [models.Index(fields=["village", "-at"], name="villages_check_latest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {'完好' if self.intact else '异常'}"

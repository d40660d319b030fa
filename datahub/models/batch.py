"""Deliveries: one batch per file, its state and its counts in one table."""

from django.conf import settings
from django.db import models


class BatchState(models.TextChoices):
    RECEIVED = "received", "已接收"
    CHECKED = "checked", "待确认"
    PROMOTED = "promoted", "已入库"
    REJECTED = "rejected", "已退回"
    WITHDRAWN = "withdrawn", "已撤回"


class Channel(models.TextChoices):
    PAGE = "page", "页面"
    API = "api", "接口"
    COMMAND = "command", "命令"


class Batch(models.Model):
    """A delivered file of one item and period. Same bytes, item and period: the same batch.

    ``rows_received = rows_promoted + rows_unchanged + rows_quarantined + rows_waiting`` once promoted.
    """

    item_code = models.CharField("数据项", max_length=60)
    item_number = models.SmallIntegerField()
    department = models.CharField("部门", max_length=20)
    period = models.CharField("所属期", max_length=10)
    file_date = models.DateField("数据日期")
    state = models.CharField("状态", max_length=10, choices=BatchState.choices, default=BatchState.RECEIVED)
    channel = models.CharField("渠道", max_length=8, choices=Channel.choices)
    file_digest = models.CharField(max_length=64)
    file_name = models.CharField("文件名", max_length=200)
    file_bytes = models.BigIntegerField()
    encoding = models.CharField("编码", max_length=20, blank=True, default="")
    encoding_reason = models.CharField("编码判定依据", max_length=200, blank=True, default="")
    header_line = models.IntegerField("表头行", null=True, blank=True)
    definition_hash = models.CharField(max_length=64, blank=True, default="")
    rows_received = models.IntegerField("接收行数", default=0)
    rows_promoted = models.IntegerField("入库行数", default=0)
    rows_unchanged = models.IntegerField("无变化行数", default=0)
    rows_quarantined = models.IntegerField("退回行数", default=0)
    rows_waiting = models.IntegerField("待匹配行数", default=0)
    rows_ended = models.IntegerField("终止条数", default=0)
    rows_duplicate = models.IntegerField("重复行数", default=0)  # part of the quarantined ones
    cells_expected = models.BigIntegerField("应填单元格", default=0)
    cells_filled = models.BigIntegerField("已填单元格", default=0)
    finding_count = models.IntegerField("提示数", default=0)
    findings = models.JSONField("提示", default=list, blank=True)
    refusal = models.CharField("退回原因", max_length=400, blank=True, default="")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    delivered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField("接收时间")
    checked_at = models.DateTimeField("校验时间", null=True, blank=True)
    promoted_at = models.DateTimeField("入库时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawal_reason = models.CharField("撤回原因", max_length=400, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item_code", "period", "file_digest"],
                condition=~models.Q(state__in=[BatchState.WITHDRAWN, BatchState.REJECTED]),
                name="datahub_same_bytes_same_batch",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=BatchState.PROMOTED)
                | models.Q(
                    rows_received=models.F("rows_promoted")
                    + models.F("rows_unchanged")
                    + models.F("rows_quarantined")
                    + models.F("rows_waiting")
                ),
                name="datahub_every_row_accounted_for",
            ),
        ]
        indexes = [models.Index(fields=["item_code", "-id"]), models.Index(fields=["department", "-id"])]

    def __str__(self) -> str:
        return f"{self.item_code} {self.period} #{self.pk}"


class RejectedRow(models.Model):
    """Why one cell or row of a batch was put aside. The cell itself stays in the file, not here."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="rejections", db_index=False)
    line = models.IntegerField("行号")
    column = models.CharField("列", max_length=80)
    code = models.CharField("问题代码", max_length=40)
    message = models.CharField("原因与改法", max_length=300)

    class Meta:
        indexes = [models.Index(fields=["batch", "line"], name="datahub_rejected_place")]

    def __str__(self) -> str:
        return f"第 {self.line} 行 {self.column}"

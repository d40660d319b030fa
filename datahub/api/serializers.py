"""Deliveries as JSON."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from datahub.engine.definitions import get_item
from datahub.engine.periods import name_of
from datahub.models import Batch, RejectedRow
from datahub.services.deliveries import UnableToReceive, check_period


class DeliveryRequest(serializers.Serializer[Any]):
    """What accompanies a file, in the form or in the address."""

    item = serializers.CharField(max_length=60, help_text="数据项代码，如 court.equity_freeze")
    file_date = serializers.DateField(help_text="数据日期，不晚于今天")
    period = serializers.CharField(
        max_length=10,
        required=False,
        allow_blank=True,
        help_text="所属期：2026、2026Q3、2026-10 或 2026-10-31；省略则取数据日期所在周期",
    )
    file_name = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="文件名，仅供显示"
    )

    def validate_item(self, code: str) -> str:
        try:
            get_item(code)
        except KeyError:
            raise serializers.ValidationError(f"没有数据项“{code}”，请在数据目录查对代码。") from None
        return code

    def validate_file_date(self, day: Any) -> Any:
        if day > timezone.localdate():
            raise serializers.ValidationError(f"数据日期 {day} 晚于今天，请改正。")
        return day

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        period = attrs.get("period") or name_of(attrs["file_date"], get_item(attrs["item"]).delivery.period)
        try:
            check_period(period)
        except UnableToReceive as error:
            raise serializers.ValidationError({"period": [str(error)]}) from error
        return attrs | {"period": period}


class MultipartDelivery(DeliveryRequest):
    """The same with the file, as the description of the interface shows it."""

    file = serializers.FileField(help_text="CSV（UTF-8 或 GB18030）或 XLSX")


class FindingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    rows = serializers.IntegerField(help_text="行数")
    first_line = serializers.IntegerField(help_text="首见行号")


class DeliverySerializer(serializers.ModelSerializer[Batch]):
    """State and counts. Once promoted, received = promoted + unchanged + quarantined + waiting."""

    state_label = serializers.CharField(source="get_state_display", help_text="状态名称")
    item = serializers.CharField(source="item_code", help_text="数据项代码")
    sha256 = serializers.CharField(source="file_digest", help_text="文件摘要")
    findings = FindingSerializer(many=True)

    class Meta:
        model = Batch
        fields = [
            "id", "item", "department", "period", "file_date", "file_name", "sha256", "state", "state_label",
            "rows_received", "rows_promoted", "rows_unchanged", "rows_quarantined", "rows_waiting", "rows_ended",
            "encoding", "encoding_reason", "header_line",
            "findings", "refusal", "withdrawal_reason", "received_at", "checked_at",
            "promoted_at", "withdrawn_at",
        ]  # fmt: skip


class RejectionSerializer(serializers.ModelSerializer[RejectedRow]):
    class Meta:
        model = RejectedRow
        fields = ["line", "column", "code", "message"]

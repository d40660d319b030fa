"""``manage.py deliver ITEM FILE``: a delivery from the command line, through the same door."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

import audit
from datahub.engine.definitions import get_item
from datahub.models import Batch, Channel
from datahub.services.deliveries import UnableToReceive, receive_delivery
from datahub.services.promotion import UnableToPromoteBatch, process_batch
from datahub.tasks import tell_upper_floors


class Command(BaseCommand):
    help = "把一个文件按数据项报送入库，例如：manage.py deliver court.equity_freeze 文件.csv --period 2026-11"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("item", help="数据项代码")
        parser.add_argument("file", type=Path, help="CSV 或 XLSX 文件")
        parser.add_argument("--period", help="所属期，默认本月")
        parser.add_argument("--date", type=date.fromisoformat, help="数据日期，默认今天")
        parser.add_argument("--confirm", action="store_true", help="确认终止超过一成的全量报送")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        today = timezone.localdate(now)
        try:
            item = get_item(options["item"])
        except KeyError as error:
            raise CommandError(f"没有数据项 {options['item']}，可在数据目录页查到全部代码。") from error
        origin = audit.Origin.system("manage.py")
        try:
            with options["file"].open("rb") as stream:
                received = receive_delivery(
                    item, stream, file_name=options["file"].name, period=options["period"] or f"{today:%Y-%m}",
                    file_date=options["date"] or today, channel=Channel.COMMAND, origin=origin, now=now,
                )  # fmt: skip
            process_batch(
                received.batch_id, origin=origin, now=now, confirmed=options["confirm"],
            )  # fmt: skip
        except OSError as error:
            raise CommandError(f"无法读取 {options['file']}：{error.strerror}") from error
        except (UnableToReceive, UnableToPromoteBatch) as error:
            raise CommandError(str(error)) from error
        tell_upper_floors()
        self._report(Batch.objects.get(pk=received.batch_id))

    def _report(self, batch: Batch) -> None:
        self.stdout.write(
            f"批次 {batch.pk} {batch.get_state_display()}：接收 {batch.rows_received:,} 行，"
            f"入库 {batch.rows_promoted:,}，无变化 {batch.rows_unchanged:,}，退回 {batch.rows_quarantined:,}，"
            f"待匹配 {batch.rows_waiting:,}，终止 {batch.rows_ended:,} 条。{batch.refusal}"
        )
        for finding in batch.findings:
            self.stdout.write(
                f"提示：{finding['message']}，共 {finding['rows']:,} 行，首见第 {finding['first_line']} 行。"
            )

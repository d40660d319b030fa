"""``manage.py verify_ledger [--village CODE] [--no-keep]``: prove the ledger, exit code 1 if it is broken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from villages.models import Village
from villages.services.verification import keep, verify


class Command(BaseCommand):
    help = "核验积分账的十二条不变量（I1-I12）。发现异常时退出码为 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--village", default="", help="只核验一个村（村编码）")
        parser.add_argument("--no-keep", action="store_true", help="不保存核验结果")

    def handle(self, *args: Any, **options: Any) -> None:
        village = None
        if options["village"]:
            village = Village.objects.filter(code=options["village"]).first()
            if village is None:
                raise CommandError(f"没有编码为 {options['village']} 的村。")
        report = verify(village.pk if village else None)
        for outcome in report.outcomes:
            mark = "完好" if not outcome.breaches else f"异常 {outcome.breaches} 处"
            self.stdout.write(f"{outcome.code:<4} {mark}  {outcome.promise}（{outcome.seconds:.2f} 秒）")
            for line in outcome.shown:
                self.stdout.write(f"      {line}")
        self.stdout.write(f"共 {report.transfers} 笔，用时 {report.seconds:.2f} 秒。")
        if not options["no_keep"]:
            keep(report, village, "full", now=timezone.now())
        if not report.intact:
            raise CommandError(f"积分账不一致：{'、'.join(report.broken)}", returncode=1)

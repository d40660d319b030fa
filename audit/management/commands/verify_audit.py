"""``manage.py verify_audit``: recompute the chain; exit 1 and the first bad entry if it is not sound."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit import checkpoints, upkeep
from audit.contracts import KIND_LABELS, Origin


class Command(BaseCommand):
    help = "核验审计日志：逐条重算校验码，并与数据库之外的检查点对照；发现异常时以非零代码退出"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from-archive", action="store_true", help="同时核验已归档的文件")

    def handle(self, *args: Any, **options: Any) -> None:
        report = upkeep.verify_and_note(
            origin=Origin.system("verify_audit"), now=timezone.now(), from_archive=options["from_archive"]
        )
        if report.archived:
            self.stdout.write(f"已归档 {report.archived} 条（至第 {report.first_seq - 1} 条）")
        self.stdout.write(
            f"核验 {report.entries} 条，至第 {report.verified_seq} 条；对照检查点 {report.checkpoints} 个"
        )
        if not report.checkpoints and report.entries:
            self.stdout.write(
                f"提示：{checkpoints.folder()} 中没有可对照的检查点，无法发现末尾被截去的情形。"
            )
        if report.finding:
            self.stderr.write(f"异常（{KIND_LABELS[report.finding.kind]}）：{report.finding.message}")
            sys.exit(1)
        self.stdout.write("日志完好。")

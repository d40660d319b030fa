"""``manage.py archive_audit --before 2026-01-01``: old entries into a sealed file, by the owner's role."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit import archives
from audit.contracts import Origin
from audit.services import UnableToWriteLog


class Command(BaseCommand):
    help = "将早于指定日期（且已满保留天数）的审计日志移入归档文件，登记摘要与签章"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before", required=True, type=dt.date.fromisoformat, help="日期，如 2026-01-01（不含当日）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        before = timezone.make_aware(dt.datetime.combine(options["before"], dt.time.min))
        try:
            made = archives.archive(before, now=timezone.now(), origin=Origin.system("archive_audit"))
        except (archives.UnableToArchiveLog, UnableToWriteLog) as error:
            raise CommandError(str(error)) from error
        if made is None:
            self.stdout.write("没有需要归档的日志。")
            return
        self.stdout.write(
            f"已归档第 {made.first_seq} 至 {made.last_seq} 条：{archives.folder() / made.file_name}"
        )
        self.stdout.write(f"SM3 摘要 {made.digest}")

"""``manage.py verify_export FILE``: is a downloaded log what the portal exported? Exit 1 if not."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from audit import export


class Command(BaseCommand):
    help = "核验导出的审计日志文件（CSV）：逐行校验码、摘要与签章"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8", newline="") as file:
                proven = export.verify(file)
        except (OSError, UnicodeDecodeError) as error:
            self.stderr.write(f"文件无法读取：{error}")
            sys.exit(1)
        except export.UnableToReadExport as error:
            self.stderr.write(f"异常：{error}")
            sys.exit(1)
        span = f"，序号 {proven.first_seq} 至 {proven.last_seq}" if proven.rows else ""
        self.stdout.write(f"文件完好：{proven.rows} 条{span}；导出时日志至第 {proven.head_seq} 条。")

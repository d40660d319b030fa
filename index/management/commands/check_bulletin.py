"""``manage.py check_bulletin FILE``: does the table of a bulletin contradict itself?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from index.engine.bulletin import check_bulletin
from index.engine.table import UnableToReadTable
from index.files import UnableToReadFile, read_csv


class Command(BaseCommand):
    help = (
        "核对简报中的表：按印出的小数位复算每一行的数值、变动与百分比，指出自相矛盾的行；有矛盾时退出码为 1"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV：series,level,change,percentage,printed decimals（或中文表头）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = check_bulletin(read_csv(options["file"]))
        except (UnableToReadTable, UnableToReadFile) as error:
            raise CommandError(str(error)) from error
        for finding in report.findings:
            self.stdout.write(finding.message)
        for line in report.unchecked:
            self.stdout.write(f"第 {line} 行：数字不全或上期可能不为正，未核对")
        wrong = len({finding.line for finding in report.findings})
        if wrong:
            raise CommandError(f"{options['file']}：核对 {report.checked} 行，其中 {wrong} 行自相矛盾。")
        if not report.checked:
            raise CommandError(
                f"{options['file']}：没有一行可以核对，不能说明表中没有矛盾。"
                "除数值外，每行还需要上期数值、变动、百分比中的至少两项，且上期数值大于 0；请补齐后再核对。"
            )
        self.stdout.write(f"{options['file']}：核对 {report.checked} 行，没有矛盾。")

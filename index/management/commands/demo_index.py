"""``manage.py demo_index``: two years of daily index from the demonstration city's facts."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from index.demo.raising import UnableToRaiseIndex, raise_demo
from index.services.backfill import UnableToBackfill
from index.services.daily import UnableToRunDay
from index.services.method import UnableToReleaseMethod


class Command(BaseCommand):
    help = "由演示城市的数据生成两年每日指数；中断后再次执行即可继续"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, help="截止日，默认今天")

    def handle(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        try:
            raise_demo(as_of=options["as_of"] or timezone.localdate(), report=self._say)
        except (UnableToRaiseIndex, UnableToBackfill, UnableToReleaseMethod, UnableToRunDay) as error:
            raise CommandError(str(error)) from error
        self._say("指数演示已就绪。")

    def _say(self, text: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.began:5.1f} 秒] {text}")
        self.stdout.flush()

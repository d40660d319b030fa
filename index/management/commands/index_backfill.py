"""``manage.py index_backfill``: years of daily index in one go; a broken one is taken up where it stopped."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

import audit
from datahub import public as datahub
from index.services.backfill import UnableToBackfill, plan_backfill, run_backfill
from index.services.following import judge_history
from index.services.method import UnableToReleaseMethod, release_method

ORIGIN = audit.Origin.system("index_backfill")


class Command(BaseCommand):
    help = "回算每日指数：首次执行时发布编制定义；中断后以相同日期再次执行即可继续"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=date.fromisoformat, required=True, help="起始日 YYYY-MM-DD"
        )
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="截止日，默认今天")

    def handle(self, *args: Any, **options: Any) -> None:
        self.began, now = time.monotonic(), timezone.now()
        latest = datahub.last_change()
        try:
            method = release_method(known_at=latest.at if latest else now, now=now, origin=ORIGIN)
            last = options["last"] or timezone.localdate()
            run = plan_backfill(method, options["first"], last, origin=ORIGIN, now=now)
            if run.next_day > run.first_day:
                self._say(f"继续上次回算，自 {run.next_day} 起。")
            run = run_backfill(run, now=now, report=self._on_step)
            alerts = judge_history(run, now=now)
        except (UnableToReleaseMethod, UnableToBackfill) as error:
            raise CommandError(str(error)) from error
        self._say(
            f"回算完成：{run.first_day} 至 {run.last_day}，主体 {run.entities:,} 户，变动点 {run.points:,} 个，"
            f"写入序列值 {run.values_written:,} 条，历史预警 {alerts:,} 条。"
        )

    def _on_step(self, day: date, done: int, total: int) -> None:
        self._say(f"已计算至 {day}，{done:,}/{total:,} 日")

    def _say(self, text: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.began:5.1f} 秒] {text}")
        self.stdout.flush()

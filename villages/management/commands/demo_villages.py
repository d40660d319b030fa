"""``manage.py demo_villages``: raise the villages of the demonstration."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from villages.demo import UnableToRaiseVillages, raise_demo
from villages.demo.raising import DEFAULT_RESIDENTS, describe


class Command(BaseCommand):
    help = "建立桥头镇演示村：村民、一年的活动与积分、今天待办的事项；中断后可继续"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--residents", type=int, default=DEFAULT_RESIDENTS, help="村民数，最多 200000")
        parser.add_argument("--seed", type=int, default=1, help="随机种子，同一种子得到同样的村民")
        parser.add_argument("--as-of", type=date.fromisoformat, help="观察日，默认今天")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()

        def report(what: str, done: int, total: int) -> None:
            self.stdout.write(f"[{done}/{total}] {what}（{time.monotonic() - begun:.0f} 秒）")

        try:
            counts = raise_demo(
                as_of=options["as_of"] or timezone.localdate(),
                seed=options["seed"],
                size=options["residents"],
                report=report,
            )
        except UnableToRaiseVillages as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{describe(counts)}用时 {time.monotonic() - begun:.0f} 秒。")

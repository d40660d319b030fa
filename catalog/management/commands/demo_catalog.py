"""``manage.py demo_catalog``: the demonstration catalogue, invented and labelled so."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.demo.service import SIZES, raise_demo


class Command(BaseCommand):
    help = "建立演示用开放数据目录（虚构数据，可重复执行）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", help="演示日，缺省为今天")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--size", choices=sorted(SIZES), default="normal")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            as_of = dt.date.fromisoformat(options["as_of"]) if options["as_of"] else timezone.localdate()
        except ValueError as error:
            raise CommandError("--as-of 应写成 2026-11-22。") from error
        count = raise_demo(as_of=as_of, seed=options["seed"], size=options["size"], report=self.stdout.write)
        self.stdout.write(self.style.SUCCESS(f"演示目录已就绪：{count} 个数据集。"))

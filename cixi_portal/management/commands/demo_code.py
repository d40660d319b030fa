"""``manage.py demo_code USER``: the present one-time code of a demo sign-in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.demo.codes import UnableToShowCode, demo_code


class Command(BaseCommand):
    help = "显示演示账号当前的动态口令"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code, seconds = demo_code(options["username"], timezone.now())
        except UnableToShowCode as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{code}（{seconds} 秒内有效，仅可使用一次）")

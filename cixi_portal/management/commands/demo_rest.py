"""``manage.py demo_rest``: villages, catalogue and index of the demonstration, behind a running portal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cixi_portal import demo_rest


class Command(BaseCommand):
    help = "在门户运行时准备其余演示数据：开放目录、桥头分、金融指数"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            demo_rest.raise_rest(self._say, today=timezone.localdate())
        except demo_rest.UnableToRaiseRest as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

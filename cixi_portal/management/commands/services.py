"""``manage.py services start|stop|status``: the embedded servers by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cixi_portal.embedded import services


class Command(BaseCommand):
    help = "启动、停止或查看内置的 PostgreSQL 与 Redis"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "start":
            services.start()
            services.keep(True)
        elif options["action"] == "stop":
            services.keep(False)
            services.stop()
        for name, up in services.status().items():
            self.stdout.write(f"{name}: {'running' if up else 'stopped'}")

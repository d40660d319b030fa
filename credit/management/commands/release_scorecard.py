"""``manage.py release_scorecard [VERSION]``: put a reviewed scorecard into force."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

import audit
from credit.definitions import CURRENT
from credit.services.releases import release_scorecard


class Command(BaseCommand):
    help = "发布评分卡：冻结评分卡与参照表，此后的评分都用它计算"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", nargs="?", default=CURRENT, help=f"版本，默认 {CURRENT}")

    def handle(self, *args: Any, **options: Any) -> None:
        origin = audit.Origin.system("manage.py")
        try:
            release = release_scorecard(origin=origin, now=timezone.now(), version=options["version"])
        except FileNotFoundError as error:
            raise CommandError(
                f"没有版本 {options['version']} 的评分卡，应有 credit/definitions/scorecard_{options['version']}.yaml "
                f"与 reference_{options['version']}.json。"
            ) from error
        self.stdout.write(f"评分卡 {release.version} 已生效，模型摘要 {release.model_hash[:16]}。")

"""``manage.py simulate_village --seeds N``: village years under faults, against the plain model.

Runs in a database for tests that it makes and removes. Prints each seed with its options, enough to replay
it alone with ``--first SEED --seeds 1``; exit code 1 if a seed differs.
"""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import setup_databases, teardown_databases

from villages.simulator import Options, simulate


class Command(BaseCommand):
    help = "以随机种子模拟村庄一年的积分业务，注入故障，并与逐笔对照模型比较。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seeds", type=int, default=20, help="种子个数")
        parser.add_argument("--first", type=int, default=1, help="第一个种子")
        parser.add_argument("--operations", type=int, default=160, help="每年的业务笔数")
        parser.add_argument("--people", type=int, default=12, help="村民人数")
        parser.add_argument("--faults", type=float, default=0.35, help="故障比例")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        before = setup_databases(verbosity=0, interactive=False, aliases={"default": False})
        failed = []
        try:
            for seed in range(options["first"], options["first"] + options["seeds"]):
                told = Options(seed, options["operations"], options["people"], options["faults"])
                outcome = simulate(told)
                mark = "通过" if outcome.passed else "不符"
                self.stdout.write(
                    f"{mark} {told} 投递 {outcome.delivered} 笔转账 {outcome.transfers}"
                    f" 故障 {outcome.faults} 拒绝 {outcome.refusals}"
                )
                for line in (*outcome.differences[:10], *outcome.broken):
                    self.stdout.write(f"    {line}")
                if not outcome.passed:
                    failed.append(seed)
        finally:
            teardown_databases(before, verbosity=0)
        if failed:
            raise CommandError(f"{len(failed)} 个种子不符：{failed}", returncode=1)
        self.stdout.write(f"{options['seeds']} 个种子全部通过。")

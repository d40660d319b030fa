"""``manage.py storm_ledger --kills 10``: writers and the server are killed under load; nothing may be lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import setup_databases, teardown_databases

from accounts.models import Agency
from accounts.roles import AgencyKind
from villages.models import Village
from villages.storm import storm


class Command(BaseCommand):
    help = "在持续记账时强行终止进程和数据库，核对已确认的账目一笔不少、一笔不重。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kills", type=int, default=10, help="终止次数，单数次终止数据库进程")
        parser.add_argument("--pause", type=float, default=2.0, help="两次之间的秒数")
        parser.add_argument("--workers-only", action="store_true", help="不终止数据库进程")

    def handle(self, *args: Any, **options: Any) -> None:
        before = setup_databases(verbosity=0, interactive=False, aliases={"default": False})
        try:
            agency = Agency.objects.create(code="storm", name="模拟村", kind=AgencyKind.VILLAGE)
            village = Village.objects.create(
                code="330282999009", name="模拟村", town_code="330282999", agency=agency
            )
            damage = storm(
                village,
                kills=options["kills"],
                crash_server=not options["workers_only"],
                pause=options["pause"],
            )
        finally:
            teardown_databases(before, verbosity=0)
        self.stdout.write(
            f"终止记账进程 {damage.writers_killed} 次，数据库崩溃恢复 {damage.server_crashes} 次；"
            f"已确认 {damage.acknowledged} 笔，重投 {damage.repeated} 笔，缺失 {len(damage.missing)} 笔，"
            f"未结兑换单 {damage.open_holds} 张，不变量异常：{'、'.join(damage.broken) or '无'}。"
        )
        if not damage.passed:
            raise CommandError("账目不完整。", returncode=1)

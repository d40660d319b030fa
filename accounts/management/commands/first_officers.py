"""``manage.py first_officers``: the three officers of a new installation, in place of a superuser."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.roles import CARDS, Role
from accounts.services.first_officers import UnableToAppointFirstOfficers, appoint_first_officers
from audit import Origin

OPTIONS = {
    "system": Role.SYSTEM_OFFICER,
    "security": Role.SECURITY_OFFICER,
    "auditor": Role.AUDITOR,
}


class Command(BaseCommand):
    help = "为新装系统建立首批系统管理员、安全保密管理员和安全审计员"

    def add_arguments(self, parser: ArgumentParser) -> None:
        for option, role in OPTIONS.items():
            parser.add_argument(f"--{option}", required=True, help=f"{CARDS[role].label}的用户名")

    def handle(self, *args: Any, **options: Any) -> None:
        names = {role: options[option] for option, role in OPTIONS.items()}
        try:
            issued = appoint_first_officers(names, now=timezone.now(), origin=Origin.system("first_officers"))
        except UnableToAppointFirstOfficers as error:
            raise CommandError(str(error)) from error
        for username, password in issued.items():
            self.stdout.write(f"{username}  {password}")
        self.stdout.write("以上密码只显示这一次，首次登录须修改并绑定验证器。")

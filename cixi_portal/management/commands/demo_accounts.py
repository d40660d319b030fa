"""``manage.py demo_accounts``: agencies and sign-ins of the demo city, and a table of them."""

import json
import os
import unicodedata
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.demo.agencies import DemoDepartment, DemoFirm, demo_agencies
from accounts.demo.service import DemoSignIn, UnableToMakeDemoAccounts, prepare_demo_accounts
from cixi_portal.embedded.places import var_folder

DEFINITIONS = Path(settings.BASE_DIR) / "datahub" / "definitions"
# A well-formed code of no real firm, for a portal without the demo city's firms.
NO_FIRM = DemoFirm("91330282MADEM00018", "演示企业")
# The firm whose representative can show most: banks see its frozen shares only with its authorisation.
REPRESENTED_ROLE = "frozen"


class Command(BaseCommand):
    help = "建立演示机构与演示账号，并列出登录方式"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--enterprise", help="企业代表所代表企业的统一社会信用代码")

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("PORTAL_DEMO_PASSWORD", "")
        if not password:
            raise CommandError("环境变量 PORTAL_DEMO_PASSWORD 未设置。")
        agencies = demo_agencies(departments(), represented_firm(options["enterprise"]))
        try:
            lines = prepare_demo_accounts(agencies, password, timezone.now())
        except UnableToMakeDemoAccounts as error:
            raise CommandError(str(error)) from error
        self.stdout.write(table(lines))
        self.stdout.write(f"演示密码（全部账号相同）：{password}")
        self.stdout.write("标 * 的账号还需动态口令，可执行 manage.py demo_code 用户名 查看。")


def departments() -> list[DemoDepartment]:
    """Departments in the order of their numbers, from the head of each definition file."""
    heads = []
    for path in sorted(DEFINITIONS.glob("*.yaml")):
        # Only the head: the items below it take far longer to parse than a start may wait.
        head = path.read_text(encoding="utf-8").split("\nitems:", 1)[0]
        heads.append(yaml.safe_load(head)["department"])
    return [DemoDepartment(head["code"], head["name"]) for head in heads]


def represented_firm(wanted: str | None) -> DemoFirm:
    """The firm asked for, else the demo city's firm with frozen shares, else none that exists."""
    if wanted:
        from datahub.public import find_enterprise  # loads the data frames, which a start can do without

        known = find_enterprise(wanted)
        return DemoFirm(wanted, known.name if known else NO_FIRM.name)
    path = var_folder() / "demo" / "files" / "notable.json"
    if not path.exists():
        return NO_FIRM
    lines = json.loads(path.read_text(encoding="utf-8"))
    line = next((line for line in lines if line["role"] == REPRESENTED_ROLE), lines[0])
    return DemoFirm(line["code"], line["name"])


def table(lines: list[DemoSignIn]) -> str:
    """The sign-ins as text; Chinese characters are two columns wide."""
    rows = [("用户名", "角色", "机构")]
    rows += [(line.username + (" *" if line.second_factor else ""), line.role, line.agency) for line in lines]
    widths = [max(_width(row[i]) for row in rows) for i in range(3)]
    return "\n".join(
        "  ".join(_padded(cell, widths[i]) for i, cell in enumerate(row)).rstrip() for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

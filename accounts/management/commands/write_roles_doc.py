"""``manage.py write_roles_doc``: writes ``docs/roles.md`` from roles and declared audiences."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.roles_doc import roles_document


class Command(BaseCommand):
    help = "从源码生成 docs/roles.md"

    def handle(self, *args: Any, **options: Any) -> None:
        target = Path(settings.BASE_DIR) / "docs" / "roles.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(roles_document(), encoding="utf-8")
        self.stdout.write(f"已写入 {target.relative_to(settings.BASE_DIR)}")

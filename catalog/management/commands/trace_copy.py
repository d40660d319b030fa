"""``manage.py trace_copy FILE``: whose copy a file is that turned up where it should not."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

import audit
from catalog.engine.copy_file import UnableToReadCopy
from catalog.selectors.tracing import Suspect, Trace, trace_copy


class Command(BaseCommand):
    help = "查出外泄文件出自哪一次授权使用（按水印编号，或按行的次序）；查到退出码 0，查不到 1"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV、TSV、JSON、XML 或 XLSX 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"没有文件 {path}。")
        try:
            found = trace_copy(path)
        except UnableToReadCopy as error:
            raise CommandError(str(error)) from error
        audit.record(
            "catalog.copy.traced", origin=audit.Origin.system("trace_copy"), target=f"file:{path.name[:100]}",
            detail={"rows": found.rows, "pairs": found.pairs, "marks": [s.use.mark for s in found.suspects]},
        )  # fmt: skip
        self.stdout.write(json.dumps(_told(found), ensure_ascii=False, indent=2))
        if not found.suspects:
            raise CommandError(_why_not(found), returncode=1)


def _told(found: Trace) -> dict[str, Any]:
    return {
        "rows_read": found.rows, "rows_matched": found.matched, "pairs": found.pairs,
        "uses_compared": found.uses_compared, "suspects": [_suspect(one) for one in found.suspects],
    }  # fmt: skip


def _suspect(one: Suspect) -> dict[str, Any]:
    use, grant = one.use, one.use.grant
    told: dict[str, Any] = {
        "mark": use.mark, "evidence": one.by, "grant": grant.pk, "agency": grant.agency.name,
        "user": use.user.username, "way": use.way, "at": timezone.localtime(use.at).isoformat(timespec="seconds"),
        "dataset": grant.resource.dataset.name, "resource": str(grant.resource.uid),
    }  # fmt: skip
    if one.found is not None:
        told |= {"pairs_agreeing": one.found.agreeing, "pairs": one.found.pairs, "chance": one.found.chance}
    return told


def _why_not(found: Trace) -> str:
    if not found.matched:
        return "文件中的行与任何授权发出的版本都对不上。"
    if found.pairs < 40:
        return f"可比对的相邻行只有 {found.pairs} 对，不足以下结论。"
    return "行的次序与任何一次使用都不符：文件可能经过重新排序。"

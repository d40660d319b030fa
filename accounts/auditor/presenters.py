"""Entries as the templates take them: Chinese names, local times, nothing computed there."""

import datetime as dt
import json
from typing import Any

from django.utils import timezone

from accounts.roles import CARDS, Role
from audit.labels import detail_label, label_of
from audit.models import AuditEntry
from foundation.templatetags.formatting import count

RESULT_TAGS = {"ok": "tag-good", "refused": "tag-warn", "failed": "tag-bad"}
NOBODY = "未登录"
SYSTEM = "系统任务"


def row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor_name or NOBODY,
        "roles": roles_text(entry.roles),
        "agency": entry.agency,
        "action": label_of(entry.action),
        "code": entry.action,
        "target": entry.target,
        "address": entry.address,
        "result": entry.get_result_display(),
        "tag": RESULT_TAGS.get(entry.result, ""),
    }


def roles_text(codes: str) -> str:
    """Role codes as their Chinese names; a code that is no longer known stays as it is."""
    known = {role.value: CARDS[role].label for role in Role} | {"system": SYSTEM}
    return "、".join(known.get(code, code) for code in codes.split(",") if code)


def count_text(counted: int, most: int) -> str:
    return f"{count(most)} 条以上" if counted > most else f"{count(counted)} 条"


def result_chips(current: str) -> list[dict[str, Any]]:
    options = [("", "全部"), *((result.value, label) for result, label in AuditEntry.RESULTS.items())]
    return [{"value": value, "label": label, "active": value == current} for value, label in options]


def since_chips(current: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Spans up to now, by their first local day; the address keeps the day, so a bookmark keeps its meaning."""
    today = timezone.localtime(now).date()
    spans = [("今天", 0), ("近 7 天", 6), ("近 30 天", 29)]
    days = [("", "全部"), *(((today - dt.timedelta(days=back)).isoformat(), label) for label, back in spans)]
    return [{"value": value, "label": label, "active": value == current} for value, label in days]


def facts(entry: AuditEntry) -> list[dict[str, Any]]:
    shown = row(entry)
    values = {
        "用户名": shown["actor"],
        "用户编号": "" if entry.actor_id is None else str(entry.actor_id),
        "角色": shown["roles"],
        "机构": entry.agency,
        "来源地址": entry.address,
        "操作代码": entry.action,
    }
    return [{"label": label, "value": value} for label, value in values.items()]


def proof(entry: AuditEntry) -> list[dict[str, Any]]:
    values = {"密钥编号": entry.key_id, "上一条校验码": entry.prev_mac, "本条校验码": entry.mac}
    return [{"label": label, "value": value, "wide": label != "密钥编号"} for label, value in values.items()]


def detail_rows(detail: Any) -> list[dict[str, Any]]:
    """The entry's own detail as names and values; nested values as JSON."""
    told = detail if isinstance(detail, dict) else {"内容": detail}
    return [
        {"label": detail_label(name), "value": _text(value), "wide": not _is_plain(value)}
        for name, value in told.items()
    ]


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) <= 60


def _text(value: Any) -> str:
    if value is None:
        return "无"
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

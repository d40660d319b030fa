"""Batches as the templates take them: Chinese names, tags, figures; nothing is computed there."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from datahub.contracts import MODE_LABELS, PERIOD_LABELS
from datahub.engine.definitions import get_item, list_departments
from datahub.models import Batch, BatchState, Enterprise, WaitingRow
from datahub.selectors.freshness import Freshness, FreshState
from foundation.templatetags.formatting import count

STATE_TAGS: Mapping[str, tuple[str, str]] = {
    BatchState.RECEIVED: ("tag-info", "clock-history"),
    BatchState.CHECKED: ("tag-warn", "hammer"),
    BatchState.PROMOTED: ("tag-good", "check-circle"),
    BatchState.REJECTED: ("tag-bad", "exclamation-octagon"),
    BatchState.WITHDRAWN: ("", "arrow-counterclockwise"),
}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8（带 BOM）",
    "gb18030": "GB18030",
    "xlsx": "XLSX 工作簿",
}


def state_tag(state: str) -> dict[str, str]:
    tone, icon = STATE_TAGS[state]
    return {"tone": tone, "icon": icon, "label": BatchState(state).label}


def department_names() -> dict[str, str]:
    return {department.code: department.name for department in list_departments()}


def batch_row(batch: Batch) -> dict[str, Any]:
    """One line of a list of batches."""
    return {
        "pk": batch.pk,
        "url": reverse("datahub:batch", args=[batch.pk]),
        "item": item_name(batch.item_code),
        "department": department_names().get(batch.department, batch.department),
        "period": batch.period,
        "file_name": batch.file_name,
        "state": state_tag(batch.state),
        "received": batch.rows_received,
        "quarantined": batch.rows_quarantined,
        "waiting": batch.rows_waiting,
        "ended": batch.rows_ended,
        "refusal": batch.refusal,
        "received_at": batch.received_at,
        "by": str(batch.delivered_by) if batch.delivered_by else "系统",
    }


def item_name(code: str) -> str:
    """The item's name; an item that is no longer defined keeps its code."""
    try:
        return get_item(code).name
    except KeyError:
        return code


def batch_facts(batch: Batch) -> list[dict[str, Any]]:
    """What is known about the file and how it was read."""
    item = get_item(batch.item_code)
    header = f"第 {batch.header_line} 行" if batch.header_line else ""
    values = {
        "数据项": f"{item.name}（{item.code}）",
        "报送部门": department_names().get(batch.department, batch.department),
        "报送方式": f"{MODE_LABELS[item.delivery.mode]}，{batch.get_channel_display()}报送",
        "所属期": batch.period,
        "数据日期": batch.file_date.isoformat(),
        "报送人": str(batch.delivered_by) if batch.delivered_by else "系统",
        "文件大小": bytes_text(batch.file_bytes),
        "编码判定": "：".join(
            filter(None, (ENCODINGS.get(batch.encoding, batch.encoding), batch.encoding_reason))
        ),
        "表头位置": header,
    }
    if batch.confirmed_by is not None:
        values["确认人"] = str(batch.confirmed_by)
    facts: list[dict[str, Any]] = [{"label": label, "value": value} for label, value in values.items()]
    return facts


def balance(batch: Batch) -> list[dict[str, Any]]:
    """Received rows and where they went; the last four add up to the first."""
    figures = [
        ("接收", batch.rows_received, ""),
        ("入库", batch.rows_promoted, "待确认后入库" if batch.state == BatchState.CHECKED else ""),
        ("无变化", batch.rows_unchanged, ""),
        ("退回", batch.rows_quarantined, ""),
        ("待匹配", batch.rows_waiting, ""),
    ]
    return [{"name": name, "value": count(value), "note": note} for name, value, note in figures]


def bytes_text(size: int) -> str:
    for unit, label in ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB")):
        if size >= unit:
            return f"{size / unit:.1f} {label}"
    return f"{size} 字节"


def waiting_rows(rows: Iterable[WaitingRow], found: Mapping[int, list[Enterprise]]) -> list[dict[str, Any]]:
    """Waiting rows with the enterprises one may choose from."""
    return [
        {
            "pk": row.pk,
            "line": row.line,
            "code": row.code,
            "name": row.name,
            "state": row.get_state_display(),
            "candidates": [
                {"id": firm.pk, "label": f"{firm.name}　{firm.code}　{firm.get_state_display()}"}
                for firm in found.get(row.pk, [])
            ],
        }
        for row in rows
    ]


FRESH_TAGS: Mapping[FreshState, tuple[str, str, str]] = {
    FreshState.FRESH: ("tag-good", "check-circle", "按期"),
    FreshState.DUE: ("tag-info", "clock", "待报送"),
    FreshState.LATE: ("tag-bad", "exclamation-triangle", "逾期"),
    FreshState.NEVER: ("tag-warn", "question-circle", "尚未报送"),
    FreshState.NO_SUPPLY: ("", "lock", "暂无接口"),
}


def freshness_row(one: Freshness) -> dict[str, Any]:
    """One item with its last and next delivery."""
    tone, icon, label = FRESH_TAGS[one.state]
    return {
        "code": one.item.code,
        "name": one.item.name,
        "url": reverse("datahub:item", args=[one.item.code]),
        "department": department_names().get(one.item.department_code, one.item.department_code),
        "rule": f"{PERIOD_LABELS[one.item.delivery.period]}{MODE_LABELS[one.item.delivery.mode]}",
        "tag": {"tone": tone, "icon": icon, "label": label},
        "period": one.period,
        "received_at": one.received_at,
        "covered": one.covered,
        "next_period": one.next_period,
        "due_on": one.due_on,
        "late_days": one.late_days,
    }

"""Everything the portal keeps about one villager, as sheets to take home."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from villages.models import (
    Appeal,
    Consent,
    EventStatus,
    Helper,
    Honour,
    Opening,
    Resident,
    ResidentEvent,
    ScoreEvent,
    Tap,
    TransferCode,
)

from .money import signed_lines
from .scores import entries_of


@dataclass(frozen=True)
class Sheet:
    """A table with its heading."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def own_data(resident: Resident, now: datetime) -> list[Sheet]:
    """Entry, consents, points, taps with what was sent, score, honours, appeals, helpers, who looked. Nine queries or so.

    It goes over all entries of the person (merged, or moved from another village).
    """
    entries = list(entries_of([resident.pk], now))
    people = Resident.objects.filter(pk__in=entries).select_related("village", "household")
    return [
        Sheet(
            "档案", ("村社", "户号", "姓名", "出生年份", "手机号", "状态", "入册日期", "离册日期"),
            [
                (
                    p.village.name, p.household.number if p.household else "", p.name, p.birth_year, p.phone,
                    p.get_status_display(), p.joined_on, p.left_on,
                )
                for p in people
            ],
        ),
        Sheet(
            "档案变更", ("日期", "事项", "说明"),
            [(e.on_date, e.get_kind_display(), e.note) for e in ResidentEvent.objects.filter(resident__in=entries)],
        ),
        Sheet(
            "同意记录", ("时间", "事项", "告知书版本", "结果"),
            [
                (_at(c.at), c.get_kind_display(), c.version, "同意" if c.is_given else "撤回")
                for c in Consent.objects.filter(resident__in=entries)
            ],
        ),
        Sheet(
            "积分流水", ("记账时间", "业务日期", "类型", "规则", "积分", "说明", "流水号"),
            [
                (
                    _at(line.posted_at), line.effective_on, TransferCode(line.code).label, line.rule_code,
                    sign * line.amount, line.memo, str(line.pk),
                )
                for line, sign in signed_lines(resident.pk)
            ],
        ),
        _taps(entries),
        _score(entries),
        Sheet(
            "荣誉申报", ("申报时间", "荣誉", "授予单位", "状态"),
            [
                (_at(h.declared_at), h.title, h.issued_by, h.get_state_display())
                for h in Honour.objects.filter(resident__in=entries).order_by("-declared_at")
            ],
        ),
        Sheet(
            "申诉", ("提交时间", "理由", "状态", "决定"),
            [
                (_at(a.filed_at), a.text, a.get_state_display(), a.decision)
                for a in Appeal.objects.filter(resident__in=entries).order_by("-filed_at")
            ],
        ),
        Sheet(
            "代办人", ("起", "止", "代办人", "原因"),
            [
                (
                    _at(h.agreed_at), _at(h.ended_at),
                    h.helper.name if h.helper else h.helper_user.full_name if h.helper_user else "", h.reason,
                )
                for h in Helper.objects.filter(resident__in=entries).select_related("helper", "helper_user")
            ],
        ),
        Sheet(
            "查看记录", ("时间", "查看人", "机构", "内容", "事由"),
            [
                (_at(o.at), o.user.full_name, str(o.user.agency or ""), o.what, o.reason)
                for o in Opening.objects.filter(resident__in=entries).select_related("user__agency")
            ],
        ),
    ]  # fmt: skip


def _taps(entries: list[int]) -> Sheet:
    taps = Tap.objects.filter(resident__in=entries).select_related("activity").prefetch_related("pieces")
    heads = (
        "发生时间", "收到时间", "活动", "状态", "应得积分", "实得积分", "未计满原因", "审核意见", "文字内容",
        "到场判断", "纬度", "经度", "照片和录音",
    )  # fmt: skip
    rows = [
        (
            _at(t.occurred_at), _at(t.received_at), t.activity.title, t.get_state_display(), t.points_asked,
            t.points_granted, t.clip_reason, t.reason_text, t.text, t.presence, t.latitude, t.longitude,
            "、".join(p.get_kind_display() for p in t.pieces.all()),
        )
        for t in taps
    ]  # fmt: skip
    return Sheet("活动记录", heads, rows)


def _score(entries: list[int]) -> Sheet:
    events = (
        ScoreEvent.objects.filter(resident__in=entries).prefetch_related("steps").order_by("-occurred_on")
    )
    rows = []
    for event in events:
        steps = sorted(event.steps.all(), key=lambda step: step.pk)
        status = EventStatus(steps[-1].status).label if steps else ""
        rows.append((event.occurred_on, event.rule_code, event.delta, event.valid_to, event.evidence, status))
    return Sheet("桥头分记录", ("发生日期", "规则", "分值", "有效至", "依据", "状态"), rows)


def _at(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if moment else ""

"""From contracts to what templates and the API show. Nothing here queries."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.urls import reverse

from credit.selectors.profile import TABS, ItemBlock, Profile, ReasonLine, tab_of
from datahub.public import CATEGORY_LABELS, Category, Fact, FactField, Kind, Supply
from foundation import charts
from foundation.templatetags import formatting

UNSUPPLIED = {
    Supply.NONE: "未供数：省级统筹，暂无接口",
    Supply.LOCAL: "未供数：来源单位尚未报送",
    Supply.PROVINCE: "未供数：省回流数据尚未到达",
    Supply.NINGBO: "未供数：市回流数据尚未到达",
}
NUMERIC = frozenset({Kind.MONEY, Kind.NUMBER, Kind.INTEGER, Kind.RATIO})
BAD_CATEGORIES = frozenset({Category.SEIZURE, Category.EQUITY_FREEZE, Category.ARREARS})


def field_text(field: FactField) -> str:
    """A field as Chinese readers expect it: money in 万元, dates ISO, enumerations by their label."""
    value = field.value
    if field.locked or value is None or value == "":
        return ""
    if field.kind is Kind.MONEY:
        return formatting.wan_with_unit(value)
    if field.kind is Kind.ENUM:
        return field.label
    if field.kind is Kind.BOOL:
        return "是" if str(value).lower() in ("true", "1") else "否"
    if field.kind is Kind.RATIO:
        return formatting.percent(value, 2)
    if field.kind in (Kind.INTEGER, Kind.NUMBER):
        figures = formatting.decimals(value, 0 if float(value) == int(float(value)) else 2)
        return f"{figures} {field.unit}".strip()
    return str(value)


def source_url(fact: Fact, code: str) -> str:
    return reverse("credit:fact", args=[code, fact.record_id])


def score_head(profile: Profile) -> dict[str, Any]:
    """Parameters of the score component and the cap line below it."""
    score = profile.score
    if score is None:
        return {}
    locked = profile.cap is not None and profile.cap.locked
    change = None if score.previous_total is None else score.total - score.previous_total
    return {
        "score": score.total, "letters": score.grade, "word": score.word, "change": change,
        "coverage": score.coverage, "uncapped": score.uncapped if score.uncapped > score.total and not locked else None,
        "thin": bool(score.note), "as_of": score.as_of, "cap": score.cap, "cap_line": profile.cap,
        "penalty": score.penalty, "base": score.base, "run_id": score.run_id, "version": score.version,
    }  # fmt: skip


def reason_rows(lines: Sequence[ReasonLine], code: str) -> list[dict[str, Any]]:
    """Rows of the reasons component; a reason with a record links to it and names file and line."""
    rows = []
    for line in lines:
        row: dict[str, Any] = {
            "text": line.text, "points": line.points if line.points is not None else float(line.direction),
            "force": line.force, "locked": line.locked, "url": "",
        }  # fmt: skip
        if line.facts:
            fact = line.facts[0]
            row |= {
                "url": source_url(fact, code), "unit": fact.department, "document": fact.document_no,
                "received_at": fact.received_at, "source_url": source_url(fact, code), "line": fact.line,
            }  # fmt: skip
        elif line.record_ids:
            row["url"] = reverse("credit:fact", args=[code, line.record_ids[0]])
        rows.append(row)
    return rows


def largest_points(profile: Profile) -> float:
    points = [abs(r.points) for r in (*profile.adverse, *profile.favourable) if r.points is not None]
    return max(points, default=100.0)


def force_chart(profile: Profile) -> tuple[charts.Figure, charts.ChartCaption] | None:
    score = profile.score
    if score is None:
        return None
    names = [force.name for force in score.forces]
    figure = charts.radar(
        names,
        charts.Series("本企业", [round(f.value, 1) for f in score.forces]),
        charts.Series("同业中位数", [round(f.peer, 1) for f in score.forces]),
    )
    return figure, caption(profile)


def history_chart(profile: Profile) -> tuple[charts.Figure, charts.ChartCaption] | None:
    points = profile.history
    if profile.score is None or len(points) < 2:
        return None
    figure = charts.history_line(
        [p.as_of for p in points], [charts.Series("评分", [round(p.total, 1) for p in points])], unit="分"
    )
    return figure, caption(profile)


def caption(profile: Profile) -> charts.ChartCaption:
    score = profile.score
    assert score is not None
    return charts.ChartCaption(
        source=f"第 {score.run_id} 次评分，数据截至批次 {score.last_batch_id}",
        as_of=score.as_of,
        version=f"评分卡 {score.version}",
    )


def tabs(profile: Profile, active: str, url: str) -> list[dict[str, Any]]:
    """One tab a category with its number of facts, and the timeline."""
    counts = {tab: sum(len(b.facts) for b in profile.blocks_of(tab)) for tab in TABS}
    rows = [
        {
            "label": CATEGORY_LABELS[tab],
            "url": f"{url}?tab={tab.value}#facts",
            "count": counts[tab],
            "active": active == tab.value,
        }
        for tab in TABS
    ]
    rows.append(
        {"label": "时间线", "url": f"{url}?tab=timeline#facts", "count": None, "active": active == "timeline"}
    )
    return rows


WIDEST_TABLE = 7


def block_table(block: ItemBlock, code: str) -> dict[str, Any]:
    """One item: its readable columns and a row a fact, each with its source.

    ``as_cards`` when the columns would not fit a page: then each fact is a list of label and value.
    """
    columns = [
        field for field in block.item.payload_fields if any(fact.holds(field.code) for fact in block.facts)
    ]
    return {
        "name": block.item.name, "department": block.department, "code": block.item.code,
        "heads": [{"name": c.name, "numeric": c.kind in NUMERIC} for c in columns],
        "rows": [_fact_row(fact, [c.code for c in columns], code) for fact in block.facts],
        "as_cards": len(columns) > WIDEST_TABLE and len(block.facts) <= 3,
        "absence": "" if block.facts else ("无记录" if block.supplied else UNSUPPLIED[block.item.supply]),
        "supplied": block.supplied,
    }  # fmt: skip


def _fact_row(fact: Fact, columns: Sequence[str], code: str) -> dict[str, Any]:
    by_code = {field.code: field for field in fact.fields}
    cells = [
        {"label": field.name, "text": field_text(field), "value": field_text(field), "locked": field.locked,
         "numeric": field.kind in NUMERIC}
        for field in (by_code[c] for c in columns)
    ]  # fmt: skip
    return {
        "cells": cells, "in_force": fact.in_force, "received_at": fact.received_at,
        "valid_from": fact.valid_from, "valid_to": fact.valid_to, "released_on": fact.released_on,
        "source_url": source_url(fact, code), "line": fact.line,
    }  # fmt: skip


def timeline(profile: Profile, limit: int = 200) -> list[dict[str, Any]]:
    """All items on one line, newest first; monthly series are left to their tabs."""
    events = []
    for fact in profile.facts:
        if fact.item.delivery.period.value == "monthly" or (fact.when is None and not fact.locked):
            continue
        events.append({
            "date": fact.when, "title": fact.item.name, "text": summary(fact), "locked": fact.locked and not summary(fact),
            "tone": "bad" if fact.item.category in BAD_CATEGORIES and fact.in_force else "",
            "unit": fact.department, "document": fact.document_no, "received_at": fact.received_at,
            "source_url": source_url(fact, profile.enterprise.code), "line": fact.line,
            "url": source_url(fact, profile.enterprise.code),
        })  # fmt: skip
    return events[:limit]


def summary(fact: Fact, most: int = 4) -> str:
    """The readable fields of a fact in one line, document number and dates left out."""
    parts = [
        f"{field.name} {text}"
        for field in fact.fields
        if not field.locked and field.kind not in (Kind.DATE,) and field.value != fact.document_no
        and (text := field_text(field))
    ]  # fmt: skip
    return "，".join(parts[:most])


def identity(profile: Profile) -> list[dict[str, Any]]:
    """Who the enterprise is, as label and value."""
    e = profile.enterprise
    return [
        {"label": "统一社会信用代码", "value": e.code},
        {"label": "登记状态", "value": e.state_label},
        {"label": "主体类型", "value": e.kind_label},
        {"label": "所属镇街", "value": e.town or "未知"},
        {"label": "行业", "value": f"{e.industry_section}{e.industry_code}"},
        {"label": "规模", "value": e.size_label},
        {"label": "注册资本", "value": formatting.wan_with_unit(e.capital_yuan) if e.capital_yuan else ""},
        {"label": "成立日期", "value": day_text(e.established_on)},
        {"label": "法定代表人", "value": e.legal_person},
        {"label": "注册号", "value": e.register_no},
        {"label": "曾用名", "value": "、".join(e.former_names), "wide": True},
    ]


def missing_groups(profile: Profile) -> dict[str, list[str]]:
    """What is missing behind the score: 未供数 apart from 无记录."""
    groups: dict[str, list[str]] = {}
    for line in profile.score.missing if profile.score else ():
        item = line.item.split("@")[0]
        name = next((b.item.name for b in profile.blocks if b.item.code == item), item)
        names = groups.setdefault(str(line.why), [])
        if name not in names:
            names.append(name)
    return groups


def day_text(day: date | None) -> str:
    return day.isoformat() if day else ""


__all__ = [
    "block_table", "caption", "field_text", "force_chart", "history_chart", "identity", "largest_points",
    "missing_groups", "reason_rows", "score_head", "source_url", "summary", "tab_of", "tabs", "timeline",
]  # fmt: skip

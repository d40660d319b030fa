"""Definitions, freshness and quality as the catalogue's templates take them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from datahub.contracts import (
    CATEGORY_LABELS,
    GRADE_LABELS,
    KIND_LABELS,
    MODE_LABELS,
    OPENING_LABELS,
    PERIOD_LABELS,
    SHARING_LABELS,
    SUPPLY_LABELS,
    Department,
    FieldDefinition,
    ItemDefinition,
    Kind,
    Supply,
)
from datahub.engine.definitions import definition_hash, get_item, list_departments
from datahub.presenters import department_names, freshness_row
from datahub.selectors.freshness import Freshness, FreshState
from datahub.selectors.quality import NOTHING, WEIGHTS, Parts, Quality, quality_of_departments
from foundation import charts

PART_LABELS = {
    "completeness": ("完整性", "应填单元格中已填的比例"),
    "validity": ("有效性", "1 − 退回行数 ÷ 接收行数"),
    "timeliness": ("及时性", "按应报日送达的批次比例，历史补报不计"),
    "uniqueness": ("唯一性", "1 − 重复行数 ÷ 接收行数"),
}

TIMELINESS = {1.0: "按期", 0.0: "逾期", None: "历史补报"}


def departments(
    shown: Iterable[Department], states: Iterable[Freshness], qualities: Mapping[str, Quality]
) -> list[dict[str, Any]]:
    """Departments with the rows of their items; those without any item shown are left out."""
    by_department: dict[str, list[dict[str, Any]]] = {}
    for state in states:
        known = qualities.get(state.item.code, NOTHING)
        row = freshness_row(state) | {
            "category": CATEGORY_LABELS[state.item.category],
            "supply": SUPPLY_LABELS[state.item.supply],
            "grade": state.item.grade.value,
            "score": known.score,
            "trend": [one.parts.score for one in known.deliveries],
        }
        by_department.setdefault(state.item.department_code, []).append(row)
    overall = quality_of_departments(qualities)
    return [
        {
            "code": d.code,
            "name": d.name,
            "contact": d.contact,
            "items": by_department[d.code],
            "late": sum(row["late_days"] > 0 for row in by_department[d.code]),
            "score": overall[d.code].score if d.code in overall else None,
        }
        for d in shown
        if d.code in by_department
    ]


def summary(states: Iterable[Freshness]) -> dict[str, int]:
    """How many items there are, and how many in each state."""
    counted = {state.value: 0 for state in FreshState}
    for one in states:
        counted[one.state.value] += 1
    return counted | {"items": sum(counted.values())}


def supply_chips(current: str) -> list[dict[str, Any]]:
    options = [("", "全部"), *((supply.value, SUPPLY_LABELS[supply]) for supply in Supply)]
    return [{"value": value, "label": label, "active": value == current} for value, label in options]


def department_chips(current: str) -> list[dict[str, Any]]:
    options = [("", "全部"), *((d.code, d.short) for d in list_departments())]
    return [{"value": value, "label": label, "active": value == current} for value, label in options]


def item_facts(item: ItemDefinition) -> list[dict[str, Any]]:
    """What the definition says of the item as a whole."""
    rule = item.delivery
    key = "、".join(item.field(code).name for code in item.key)
    values = {
        "代码": item.code,
        "部门": department_names()[item.department_code],
        "画像类别": CATEGORY_LABELS[item.category],
        "来源": SUPPLY_LABELS[item.supply],
        "报送规则": f"{PERIOD_LABELS[rule.period]}{MODE_LABELS[rule.mode]}，期末后 {rule.grace_days} 个工作日内",
        "安全级别": GRADE_LABELS[item.grade],
        "共享属性": SHARING_LABELS[item.sharing],
        "开放属性": OPENING_LABELS[item.opening],
        "识别主键": f"企业＋{key}" if key else "企业本身",
        "定义版本": definition_hash(item)[:12],
    }
    facts: list[dict[str, Any]] = [{"label": label, "value": value} for label, value in values.items()]
    facts.append({"label": "依据", "value": item.legal_basis, "wide": True})
    facts.append({"label": "用途", "value": item.purpose, "wide": True})
    return facts


def field_rows(item: ItemDefinition) -> list[dict[str, Any]]:
    """One line per field, in the order of the definition."""
    return [
        {
            "name": field.name,
            "code": field.code,
            "kind": KIND_LABELS[field.kind],
            "unit": field.unit,
            "required": field.required,
            "is_key": field.code in item.key,
            "grade": field.grade.value,
            "rule": field_rule(field),
            "headers": "、".join(field.headers),
        }
        for field in item.fields
    ]


def field_rule(field: FieldDefinition) -> str:
    """What a value must keep to, in words."""
    parts = []
    if field.kind is Kind.ENUM:
        parts.append("、".join(field.labels.values()))
    if field.min is not None and field.max is not None:
        parts.append(f"{field.min:,g} 至 {field.max:,g}")
    elif field.min is not None:
        parts.append(f"不小于 {field.min:,g}")
    elif field.max is not None:
        parts.append(f"不大于 {field.max:,g}")
    if field.not_future:
        parts.append("不晚于核验当天")
    if field.max_length is not None:
        parts.append(f"最长 {field.max_length} 个字符")
    if field.pattern is not None:
        parts.append("须符合规定格式")
    return "；".join(parts)


def header_of(field: FieldDefinition) -> str:
    """The column header a template carries: the field's name, with the unit for money."""
    return f"{field.name}（{field.unit}）" if field.kind is Kind.MONEY else field.name


def part_rows(parts: Parts) -> list[dict[str, Any]]:
    return [
        {"label": label, "meaning": meaning, "value": getattr(parts, name), "weight": WEIGHTS[name]}
        for name, (label, meaning) in PART_LABELS.items()
    ]


def delivery_rows(quality: Quality, *, with_links: bool) -> list[dict[str, Any]]:
    """The deliveries behind the figure, newest first."""
    return [
        {
            "url": reverse("datahub:batch", args=[one.batch_id]) if with_links else "",
            "batch": one.batch_id,
            "period": one.period,
            "received_at": one.received_at,
            "received": one.received,
            "parts": one.parts,
            "timeliness": TIMELINESS[one.parts.timeliness],
            "score": one.parts.score,
        }
        for one in reversed(quality.deliveries)
    ]


def trend(item: ItemDefinition, quality: Quality) -> dict[str, Any] | None:
    """Figure and caption of the score over deliveries; None below two of them."""
    if len(quality.deliveries) < 2:
        return None
    scores = [one.parts.score for one in quality.deliveries]
    figure = charts.history_line(
        [one.received_at.date() for one in quality.deliveries],
        [charts.Series("质量分", scores)],
        unit="分",
        decimals=1,
        value_range=(0, 100),
    )
    caption = charts.ChartCaption(
        source=department_names()[item.department_code],
        as_of=quality.deliveries[-1].received_at.date(),
        version=f"数据项定义 {definition_hash(get_item(item.code))[:12]}",
    )
    return {"figure": figure, "caption": caption}

"""From hits to what the search page, the export and the API show. Nothing here queries."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from credit.search.filters import ELSEWHERE, SORTS, Filters
from credit.search.query import Query
from credit.selectors.search import Found, Hit, grade_letters
from datahub.public import (
    DIVISIONS,
    ENTITY_KINDS,
    ENTITY_SIZES,
    ENTITY_STATES,
    INDUSTRY_SECTIONS,
    division_name,
    uscc_problem,
)

ALLOWED: Mapping[str, Mapping[str, str]] = {
    "state": ENTITY_STATES,
    "grade": {letters: letters for letters in grade_letters()},
    "size": ENTITY_SIZES,
    "kind": ENTITY_KINDS,
    "town": DIVISIONS | {ELSEWHERE: "市外或不详"},
    "industry": INDUSTRY_SECTIONS,
}
NAMES = {
    "state": "登记状态", "grade": "信用等级", "size": "企业规模", "kind": "主体类型", "town": "镇街",
    "industry": "行业门类",
}  # fmt: skip
ALWAYS_SHOWN = ("state", "grade")
STATE_TONES = {"active": "tag-good", "moved": "tag-warn", "revoked": "tag-bad", "cancelled": ""}
EXAMPLES = (
    ("公牛", "名称中任意两个字起"),
    ("慈溪 轴承", "几段文字以空格隔开，须同时出现"),
    ("cxgn", "名称的拼音首字母"),
    ("cx 轴承", "拼音与汉字混合"),
    ("91330282", "统一社会信用代码或注册号，可只录开头"),
    ("张建国", "法定代表人"),
)
EXPORT_HEAD = (
    "统一社会信用代码", "注册号", "企业名称", "曾用名", "登记状态", "主体类型", "镇街", "行业门类", "企业规模",
    "法定代表人", "成立日期", "信用等级", "等级词", "信息不足",
)  # fmt: skip


def page_context(query: Query, filters: Filters, found: Found | None) -> dict[str, Any]:
    """What the page and its fragment show; without ``found`` nothing has been asked yet."""
    context: dict[str, Any] = {
        "search_url": "",  # the page has the field itself
        "query": query,
        "filters": filters,
        "chips": [_chips(name, filters) for name in ALWAYS_SHOWN],
        "more_chips": [_chips(name, filters) for name in NAMES if name not in ALWAYS_SHOWN],
        "chosen": [
            {
                "key": name,
                "label": NAMES[name],
                "values": "、".join(ALLOWED[name][v] for v in getattr(filters, name)),
            }
            for name in NAMES
            if name not in ALWAYS_SHOWN and getattr(filters, name)
        ],
        "kept": [(name, value) for name in NAMES for value in getattr(filters, name)],
        "sorts": [
            {"label": label, "value": value, "active": value == filters.sort}
            for value, label in SORTS.items()
        ],
        "examples": EXAMPLES,
        "found": found,
    }
    if found is None:
        return context
    context["rows"] = [row(hit) for hit in found.hits]
    context["near_rows"] = [row(hit) for hit in found.near]
    context["advice"] = advice(query, filters, found)
    context["previous"], context["next"] = found.page - 1, found.page + 1
    return context


def _chips(name: str, filters: Filters) -> dict[str, Any]:
    chosen = getattr(filters, name)
    chips = [{"label": "全部", "value": "", "active": not chosen, "count": None}]
    chips += [
        {"label": label, "value": value, "active": value in chosen, "count": None}
        for value, label in ALLOWED[name].items()
    ]
    return {"name": NAMES[name], "key": name, "chips": chips}


def row(hit: Hit) -> dict[str, Any]:
    """One line of the list: labels instead of codes, the name with its marks, the other reasons below."""
    name, *others = hit.reasons
    return {
        "hit": hit, "url": profile_url(hit.code), "name": name.spans, "reasons": others,
        "state": ENTITY_STATES.get(hit.state, hit.state), "tone": STATE_TONES.get(hit.state, ""),
        "ended": hit.state in ("cancelled", "revoked"), "kind": ENTITY_KINDS.get(hit.kind, hit.kind),
        "town": division_name(hit.town_code), "industry": INDUSTRY_SECTIONS.get(hit.industry_section, ""),
        "size": ENTITY_SIZES.get(hit.size, ""),
    }  # fmt: skip


def profile_url(code: str) -> str:
    return reverse("credit:profile", args=[code])


def advice(query: Query, filters: Filters, found: Found) -> list[str]:
    """What to try when nothing was found."""
    if found.count:
        return []
    tips = []
    if query.code:
        problem = uscc_problem(query.code)
        tips.append(
            problem.message + "。" if problem else "该代码符合编码规则，但登记库中没有对应企业，请核对证照。"
        )
        tips.append("可改录代码前 8 至 12 位，或按企业名称查询。")
    elif query.register_no:
        tips.append("登记库中没有该注册号，可改录前几位，或按企业名称查询。")
    else:
        tips.append("减少字数，只留字号或行业，如“公牛”“轴承”。")
        if len(query.terms) == 1 and not query.terms[0].latin:
            tips.append("几段文字之间加空格，如“慈溪 轴承”，不要求相连。")
        tips.append("改用拼音首字母、曾用名或法定代表人姓名。")
    if filters.narrows:
        tips.append("取消部分筛选条件。")
    return tips


def export_row(hit: Hit) -> Sequence[str]:
    """One line of the export, in the order of ``EXPORT_HEAD``."""
    return (
        hit.code, hit.register_no, hit.name, "；".join(hit.former_names), ENTITY_STATES.get(hit.state, hit.state),
        ENTITY_KINDS.get(hit.kind, hit.kind), division_name(hit.town_code),
        INDUSTRY_SECTIONS.get(hit.industry_section, ""), ENTITY_SIZES.get(hit.size, ""), hit.legal_person,
        hit.established_on.isoformat() if hit.established_on else "", hit.grade, hit.word, "是" if hit.thin else "",
    )  # fmt: skip

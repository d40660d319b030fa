"""编制说明: written from the released definition, never by hand."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import open_to_all
from datahub import public as datahub
from index.basket import weights_of
from index.contracts import Indicator, RuleKind
from index.paths import Fences
from index.selectors.standing import Standing
from index.services.method import fences_of
from index.views.common import crumbs, nothing_yet, standing_or_none

PERIODS = {"daily": "每日", "weekly": "每周", "monthly": "每月", "quarterly": "每季", "yearly": "每年"}
SUPPLIES = {"local": "本地归集", "province": "省回流", "ningbo": "市回流", "none": "暂无接口"}


@open_to_all
@require_GET
def method_page(request: HttpRequest) -> HttpResponse:
    """Open to everybody: whoever cites the index may know how it is made."""
    standing = standing_or_none()
    if standing is None:
        return nothing_yet(request)
    return render(request, "index/method.html", method_context(standing))


def method_context(standing: Standing) -> dict[str, Any]:
    basket, method = standing.basket, standing.method
    supplied = set(method.supplied)
    used = tuple(one for one in basket.indicators if one.code in supplied)
    nominal, effective, fences = (
        weights_of(basket, basket.indicators),
        weights_of(basket, used),
        fences_of(method),
    )
    groups = [
        {
            "dimension": d,
            "nominal": sum(nominal[one.code] for one in basket.indicators if one.dimension == d.code),
            "effective": sum(
                effective.get(one.code, 0) for one in basket.indicators if one.dimension == d.code
            ),
            "rows": [
                _row(one, nominal, effective, fences) for one in basket.indicators if one.dimension == d.code
            ],
        }
        for d in basket.dimensions
    ]
    daily = sum(str(datahub.get_item(one.item).delivery.period) == "daily" for one in basket.indicators)
    return {
        "standing": standing,
        "basket": basket,
        "method": method,
        "groups": groups,
        "used": len(used),
        "total": len(basket.indicators),
        "daily": daily,
        "missing": [one for one in basket.indicators if one.code not in supplied],
        "covered": sum(nominal[one.code] for one in used),
        "run": standing.run,
        "crumbs": crumbs(("金融指数", reverse("sme_index:board")), ("编制说明", "")),
    }


def _row(
    one: Indicator, nominal: dict[str, float], effective: dict[str, float], fences: dict[str, Fences]
) -> dict[str, Any]:
    item = datahub.get_item(one.item)
    department = next((d.name for d in datahub.list_departments() if d.code == one.item.split(".")[0]), "")
    return {
        "one": one,
        "item": item,
        "department": department,
        "rule": rule_text(one),
        "nominal": nominal[one.code],
        "effective": effective.get(one.code),
        "period": PERIODS.get(str(item.delivery.period), ""),
        "supply": SUPPLIES.get(str(item.supply), ""),
        "fences": fences.get(one.code),
        "direction": "越大越差" if one.is_cost else "越大越好",
    }


def rule_text(one: Indicator) -> str:
    """How the value of a day is read, in words."""
    rule = one.rule
    if rule.kind is RuleKind.IN_FORCE:
        text = "当日有效记录的金额合计" if rule.sum else "当日有效记录条数"
    elif rule.kind is RuleKind.EVENTS:
        text = f"近 {rule.window} 日内{'金额合计' if rule.sum else '发生条数'}"
    else:
        text = f"最近一期，期末后第 {rule.lag} 日起采用，{rule.keep} 日后失效"
    return text + ("，取 ln(1+x)" if one.log else "")

"""What a village does once before its points run, each step ticked by what is there."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from villages.models import (
    Activity,
    BudgetRequest,
    MonthlyNotice,
    PlaceCode,
    Resident,
    Shop,
    Tie,
    Village,
)

from .scores import rule_set_in_force


@dataclass(frozen=True)
class Step:
    """``note`` says whom a step waits for, where it is not the village's turn."""

    text: str
    done: bool
    url: str
    note: str = ""


def first_steps(village: Village, user: Any, *, people: int, given: int, today: date) -> list[Step]:
    """The checklist in its order; eight queries. ``people`` active residents, ``given`` points ever granted."""
    own: dict[str, Any] = {"village": village}
    rules = rule_set_in_force(village, today) is not None
    asked = bool(given) or BudgetRequest.objects.filter(**own).exclude(state="refused").exists()
    shops = set(
        Shop.objects.filter(**own, state__in=("proposed", "approved")).values_list("state", flat=True)
    )
    town = "已报镇街，等待审批"
    return [
        _step("导入户和村民", people > 0, "import_new"),
        _step("申报本人和亲属关系（审核回避用）", Tie.objects.filter(user=user).exists(), "ties"),
        _step("核对施行中的积分规则", rules, "rules", "" if rules else "由镇街起草并施行"),
        _step("向镇街申请积分额度", asked, "village_money", town if asked and not given else ""),
        _step("发布第一个活动", Activity.objects.filter(**own).exists(), "activity_templates"),
        _step("开设第一个兑换点", bool(shops), "settlements", town if shops == {"proposed"} else ""),
        _step("登记一个地点码", PlaceCode.objects.filter(**own).exists(), "places"),
        _step("打印并张贴海报", village.posters_on is not None, "poster"),
        _step(
            "第一位村民登录（绑定码或手机号）",
            Resident.objects.filter(**own, user__isnull=False).exists(),
            "residents",
        ),
        _step("发布第一期积分公示", MonthlyNotice.objects.filter(**own).exists(), "notices"),
    ]


def _step(text: str, done: bool, name: str, note: str = "") -> Step:
    return Step(text, done, reverse(f"villages:{name}"), note)

"""The demo city's sign-ins: at least one for every role."""

from dataclasses import dataclass
from typing import Any

from accounts.roles import CARDS, Role


@dataclass(frozen=True)
class DemoPerson:
    """One sign-in: readable user name, invented full name, role, code of the agency."""

    username: str
    full_name: str
    role: Role
    agency: str


PEOPLE = (
    DemoPerson("bank1", "沈一帆", Role.BANK_OFFICER, "bank.cixi.hushan"),
    DemoPerson("bank2", "胡佳宁", Role.BANK_OFFICER, "bank.sanbei.zhouxiang"),
    DemoPerson("bank3", "陆思源", Role.BANK_OFFICER, "bank.yongjiang.cixi"),
    DemoPerson("guarantor", "罗敏", Role.BANK_OFFICER, "fin.duhu"),
    DemoPerson("bank.manager", "岑立群", Role.BANK_MANAGER, "bank.cixi"),
    DemoPerson("analyst", "方知微", Role.INDEX_ANALYST, "centre"),
    DemoPerson("leader", "余望山", Role.LEADER, "dept.finance"),
    DemoPerson("steward.court", "马文静", Role.DATA_STEWARD, "dept.court"),
    DemoPerson("steward.market", "徐海燕", Role.DATA_STEWARD, "dept.market"),
    DemoPerson("reviewer.court", "卢正言", Role.DATA_REVIEWER, "dept.court"),
    DemoPerson("operator", "孙启明", Role.DATA_CENTRE_OPERATOR, "centre"),
    DemoPerson("model", "施衡", Role.MODEL_MANAGER, "centre"),
    DemoPerson("village", "毛桂芳", Role.VILLAGE_ADMIN, "village.qiaotou"),
    DemoPerson("town", "叶建华", Role.TOWN_ADMIN, "town.330282109"),
    DemoPerson("shop", "潘阿娣", Role.SHOP_KEEPER, "shop.qiaotou"),
    DemoPerson("villager", "余阿根", Role.VILLAGER, "village.qiaotou"),
    DemoPerson("firm", "黄亦舟", Role.ENTERPRISE_REP, "firm.demo"),
    DemoPerson("applicant", "苏问", Role.OUTSIDE_APPLICANT, "outside.institute"),
    DemoPerson("system", "赵立信", Role.SYSTEM_OFFICER, "centre"),
    DemoPerson("security", "钱守一", Role.SECURITY_OFFICER, "centre"),
    DemoPerson("auditor", "郑明鉴", Role.AUDITOR, "centre"),
)


def demo_people() -> list[dict[str, Any]]:
    """The sign-ins as the sign-in page lists them: user name, role, whether a code is asked for."""
    return [
        {"username": p.username, "label": CARDS[p.role].label, "second_factor": CARDS[p.role].second_factor}
        for p in PEOPLE
    ]

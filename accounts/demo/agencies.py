"""The demo city's agencies. Banks, the village, the shop and the firm are invented."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from accounts.roles import AgencyKind

TOWNS_FILE = Path(__file__).with_name("towns.csv")
# A department's own name where "慈溪市" + name would be wrong.
FULL_NAMES = {
    "tax": "国家税务总局慈溪市税务局",
    "ecology": "宁波市生态环境局慈溪分局",
    "customs": "慈溪海关",
    "power": "慈溪市供电公司",
    "finance": "慈溪市政府办金融科",
}
DEMO_VILLAGE, DEMO_TOWN = "330282109901", "330282109"


@dataclass(frozen=True)
class DemoAgency:
    """One agency; ``parent`` is the code of another, '' for none."""

    code: str
    name: str
    kind: AgencyKind
    parent: str = ""
    scope_code: str = ""


@dataclass(frozen=True)
class DemoDepartment:
    """Code and short official name of a department that delivers data."""

    code: str
    name: str


@dataclass(frozen=True)
class DemoFirm:
    """Credit code and name of the firm whose representative signs in."""

    code: str
    name: str


def demo_agencies(departments: Iterable[DemoDepartment], firm: DemoFirm) -> list[DemoAgency]:
    """Every agency of the demo city, parents before their branches."""
    kind = AgencyKind
    return [
        DemoAgency("centre", "慈溪市大数据发展管理中心", kind.DATA_CENTRE),
        *(
            DemoAgency(
                f"dept.{d.code}", FULL_NAMES.get(d.code, f"慈溪市{d.name}"), kind.DEPARTMENT, "", d.code
            )
            for d in departments
        ),
        DemoAgency("bank.cixi", "慈溪示范银行", kind.BANK),
        DemoAgency("bank.cixi.hushan", "慈溪示范银行浒山支行", kind.BANK, "bank.cixi"),
        DemoAgency("bank.cixi.guanhaiwei", "慈溪示范银行观海卫支行", kind.BANK, "bank.cixi"),
        DemoAgency("bank.sanbei", "三北农村示范银行", kind.BANK),
        DemoAgency("bank.sanbei.zhouxiang", "三北农村示范银行周巷支行", kind.BANK, "bank.sanbei"),
        DemoAgency("bank.sanbei.longshan", "三北农村示范银行龙山支行", kind.BANK, "bank.sanbei"),
        DemoAgency("bank.yongjiang", "甬江示范银行", kind.BANK),
        DemoAgency("bank.yongjiang.cixi", "甬江示范银行慈溪分行", kind.BANK, "bank.yongjiang"),
        DemoAgency("fin.duhu", "杜湖示范融资担保公司", kind.FINANCIAL),
        *(DemoAgency(f"town.{code}", name, kind.TOWN, "", code) for code, name in towns()),
        DemoAgency("village.qiaotou", "桥头镇毛三斢村", kind.VILLAGE, f"town.{DEMO_TOWN}", DEMO_VILLAGE),
        DemoAgency("shop.qiaotou", "桥头示范便民超市", kind.SHOP, "village.qiaotou", "qiaotou-demo-1"),
        DemoAgency("firm.demo", firm.name, kind.ENTERPRISE, "", firm.code),
        DemoAgency("outside.institute", "示范大学数据研究所", kind.OUTSIDE),
    ]


def towns() -> list[tuple[str, str]]:
    """Nine-digit code and name of the city's 19 towns and streets."""
    with TOWNS_FILE.open(encoding="utf-8", newline="") as lines:
        return [(row["code"], row["name"]) for row in csv.DictReader(lines)]

"""The facts that make the ten stories: written out one by one, no chance involved."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from datahub.demo.calendar import from_number
from datahub.demo.city import City
from datahub.demo.names import firm_names
from datahub.demo.rows import COURT, COURT_MARK

Facts = dict[str, list[dict[str, Any]]]


def notable_facts(city: City) -> Facts:
    """Item code to rows (field code to value, ``firm`` included) of the firms with a part."""
    facts: Facts = {}
    for role, firm in city.cast.firm_of.items():
        for item, rows in _STORIES.get(role, _no_facts)(city, firm).items():
            facts.setdefault(item, []).extend({"firm": firm, **row} for row in rows)
    return facts


def with_notables(frame: pl.DataFrame, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The table with the rows of the firms with a part; columns a row does not name stay empty."""
    if not rows:
        return frame
    filled = {name: [row.get(name) for row in rows] for name in frame.columns}
    extra = pl.DataFrame(filled, schema=frame.schema, strict=False)
    return pl.concat([frame, extra])


def _no_facts(city: City, firm: int) -> Facts:
    return {}


def _day(city: City, ago: int) -> Any:
    return from_number(city.today - ago)


def _case(city: City, ago: int, mark: str, number: int) -> str:
    return f"（{_day(city, ago).year}）{COURT_MARK}{mark}{number}号"


def _claim(city: City, firm: int, ago: int, number: int, closed_ago: int | None) -> Facts:
    """A seller sues for money owed."""
    return {
        "court.cases_filed": [
            {
                "case_no": _case(city, ago, "民初", number),
                "cause": "买卖合同纠纷",
                "amount": _owed(city, firm),
                "filed_on": _day(city, ago),
                "court": COURT,
                "role": "defendant",
                "closed_on": None if closed_ago is None else _day(city, closed_ago),
            }
        ]
    }


def _paid_execution(city: City, firm: int, ago: int, number: int, paid_ago: int) -> Facts:
    """Judged, executed, and paid in the end."""
    amount = _owed(city, firm)
    return {
        "court.judgments": [
            {
                "case_no": _case(city, ago, "民初", number),
                "role": "defendant",
                "amount": amount,
                "result": "lost",
                "judged_on": _day(city, ago - 90),
                "court": COURT,
            }
        ],
        "court.executed": [
            {
                "case_no": _case(city, ago - 150, "执", number),
                "court": COURT,
                "filed_on": _day(city, ago - 150),
                "amount": amount,
                "unpaid": 0.0,
                "exec_state": "closed",
                "closed_on": _day(city, paid_ago),
            }
        ],
    }


def _owed(city: City, firm: int) -> float:
    return float(round(city.firms.capital[firm] * 0.4 / 100) * 100 + 86_500)


def _freeze(city: City, firm: int, ago: int, number: int, share: float, *, released_ago: int | None) -> Facts:
    return {
        "court.equity_freeze": [
            {
                "court": COURT,
                "matter": "公示冻结股权、其他投资权益",
                "ruling_no": _case(city, ago, "执", number),
                "notice_no": _case(city, ago, "执协", number),
                "executed_person": city.firms.legal_person[firm],
                "executed_person_id_type": "居民身份证",
                "amount": float(round(city.firms.capital[firm] * share, 2)),
                "freeze_state": "frozen" if released_ago is None else "released",
                "frozen_from": _day(city, ago),
                "frozen_to": _day(city, ago - 1095),
                "publish_date": _day(city, ago - 2),
                "released_on": None if released_ago is None else _day(city, released_ago),
            }
        ]
    }


def _frozen(city: City, firm: int) -> Facts:
    claim = _claim(city, firm, 260, 88001, None)
    return claim | _freeze(city, firm, 210, 88001, 0.6, released_ago=None)


def _released(city: City, firm: int) -> Facts:
    trial = _claim(city, firm, 620, 88002, 530) | _paid_execution(city, firm, 620, 88002, 160)
    return trial | _freeze(city, firm, 400, 88002, 0.55, released_ago=150)


def _abnormal(city: City, firm: int) -> Facts:
    row = {
        "list_no": "慈市监异900001",
        "reason_kind": "lost",
        "reason": city.words.phrases["abnormal"]["lost"],
        "included_on": _day(city, 190),
        "included_by": "慈溪市市场监督管理局",
    }
    return {"market.abnormal_list": [row]}


def _penalty(
    city: City, item: str, number: int, ago: int, repaired_ago: int, amount: float, fact: str
) -> dict[str, Any]:
    recipe = city.words.phrases["penalties"][item]
    return {
        "doc_no": f"{recipe['doc']}〔{_day(city, ago).year}〕{number}号",
        "fact": fact,
        "kind": "罚款",
        "amount": amount,
        "severity": "general",
        "org": recipe["org"],
        "decided_on": _day(city, ago),
        "public_end": _day(city, ago - 365),
        "repaired_on": _day(city, repaired_ago),
    }


def _repaired(city: City, firm: int) -> Facts:
    return {
        "ecology.penalty": [
            _penalty(city, "ecology.penalty", 90001, 260, 70, 68_000.0, "废气处理设施未正常运行")
        ],
        "fire.penalty": [
            _penalty(city, "fire.penalty", 90002, 330, 120, 9_000.0, "消防设施未保持完好有效")
            | {"closed_on": _day(city, 290)}
        ],
    }


def _renamed(city: City, firm: int) -> Facts:
    """Three earlier names, given up at the thirds of the firm's life."""
    firms = city.firms
    taken, names = set(firms.name), []
    place = np.array([firm])
    rng = city.rng("notable/renamed")
    for _ in range(3):
        drawn = firm_names(
            city.words, firms.kind[place], firms.town[place], firms.industry[place], rng, taken=taken
        )
        names.append(drawn.full[0])
        taken.add(drawn.full[0])
    names.append(firms.name[firm])
    life = city.today - int(firms.established[firm])
    return {
        "market.changes": [
            {
                "seq": f"BG9000000{step}",
                "alt_item": "名称变更",
                "alt_kind": "name",
                "before": names[step],
                "after": names[step + 1],
                "changed_on": from_number(int(firms.established[firm]) + life * (step + 1) // 4),
            }
            for step in range(3)
        ],
    }


def _arrears(city: City, firm: int) -> Facts:
    """The last three bills of electricity and water, all unpaid; the meters are those of the usage items."""
    months = city.panel.months[-3:]
    power, water = (str(mark * 10_000_000 + firm * 13 + 1_000_001) for mark in (331, 512))
    return {
        "power.arrears": [
            {
                "user_no": power,
                "month": month,
                "bill": 18_600.0 + 700 * n,
                "arrears": 18_600.0 + 700 * n,
                "periods": n,
            }
            for n, month in enumerate(months, 1)
        ],
        "water.arrears": [
            {
                "user_no": water,
                "month": month,
                "bill_no": f"ZD90000000{n}",
                "periods": n,
                "amount": 1_280.0 + 60 * n,
            }
            for n, month in enumerate(months, 1)
        ],
    }


def _hightech(city: City, firm: int) -> Facts:
    year = city.as_of.year - 1
    patents = city.words.phrases["patents"]
    return {
        "science.hightech": [
            {
                "cert_no": f"GR{year}33109001",
                "issued_on": from_number(city.today - 350),
                "expires_on": from_number(city.today - 350 + 1095),
                "issued_by": "宁波市科学技术局",
            }
        ],
        "industry.specialised": [
            {"level": "giant", "year": year, "valid_to": city.as_of.replace(year=year + 3, month=12, day=31)}
        ],
        "science.rnd_projects": [
            {
                "project_no": "2026Z90001",
                "project": "企业工程技术中心",
                "level": "provincial",
                "year": year,
                "fund": 1_000_000.0,
            }
        ],
        "market.ip_pledge": [
            {
                "reg_no": f"ZL90000000{n}",
                "ip_name": patents[n],
                "kind": "invention",
                "published_on": _day(city, 200 + 170 * n),
            }
            for n in range(3)
        ],
        "industry.investment_projects": [
            {
                "project_code": "2511-330282-07-02-900001",
                "project": "数字化车间项目",
                "amount": 26_000_000.0,
                "done_amount": 15_000_000.0,
                "progress": "building",
                "started_on": _day(city, 300),
            }
        ],
        "treasury.subsidy": [
            {
                "program": "专精特新培育奖励",
                "kind": "subsidy",
                "amount": 500_000.0,
                "paid_on": _day(city, 150),
            }
        ],
    }


_STORIES: dict[str, Callable[[City, int], Facts]] = {
    "frozen": _frozen,
    "released": _released,
    "abnormal": _abnormal,
    "repaired": _repaired,
    "renamed": _renamed,
    "arrears": _arrears,
    "hightech": _hightech,
}

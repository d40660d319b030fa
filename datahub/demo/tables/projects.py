"""Titles, projects, subsidies and lists: 科技, 经信, 发改, 财政."""

import numpy as np
import polars as pl

from datahub.demo.calendar import day_number
from datahub.demo.city import City
from datahub.demo.firms import COMPANY
from datahub.demo.rows import amounts, document_numbers, if_past, later, pick, repeat, serials, table, yearly

INVENTIVE = ("28", "29", "34", "35", "36", "38", "65", "74")


def _promising(city: City, item: str, share: float, *, tilt: float = 0.8) -> np.ndarray:
    """Sound and larger firms of inventive trades."""
    able = city.standing & (city.firms.kind == COMPANY) & city.industry_in(*INVENTIVE)
    weight = tilt * np.log(city.firms.revenue) - 0.9 * city.panel.stress.mean(axis=1)
    return city.draw(item, share, among=able, log_weight=weight)


def hightech(city: City) -> pl.DataFrame:
    """High-tech enterprises, certificates of three years; the full list of those in force."""
    rng = city.rng("science.hightech")
    place = _promising(city, "science.hightech", 0.07)
    year = rng.integers(city.as_of.year - 3, city.as_of.year, size=place.size)
    issued = np.array(
        [day_number(city.as_of.replace(year=int(y), month=12, day=8)) for y in year], dtype=np.int64
    )
    return table(
        place, cert_no=np.array([f"GR{y}3310{n:04d}" for n, y in enumerate(year, 1)], dtype=object),
        issued_on_days=issued, expires_on_days=issued + 1095, issued_by="宁波市科学技术局",
    )  # fmt: skip


def tech_sme(city: City) -> pl.DataFrame:
    """Technology-based small firms, two years."""
    place = _promising(city, "science.tech_sme", 0.1, tilt=0.3)
    return pl.concat([
        table(place, year=year, reg_no=serials(f"{year}330282A0", place.size, 6), recognised_by="浙江省科学技术厅")
        for year in yearly(city, 2, 1)
    ])  # fmt: skip


def rnd_projects(city: City) -> pl.DataFrame:
    """Research centres and projects."""
    rng = city.rng("science.rnd_projects")
    place = _promising(city, "science.rnd_projects", 0.04)
    newest = yearly(city, 1, 3)[0]
    level = pick(rng, ["county", "municipal", "provincial", "national"], place.size, [0.5, 0.33, 0.15, 0.02])
    return table(
        place, project_no=serials("2026Z", place.size, 5),
        project=pick(rng, city.words.phrases["rnd"], place.size), level=level,
        year=rng.integers(newest - 2, newest + 1, size=place.size),
        fund=amounts(rng, 300_000, place.size, 0.9, 10_000),
    )  # fmt: skip


def specialised(city: City) -> pl.DataFrame:
    """Titles of specialised firms, in force."""
    rng = city.rng("industry.specialised")
    place = _promising(city, "industry.specialised", 0.05)
    newest = yearly(city, 1, 10)[0]
    year = rng.integers(newest - 2, newest + 1, size=place.size)
    level = pick(rng, ["innovative", "specialised", "giant", "champion"], place.size, [0.6, 0.34, 0.05, 0.01])
    until = np.array(
        [day_number(city.as_of.replace(year=int(y) + 3, month=12, day=31)) for y in year], dtype=np.int64
    )
    return table(place, level=level, year=year, valid_to_days=until)


def investment_projects(city: City) -> pl.DataFrame:
    """Investment in plant, with progress."""
    rng, firms = city.rng("industry.investment_projects"), city.firms
    place = _promising(city, "industry.investment_projects", 0.06)
    amount = amounts(rng, firms.assets[place] * 0.35, place.size, 0.6, 10_000)
    progress = pick(rng, ["building", "finished", "planned", "stopped"], place.size, [0.5, 0.3, 0.15, 0.05])
    done = np.select([progress == "finished", progress == "planned"], [1.0, 0.0], default=0.5) * amount
    return table(
        place, project_code=serials("2511-330282-07-02-", place.size, 6),
        project=pick(rng, city.words.phrases["projects"], place.size), amount=amount,
        done_amount=np.round(done, -2), progress=progress,
        started_on_days=city.today - rng.integers(40, 800, size=place.size),
    )  # fmt: skip


def project_filing(city: City) -> pl.DataFrame:
    """Investment projects filed or approved."""
    rng, firms = city.rng("reform.project_filing"), city.firms
    place = _promising(city, "reform.project_filing", 0.05)
    return table(
        place, project_code=serials("2602-330282-04-01-", place.size, 6),
        project=pick(rng, city.words.phrases["projects"], place.size),
        kind=pick(rng, ["filing", "approval", "ratified"], place.size, [0.9, 0.08, 0.02]),
        amount=amounts(rng, firms.assets[place] * 0.35, place.size, 0.6, 10_000),
        filed_on_days=city.today - rng.integers(8, 900, size=place.size),
    )  # fmt: skip


def joint_list(city: City) -> pl.DataFrame:
    """Red and black lists of the province."""
    rng = city.rng("reform.joint_list")
    bad = city.troubled("reform.joint_list/punish", 0.006)
    good = city.draw(
        "reform.joint_list/reward",
        0.03,
        among=city.standing & (city.firms.kind == COMPANY),
        log_weight=-1.2 * city.panel.stress.mean(axis=1),
    )
    listed = np.concatenate(
        [city.days_of_trouble("reform.joint_list", bad), city.today - rng.integers(40, 700, size=good.size)]
    )
    place = np.concatenate([bad, good])
    punished = np.arange(place.size) < bad.size
    reasons = pick(rng, ["严重失信主体名单", "安全生产严重失信主体名单"], place.size)
    return table(
        place,
        list_name=np.where(
            punished,
            reasons,
            pick(rng, ["诚信示范企业名单", "环境保护守信企业名单", "守合同重信用企业名单"], place.size),
        ),
        list_kind=np.where(punished, "punish", "reward"),
        decision_no=document_numbers(listed, "浙信用列", 1),
        included_on_days=listed,
        removed_on_days=if_past(
            city, later(rng, listed, 100, 500), punished & (rng.random(place.size) < 0.2)
        ),
        org=np.where(punished, "浙江省公共信用工作机构（演示）", "宁波市公共信用工作机构（演示）").astype(
            object
        ),
    )


def procurement(city: City) -> pl.DataFrame:
    """Contracts won from the city."""
    rng, firms = city.rng("treasury.procurement"), city.firms
    able = (
        city.standing
        & (firms.kind == COMPANY)
        & city.industry_in("47", "48", "49", "50", "51", "65", "70", "72", "74", "80")
    )
    winners = city.draw(
        "treasury.procurement", 0.06, among=able, log_weight=-0.3 * city.panel.stress.mean(axis=1)
    )
    place, _ = repeat(winners, 1 + rng.poisson(0.6, winners.size))
    return table(
        place, contract_no=serials("CXZC2026", place.size, 5),
        project=pick(rng, city.words.phrases["procurement"], place.size),
        amount=amounts(rng, firms.revenue[place] * 0.07, place.size, 0.8, 100),
        signed_on_days=city.today - rng.integers(10, 720, size=place.size),
    )  # fmt: skip


def subsidy(city: City) -> pl.DataFrame:
    """Subsidies, funds and interest paid from the budget."""
    rng = city.rng("treasury.subsidy")
    holders = _promising(city, "treasury.subsidy", 0.16, tilt=0.4)
    place, number = repeat(holders, 1 + rng.poisson(0.8, holders.size))
    programs = np.array(city.words.phrases["programs"], dtype=object)
    return table(
        place, program=programs[(place + number) % programs.size],
        kind=pick(rng, ["subsidy", "discount", "fund"], place.size, [0.85, 0.13, 0.02]),
        amount=amounts(rng, 60_000, place.size, 1.0),
        paid_on_days=city.today - rng.integers(40, 720, size=place.size),
    )  # fmt: skip


def procurement_ban(city: City) -> pl.DataFrame:
    """Suppliers shut out of procurement; the full list of those in force."""
    rng = city.rng("treasury.procurement_ban")
    place = city.troubled("treasury.procurement_ban", 0.0008, among=city.seen & (city.firms.kind == COMPANY))
    since = city.today - rng.integers(30, 300, size=place.size)
    return table(
        place, decision_no=document_numbers(since, "慈财采监", 1),
        fact=pick(rng, ["提供虚假材料谋取中标", "与其他供应商恶意串通"], place.size), included_on_days=since,
        ends_on_days=since + 365,
    )  # fmt: skip


TABLES = {
    "science.hightech": hightech,
    "science.tech_sme": tech_sme,
    "science.rnd_projects": rnd_projects,
    "industry.specialised": specialised,
    "industry.investment_projects": investment_projects,
    "reform.project_filing": project_filing,
    "reform.joint_list": joint_list,
    "treasury.procurement": procurement,
    "treasury.subsidy": subsidy,
    "treasury.procurement_ban": procurement_ban,
}

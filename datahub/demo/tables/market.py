"""市场监督管理局 beside the register: holdings, yearly reports, pledges, lists, permits."""

import numpy as np
import polars as pl

from datahub.demo.calendar import day_number
from datahub.demo.city import City
from datahub.demo.firms import COMPANY, COOPERATIVE, INDIVIDUAL
from datahub.demo.rows import amounts, if_past, later, only, pick, repeat, serials, table, yearly


def branches_investments(city: City) -> pl.DataFrame:
    """Branches and holdings in other firms."""
    rng, firms = city.rng("market.branches_investments"), city.firms
    place = city.draw("market.branches_investments", 0.12, among=(firms.kind == COMPANY) & city.seen)
    branch = rng.random(place.size) < 0.5
    town = np.array([division.name for division in city.words.divisions], dtype=object)
    other = rng.integers(firms.size, size=place.size)
    target = np.where(
        branch,
        firms.name[place] + town[rng.integers(town.size, size=place.size)] + "分公司",
        firms.name[other],
    )
    return table(
        place,
        relation=np.where(branch, "branch", "invested"),
        target_name=target,
        target_uscc=only(~branch, firms.code[other].astype(object)),
        share=pl.Series(pick(rng, [0.1, 0.2, 0.3, 0.51, 1.0], place.size).astype(float)).set(
            pl.Series(branch), None
        ),
        amount=pl.Series(amounts(rng, firms.capital[place] * 0.2, place.size, 0.6, 10_000)).set(
            pl.Series(branch), None
        ),
        since_days=np.minimum(later(rng, firms.established[place], 100, 2500), city.today - 40),
        ended_on_days=-1,
    )


def annual_assets(city: City) -> pl.DataFrame:
    """Three yearly reports. Firms later listed for not reporting leave out the newest."""
    rng, firms, panel = city.rng("market.annual_assets"), city.firms, city.panel
    report = city.draw(
        "market.annual_assets",
        0.88,
        among=city.seen & ((firms.kind == COMPANY) | (firms.kind == COOPERATIVE)),
    )
    individuals = city.draw(
        "market.annual_assets/individual", 0.22, among=city.seen & (firms.kind == INDIVIDUAL)
    )
    place = np.concatenate([report, individuals])
    silent = np.isin(place, city.troubled("market.abnormal_list", 0.06))
    frames = []
    for back, year in enumerate(reversed(yearly(city, 3, 6))):
        close = day_number(city.as_of.replace(year=year, month=12, day=31))
        here = place[(firms.established[place] < close - 60) & ~((back == 0) & silent)]
        here = here[(panel.ended[here] < 0) | (panel.ended[here] > close)]
        month = int(np.clip((close - city.month_days()[0]) // 30, 0, len(panel.months) - 1))
        well = np.exp(-0.28 * panel.stress[here, month])
        revenue = np.round(
            firms.revenue[here] * well * 0.97**back * np.exp(rng.normal(0, 0.06, here.size)), 2
        )
        margin = 0.045 - 0.035 * panel.stress[here, month] + rng.normal(0, 0.015, here.size)
        assets = np.round(firms.assets[here] * 0.96**back, 2)
        debt = (0.5 + 0.14 * panel.stress[here, month] + rng.normal(0, 0.07, here.size)).clip(0.05, 1.25)
        liabilities = np.round(assets * debt, 2)
        profit = np.round(revenue * margin, 2)
        frames.append(
            table(
                here,
                year=year,
                reported_on_days=later(
                    rng,
                    np.full(here.size, day_number(city.as_of.replace(year=year + 1, month=2, day=1))),
                    0,
                    145,
                ),
                assets=assets,
                liabilities=liabilities,
                equity=assets - liabilities,
                revenue=revenue,
                main_revenue=np.round(revenue * rng.uniform(0.9, 1.0, here.size), 2),
                total_profit=profit,
                net_profit=np.round(np.where(profit > 0, profit * 0.8, profit), 2),
                tax_paid=np.round(revenue * rng.uniform(0.012, 0.045, here.size), 2),
                employees=np.maximum(1, np.round(firms.heads[here] * np.minimum(well, 1.5))).astype(np.int64),
                disclosed=rng.random(here.size) < 0.4,
            ),
        )
    return pl.concat(frames)


def annual_guarantees(city: City) -> pl.DataFrame:
    """Guarantees given for others' debts."""
    rng, firms = city.rng("market.annual_guarantees"), city.firms
    place = city.strained("market.annual_guarantees", 0.035, among=city.seen & (firms.kind == COMPANY))
    since = city.today - rng.integers(60, 900, size=place.size)
    return table(
        place,
        guarantee_no=serials("DB", place.size, 7),
        year=yearly(city, 1, 6)[0],
        creditor=pick(rng, city.words.names["banks"], place.size),
        debtor=firms.name[rng.integers(firms.size, size=place.size)],
        amount=amounts(rng, firms.assets[place] * 0.12, place.size, 0.8, 10_000),
        credit_kind="借款",
        since_days=since,
        until_days=since + pick(rng, [365, 730, 1095], place.size).astype(int),
        way=pick(rng, ["joint", "general", "unspecified"], place.size, [0.8, 0.15, 0.05]),
    )


def equity_pledge(city: City) -> pl.DataFrame:
    """Pledges of shares; some are cancelled by now."""
    rng, firms = city.rng("market.equity_pledge"), city.firms
    place = city.strained("market.equity_pledge", 0.015, among=city.seen & (firms.kind == COMPANY))
    day = city.today - rng.integers(30, 1400, size=place.size)
    gone = if_past(city, later(rng, day, 200, 900), rng.random(place.size) < 0.5)
    return table(
        place,
        reg_no=serials("慈股质", place.size, 6),
        pledgor=firms.legal_person[place],
        pledgor_id=None,
        pledgee=pick(rng, city.words.names["banks"], place.size),
        amount=np.maximum(10_000, np.round(firms.capital[place] * rng.uniform(0.1, 0.9, place.size), -4)),
        registered_on_days=day,
        pledge_state=np.where(gone >= 0, "cancelled", "valid"),
        cancelled_on_days=gone,
    )


def ip_pledge(city: City) -> pl.DataFrame:
    """Trade marks and patents, a few of them pledged."""
    rng, firms = city.rng("market.ip_pledge"), city.firms
    makers = city.industry_in("28", "29", "34", "35", "36", "38", "65") & (firms.kind == COMPANY) & city.seen
    holders = city.draw("market.ip_pledge", 0.12, among=makers, log_weight=np.log(firms.heads) * 0.6)
    place, _ = repeat(holders, 1 + rng.poisson(1.0, holders.size))
    kind = pick(
        rng,
        ["trademark", "utility", "design", "invention", "pledge"],
        place.size,
        [0.25, 0.4, 0.2, 0.1, 0.05],
    )
    pledged = kind == "pledge"
    return table(
        place,
        reg_no=serials("ZL", place.size, 9),
        ip_name=pick(rng, city.words.phrases["patents"], place.size),
        kind=kind,
        pledgor=only(pledged, firms.name[place]),
        pledgee=only(pledged, pick(rng, city.words.names["banks"], place.size)),
        amount=pl.Series(amounts(rng, 1_500_000, place.size, 0.6, 10_000)).set(pl.Series(~pledged), None),
        published_on_days=city.today - rng.integers(20, 1600, size=place.size),
        cancelled_on_days=-1,
    )


def abnormal_list(city: City) -> pl.DataFrame:
    """Firms listed as operating abnormally: most for not reporting, some out of reach; half were removed."""
    rng, _firms = city.rng("market.abnormal_list"), city.firms
    place = city.troubled("market.abnormal_list", 0.06)
    kind = pick(rng, ["no_report", "lost", "hidden", "no_disclosure"], place.size, [0.55, 0.36, 0.06, 0.03])
    listed = city.days_of_trouble("market.abnormal_list", place)
    removed = if_past(city, later(rng, listed, 40, 420), rng.random(place.size) < 0.45)
    reasons = city.words.phrases["abnormal"]
    org = "慈溪市市场监督管理局"
    return table(
        place,
        list_no=serials("慈市监异", place.size, 6),
        reason_kind=kind,
        reason=np.array([reasons[k] for k in kind], dtype=object),
        included_on_days=listed,
        included_by=org,
        removed_reason=only(removed >= 0, "已补报并公示年度报告或办理住所变更"),
        removed_on_days=removed,
        removed_by=only(removed >= 0, org),
    )


def serious_violation(city: City) -> pl.DataFrame:
    """Firms on the list of serious violations."""
    rng = city.rng("market.serious_violation")
    place = city.troubled("market.serious_violation", 0.003)
    listed = city.days_of_trouble("market.serious_violation", place)
    removed = if_past(city, later(rng, listed, 200, 500), rng.random(place.size) < 0.15)
    org = "宁波市市场监督管理局"
    return table(
        place,
        list_no=serials("甬市监严", place.size, 6),
        reason=pick(
            rng,
            [
                "被列入经营异常名录届满三年仍未履行相关义务",
                "提交虚假材料取得登记",
                "两年内三次以上受到行政处罚",
            ],
            place.size,
        ),
        included_on_days=listed,
        included_by=org,
        removed_reason=only(removed >= 0, "已履行行政处罚决定并整改"),
        removed_on_days=removed,
        removed_by=only(removed >= 0, org),
        list_state=np.where(removed >= 0, "removed", "listed"),
    )


def permits_inspection(city: City) -> pl.DataFrame:
    """Permits for food, special equipment and the like, with the result of the last inspection."""
    rng, firms = city.rng("market.permits_inspection"), city.firms
    names = city.words.phrases["permits"]
    place = city.draw("market.permits_inspection", 0.55, among=city.standing & city.industry_in(*names))
    start = np.maximum(firms.established[place] + 20, city.today - rng.integers(60, 1700, size=place.size))
    bad = rng.random(place.size) < 0.03 * np.exp(0.6 * city.panel.stress[place].mean(axis=1))
    name = np.array([names[code] for code in city.section[place]], dtype=object)
    return table(
        place,
        lic_no=serials("JY133028", place.size, 8),
        lic_item=name,
        lic_name=name + "证",
        issued_on_days=start,
        valid_from_days=start,
        valid_to_days=start + 5 * 365,
        issued_by="慈溪市市场监督管理局",
        result=np.where(bad, "fail", np.where(rng.random(place.size) < 0.3, "none", "pass")),
    )


TABLES = {
    "market.branches_investments": branches_investments,
    "market.annual_assets": annual_assets,
    "market.annual_guarantees": annual_guarantees,
    "market.equity_pledge": equity_pledge,
    "market.ip_pledge": ip_pledge,
    "market.abnormal_list": abnormal_list,
    "market.serious_violation": serious_violation,
    "market.permits_inspection": permits_inspection,
}

"""Series and ratings that speak of growth: 经信, 科技, 统计, 海关, 发改."""

import numpy as np
import polars as pl

from datahub.demo.calendar import day_number
from datahub.demo.city import City
from datahub.demo.firms import COMPANY, INDIVIDUAL
from datahub.demo.rows import amounts, month_dates, pick, serials, series, table, yearly

MAKERS = ("13", "17", "18", "28", "29", "34", "35", "36", "38")


def _larger(city: City, item: str, share: float, among: np.ndarray) -> np.ndarray:
    """Mostly the largest firms of those able, as with reporting thresholds."""
    return city.draw(
        item,
        share,
        among=among & city.seen & (city.firms.kind == COMPANY),
        log_weight=2.5 * np.log(city.firms.revenue),
    )


def output(city: City) -> pl.DataFrame:
    """Monthly output of makers above the reporting threshold."""
    rng = city.rng("industry.output")
    place, month = series(city, _larger(city, "industry.output", 0.13, city.industry_in(*MAKERS)))
    value = np.round(city.panel.revenue[place, month] * rng.uniform(0.97, 1.04, place.size), -2)
    return table(
        place,
        month=month_dates(city, month),
        output=value,
        export=np.floor(value * city.firms.exports[place] * 0.9 / 100) * 100,
    )


def main_indicators(city: City) -> pl.DataFrame:
    """Monthly statistics of the larger firms of all trades."""
    rng = city.rng("statistics.main_indicators")
    place, month = series(
        city, _larger(city, "statistics.main_indicators", 0.09, np.ones(city.firms.size, dtype=bool))
    )
    revenue = np.round(city.panel.revenue[place, month], -2)
    margin = 0.05 - 0.03 * city.panel.stress[place, month] + rng.normal(0, 0.012, place.size)
    return table(
        place,
        month=month_dates(city, month),
        revenue=revenue,
        employees=city.panel.heads[place, month].astype(np.int64),
        rnd=np.round(revenue * rng.uniform(0.0, 0.05, place.size) * np.isin(city.section[place], MAKERS), -2),
        profit=np.round(revenue * margin, -2),
        assets=np.round(city.firms.assets[place] * rng.uniform(0.97, 1.03, place.size), -2),
    )


def trade_value(city: City) -> pl.DataFrame:
    """Monthly imports and exports through customs."""
    rng = city.rng("customs.trade_value")
    place, month = series(
        city, city.draw("customs.trade_value", 0.5, among=city.seen & (city.firms.exports > 0))
    )
    export = np.round(
        city.panel.revenue[place, month] * city.firms.exports[place] * rng.uniform(0.8, 1.15, place.size), -2
    )
    return table(
        place,
        month=month_dates(city, month),
        import_value=np.round(export * rng.uniform(0, 0.2, place.size), -2),
        export_value=export,
    )


def customs_level(city: City) -> pl.DataFrame:
    """Credit levels at customs."""
    rng = city.rng("customs.credit_level")
    place = city.draw("customs.credit_level", 0.8, among=city.seen & (city.firms.exports > 0))
    mark = (
        -city.panel.stress[place].mean(axis=1)
        + 0.4 * np.log(city.firms.heads[place] / 40)
        + rng.normal(0, 0.7, place.size)
    )
    level = np.select([mark > 2.0, mark > -2.6], ["senior", "regular"], default="dishonest").astype(object)
    level[np.isin(place, city.cast.firms)] = "senior"
    return table(
        place,
        customs_no=serials("3302960", place.size, 5),
        level=level,
        evaluated_on_days=city.today - rng.integers(60, 900, size=place.size),
    )


def foreign_trade(city: City) -> pl.DataFrame:
    """Records of traders and of foreign investment."""
    rng, firms = city.rng("commerce.foreign_trade"), city.firms
    place = city.draw("commerce.foreign_trade", 0.7, among=city.seen & (firms.exports > 0))
    kind = pick(rng, ["trader", "foreign", "outbound"], place.size, [0.92, 0.06, 0.02])
    return table(
        place,
        record_no=serials("0389", place.size, 7),
        kind=kind,
        invest_amount=pl.Series(np.maximum(10_000, np.round(firms.capital[place] * 1.5, -4))).set(
            pl.Series(kind == "trader"), None
        ),
        recorded_on_days=np.minimum(
            firms.established[place] + rng.integers(30, 1500, size=place.size), city.today - 20
        ),
    )


def mu_benefit(city: City) -> pl.DataFrame:
    """Yearly rating of benefit per mu of land, two years."""
    rng, firms = city.rng("industry.mu_benefit"), city.firms
    place = city.draw(
        "industry.mu_benefit",
        0.22,
        among=city.standing & city.industry_in(*MAKERS) & (firms.kind == COMPANY),
        log_weight=np.log(firms.revenue),
    )
    mu = np.round((firms.assets[place] / 3.2e6 * np.exp(rng.normal(0, 0.4, place.size))).clip(0.8), 2)
    frames = []
    for year in yearly(city, 2, 7):
        revenue = firms.revenue[place] * np.exp(
            -0.25 * city.panel.stress[place, 0 if year < city.as_of.year - 1 else 10]
        )
        mark = -city.panel.stress[place].mean(axis=1) + rng.normal(0, 0.6, place.size)
        level = np.select([mark > 0.9, mark > -0.4, mark > -1.7], ["A", "B", "C"], default="D")
        frames.append(
            table(
                place,
                year=year,
                level=level,
                tax_per_mu=np.round(revenue / mu * rng.uniform(0.02, 0.06, place.size), -2),
                revenue_per_mu=np.round(revenue / mu, -2),
                area_mu=mu,
            ),
        )
    return pl.concat(frames)


def rnd_spending(city: City) -> pl.DataFrame:
    """Yearly spending on research, two years."""
    rng, firms = city.rng("science.rnd_spending"), city.firms
    able = city.standing & city.industry_in(*MAKERS, "65", "74") & (firms.kind == COMPANY)
    place = city.draw(
        "science.rnd_spending",
        0.14,
        among=able,
        log_weight=0.8 * np.log(firms.revenue) - 0.6 * city.panel.stress.mean(axis=1),
    )
    return pl.concat(
        [
            table(
                place,
                year=year,
                amount=np.round(firms.revenue[place] * rng.uniform(0.015, 0.065, place.size), -2),
                contract_amount=np.where(
                    rng.random(place.size) < 0.2, amounts(rng, 200_000, place.size, 0.8), 0.0
                ),
            )
            for year in yearly(city, 2, 6)
        ]
    )


def public_credit(city: City) -> pl.DataFrame:
    """The province's public credit score: two evaluations, of companies and cooperatives."""
    rng = city.rng("reform.public_credit")
    place = city.draw("reform.public_credit", 0.85, among=city.standing & (city.firms.kind != INDIVIDUAL))
    frames = []
    luck = rng.normal(0, 28, place.size)
    for months_ago in (13, 1):
        score = (
            (775 - 52 * city.panel.stress[place, -months_ago] + luck + rng.normal(0, 14, place.size))
            .clip(406, 960)
            .round(0)
        )
        level = np.select(
            [score >= 880, score >= 700, score >= 600, score >= 500],
            ["excellent", "good", "medium", "poor"],
            default="bad",
        )
        day = day_number(city.panel.months[-months_ago]) + 4
        frames.append(table(place, score=score, level=level, evaluated_on_days=np.full(place.size, day)))
    return pl.concat(frames)


TABLES = {
    "industry.output": output,
    "industry.mu_benefit": mu_benefit,
    "statistics.main_indicators": main_indicators,
    "customs.trade_value": trade_value,
    "customs.credit_level": customs_level,
    "commerce.foreign_trade": foreign_trade,
    "science.rnd_spending": rnd_spending,
    "reform.public_credit": public_credit,
}

"""Permits and ratings of 生态环境, 应急, 交通, 水利, 农业, 卫健, 消防."""

import numpy as np
import polars as pl

from datahub.demo.calendar import day_number
from datahub.demo.city import City
from datahub.demo.firms import COMPANY, COOPERATIVE
from datahub.demo.rows import amounts, if_past, later, only, pick, serials, table, yearly

MAKERS = ("13", "17", "18", "28", "29", "34", "35", "36", "38")


def _start(city: City, rng: np.random.Generator, place: np.ndarray, years: int) -> np.ndarray:
    """A day on which a permit valid for ``years`` began: nine in ten are in force today."""
    back = (rng.random(place.size) * 365 * years * 1.1).astype(int) + 20
    return np.maximum(city.firms.established[place] + 15, city.today - back)


def discharge_permit(city: City) -> pl.DataFrame:
    """Permits to discharge pollutants."""
    rng = city.rng("ecology.discharge_permit")
    place = city.draw("ecology.discharge_permit", 0.3, among=city.standing & city.industry_in(*MAKERS))
    start = _start(city, rng, place, 5)
    return table(place, lic_no=np.array([f"{code}001W" for code in city.firms.code[place]], dtype=object),
                 kind=pick(rng, ["registered", "simple", "key"], place.size, [0.75, 0.2, 0.05]),
                 valid_from_days=start, valid_to_days=start + 1825, issued_by="宁波市生态环境局")  # fmt: skip


def eia_approval(city: City) -> pl.DataFrame:
    """Approvals of environmental impact."""
    rng, firms = city.rng("ecology.eia_approval"), city.firms
    place = city.draw(
        "ecology.eia_approval",
        0.03,
        among=city.standing & city.industry_in(*MAKERS) & (firms.kind == COMPANY),
    )
    return table(
        place, doc_no=serials("甬环慈建〔2025〕", place.size, 4),
        project=pick(rng, city.words.phrases["projects"], place.size),
        kind=pick(rng, ["table", "form", "report"], place.size, [0.7, 0.2, 0.1]),
        investment=amounts(rng, firms.assets[place] * 0.3, place.size, 0.6, 10_000),
        approved_on_days=city.today - rng.integers(15, 1000, size=place.size),
        approved_by="宁波市生态环境局慈溪分局",
    )  # fmt: skip


def credit_rating(city: City) -> pl.DataFrame:
    """Environmental credit, two yearly batches."""
    rng = city.rng("ecology.credit_rating")
    place = city.draw(
        "ecology.credit_rating",
        0.1,
        among=city.standing & city.industry_in(*MAKERS) & (city.firms.kind == COMPANY),
    )
    frames = []
    for year in yearly(city, 2, 5):
        score = (
            (860 - 45 * city.panel.stress[place].mean(axis=1) + rng.normal(0, 50, place.size))
            .clip(300, 1000)
            .round(0)
        )
        level = np.select(
            [score >= 900, score >= 800, score >= 700, score >= 600], ["A", "B", "C", "D"], default="E"
        )
        day = day_number(city.as_of.replace(year=year + 1, month=5, day=20))
        frames.append(table(place, batch=f"{year}年度", level=level, score=score, evaluated_on_days=np.full(place.size, day),
                            valid_to_days=np.full(place.size, day + 365)))  # fmt: skip
    return pl.concat(frames)


def emission_rights(city: City) -> pl.DataFrame:
    """Emission rights bought or mortgaged."""
    rng = city.rng("ecology.emission_rights")
    place = city.draw(
        "ecology.emission_rights", 0.02, among=city.standing & city.industry_in("17", "28", "29", "34")
    )
    kind = pick(rng, ["trade", "mortgage"], place.size, [0.8, 0.2])
    since = city.today - rng.integers(40, 1200, size=place.size)
    return table(place, contract_no=serials("PWQ", place.size, 6), kind=kind, amount=amounts(rng, 90_000, place.size, 0.9),
                 mortgagee=only(kind == "mortgage", pick(rng, city.words.names["banks"], place.size)),
                 since_days=since, until_days=since + 1825)  # fmt: skip


def safety_permit(city: City) -> pl.DataFrame:
    """Permits for safe production and for dangerous chemicals."""
    rng = city.rng("emergency.permit")
    place = city.draw(
        "emergency.permit", 0.25, among=city.standing & city.industry_in("47", "48", "49", "5164", "5281")
    )
    start = _start(city, rng, place, 3)
    build = np.isin(city.section[place], ["47", "48", "49"])
    return table(place, lic_no=serials("（浙）JZ安许证字", place.size, 6), kind=np.where(build, "production", "hazardous"),
                 valid_from_days=start, valid_to_days=start + 1095)  # fmt: skip


def standardisation(city: City) -> pl.DataFrame:
    """Grades of safety standardisation."""
    rng, firms = city.rng("emergency.standardisation"), city.firms
    place = city.draw(
        "emergency.standardisation",
        0.2,
        among=city.standing & city.industry_in(*MAKERS) & (firms.kind == COMPANY),
    )
    start = _start(city, rng, place, 3)
    level = np.where(
        firms.heads[place] < 20,
        "small",
        pick(rng, ["third", "second", "first"], place.size, [0.85, 0.13, 0.02]),
    )
    return table(
        place,
        cert_no=serials("甬慈AQB", place.size, 6),
        level=level,
        valid_from_days=start,
        valid_to_days=start + 1095,
    )


def hazards(city: City) -> pl.DataFrame:
    """Grave hazards and accidents."""
    rng = city.rng("emergency.hazards")
    place = city.strained("emergency.hazards", 0.004, among=city.seen & city.industry_in(*MAKERS, "47", "48"))
    day = city.days_of_trouble("emergency.hazards", place, tilt=0.4)
    accident = rng.random(place.size) < 0.2
    return table(
        place, record_no=serials("YH2026", place.size, 5), kind=np.where(accident, "accident", "hazard"),
        level=np.where(accident, "general", "major"),
        deaths=(accident & (rng.random(place.size) < 0.3)).astype(np.int64), found_on_days=day,
        closed_on_days=if_past(city, later(rng, day, 20, 150), rng.random(place.size) < 0.85),
    )  # fmt: skip


def road_permit(city: City) -> pl.DataFrame:
    """Road transport permits."""
    rng = city.rng("transport.permit")
    place = city.draw("transport.permit", 0.7, among=city.standing & city.industry_in("54"))
    start = _start(city, rng, place, 4)
    return table(
        place, lic_no=serials("浙交运管许可甬字3302", place.size, 7), scope="货运：普通货运",
        vehicles=np.maximum(1, np.round(city.firms.heads[place] * rng.uniform(0.5, 1.2, place.size))).astype(np.int64),
        valid_from_days=start, valid_to_days=start + 1461,
    )  # fmt: skip


def quality_rating(city: City) -> pl.DataFrame:
    """Yearly quality ratings of hauliers, two years."""
    rng = city.rng("transport.quality_rating")
    place = city.draw("transport.quality_rating", 0.5, among=city.standing & city.industry_in("54"))
    frames = []
    for year in yearly(city, 2, 6):
        mark = 0.3 - 0.7 * city.panel.stress[place].mean(axis=1) + rng.normal(0, 0.7, place.size)
        frames.append(
            table(
                place,
                year=year,
                level=np.select([mark > 1, mark > 0, mark > -1.2], ["AAA", "AA", "A"], default="B"),
                evaluated_on_days=np.full(
                    place.size, day_number(city.as_of.replace(year=year + 1, month=6, day=10))
                ),
            ),
        )
    return pl.concat(frames)


def water_permit(city: City) -> pl.DataFrame:
    """Permits to draw water, with what is owed for it."""
    rng = city.rng("hydraulics.water_permit")
    place = city.draw(
        "hydraulics.water_permit", 0.02, among=city.standing & city.industry_in("01", "04", "17", "28", "13")
    )
    start = _start(city, rng, place, 5)
    owes = rng.random(place.size) < 0.06
    return table(
        place,
        lic_no=serials("D330282S2022-", place.size, 5),
        quota=np.round(rng.uniform(2_000, 400_000, place.size), -2),
        owed=np.where(owes, amounts(rng, 8_000, place.size, 0.6), 0.0),
        valid_from_days=start,
        valid_to_days=start + 1825,
    )


def hydraulic_credit(city: City) -> pl.DataFrame:
    """Credit of builders of water works, two years."""
    rng = city.rng("hydraulics.market_credit")
    place = city.draw("hydraulics.market_credit", 0.12, among=city.standing & city.industry_in("47", "48"))
    return pl.concat(
        [
            table(
                place,
                year=year,
                level=pick(rng, ["AAA", "AA", "A", "B", "C"], place.size, [0.1, 0.3, 0.4, 0.17, 0.03]),
                evaluated_on_days=np.full(
                    place.size, day_number(city.as_of.replace(year=year + 1, month=4, day=15))
                ),
            )
            for year in yearly(city, 2, 4)
        ]
    )


def leading_subsidy(city: City) -> pl.DataFrame:
    """Leading farm enterprises and farm subsidies, two years."""
    rng = city.rng("agriculture.leading_subsidy")
    farms = city.standing & (city.industry_in("01", "04", "05", "137") | (city.firms.kind == COOPERATIVE))
    place = city.draw("agriculture.leading_subsidy", 0.3, among=farms)
    frames = []
    for year in yearly(city, 2, 3):
        level = pick(rng, ["none", "county", "municipal", "provincial"], place.size, [0.72, 0.18, 0.08, 0.02])
        frames.append(
            table(
                place,
                program=pick(rng, city.words.phrases["farm_programs"], place.size),
                year=year,
                level=level,
                amount=amounts(rng, 36_000, place.size, 0.8),
            ),
        )
    return pl.concat(frames)


def farm_inspection(city: City) -> pl.DataFrame:
    """Samples of farm produce."""
    rng = city.rng("agriculture.inspection")
    place = city.draw(
        "agriculture.inspection", 0.4, among=city.standing & city.industry_in("01", "04", "137", "5223")
    )
    return table(
        place,
        sample_no=serials("NCP2026", place.size, 6),
        product=pick(rng, city.words.phrases["products"], place.size),
        result=pick(rng, ["pass", "fail"], place.size, [0.975, 0.025]),
        inspected_on_days=city.today - rng.integers(10, 720, size=place.size),
    )


def health_permit(city: City) -> pl.DataFrame:
    """Health permits of public places, occupational hazards of makers."""
    rng = city.rng("health.permit")
    place = city.draw(
        "health.permit",
        0.32,
        among=city.standing & city.industry_in("61", "62", "80", "84", "34", "36", "29"),
    )
    start = _start(city, rng, place, 4)
    maker = np.isin(city.section[place], ["34", "36", "29"])
    return table(
        place,
        lic_no=serials("慈卫公证字〔2024〕", place.size, 6),
        hazard_level=np.where(maker, pick(rng, ["general", "serious"], place.size, [0.85, 0.15]), "none"),
        valid_from_days=start,
        valid_to_days=start + 1461,
    )


def fire_inspection(city: City) -> pl.DataFrame:
    """Fire inspections."""
    rng = city.rng("fire.inspection")
    place = city.draw("fire.inspection", 0.11, among=city.standing, log_weight=0.3 * np.log(city.firms.heads))
    bad = rng.random(place.size) < 0.06 * np.exp(0.4 * city.panel.stress[place].mean(axis=1))
    return table(
        place, doc_no=serials("慈消监查字〔2026〕第", place.size, 5),
        kind=pick(rng, ["check", "acceptance", "opening"], place.size, [0.7, 0.15, 0.15]),
        result=np.where(bad, pick(rng, ["fail", "rectified"], place.size), "pass"),
        inspected_on_days=city.today - rng.integers(8, 720, size=place.size),
    )  # fmt: skip


TABLES = {
    "ecology.discharge_permit": discharge_permit,
    "ecology.eia_approval": eia_approval,
    "ecology.credit_rating": credit_rating,
    "ecology.emission_rights": emission_rights,
    "emergency.permit": safety_permit,
    "emergency.standardisation": standardisation,
    "emergency.hazards": hazards,
    "transport.permit": road_permit,
    "transport.quality_rating": quality_rating,
    "hydraulics.water_permit": water_permit,
    "hydraulics.market_credit": hydraulic_credit,
    "agriculture.leading_subsidy": leading_subsidy,
    "agriculture.inspection": farm_inspection,
    "health.permit": health_permit,
    "fire.inspection": fire_inspection,
}

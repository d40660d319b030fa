"""人力资源和社会保障局, 住房公积金管理中心, 医疗保障局: heads, contributions, arrears, disputes."""

import numpy as np
import polars as pl

from datahub.demo.city import City
from datahub.demo.firms import COMPANY, INDIVIDUAL
from datahub.demo.rows import (
    amounts,
    document_numbers,
    if_past,
    later,
    month_dates,
    only,
    pick,
    series,
    table,
    yearly,
)

PROVIDENT_SHARE, MEDICAL_SHARE, INSURED_SHARE = 0.11, 0.2, 0.42


def wage_arrears_list(city: City) -> pl.DataFrame:
    """Firms listed for not paying migrant workers."""
    rng = city.rng("hrss.wage_arrears_list")
    place = city.troubled("hrss.wage_arrears_list", 0.0025, among=city.seen & (city.firms.kind != INDIVIDUAL))
    listed = city.days_of_trouble("hrss.wage_arrears_list", place)
    workers = rng.integers(3, 60, size=place.size)
    return table(
        place,
        decision_no=document_numbers(listed, "甬慈人社欠薪列", 1),
        amount=np.round(workers * rng.uniform(6_000, 30_000, place.size), 2),
        workers=workers,
        included_on_days=listed,
        removed_on_days=if_past(city, later(rng, listed, 60, 360), rng.random(place.size) < 0.35),
    )


def labour_grade(city: City) -> pl.DataFrame:
    """Yearly grades of lawful employment, two years."""
    rng, firms = city.rng("hrss.labour_grade"), city.firms
    place = city.draw(
        "hrss.labour_grade", 0.22, among=city.standing & (firms.kind == COMPANY) & (firms.heads >= 10)
    )
    frames = []
    for year in yearly(city, 2, 5):
        mark = 1.0 - 0.5 * city.panel.stress[place].mean(axis=1) + rng.normal(0, 0.6, place.size)
        frames.append(
            table(place, year=year, grade=np.select([mark > 0.75, mark > -0.5], ["A", "B"], default="C"))
        )
    return pl.concat(frames)


def labour_cases(city: City) -> pl.DataFrame:
    """Arbitrations and penalties about employment."""
    rng = city.rng("hrss.labour_cases")
    place = city.strained("hrss.labour_cases", 0.02, among=city.seen & (city.firms.heads >= 4))
    day = city.days_of_trouble("hrss.labour_cases", place)
    penal = rng.random(place.size) < 0.2
    severity = only(penal, pick(rng, ["general", "minor", "serious"], place.size, [0.7, 0.2, 0.1]))
    return table(
        place,
        case_no=document_numbers(day, "浙慈劳人仲案", 1),
        kind=np.where(penal, "penalty", "arbitration"),
        cause=pick(rng, city.words.phrases["labour_causes"], place.size),
        amount=amounts(rng, 18_000, place.size, 0.9),
        result=np.where(
            penal,
            np.array("责令改正并处罚款", object),
            pick(rng, ["调解结案", "裁决支持申请人", "驳回申请"], place.size),
        ),
        severity=severity,
        decided_on_days=day,
        public_end_days=np.where(penal, day + 365, -1),
        repaired_on_days=if_past(city, later(rng, day, 90, 330), penal & (rng.random(place.size) < 0.3)),
    )


def _contributors(city: City) -> np.ndarray:
    able = city.seen & (city.firms.kind != INDIVIDUAL) & (city.firms.heads >= 3)
    return city.draw(
        "provident.contributions",
        PROVIDENT_SHARE * 1.9,
        among=able,
        log_weight=0.7 * np.log(city.firms.heads),
    )


def _accounts(place: np.ndarray) -> np.ndarray:
    return np.char.add("3302", np.char.zfill((place * 7 + 100_003).astype(str), 8)).astype(object)


def contributions(city: City) -> pl.DataFrame:
    """Housing fund: heads and amount of every month."""
    rng = city.rng("provident.contributions")
    place, month = series(city, _contributors(city))
    cover = 0.3 + 0.6 * city.rng("provident.cover").random(city.firms.size)
    heads = np.maximum(1, np.round(city.panel.heads[place, month] * cover[place])).astype(np.int64)
    thin = city.panel.stress[place, month] > 2.3
    return table(
        place,
        account_no=_accounts(place),
        month=month_dates(city, month),
        heads=heads,
        amount=np.round(heads * rng.uniform(480, 620, place.size), 2),
        state=np.where(thin, "suspended", "normal"),
        paid_on_days=city.month_days()[month] + rng.integers(9, 26, size=place.size),
    )


def provident_arrears(city: City) -> pl.DataFrame:
    """Housing fund contributions owed."""
    rng = city.rng("provident.arrears")
    able = np.zeros(city.firms.size, dtype=bool)
    able[_contributors(city)] = True
    place = city.strained("provident.arrears", 0.06, among=able & city.seen)
    month = city.months_of_trouble("provident.arrears", place)
    start = city.month_days()[month]
    return table(
        place,
        account_no=_accounts(place),
        month=month_dates(city, month),
        amount=amounts(rng, city.firms.heads[place] * 420, place.size, 0.4),
        periods=rng.integers(1, 5, size=place.size),
        notice_on_days=start + 25,
        cleared_on_days=if_past(
            city, start + rng.integers(40, 260, size=place.size), rng.random(place.size) < 0.6
        ),
    )


def _medical_payers(city: City) -> np.ndarray:
    able = city.seen & (city.firms.heads >= 2)
    return city.draw(
        "medical.contributions", MEDICAL_SHARE, among=able, log_weight=0.8 * np.log(city.firms.heads)
    )


def medical_contributions(city: City) -> pl.DataFrame:
    """Medical insurance: heads and amount of every month."""
    rng = city.rng("medical.contributions")
    place, month = series(city, _medical_payers(city))
    heads = city.panel.heads[place, month].astype(np.int64)
    return table(
        place,
        month=month_dates(city, month),
        heads=heads,
        amount=np.round(heads * rng.uniform(390, 520, place.size), 2),
    )


def medical_arrears(city: City) -> pl.DataFrame:
    """Medical insurance owed, and clinics that broke the rules of the fund."""
    rng = city.rng("medical.arrears")
    able = np.zeros(city.firms.size, dtype=bool)
    able[_medical_payers(city)] = True
    place = city.strained("medical.arrears", 0.045, among=able & city.seen)
    month = city.months_of_trouble("medical.arrears", place)
    breach = city.section[place] == "84"
    return table(
        place,
        period=month_dates(city, month),
        kind=np.where(breach, "violation", "arrears"),
        amount=amounts(rng, city.firms.heads[place] * 400, place.size, 0.5),
        fact=only(breach, "重复收费"),
        cleared_on_days=if_past(
            city,
            city.month_days()[month] + rng.integers(35, 240, size=place.size),
            rng.random(place.size) < 0.6,
        ),
    )


def insured(city: City) -> pl.DataFrame:
    """Social insurance, all kinds together (second setting of the city only)."""
    rng = city.rng("hrss.insured")
    able = city.seen & (city.firms.heads >= 2)
    place, month = series(
        city, city.draw("hrss.insured", INSURED_SHARE, among=able, log_weight=0.6 * np.log(city.firms.heads))
    )
    heads = city.panel.heads[place, month].astype(np.int64)
    base = np.round(heads * rng.uniform(4_700, 6_200, place.size), 2)
    return table(
        place,
        month=month_dates(city, month),
        insurance="pension",
        heads=heads,
        base=base,
        amount=np.round(base * 0.24, 2),
    )


def insurance_arrears(city: City) -> pl.DataFrame:
    """Social insurance owed (second setting of the city only)."""
    rng = city.rng("hrss.insurance_arrears")
    place = city.strained("hrss.insurance_arrears", 0.015, among=city.seen & (city.firms.heads >= 2))
    month = city.months_of_trouble("hrss.insurance_arrears", place)
    return table(
        place,
        month=month_dates(city, month),
        insurance="pension",
        amount=amounts(rng, city.firms.heads[place] * 1200, place.size, 0.5),
        periods=rng.integers(1, 5, size=place.size),
        cleared_on_days=if_past(
            city,
            city.month_days()[month] + rng.integers(35, 240, size=place.size),
            rng.random(place.size) < 0.6,
        ),
    )


TABLES = {
    "hrss.insured": insured,
    "hrss.insurance_arrears": insurance_arrears,
    "hrss.wage_arrears_list": wage_arrears_list,
    "hrss.labour_grade": labour_grade,
    "hrss.labour_cases": labour_cases,
    "provident.contributions": contributions,
    "provident.arrears": provident_arrears,
    "medical.contributions": medical_contributions,
    "medical.arrears": medical_arrears,
}

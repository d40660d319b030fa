"""自然资源和规划局, 住房和城乡建设局: land, buildings, mortgages, builders."""

import numpy as np
import polars as pl

from datahub.demo.city import City
from datahub.demo.firms import COMPANY
from datahub.demo.rows import (
    COURT,
    amounts,
    case_numbers,
    if_past,
    later,
    pick,
    quarter,
    repeat,
    serials,
    table,
)

FACTORY = ("13", "17", "18", "28", "29", "34", "35", "36", "38")
OWNERS_SHARE, MORTGAGED_SHARE = 0.17, 0.4


def _owners(city: City) -> np.ndarray:
    able = city.standing & (city.firms.kind == COMPANY) & city.industry_in(*FACTORY, "61", "70", "59")
    return city.draw(
        "land.property_rights", OWNERS_SHARE, among=able, log_weight=0.8 * np.log(city.firms.assets)
    )


def _certificates(owners: np.ndarray) -> np.ndarray:
    return np.array([f"浙（2019）慈溪市不动产权第{number:07d}号" for number in owners + 10_000], dtype=object)


def property_rights(city: City) -> pl.DataFrame:
    """Land and buildings owned."""
    rng, firms = city.rng("land.property_rights"), city.firms
    place = _owners(city)
    area = np.round(firms.assets[place] / 4200 * np.exp(rng.normal(0, 0.4, place.size)) + 300, 1)
    registered = np.maximum(
        firms.established[place] + 60, city.today - rng.integers(300, 5000, size=place.size)
    )
    towns = np.array([division.name for division in city.words.divisions], dtype=object)[firms.town[place]]
    return table(
        place,
        cert_no=_certificates(place),
        unit_no=serials("330282GB", place.size, 8),
        kind=pick(rng, ["building", "land"], place.size, [0.8, 0.2]),
        right_nature="出让",
        usage=pick(rng, ["工业用地/工业", "商服用地/商业", "工业用地/仓储"], place.size, [0.8, 0.1, 0.1]),
        area=area,
        value=np.round(area * rng.uniform(1800, 3600, place.size), -2),
        location="慈溪市" + towns + pick(rng, city.words.names["roads"], place.size),
        right_to_days=registered + 365 * 40,
        co_owned="单独所有",
        registered_on_days=registered,
        cancelled_on_days=-1,
    )


def mortgage(city: City) -> pl.DataFrame:
    """Mortgages on that property: renewed every few years, the older ones cancelled."""
    rng, firms = city.rng("land.mortgage"), city.firms
    owners = _owners(city)
    owners = owners[(rng.random(owners.size) < MORTGAGED_SHARE) | np.isin(owners, city.cast.firms)]
    place, number = repeat(owners, 1 + (rng.random(owners.size) < 0.4).astype(int))
    registered = city.today - rng.integers(40, 900, size=place.size) - 1000 * number
    gone = np.where(number > 0, registered + 980, -1)
    return table(
        place,
        reg_no=np.array(
            [f"浙（2024）慈溪市不动产证明第{n:07d}号" for n in range(1, place.size + 1)], dtype=object
        ),
        cert_no=_certificates(place),
        mortgagee=pick(rng, city.words.names["banks"], place.size),
        secured_amount=amounts(rng, firms.assets[place] * 0.3, place.size, 0.5, 10_000),
        since_days=registered,
        until_days=registered + 1095,
        registered_on_days=registered,
        mortgage_state=np.where(gone >= 0, "cancelled", "valid"),
        cancelled_on_days=gone,
    )


def property_seizure(city: City) -> pl.DataFrame:
    """Seizures written into the land register."""
    rng = city.rng("land.property_seizure")
    owner = np.zeros(city.firms.size, dtype=bool)
    owner[_owners(city)] = True
    place = city.troubled("land.property_seizure", 0.0025, among=owner)
    start = city.days_of_trouble("land.property_seizure", place)
    waits = rng.random(place.size) < 0.25
    return table(
        place,
        doc_no=case_numbers(start, "执保", 7001),
        cert_no=_certificates(place),
        org=COURT,
        seizure_kind=np.where(waits, "waiting", "first"),
        rank=np.where(waits, 2, 1).astype(np.int64),
        seized_from_days=start,
        seized_to_days=start + 1095,
        released_on_days=if_past(city, later(rng, start, 60, 500), rng.random(place.size) < 0.25),
    )


def land_contract(city: City) -> pl.DataFrame:
    """Land bought from the city and what is paid of it."""
    rng, firms = city.rng("land.land_contract"), city.firms
    place = city.draw(
        "land.land_contract",
        0.01,
        among=city.standing & (firms.kind == COMPANY),
        log_weight=np.log(firms.assets),
    )
    area = np.round(rng.uniform(2_000, 40_000, place.size), 1)
    price = np.round(area * rng.uniform(500, 900, place.size), -4)
    paid = np.round(price * pick(rng, [1.0, 0.5, 0.8], place.size, [0.85, 0.1, 0.05]).astype(float), -2)
    signed = city.today - rng.integers(40, 1500, size=place.size)
    return table(
        place, contract_no=serials("3302822026B", place.size, 5), area=area, price=price, paid=paid,
        due=price - paid, due_on_days=signed + 180, signed_on_days=signed,
    )  # fmt: skip


def idle_land(city: City) -> pl.DataFrame:
    """Idle or illegally used land."""
    rng = city.rng("land.idle_land")
    place = city.strained("land.idle_land", 0.002)
    day = city.days_of_trouble("land.idle_land", place)
    kind = pick(rng, ["illegal", "idle"], place.size, [0.8, 0.2])
    return table(
        place, parcel_no=serials("330282101GB", place.size, 5), kind=kind,
        area=np.round(rng.uniform(80, 6_000, place.size), 1),
        decision=np.where(kind == "idle", "征缴土地闲置费", "责令限期改正并拆除").astype(object),
        decided_on_days=day, closed_on_days=if_past(city, later(rng, day, 30, 300), rng.random(place.size) < 0.6),
    )  # fmt: skip


def planning_permit(city: City) -> pl.DataFrame:
    """Planning permits for building."""
    rng, firms = city.rng("land.planning_permit"), city.firms
    place = city.draw(
        "land.planning_permit",
        0.012,
        among=city.standing & (firms.kind == COMPANY),
        log_weight=np.log(firms.assets),
    )
    return table(
        place, lic_no=serials("建字第330282", place.size, 7),
        kind=pick(rng, ["works", "land"], place.size, [0.7, 0.3]),
        project=pick(rng, city.words.phrases["projects"], place.size),
        area=np.round(rng.uniform(800, 30_000, place.size), 1),
        issued_on_days=city.today - rng.integers(15, 1000, size=place.size),
    )  # fmt: skip


def _builders(city: City, item: str, share: float) -> np.ndarray:
    return city.draw(
        item,
        share,
        among=city.standing & city.industry_in("47", "48", "49", "50") & (city.firms.kind == COMPANY),
    )


def qualification(city: City) -> pl.DataFrame:
    """Qualifications of building firms."""
    rng = city.rng("housing.qualification")
    holders = _builders(city, "housing.qualification", 0.6)
    place, number = repeat(holders, 1 + (rng.random(holders.size) < 0.35).astype(int))
    start = city.today - rng.integers(60, 1500, size=place.size)
    classes = np.array(city.words.phrases["qualifications"], dtype=object)
    return table(
        place,
        cert_no=np.array([f"D2330{n:05d}" for n in place % 100_000], dtype=object),
        **{"class": classes[(place + number) % classes.size]},
        level=pick(rng, ["second", "third", "first"], place.size, [0.5, 0.42, 0.08]),
        valid_from_days=start,
        valid_to_days=start + 1825,
        issued_by="宁波市住房和城乡建设局",
    )


def construction_permit(city: City) -> pl.DataFrame:
    """Building permits, some works completed."""
    rng, firms = city.rng("housing.construction_permit"), city.firms
    holders = _builders(city, "housing.construction_permit", 0.35)
    place, _ = repeat(holders, 1 + rng.poisson(0.7, holders.size))
    issued = city.today - rng.integers(15, 1000, size=place.size)
    done = if_past(city, later(rng, issued, 200, 600), rng.random(place.size) < 0.8)
    return table(
        place, lic_no=serials("330282202601", place.size, 6),
        project=pick(rng, city.words.phrases["projects"], place.size),
        amount=amounts(rng, firms.revenue[place] * 0.3, place.size, 0.7, 10_000),
        stage=np.where(done >= 0, "completed", "permitted"), issued_on_days=issued, completed_on_days=done,
    )  # fmt: skip


def market_credit(city: City) -> pl.DataFrame:
    """Quarterly credit scores of building firms, four quarters."""
    rng = city.rng("housing.market_credit")
    holders = _builders(city, "housing.market_credit", 0.5)
    frames = []
    for back in range(1, 5):
        day = city.today - 92 * back + 20
        score = (
            (92 - 8 * city.panel.stress[holders, -3 * back] + rng.normal(0, 6, holders.size))
            .clip(40, 130)
            .round(1)
        )
        level = np.select([score >= 95, score >= 80, score >= 65], ["A", "B", "C"], default="D")
        frames.append(
            table(
                holders,
                period=quarter(day - 40),
                score=score,
                level=level,
                evaluated_on_days=np.full(holders.size, day),
            )
        )
    return pl.concat(frames)


def presale(city: City) -> pl.DataFrame:
    """Permits to sell flats before they are built."""
    rng = city.rng("housing.presale")
    place = city.draw("housing.presale", 0.5, among=city.standing & city.industry_in("7010"))
    return table(place, lic_no=serials("慈房预售字2026", place.size, 4), project=city.firms.brand[place] + "花苑",
                 area=np.round(rng.uniform(4_000, 60_000, place.size), 1), balance=amounts(rng, 12_000_000, place.size, 0.8),
                 issued_on_days=city.today - rng.integers(20, 900, size=place.size))  # fmt: skip


TABLES = {
    "land.property_rights": property_rights,
    "land.mortgage": mortgage,
    "land.property_seizure": property_seizure,
    "land.land_contract": land_contract,
    "land.idle_land": idle_land,
    "land.planning_permit": planning_permit,
    "housing.qualification": qualification,
    "housing.construction_permit": construction_permit,
    "housing.market_credit": market_credit,
    "housing.presale": presale,
}

"""人民法院: one chain of trouble, from being sued to being listed."""

import numpy as np
import polars as pl

from datahub.demo.city import City
from datahub.demo.firms import COMPANY
from datahub.demo.rows import COURT, amounts, case_numbers, if_past, later, only, pick, serials, table
from datahub.demo.vocabulary import Burst

SUED, LOST, EXECUTED, LISTED = 0.10, 0.065, 0.035, 0.014


def _listing_days(city: City) -> tuple[np.ndarray, np.ndarray]:
    """Firms executed against and the day their execution was filed; the other steps are counted from it."""
    place = city.troubled("court.executed", EXECUTED)
    return place, city.days_of_trouble("court.executed", place) - 20


def executed(city: City) -> pl.DataFrame:
    """Executions; a good part is paid and closed, an unpaid rest stays or is suspended."""
    rng = city.rng("court.executed")
    place, filed = _listing_days(city)
    amount = amounts(rng, city.firms.revenue[place] * 0.12, place.size, 1.0)
    listed = np.isin(place, city.troubled("court.dishonest", LISTED))
    closed = if_past(
        city,
        later(rng, filed, 60, 260),
        ~listed & ~city.panel.failing[place] & (rng.random(place.size) < 0.6),
    )
    ended = listed & (filed < city.today - 200) & (rng.random(place.size) < 0.5)
    unpaid = np.where(closed >= 0, 0.0, np.round(amount * rng.uniform(0.4, 1.0, place.size), 2))
    return table(
        place,
        case_no=case_numbers(filed, "执", 1001),
        court=COURT,
        filed_on_days=filed,
        amount=amount,
        unpaid=unpaid,
        exec_state=np.where(closed >= 0, "closed", np.where(ended, "terminated", "open")),
        closed_on_days=closed,
    )


def cases_filed(city: City) -> pl.DataFrame:
    """Civil cases: troubled firms as defendants, sound ones now and then as plaintiffs."""
    rng = city.rng("court.cases_filed")
    place = city.troubled("court.cases_filed", SUED)
    filed = city.days_of_trouble("court.cases_filed", place) - rng.integers(100, 220, size=place.size)
    plaintiffs = city.draw(
        "court.cases_filed/plaintiff", 0.03, among=city.seen & (city.firms.kind == COMPANY)
    )
    everyone = np.concatenate([place, plaintiffs])
    days = np.concatenate([filed, city.today - rng.integers(20, 700, size=plaintiffs.size)])
    closed = if_past(city, later(rng, days, 50, 200), rng.random(days.size) < 0.9)
    usual = table(
        everyone,
        case_no=case_numbers(days, "民初", 2001),
        cause=pick(rng, city.words.phrases["causes"], everyone.size),
        amount=amounts(rng, city.firms.revenue[everyone] * 0.08, everyone.size, 1.0),
        filed_on_days=days,
        court=COURT,
        role=np.where(np.arange(everyone.size) < place.size, "defendant", "plaintiff"),
        closed_on_days=closed,
    )
    return pl.concat(
        [usual, *(_burst(city, burst, 41_001 + 1000 * n) for n, burst in enumerate(city.words.bursts))]
    )


def _burst(city: City, burst: Burst, number: int) -> pl.DataFrame:
    """A planted event of the last days: a share of a town's companies is sued, one case each."""
    rng = city.rng(f"court.cases_filed/{burst.key}")
    towns = np.array([division.code for division in city.words.divisions])
    able = city.standing & (city.firms.kind == COMPANY) & (towns[city.firms.town] == burst.town)
    able[city.cast.firms] = False
    there = np.flatnonzero(able)
    place = np.sort(rng.choice(there, size=round(burst.share * there.size), replace=False))
    days = city.today - rng.integers(burst.until, burst.since + 1, size=place.size)
    return table(
        place,
        case_no=case_numbers(days, "民初", number),
        cause="追偿权纠纷",
        amount=amounts(rng, city.firms.revenue[place] * 0.08, place.size, 1.0),
        filed_on_days=days,
        court=COURT,
        role="defendant",
        closed_on_days=np.full(place.size, -1),
    )


def judgments(city: City) -> pl.DataFrame:
    """Judgments, most of them against firms of the troubled end."""
    rng = city.rng("court.judgments")
    place = city.troubled("court.judgments", LOST)
    judged = (city.days_of_trouble("court.judgments", place) - rng.integers(40, 110, size=place.size)).clip(
        max=city.today - 5
    )
    plaintiffs = city.draw("court.judgments/plaintiff", 0.015, among=city.seen & (city.firms.kind == COMPANY))
    everyone = np.concatenate([place, plaintiffs])
    days = np.concatenate([judged, city.today - rng.integers(20, 700, size=plaintiffs.size)])
    sued = np.arange(everyone.size) < place.size
    lost = pick(rng, ["lost", "partial", "settled"], everyone.size, [0.6, 0.2, 0.2])
    return table(
        everyone,
        case_no=case_numbers(days, "民初", 6001),
        role=np.where(sued, "defendant", "plaintiff"),
        amount=amounts(rng, city.firms.revenue[everyone] * 0.08, everyone.size, 1.0),
        result=np.where(sued, lost, pick(rng, ["won", "settled", "withdrawn"], everyone.size)),
        judged_on_days=days,
        court=COURT,
    )


def dishonest(city: City) -> pl.DataFrame:
    """Firms listed as dishonest debtors, for two years or until they pay."""
    rng = city.rng("court.dishonest")
    place = city.troubled("court.dishonest", LISTED)
    published = city.days_of_trouble("court.dishonest", place)
    filed = published - rng.integers(60, 150, size=place.size)
    removed = if_past(city, later(rng, published, 80, 500), rng.random(place.size) < 0.2)
    return table(
        place,
        case_no=case_numbers(filed, "执", 9001),
        court=COURT,
        basis=case_numbers(filed - 90, "民初", 12001),
        duty=pick(rng, city.words.phrases["duties"], place.size),
        amount=amounts(rng, city.firms.revenue[place] * 0.12, place.size, 1.0),
        performance=np.where(removed >= 0, "done", pick(rng, ["none", "partial"], place.size, [0.8, 0.2])),
        behaviour=pick(rng, city.words.phrases["behaviours"], place.size),
        filed_on_days=filed,
        published_on_days=published,
        expires_on_days=published + 730,
        removed_on_days=removed,
    )


def consumption_limit(city: City) -> pl.DataFrame:
    """Orders against luxury spending, on the legal representative or the firm."""
    rng = city.rng("court.consumption_limit")
    place = city.troubled("court.consumption_limit", 0.018)
    issued = (city.days_of_trouble("court.consumption_limit", place) + 15).clip(max=city.today - 5)
    return table(
        place,
        case_no=case_numbers(issued, "执", 15001),
        court=COURT,
        person_name=city.firms.legal_person[place],
        target=np.where(rng.random(place.size) < 0.85, "legal_person", "company"),
        issued_on_days=issued,
        removed_on_days=if_past(city, later(rng, issued, 60, 400), rng.random(place.size) < 0.3),
        person_id=None,
    )


def seizure(city: City) -> pl.DataFrame:
    """Property seized by the court."""
    rng = city.rng("court.seizure")
    place = city.troubled("court.seizure", 0.005, among=city.seen & (city.firms.kind == COMPANY))
    start = city.days_of_trouble("court.seizure", place)
    kind = pick(rng, ["real_estate", "vehicle", "equipment", "goods"], place.size, [0.4, 0.25, 0.25, 0.1])
    return table(
        place,
        doc_no=case_numbers(start, "执保", 301),
        asset_kind=kind,
        asset_no=serials("CF", place.size, 6),
        court=COURT,
        amount=amounts(rng, city.firms.assets[place] * 0.2, place.size, 0.7),
        rank=pick(rng, [1, 2, 3], place.size, [0.75, 0.18, 0.07]).astype(np.int64),
        seized_from_days=start,
        seized_to_days=start + np.where(kind == "real_estate", 1095, 730),
        released_on_days=if_past(city, later(rng, start, 60, 500), rng.random(place.size) < 0.25),
    )


def equity_freeze(city: City) -> pl.DataFrame:
    """Shares frozen; one in five was released, some only stand in line."""
    rng = city.rng("court.equity_freeze")
    place = city.troubled(
        "court.equity_freeze",
        0.003,
        among=city.seen & (city.firms.kind == COMPANY) & (city.firms.capital > 0),
    )
    start = city.days_of_trouble("court.equity_freeze", place)
    released = if_past(city, later(rng, start, 60, 400), rng.random(place.size) < 0.22)
    return table(
        place,
        court=COURT,
        matter="公示冻结股权、其他投资权益",
        ruling_no=case_numbers(start, "执", 18001),
        notice_no=case_numbers(start, "执协", 18001),
        executed_person=city.firms.legal_person[place],
        executed_person_id_type="居民身份证",
        executed_person_id=None,
        amount=np.maximum(
            10_000,
            np.round(
                city.firms.capital[place] * pick(rng, [0.2, 0.3, 0.49, 0.6, 1.0], place.size).astype(float),
                -2,
            ),
        ),
        freeze_state=np.where(released >= 0, "released", "frozen"),
        frozen_from_days=start,
        frozen_to_days=start + 1095,
        publish_date_days=np.minimum(start + 2, city.today - 2),
        released_on_days=released,
    )


def account_freeze(city: City) -> pl.DataFrame:
    """Bank accounts frozen or drawn from."""
    rng = city.rng("court.account_freeze")
    place = city.troubled("court.account_freeze", 0.008)
    start = city.days_of_trouble("court.account_freeze", place)
    amount = amounts(rng, city.firms.revenue[place] * 0.08, place.size, 0.9)
    deducts = rng.random(place.size) < 0.3
    return table(
        place,
        doc_no=case_numbers(start, "执保", 5001),
        court=COURT,
        bank=pick(rng, city.words.names["banks"], place.size),
        account_tail=np.array(
            [f"{tail:04d}" for tail in rng.integers(0, 10_000, size=place.size)], dtype=object
        ),
        action=np.where(deducts, "deduct", "freeze"),
        amount=amount,
        deducted=np.where(deducts, np.round(amount * rng.uniform(0.05, 0.9, place.size), 2), 0.0),
        frozen_from_days=start,
        frozen_to_days=start + 365,
        released_on_days=if_past(city, later(rng, start, 30, 300), rng.random(place.size) < 0.5),
    )


def auction(city: City) -> pl.DataFrame:
    """Property sold by the court."""
    rng = city.rng("court.auction")
    place = city.troubled("court.auction", 0.003)
    day = np.minimum(city.days_of_trouble("court.auction", place) + 60, city.today - 5)
    appraisal = amounts(rng, city.firms.assets[place] * 0.25, place.size, 0.7)
    sold = rng.random(place.size) < 0.6
    return table(
        place,
        lot_no=serials("CXPM", place.size, 6),
        lot_name=pick(rng, city.words.phrases["lots"], place.size),
        case_no=case_numbers(day - 150, "执", 21001),
        appraisal=appraisal,
        deal=pl.Series(np.round(appraisal * rng.uniform(0.56, 1.05, place.size), 2)).set(
            pl.Series(~sold), None
        ),
        auction_result=np.where(sold, "sold", "failed"),
        auction_on_days=day,
        court=COURT,
    )


def bankruptcy(city: City) -> pl.DataFrame:
    """Bankruptcies and executions suspended for lack of assets."""
    rng = city.rng("court.bankruptcy")
    place = city.troubled("court.bankruptcy", 0.006)
    kind = pick(
        rng,
        ["terminated", "accepted", "declared", "applied", "reorganised"],
        place.size,
        [0.7, 0.16, 0.06, 0.05, 0.03],
    )
    kind = np.where(city.firms.kind[place] == COMPANY, kind, "terminated").astype(object)
    day = city.days_of_trouble("court.bankruptcy", place)
    formal = kind != "terminated"
    return table(
        place,
        case_no=np.where(formal, case_numbers(day, "破", 1), case_numbers(day, "执", 24001)),
        kind=kind,
        amount=amounts(rng, city.firms.revenue[place] * 0.2, place.size, 1.0),
        decided_on_days=day,
        administrator=only(formal, "浙江三北律师事务所（演示）"),
        closed_on_days=-1,
        court=COURT,
    )


TABLES = {
    "court.cases_filed": cases_filed,
    "court.judgments": judgments,
    "court.executed": executed,
    "court.dishonest": dishonest,
    "court.consumption_limit": consumption_limit,
    "court.seizure": seizure,
    "court.equity_freeze": equity_freeze,
    "court.account_freeze": account_freeze,
    "court.auction": auction,
    "court.bankruptcy": bankruptcy,
}

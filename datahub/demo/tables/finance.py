"""金融科与公安局: bank credit, payouts, listings, overdue bills, identity checks, crimes."""

import numpy as np
import polars as pl

from datahub.demo.city import City
from datahub.demo.firms import COMPANY
from datahub.demo.rows import amounts, if_past, later, month_dates, pick, serials, series, table


def bank_credit(city: City) -> pl.DataFrame:
    """Credit lines, balances and overdue days, summed over banks, every month."""
    rng, firms = city.rng("finance.bank_credit"), city.firms
    holders = city.draw(
        "finance.bank_credit",
        0.15,
        among=city.seen & (firms.kind == COMPANY),
        log_weight=0.7 * np.log(firms.assets),
    )
    place, month = series(city, holders)
    own = city.rng("finance.own")
    limit_of = np.maximum(10_000, np.round(firms.assets * own.uniform(0.1, 0.45, firms.size), -4))
    used_of = own.uniform(0.4, 0.95, firms.size)
    stress = city.panel.stress[place, month] + rng.normal(0, 0.15, place.size)
    overdue = np.where(stress > 2.1, np.round((stress - 2.1) * 130), 0).astype(np.int64)
    five = np.select(
        [stress < 1.7, stress < 2.3, stress < 2.8, stress < 3.4],
        ["normal", "watch", "substandard", "doubtful"],
        default="loss",
    )
    return table(
        place,
        month=month_dates(city, month),
        bank_count=(1 + (own.random(firms.size) * 3.2).astype(np.int64))[place],
        credit_limit=limit_of[place],
        balance=np.round(limit_of[place] * (used_of[place] + rng.normal(0, 0.03, place.size)).clip(0, 1), -4),
        five_class=five,
        overdue_days=pl.Series(overdue),
    )


def guarantee_payout(city: City) -> pl.DataFrame:
    """Payouts by guarantors and bridging loans; failing firms leave theirs unsettled."""
    rng, firms = city.rng("finance.guarantee_payout"), city.firms
    place = city.troubled("finance.guarantee_payout", 0.006, among=city.seen & (firms.kind == COMPANY))
    kind = pick(rng, ["payout", "bridge"], place.size, [0.7, 0.3])
    day = city.days_of_trouble("finance.guarantee_payout", place)
    settles = (kind == "bridge") | (rng.random(place.size) < 0.25)
    return table(
        place, payout_no=serials("DC2026", place.size, 5), kind=kind,
        guarantor=pick(rng, city.words.names["guarantors"], place.size),
        amount=amounts(rng, firms.assets[place] * 0.1, place.size, 0.6, 10_000), paid_on_days=day,
        settled_on_days=if_past(city, later(rng, day, 10, 120), settles),
    )  # fmt: skip


def equity_financing(city: City) -> pl.DataFrame:
    """Steps towards the capital market."""
    rng, firms = city.rng("finance.equity_financing"), city.firms
    place = city.draw(
        "finance.equity_financing",
        0.006,
        among=city.standing & (firms.kind == COMPANY),
        log_weight=np.log(firms.assets),
    )
    return table(
        place,
        stage=pick(rng, ["round", "regional", "reform", "neeq", "listing"], place.size, [0.4, 0.35, 0.18, 0.06, 0.01]),
        amount=amounts(rng, firms.assets[place] * 0.15, place.size, 0.6, 10_000),
        happened_on_days=city.today - rng.integers(40, 1200, size=place.size),
    )  # fmt: skip


def bill_overdue(city: City) -> pl.DataFrame:
    """Commercial bills not paid when due."""
    rng, firms = city.rng("finance.bill_overdue"), city.firms
    place = city.troubled("finance.bill_overdue", 0.003, among=city.seen & (firms.kind == COMPANY))
    day = city.days_of_trouble("finance.bill_overdue", place)
    settled = if_past(city, later(rng, day, 15, 200), rng.random(place.size) < 0.35)
    amount = amounts(rng, firms.revenue[place] * 0.04, place.size, 0.7, 1_000)
    state = np.where(settled >= 0, "settled", pick(rng, ["listed", "overdue"], place.size, [0.4, 0.6]))
    return table(
        place, bill_no=serials("23140003302820", place.size, 6), acceptor=firms.name[place], amount=amount,
        overdue_balance=np.where(settled >= 0, 0.0, amount), list_state=state, overdue_on_days=day,
        settled_on_days=settled,
    )  # fmt: skip


def identity_check(city: City) -> pl.DataFrame:
    """Whether the legal representative's identity was confirmed: the answer alone."""
    rng = city.rng("police.identity_check")
    place = city.draw("police.identity_check", 0.3, among=city.standing)
    return table(place, match=pick(rng, ["match", "mismatch", "unknown"], place.size, [0.985, 0.01, 0.005]),
                 checked_on_days=city.today - rng.integers(8, 600, size=place.size))  # fmt: skip


def economic_crime(city: City) -> pl.DataFrame:
    """Economic crimes that concern firms."""
    rng = city.rng("police.economic_crime")
    place = city.troubled("police.economic_crime", 0.0008, among=city.seen & (city.firms.kind == COMPANY))
    day = city.days_of_trouble("police.economic_crime", place)
    state = pick(rng, ["filed", "prosecuted", "withdrawn"], place.size, [0.6, 0.25, 0.15])
    return table(
        place, case_no=serials("慈公（经）立字〔2026〕", place.size, 4),
        kind=pick(rng, ["合同诈骗", "虚开发票", "职务侵占"], place.size), case_state=state, filed_on_days=day,
        closed_on_days=if_past(city, later(rng, day, 30, 90), state == "withdrawn"),
    )  # fmt: skip


TABLES = {
    "finance.bank_credit": bank_credit,
    "finance.guarantee_payout": guarantee_payout,
    "finance.equity_financing": equity_financing,
    "finance.bill_overdue": bill_overdue,
    "police.identity_check": identity_check,
    "police.economic_crime": economic_crime,
}

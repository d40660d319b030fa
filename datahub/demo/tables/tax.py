"""税务局: delivered only in the second setting of the city, as the items have no interface today."""

import numpy as np
import polars as pl

from datahub.demo.calendar import day_number
from datahub.demo.city import City
from datahub.demo.firms import COMPANY, INDIVIDUAL
from datahub.demo.rows import (
    amounts,
    if_past,
    later,
    month_dates,
    pick,
    repeat,
    serials,
    series,
    table,
    yearly,
)

VAT_SHARE, INVOICE_SHARE = 0.3, 0.18


def registration(city: City) -> pl.DataFrame:
    """Taxpayers and their state."""
    rng, firms = city.rng("tax.registration"), city.firms
    place = city.draw("tax.registration", 0.95, among=city.seen)
    ended = city.panel.ended[place] >= 0
    lost = np.isin(place, city.troubled("tax.abnormal_household", 0.02))
    state = np.select([ended, lost], ["cancelled", "abnormal"], default="normal")
    towns = np.array([division.name for division in city.words.divisions], dtype=object)[firms.town[place]]
    return table(
        place, taxpayer_no=firms.code[place].astype(object), taxpayer_state=state,
        registered_on_days=np.minimum(firms.established[place] + rng.integers(1, 30, size=place.size), city.today - 20),
        office=towns + "税务所",
    )  # fmt: skip


def credit_level(city: City) -> pl.DataFrame:
    """Yearly levels, two years: young firms M, the others A 10, C 6, D 4 percent by rank of a noisy mark."""
    rng = city.rng("tax.credit_level")
    place = city.draw("tax.credit_level", 0.85, among=city.standing & (city.firms.kind != INDIVIDUAL))
    frames = []
    for year in yearly(city, 2, 4):
        close = day_number(city.as_of.replace(year=year, month=12, day=31))
        here = place[city.firms.established[place] < close]
        young = city.firms.established[here] > close - 500
        mark = -city.panel.stress[here].mean(axis=1) + rng.normal(0, 0.5, here.size)
        rank = mark.argsort().argsort() / max(1, here.size)
        level = np.select([young, rank < 0.04, rank < 0.1, rank > 0.9], ["M", "D", "C", "A"], default="B")
        low = np.select(
            [level == "A", level == "B", level == "M", level == "C"], [90, 70, 70, 40], default=10
        )
        day = day_number(city.as_of.replace(year=year + 1, month=4, day=20))
        frames.append(table(
            here, year=year, level=level, score=low + np.round(rng.uniform(0, 9.9, here.size), 1),
            evaluated_on_days=np.full(here.size, day), valid_from_days=np.full(here.size, day),
            valid_to_days=np.full(here.size, day + 364),
        ))  # fmt: skip
    return pl.concat(frames)


def vat_sales(city: City) -> pl.DataFrame:
    """Sales declared for value added tax, every month."""
    rng = city.rng("tax.vat_sales")
    place, month = series(
        city,
        city.draw("tax.vat_sales", VAT_SHARE, log_weight=np.where(city.firms.kind == INDIVIDUAL, -1.5, 0.5)),
    )
    sales = np.round(city.panel.revenue[place, month] * rng.uniform(0.93, 1.0, place.size), 2)
    export = np.round(sales * city.firms.exports[place], 2)
    return table(place, month=month_dates(city, month), sales=sales, taxable=np.round(sales - export, 2), export=export,
                 input=np.round(sales * rng.uniform(0.06, 0.1, place.size), 2))  # fmt: skip


def income_statement(city: City) -> pl.DataFrame:
    """Quarterly statements, the last six full quarters."""
    rng, firms, panel = city.rng("tax.income_statement"), city.firms, city.panel
    place = city.draw("tax.income_statement", 0.5, among=city.seen & (firms.kind == COMPANY))
    quarters = [m for m in range(len(panel.months) - 2) if panel.months[m].month % 3 == 1][-6:]
    frames = []
    for first in quarters:
        here = place[panel.alive[place, first : first + 3].all(axis=1)]
        revenue = np.round(panel.revenue[here, first : first + 3].sum(axis=1).astype(float), 2)
        stress = panel.stress[here, first + 2]
        assets = np.round(firms.assets[here] * rng.uniform(0.95, 1.05, here.size), 2)
        current = np.round(assets * rng.uniform(0.4, 0.75, here.size), 2)
        liabilities = np.round(
            assets * (0.5 + 0.11 * stress + rng.normal(0, 0.05, here.size)).clip(0.05, 1.3), 2
        )
        frames.append(
            table(
                here,
                period_from_days=np.full(here.size, city.month_days()[first]),
                period_to_days=np.full(here.size, city.month_days(last=True)[first + 2]),
                revenue=revenue,
                cost=np.round(revenue * rng.uniform(0.72, 0.88, here.size), 2),
                profit=np.round(revenue * (0.05 - 0.03 * stress + rng.normal(0, 0.015, here.size)), 2),
                assets=assets,
                liabilities=liabilities,
                current_assets=current,
                current_liabilities=np.round(liabilities * rng.uniform(0.7, 1.0, here.size), 2),
                inventory=np.round(current * rng.uniform(0.1, 0.4, here.size), 2),
                receivable=np.round(current * rng.uniform(0.15, 0.5, here.size), 2),
                interest=np.round(liabilities * 0.004 * rng.uniform(0.2, 1.5, here.size), 2),
            ),
        )
    return pl.concat(frames)


def payments(city: City) -> pl.DataFrame:
    """Taxes paid: two kinds, the last six months."""
    rng = city.rng("tax.payments")
    firm, month = series(city, city.draw("tax.payments", 0.15, log_weight=np.log(city.firms.revenue)))
    recent = month >= len(city.panel.months) - 6
    place, kind = repeat(firm[recent], np.full(int(recent.sum()), 2))
    when = np.repeat(month[recent], 2)
    rate = np.where(kind == 0, 0.026, 0.004)
    return table(
        place,
        voucher_no=serials("3330262", place.size, 10),
        tax_type=np.where(kind == 0, "vat", "surcharge"),
        period_from_days=city.month_days()[when],
        period_to_days=city.month_days(last=True)[when],
        amount=np.round(city.panel.revenue[place, when] * rate * rng.uniform(0.7, 1.3, place.size), 2),
        paid_on_days=city.month_days(last=True)[when] + rng.integers(5, 16, size=place.size),
    )


def invoices(city: City) -> pl.DataFrame:
    """Invoices given and taken, every month; strained firms void more and lean on fewer customers."""
    rng = city.rng("tax.invoices")
    firm, month = series(
        city, city.draw("tax.invoices", INVOICE_SHARE, among=city.seen & (city.firms.kind != INDIVIDUAL))
    )
    place, side = repeat(firm, np.full(firm.size, 2))
    when = np.repeat(month, 2)
    stress = city.panel.stress[place, when]
    amount = np.round(
        city.panel.revenue[place, when] * np.where(side == 0, 1.1, 0.85) * rng.uniform(0.9, 1.1, place.size),
        2,
    )
    count = np.maximum(1, np.round(amount / 28_000)).astype(np.int64)
    return table(
        place,
        month=month_dates(city, when),
        direction=np.where(side == 0, "out", "in"),
        amount=amount,
        valid_count=count,
        void_count=rng.poisson(count * (0.015 * np.exp(0.5 * stress)).clip(max=0.3)),
        negative_count=rng.poisson(count * 0.01),
        counterparties=np.maximum(1, np.round(count * rng.uniform(0.25, 0.6, place.size))).astype(np.int64),
        top_share=np.round((0.28 + 0.06 * stress + rng.normal(0, 0.08, place.size)).clip(0.02, 1.0), 4),
    )


def arrears(city: City) -> pl.DataFrame:
    """Taxes owed, as published."""
    rng = city.rng("tax.arrears")
    place = city.troubled("tax.arrears", 0.012)
    day = city.days_of_trouble("tax.arrears", place)
    return table(
        place,
        tax_type=pick(rng, ["vat", "cit", "property", "land"], place.size, [0.6, 0.2, 0.1, 0.1]),
        amount=amounts(rng, city.firms.revenue[place] * 0.02, place.size, 0.8),
        published_on_days=day,
        published_by="国家税务总局慈溪市税务局",
        cleared_on_days=if_past(city, later(rng, day, 30, 300), rng.random(place.size) < 0.35),
    )


def abnormal_household(city: City) -> pl.DataFrame:
    """Taxpayers who cannot be found."""
    rng = city.rng("tax.abnormal_household")
    place = city.troubled("tax.abnormal_household", 0.02)
    day = city.days_of_trouble("tax.abnormal_household", place)
    return table(
        place,
        recognised_on_days=day,
        reason="连续三个月未按规定申报且经实地核查无法联系",
        released_on_days=if_past(city, later(rng, day, 40, 300), rng.random(place.size) < 0.3),
    )


def major_violation(city: City) -> pl.DataFrame:
    """Grave violations of tax law."""
    rng = city.rng("tax.major_violation")
    place = city.troubled("tax.major_violation", 0.001, among=city.seen & (city.firms.kind == COMPANY))
    day = city.days_of_trouble("tax.major_violation", place)
    return table(
        place, case_no=serials("甬税重案2026", place.size, 4),
        nature=pick(rng, ["false_invoice", "evasion", "missing"], place.size), fact="经稽查认定的重大税收违法行为",
        amount=amounts(rng, 800_000, place.size, 0.8), included_on_days=day, removed_on_days=-1,
        legal_person_id=None,
    )  # fmt: skip


def waste_fee_arrears(city: City) -> pl.DataFrame:
    """Waste fees owed, by quarter (综合行政执法局; kept here with the other levies)."""
    rng = city.rng("enforcement.waste_fee_arrears")
    place = city.strained("enforcement.waste_fee_arrears", 0.012)
    months = city.months_of_trouble("enforcement.waste_fee_arrears", place)
    starts = np.array([m for m in range(len(city.panel.months) - 2) if city.panel.months[m].month % 3 == 1])
    first = starts[np.searchsorted(starts, months, side="right").clip(min=1) - 1]
    names = [f"{m.year}Q{(m.month + 2) // 3}" for m in city.panel.months]
    end = city.month_days(last=True)[first + 2]
    return table(
        place, period=np.array(names, dtype=object)[first], period_from_days=city.month_days()[first],
        period_to_days=end, amount=amounts(rng, 900, place.size, 0.6, 1),
        cleared_on_days=if_past(city, end + rng.integers(20, 200, size=place.size), rng.random(place.size) < 0.6),
    )  # fmt: skip


TABLES = {
    "tax.registration": registration,
    "tax.credit_level": credit_level,
    "tax.vat_sales": vat_sales,
    "tax.income_statement": income_statement,
    "tax.payments": payments,
    "tax.invoices": invoices,
    "tax.arrears": arrears,
    "tax.abnormal_household": abnormal_household,
    "tax.major_violation": major_violation,
    "enforcement.waste_fee_arrears": waste_fee_arrears,
}

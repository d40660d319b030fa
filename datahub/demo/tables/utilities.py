"""供电公司, 自来水集团, 燃气公司: meters read every month, bills not paid, meters tampered with."""

import numpy as np
import polars as pl

from datahub.demo.city import City
from datahub.demo.firms import COMPANY, INDIVIDUAL
from datahub.demo.rows import amounts, if_past, later, month_dates, only, pick, repeat, serials, series, table

POWER_SHARE, WATER_SHARE, GAS_SHARE = 0.29, 0.13, 0.03


def _users(city: City, item: str, share: float) -> np.ndarray:
    weight = np.where(city.firms.kind == INDIVIDUAL, -0.5, 0.4) + 0.25 * np.log(city.firms.heads)
    if item == "gas.usage":
        weight = weight + 2.0 * city.industry_in("62", "13", "17", "28")
    return city.draw(item, share, log_weight=weight)


def _numbers(place: np.ndarray, mark: int) -> np.ndarray:
    return (mark * 10_000_000 + place * 13 + 1_000_001).astype(str).astype(object)


def power_usage(city: City) -> pl.DataFrame:
    """Electricity: follows revenue with the industry's need, less steeply than in proportion."""
    rng = city.rng("power.usage")
    place, month = series(city, _users(city, "power.usage", POWER_SHARE))
    need = city.words.column("kwh")[city.firms.industry] * np.exp(
        city.rng("power.need").normal(0, 0.3, city.firms.size)
    )
    wan = city.panel.revenue[place, month] / 1e4
    usual = city.firms.revenue[place] / 12e4
    kwh = np.round(need[place] * usual * (wan / usual) ** 0.8 * np.exp(rng.normal(0, 0.06, place.size)) + 60)
    capacity = np.maximum(10, np.round(need * city.firms.revenue / 12e4 / 160 / 5) * 5)
    return table(
        place,
        user_no=_numbers(place, 331),
        month=month_dates(city, month),
        kwh=kwh.astype(np.int64),
        peak_kwh=np.floor(kwh * rng.uniform(0.25, 0.55, place.size)).astype(np.int64),
        capacity=capacity[place].astype(np.int64),
    )


def water_usage(city: City) -> pl.DataFrame:
    """Water, read in the first days of the next month."""
    rng = city.rng("water.usage")
    place, month = series(city, _users(city, "water.usage", WATER_SHARE))
    cubic = np.round(city.panel.heads[place, month] * rng.uniform(2.2, 4.5, place.size) + 2).astype(np.int64)
    return table(place, user_no=_numbers(place, 512), month=month_dates(city, month), cubic_metres=cubic,
                 read_on_days=city.month_days(last=True)[month] + rng.integers(1, 6, size=place.size))  # fmt: skip


def gas_usage(city: City) -> pl.DataFrame:
    """Gas, mostly kitchens and dye works."""
    rng = city.rng("gas.usage")
    place, month = series(city, _users(city, "gas.usage", GAS_SHARE))
    cubic = np.round(city.panel.revenue[place, month] / 1e4 * rng.uniform(12, 20, place.size) + 5).astype(
        np.int64
    )
    return table(place, user_no=_numbers(place, 713), month=month_dates(city, month), cubic_metres=cubic,
                 read_on_days=city.month_days(last=True)[month] + rng.integers(1, 6, size=place.size))  # fmt: skip


def _arrears(
    city: City, item: str, share: float, mark: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(firm, month, running period, user number, day cleared) of bills that stayed unpaid.

    A spell of arrears begins in a month of stress and lasts one to four bills; most spells are paid in
    the end, those of failing firms seldom.
    """
    users = np.zeros(city.firms.size, dtype=bool)
    users[
        _users(city, f"{item}.usage", {"power": POWER_SHARE, "water": WATER_SHARE, "gas": GAS_SHARE}[item])
    ] = True
    rng = city.rng(f"{item}.arrears")
    owing = city.strained(f"{item}.arrears", share, among=users & city.seen)
    first = city.months_of_trouble(f"{item}.arrears", owing)
    length = rng.choice([1, 2, 3, 4], size=owing.size, p=[0.6, 0.22, 0.12, 0.06])
    pays = (rng.random(owing.size) < 0.72) & ~(city.panel.failing[owing] & (rng.random(owing.size) < 0.7))
    place, number = repeat(owing, length)
    month = np.repeat(first, length) + number
    inside = month < len(city.panel.months)
    place, number, month = place[inside], number[inside], month[inside]
    cleared = city.month_days(last=True)[month] + rng.integers(25, 150, size=place.size)
    return (
        place,
        month,
        number + 1,
        _numbers(place, mark),
        if_past(city, cleared, np.repeat(pays, length)[inside]),
    )


def power_arrears(city: City) -> pl.DataFrame:
    """Electricity bills owed."""
    rng = city.rng("power.arrears/amount")
    place, month, periods, users, cleared = _arrears(city, "power", 0.05, 331)
    bill = np.maximum(
        60, np.round(city.panel.revenue[place, month] / 1e4 * 180 * rng.uniform(0.4, 1.6, place.size), 2)
    )
    return table(
        place, user_no=users, month=month_dates(city, month), bill=bill,
        arrears=np.round(bill * rng.uniform(0.3, 1, place.size), 2), periods=periods, paid_on_days=cleared,
        cleared_on_days=cleared,
    )  # fmt: skip


def water_arrears(city: City) -> pl.DataFrame:
    """Water bills owed."""
    rng = city.rng("water.arrears/amount")
    place, month, periods, users, cleared = _arrears(city, "water", 0.06, 512)
    return table(
        place, user_no=users, month=month_dates(city, month), bill_no=serials("ZD", place.size, 9),
        periods=periods, amount=amounts(rng, city.firms.heads[place] * 14, place.size, 0.4, 0.5),
        cleared_on_days=cleared,
    )  # fmt: skip


def gas_arrears(city: City) -> pl.DataFrame:
    """Gas bills owed."""
    rng = city.rng("gas.arrears/amount")
    place, month, periods, users, cleared = _arrears(city, "gas", 0.06, 713)
    amount = amounts(rng, 4_000, place.size, 0.7, 0.5)
    return table(
        place, user_no=users, month=month_dates(city, month), amount=amount,
        late_fee=np.round(amount * 0.003 * 30 * periods, 2), periods=periods, cleared_on_days=cleared,
    )  # fmt: skip


def power_theft(city: City) -> pl.DataFrame:
    """Electricity used against the contract."""
    rng = city.rng("power.theft")
    place = city.strained("power.theft", 0.004)
    day = city.days_of_trouble("power.theft", place)
    return table(
        place, case_no=serials("WYYD2026", place.size, 5),
        kind=pick(rng, ["breach", "theft"], place.size, [0.8, 0.2]), amount=amounts(rng, 9_000, place.size, 0.9),
        found_on_days=day, closed_on_days=if_past(city, later(rng, day, 10, 120), rng.random(place.size) < 0.8),
    )  # fmt: skip


def vehicles(city: City) -> pl.DataFrame:
    """Vehicles, plates masked by the police before they deliver."""
    rng = city.rng("police.vehicles")
    haulers = city.industry_in("54").astype(float)
    holders = city.draw(
        "police.vehicles",
        0.05,
        among=city.standing & (city.firms.kind == COMPANY),
        log_weight=2.0 * haulers + 0.4 * np.log(city.firms.heads),
    )
    place, number = repeat(holders, 1 + rng.poisson(np.where(city.section[holders] == "54", 4.0, 0.6)))
    state = pick(rng, ["normal", "mortgaged", "scrapped", "seized"], place.size, [0.8, 0.13, 0.06, 0.01])
    registered = city.today - rng.integers(60, 3000, size=place.size)
    letters = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ"), dtype=object)
    # the running number within the firm stands in the visible part, so that masked plates stay distinct
    tail = np.char.zfill((number % 100).astype(str), 2).astype(object)
    plate = "浙B" + letters[rng.integers(letters.size, size=place.size)] + "***" + tail
    return table(
        place, plate=plate, vehicle_state=state,
        mortgagee=only(state == "mortgaged", pick(rng, city.words.names["banks"], place.size)),
        registered_on_days=registered,
        cancelled_on_days=if_past(city, later(rng, registered, 40, 2500).clip(max=city.today - 10), state == "scrapped"),
    )  # fmt: skip


TABLES = {
    "power.usage": power_usage,
    "power.arrears": power_arrears,
    "power.theft": power_theft,
    "water.usage": water_usage,
    "water.arrears": water_arrears,
    "gas.usage": gas_usage,
    "gas.arrears": gas_arrears,
    "police.vehicles": vehicles,
}

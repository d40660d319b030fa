"""How often alerts are false where nothing happens, and whether what happens is found all the same."""

from datetime import date
from functools import cache

import numpy as np
import pytest

from index.engine.alerts import AlertState
from index.engine.episodes import Episode, episodes_of, signals_of
from tests.index.quiet_years import DAYS, INDUSTRY, QUIET_FROM, SHOPS, fallen, quiet_panel

YEARS = 2
SIZES = (12, 20, 35, 60, 100, 200, 1000, 2000)
FIRST = DAYS.index(QUIET_FROM)


def alerts_of(values: np.ndarray, firms: int = 2000) -> list[Episode]:
    """Episodes of the two judged years that really alerted."""
    signal = signals_of(DAYS, values, lambda day: False, FIRST, firms=[firms] * len(DAYS))
    return [one for one in episodes_of(signal, FIRST) if one.fired >= 0]


CITY = quiet_panel(5000, 1)


@cache
def wholes() -> list[list[date]]:
    """When city-wide series that are judged by themselves alerted: ten with the festival's stop, ten without."""
    series = [quiet_panel(2000, seed) for seed in range(10)] + [
        quiet_panel(2000, seed, season=SHOPS, stops=False) for seed in range(10, 20)
    ]
    return [[DAYS[one.opened] for one in alerts_of(values)] for values in series]


def parts(seeds: int, *seasons: tuple[float, ...]) -> list[tuple[np.ndarray, int]]:
    """Parts against the city with the number of their firms, thin and broad ones."""
    return [
        (quiet_panel(firms, 100 + 10 * seed + place, season=season, stops=season is INDUSTRY) / CITY * 100, firms)
        for seed in range(seeds) for place, firms in enumerate(SIZES) for season in seasons
    ]  # fmt: skip


def test_two_quiet_years_raise_hardly_a_false_alert() -> None:
    """At most one in a hundred series and years."""
    found = wholes() + [
        [DAYS[one.opened] for one in alerts_of(values, firms)] for values, firms in parts(3, INDUSTRY, SHOPS)
    ]
    assert sum(map(len, found)) / (len(found) * YEARS) <= 0.01, [days for days in found if days]


def test_the_festival_in_one_months_figures_after_a_year_in_two_is_no_alert_of_the_city() -> None:
    """2025-01-29 takes days from January and February, 2026-02-17 from February alone."""
    spring = [day for days in wholes() for day in days if date(2026, 1, 1) <= day < date(2026, 6, 1)]
    assert spring == []


def test_one_firm_of_a_thin_panel_raises_no_alert_and_half_of_its_firms_do() -> None:
    on, until = date(2026, 6, 3), date(2026, 10, 1)
    quiet = quiet_panel(12, 5) / CITY * 100
    assert alerts_of(fallen(quiet, on, until, 0.07), 12) == []
    assert [DAYS[one.opened] for one in alerts_of(fallen(quiet, on, until, 0.15), 12) if one.peak < 0] == [on]


def missed(on: date, depth: float, season: tuple[float, ...]) -> float:
    """Share of panels of either size whose fall, never less than one and a half of their firms, is not found."""
    own = [(values, firms) for values, firms in parts(1, season)]
    hit = [(fallen(values, on, date(2026, 10, 1), max(depth, 1.5 / firms)), firms) for values, firms in own]
    found = [
        any(one.peak < 0 and 0 < one.fired - DAYS.index(on) <= 9 for one in alerts_of(values, firms))
        for values, firms in hit
    ]
    return 1 - sum(found) / len(found)


@pytest.mark.parametrize("on", [date(2026, 1, 12), date(2026, 6, 12)])
def test_a_fall_of_a_part_by_three_hundredths_is_found_within_days(on: date) -> None:
    assert missed(on, 0.03, INDUSTRY) <= 0.1


def test_a_part_of_another_season_than_the_citys_must_fall_deeper() -> None:
    assert missed(date(2026, 6, 12), 0.12, SHOPS) <= 0.1


def test_a_fall_of_the_city_in_the_festivals_shadow_is_found_when_it_is_deeper_than_the_dip_could_be() -> (
    None
):
    on = date(2026, 3, 10)
    found = alerts_of(fallen(quiet_panel(2000, 3), on, date(2026, 9, 1), 0.6))
    assert any(0 <= one.opened - DAYS.index(on) <= 10 and one.peak < 0 for one in found)


def test_a_fall_of_the_city_by_a_tenth_opens_an_alert_on_its_day_and_it_ends() -> None:
    on = date(2026, 6, 10)
    found = alerts_of(fallen(quiet_panel(2000, 3), on, date(2026, 10, 1), 0.1))
    assert [(DAYS[one.opened], one.peak < 0) for one in found[:1]] == [(on, True)]
    assert all(one.state is AlertState.NORMAL for one in found)

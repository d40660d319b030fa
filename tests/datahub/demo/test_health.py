import numpy as np

from datahub.demo.calendar import day_number, last_months, season_factors
from datahub.demo.city import City
from datahub.demo.health import STATES


def _area_under_curve(score: np.ndarray, outcome: np.ndarray) -> float:
    """Share of (failed, sound) pairs in which the failed one has the higher score."""
    rank = score.argsort().argsort() + 1
    failed = outcome.sum()
    return float((rank[outcome].sum() - failed * (failed + 1) / 2) / (failed * (~outcome).sum()))


def test_stress_a_year_ago_foretells_the_failures_of_the_year_since(city: City) -> None:
    panel = city.panel
    year_ago = day_number(panel.months[12])
    at_risk = panel.alive[:, 11] & ~((panel.fall >= 0) & (panel.fall < year_ago))
    failed = (panel.fall >= year_ago)[at_risk]
    assert 0.03 < failed.mean() < 0.06
    assert 0.80 < _area_under_curve(panel.stress[at_risk, 11], failed) < 0.98


def test_most_firms_stand_and_every_state_occurs(city: City) -> None:
    shares = np.bincount(city.panel.state, minlength=len(STATES)) / city.firms.size
    assert 0.82 < shares[0] < 0.92
    assert (shares > 0).all()


def test_a_firm_earns_nothing_outside_its_life(city: City) -> None:
    panel = city.panel
    assert (panel.revenue[~panel.alive] == 0).all()
    assert (panel.revenue[panel.alive] > 0).all()
    assert ((panel.state == 0) == (panel.ended < 0)).all()


def test_months_are_the_last_complete_ones(city: City) -> None:
    assert len(city.panel.months) == 24
    assert (city.panel.months[0].isoformat(), city.panel.months[-1].isoformat()) == (
        "2024-11-01",
        "2026-10-01",
    )
    assert last_months(city.as_of.replace(year=2026, month=1, day=31), 2)[-1].isoformat() == "2025-12-01"


def test_makers_work_less_in_the_month_of_spring_festival(city: City) -> None:
    words = city.words
    flat = {"flat": words.seasons["flat"], "shop": [1.0] * 12}
    factors = season_factors(flat, ["flat", "shop"], city.panel.months, words.spring_festival)
    february = city.panel.months.index(city.as_of.replace(year=2026, month=2, day=1))
    assert factors[0, february] < 0.75
    assert factors[1, february] == 1.0


def test_a_smaller_troubled_share_is_part_of_a_larger_one(city: City) -> None:
    assert set(city.troubled("x", 0.01)) < set(city.troubled("y", 0.05))


def test_firms_with_a_part_are_never_drawn_by_chance(city: City) -> None:
    assert not set(city.cast.firms) & set(city.troubled("x", 0.5))
    assert not set(city.cast.firms) & set(city.draw("x", 0.9))


def test_drawing_for_one_item_does_not_shift_another(city: City) -> None:
    first = city.draw("a", 0.1)
    city.draw("b", 0.2)
    assert (city.draw("a", 0.1) == first).all()

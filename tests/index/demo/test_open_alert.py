"""A fresh demonstration has an alert to acknowledge: the planted lawsuits are found, whatever the day it is made on.

Lawsuits are those of the demonstration city, scored and judged by the index's own rules; every other indicator of the
risk dimension stands at its best and still, which makes the fall as small in per cent as it can be.
"""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from datahub.demo.city import City, build_city
from datahub.demo.firms import INDIVIDUAL
from datahub.demo.tables.court import cases_filed
from datahub.demo.vocabulary import vocabulary
from index.basket import load_basket
from index.engine.alerts import AlertState
from index.engine.episodes import Episode, episodes_of, signals_of
from index.paths import Fences, at_rest, number_of, raw_path, score_path
from index.services.alerts import LOOK_BACK

DAYS = 731
BASKET = load_basket()
LAWSUITS = next(one for one in BASKET.indicators if one.code == "R_CASES")


def mean_scores(city: City, cases: pl.DataFrame, chosen: np.ndarray) -> np.ndarray:
    """(DAYS,) mean score of the chosen firms' lawsuits, as the index counts them."""
    facts = cases.select(
        enterprise_id="firm", event_date="filed_on", valid_from="filed_on", level="role", n1=pl.lit(0.0)
    )
    assert LAWSUITS.fences is not None
    fences = Fences(*LAWSUITS.fences)
    low, high = BASKET.score_low, BASKET.score_high
    path = raw_path(LAWSUITS, facts, ["amount"])
    points = score_path(path, LAWSUITS, 0, fences, low, high)
    rest = int(at_rest(LAWSUITS, fences, low, high))
    first = number_of(city.as_of) - DAYS + 1
    step, own = np.zeros(DAYS), points.where(np.isin(points.entity, chosen))
    for firm in np.unique(own.entity):
        mine = own.where(own.entity == firm)
        change = np.diff(np.r_[rest, mine.score.astype(np.int64)])
        np.add.at(
            step, np.clip(mine.day - first, 0, None)[mine.day < first + DAYS], change[mine.day < first + DAYS]
        )
    return np.asarray(rest + np.cumsum(step) / len(chosen)) / 100


def episodes(city: City, cases: pl.DataFrame) -> list[Episode]:
    """What the town's risk dimension against the city's raises in the last two months."""
    counted = city.standing & (city.firms.kind != INDIVIDUAL)
    towns = np.array([division.code for division in city.words.divisions])[city.firms.town]
    there = np.flatnonzero(counted & (towns == vocabulary().bursts[0].town))
    risk = [one for one in BASKET.indicators if one.dimension == LAWSUITS.dimension]
    share = LAWSUITS.weight / sum(one.weight for one in risk)
    town, whole = (
        (1 - share) * 100 + share * mean_scores(city, cases, chosen)
        for chosen in (there, np.flatnonzero(counted))
    )
    days = [city.as_of - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    first = DAYS - LOOK_BACK
    signal = signals_of(days, town / whole * 100, lambda day: False, first, firms=[len(there)] * DAYS)
    return episodes_of(signal, first)


@pytest.mark.parametrize(
    "as_of", [date(2026, 1, 5), date(2026, 3, 10), date(2026, 7, 2), date(2026, 11, 23), date(2027, 2, 28)]
)
def test_the_planted_lawsuits_leave_an_alert_open_on_the_last_day(as_of: date) -> None:
    city = build_city(5_000, 20_260_101, as_of)
    found = episodes(city, cases_filed(city))
    assert [one.state for one in found] == [AlertState.ALERTING]
    assert found[0].peak < 0
    quiet = replace(city, words=replace(city.words, bursts=()))
    assert episodes(quiet, cases_filed(quiet)) == []

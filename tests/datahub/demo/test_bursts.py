"""The planted event of the last weeks: there on every day of the year, of known size, and nothing else moves for it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from datahub.demo.city import City, build_city
from datahub.demo.firms import COMPANY
from datahub.demo.tables.court import cases_filed
from datahub.demo.vocabulary import vocabulary

BURST = vocabulary().bursts[0]


def planted(city: City) -> pl.DataFrame:
    """What the event adds to the cases filed."""
    words = replace(city.words, bursts=())
    without = cases_filed(replace(city, words=words))
    whole = cases_filed(city)
    assert whole.head(without.height).equals(without)
    return whole.tail(whole.height - without.height)


def test_four_in_ten_companies_of_the_town_are_sued_once_within_a_week(city: City) -> None:
    rows = planted(city)
    towns = np.array([division.code for division in city.words.divisions])[city.firms.town]
    there = city.standing & (city.firms.kind == COMPANY) & (towns == BURST.town)
    place = rows["firm"].to_numpy()
    assert rows["firm"].n_unique() == rows.height
    assert there[place].all()
    assert rows.height == pytest.approx(BURST.share * there.sum(), abs=2)
    assert set(rows["role"]) == {"defendant"}
    assert not set(place.tolist()) & set(city.cast.firms.tolist())


@pytest.mark.parametrize("as_of", [date(2026, 1, 3), date(2026, 3, 1), date(2027, 2, 28), date(2028, 2, 29)])
def test_it_lies_within_the_last_fortnight_whatever_the_day(as_of: date) -> None:
    days = planted(build_city(1_000, 7, as_of))["filed_on"]
    assert days.min() >= as_of - timedelta(days=14)  # type: ignore[operator]
    assert days.max() <= as_of - timedelta(days=BURST.until)  # type: ignore[operator]
    assert planted(build_city(1_000, 7, as_of))["filed_on"].equals(days)


def test_it_is_labelled_as_a_demonstration() -> None:
    assert "演示" in BURST.name
    assert BURST.text.startswith("演示设定")

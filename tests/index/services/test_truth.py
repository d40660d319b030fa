"""What is stored and shown obeys the promises: the city moves as its towns do, contributions leave no rest."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from index.contracts import PanelKind
from index.models import IndexValue, MethodVersion
from index.selectors.cube import BY, decompose, load_cube, replayed
from index.selectors.panels import Panels
from index.selectors.series import load_series
from index.selectors.standing import Standing, find_standing
from tests.index.small_city import FIRST, HIT

pytestmark = pytest.mark.django_db


@pytest.fixture
def standing(small_city: MethodVersion) -> Standing:
    found = find_standing()
    assert found is not None
    return found


def windows(count: int, last: int) -> list[tuple[int, int]]:
    pairs = np.sort(np.random.default_rng(7).integers(0, last + 1, (count, 2)), axis=1)
    return [(int(a), int(b)) for a, b in pairs if a < b]


def stored(code: str) -> np.ndarray:
    rows = IndexValue.objects.filter(panel__code=code, realtime_end=None).order_by("day")
    return np.array(rows.values_list("chain", flat=True))


def test_contributions_by_every_division_add_up_to_the_published_change(standing: Standing) -> None:
    panels = Panels(standing)
    for code in ("sme", f"sme/town={HIT}", "sme/section=C", "sme/size=micro"):
        card = panels.by_code[code]
        series = load_series(standing, [card])[code]
        for since, until in windows(12, len(series.days) - 1):
            change = series.values[until, 0] - series.values[since, 0]
            for by in BY:
                parts = decompose(standing, card, series.days[since], series.days[until], by).parts
                assert sum(parts.values()) == pytest.approx(change, abs=1e-9)


def towns_of_the_cube(standing: Standing) -> list[np.ndarray]:
    """Chains of all towns (T, 1 + D), those too small to be stored among them: nobody is outside."""
    cards = Panels(standing).of_kind(PanelKind.TOWN)
    return [replayed(standing, card)[1].index for card in cards]


def stretches(standing: Standing) -> list[tuple[int, int]]:
    """From each link of the city's universe to the next, and to the last day."""
    table = load_cube(standing).table
    links = sorted({one.day for one in table.links if one.universe == 0})
    assert len(links) >= 2
    return list(pairwise([*links, table.days - 1]))


def test_the_stored_city_is_a_weighted_mean_of_its_towns_with_weights_frozen_at_the_link(
    standing: Standing,
) -> None:
    towns = towns_of_the_cube(standing)
    for start, end in stretches(standing):
        grown = np.array([one[start : end + 1] / one[start] for one in towns])
        own = stored("sme")[start : end + 1, :-1] / stored("sme")[start, :-1]
        known = ~np.isnan(own)
        assert (own[known] <= np.where(np.isnan(grown), -np.inf, grown).max(axis=0)[known] + 1e-9).all()
        assert (own[known] >= np.where(np.isnan(grown), np.inf, grown).min(axis=0)[known] - 1e-9).all()


def test_the_stored_city_never_rises_in_a_window_in_which_no_town_does(standing: Standing) -> None:
    city, towns = stored("sme")[:, :-1], np.array(towns_of_the_cube(standing))
    falls = 0
    for start, end in stretches(standing):
        for since in range(start, end, 3):
            with np.errstate(invalid="ignore"):
                none_rises = (np.nan_to_num(towns[:, since + 1 : end + 1] - towns[:, [since]]) <= 0).all(
                    axis=0
                )
                change = city[since + 1 : end + 1] - city[since]
            assert (change[none_rises & np.isfinite(change)] <= 1e-9).all()
            falls += int((change[none_rises & np.isfinite(change)] < -1e-6).sum())
    assert falls > 0


def test_a_window_across_the_link_adds_up_too(standing: Standing) -> None:
    card = Panels(standing).by_code["sme"]
    series = load_series(standing, [card])["sme"]
    since, until = date(2025, 12, 20), date(2026, 1, 20)
    assert since > FIRST + timedelta(days=1)
    change = series.values[series.at(until), 0] - series.values[series.at(since), 0]
    assert decompose(standing, card, since, until, "town").change == pytest.approx(change, abs=1e-9)

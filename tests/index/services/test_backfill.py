"""Years in one go: what is written, what is refused, what the database protects."""

from datetime import date

import numpy as np
import pytest
from django.db import DatabaseError, transaction

from index.models import CubeDay, Disclosure, IndexValue, MethodVersion, Run
from index.selectors.cube import load_cube, replayed
from index.selectors.panels import Panels
from index.selectors.series import find_series
from index.selectors.standing import find_standing
from index.services.backfill import UnableToBackfill, plan_backfill
from tests.firms import NOW, ORIGIN
from tests.index.small_city import CALM, FIRST, HIT, LAST, THIN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_city")]


def test_every_day_has_its_cube_and_the_shown_panels_have_their_values(small_city: MethodVersion) -> None:
    days = (LAST - FIRST).days + 1
    assert CubeDay.objects.count() == days
    assert IndexValue.objects.filter(panel__code="sme").count() == days
    assert IndexValue.objects.filter(panel__code=f"sme/town={THIN}").count() == 0


def test_the_town_that_was_hit_falls_on_the_release_day_and_the_calm_one_does_not() -> None:
    standing = find_standing()
    assert standing is not None
    panels = Panels(standing)
    hit, calm = (find_series(standing, panels.by_code[f"sme/town={town}"]) for town in (HIT, CALM))
    assert hit is not None
    assert calm is not None
    before, after = hit.at(date(2026, 5, 9)), hit.at(date(2026, 5, 10))
    assert before is not None
    assert after is not None
    assert hit.values[after, 0] < hit.values[before, 0] - 3
    assert abs(calm.values[after, 0] - calm.values[before, 0]) < 1


def test_stored_series_equal_the_replay_of_the_stored_cube() -> None:
    standing = find_standing()
    assert standing is not None
    panels = Panels(standing)
    for code in ("sme", f"sme/town={HIT}", "sme/section=C"):
        card = panels.by_code[code]
        series = find_series(standing, card)
        assert series is not None
        _, made, factor = replayed(standing, card)
        np.testing.assert_allclose(series.values[:, 0], made.index[:, 0] * factor, rtol=1e-12)


def test_storage_grows_with_changes_not_with_entities() -> None:
    """Days on which nothing was released and no window ended have no rows."""
    standing = find_standing()
    assert standing is not None
    table = load_cube(standing).table
    quiet = set(range(table.days)) - set(table.day.tolist())
    assert len(quiet) > table.days / 2


def test_a_history_that_stands_is_not_computed_again(small_city: MethodVersion) -> None:
    with pytest.raises(UnableToBackfill, match="不可重写"):
        plan_backfill(small_city, FIRST, LAST, origin=ORIGIN, now=NOW)


def test_days_to_come_and_days_in_reverse_are_refused(small_city: MethodVersion) -> None:
    with pytest.raises(UnableToBackfill):
        plan_backfill(small_city, FIRST, date(2099, 1, 1), origin=ORIGIN, now=NOW)
    with pytest.raises(UnableToBackfill):
        plan_backfill(small_city, LAST, FIRST, origin=ORIGIN, now=NOW)


@pytest.mark.parametrize("change", ["update", "delete", "reopen"])
def test_the_database_refuses_to_change_a_vintage(change: str) -> None:
    rows = IndexValue.objects.filter(panel__code="sme", day=LAST)
    if change == "reopen":
        rows.update(realtime_end=NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        if change == "update":
            rows.update(coverage=0.5)
        elif change == "delete":
            rows.delete()
        else:
            rows.update(realtime_end=None)


def test_a_released_definition_cannot_be_altered(small_city: MethodVersion) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        MethodVersion.objects.filter(pk=small_city.pk).update(fences={})


def test_the_run_names_data_and_code() -> None:
    run = Run.objects.get()
    assert len(run.data_version) == len(run.code_hash) == 64


def test_panels_of_few_are_not_shown_and_no_rest_betrays_them() -> None:
    verdict = dict(Disclosure.objects.values_list("panel__code", "verdict"))
    assert verdict["sme"] == 0
    assert verdict[f"sme/town={THIN}"] == 1
    hidden_towns = [code for code, v in verdict.items() if code.count("=") == 1 and "town=" in code and v]
    assert len(hidden_towns) >= 2  # one alone would follow from the city's total

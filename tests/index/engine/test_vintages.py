"""Vintages: rows are closed and opened, never changed."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.vintages import (
    Standing,
    UnableToAddVintage,
    VintageRow,
    all_vintages,
    apply_plan,
    as_of,
    first_release,
    latest,
    plan_vintage,
    reopened,
    revision_statistics,
    standing,
)

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 3, 12)

release = st.dictionaries(
    st.integers(0, 4).map(lambda n: DAY + timedelta(days=n)),
    st.sampled_from([None, 99.5, 100.0, 100.1]),
    max_size=5,
)


def publish(releases: list[dict[date, float | None]]) -> list[VintageRow]:
    rows: list[VintageRow] = []
    for number, values in enumerate(releases):
        rows = apply_plan(rows, plan_vintage(rows, values, NOON + timedelta(days=number)))
    return rows


@settings(deadline=None)
@given(st.lists(release, max_size=6), st.lists(release, max_size=4))
def test_later_data_change_no_earlier_vintage(
    early: list[dict[date, float | None]], late: list[dict[date, float | None]]
) -> None:
    before, after = publish(early), publish(early + late)
    for number in range(len(early)):
        instant = NOON + timedelta(days=number, hours=1)
        seen = {day: row.value for day, row in as_of(before, instant).items()}
        assert {day: row.value for day, row in as_of(after, instant).items()} == seen


@settings(deadline=None)
@given(st.lists(release, max_size=6))
def test_latest_first_and_as_of_are_those_of_a_diary(releases: list[dict[date, float | None]]) -> None:
    rows = publish(releases)
    diary: dict[date, float | None] = {}
    first: dict[date, float | None] = {}
    for number, values in enumerate(releases):
        diary |= values
        first = values | first
        found = as_of(rows, NOON + timedelta(days=number))
        assert {day: row.value for day, row in found.items()} == diary
    assert {day: row.value for day, row in latest(rows).items()} == diary
    assert {day: row.value for day, row in first_release(rows).items()} == first
    for day in diary:
        chain = all_vintages(rows, day)
        assert all(a.realtime_end == b.realtime_start for a, b in pairwise(chain))
        assert all(a.value != b.value for a, b in pairwise(chain))


def test_publishing_the_same_again_writes_nothing() -> None:
    rows = publish([{DAY: 100.0}])
    plan = plan_vintage(rows, {DAY: 100.0}, NOON + timedelta(days=9))
    assert (plan.close, plan.add) == ((), ())


def test_a_vintage_must_be_newer_than_what_it_closes() -> None:
    with pytest.raises(UnableToAddVintage, match="not older"):
        plan_vintage(publish([{DAY: 100.0}]), {DAY: 101.0}, NOON)


def test_a_day_is_provisional_then_revisable_then_final() -> None:
    ages = {n: standing(DAY, DAY + timedelta(days=n)) for n in (0, 2, 3, 29, 30)}
    assert ages == {
        0: Standing.PROVISIONAL, 2: Standing.PROVISIONAL, 3: Standing.REVISABLE, 29: Standing.REVISABLE,
        30: Standing.FINAL,
    }  # fmt: skip
    assert reopened([DAY, DAY - timedelta(days=1)], DAY + timedelta(days=29)) == [DAY]


def test_revision_statistics_are_those_of_the_handbook() -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    first = dict(zip(days, [100.0, 101.0, 100.5, None], strict=True))
    later = dict(zip(days, [100.2, 100.1, 100.6, 99.0], strict=True))
    found = revision_statistics(first, later)
    assert found is not None
    assert found.days == 3
    assert found.mean == pytest.approx((0.2 - 0.9 + 0.1) / 3)
    assert found.mean_absolute == pytest.approx(0.4)
    assert found.largest == pytest.approx(0.9)
    assert found.sign_changes == pytest.approx(1.0)
    assert revision_statistics({}, later) is None

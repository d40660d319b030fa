"""What is fresh, due or late by the working-day calendar, and how good deliveries are, part by part."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from datahub.engine.definitions import get_item, list_items
from datahub.models import Batch, BatchState
from datahub.selectors import freshness, gaps, quality
from datahub.selectors.freshness import FreshState

pytestmark = pytest.mark.django_db


def batch(code: str, period: str, file_date: date, *, on: date | None = None, **values: Any) -> Batch:
    item, day = get_item(code), on or file_date
    received_at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)  # 10 in the morning here
    counts = {"rows_received": 100, "rows_promoted": 100} | values
    return Batch.objects.create(
        item_code=code, item_number=item.number, department=item.department_code, period=period,
        file_date=file_date, state=counts.pop("state", BatchState.PROMOTED), channel="page", file_bytes=1,
        file_digest=f"{Batch.objects.count():064d}", file_name="x.csv", received_at=received_at, **counts,
    )  # fmt: skip


def state_of(code: str, today: date) -> freshness.Freshness:
    return freshness.list_freshness([get_item(code)], today)[0]


# court.equity_freeze: daily, two working days of grace. 2026-11-20 is a Friday.
@pytest.mark.parametrize(
    ("today", "state", "late_days"),
    [
        (date(2026, 11, 20), FreshState.FRESH, 0),
        (date(2026, 11, 22), FreshState.FRESH, 0),
        (date(2026, 11, 24), FreshState.DUE, 0),
        (date(2026, 11, 25), FreshState.DUE, 0),
        (date(2026, 11, 26), FreshState.LATE, 1),
        (date(2026, 11, 30), FreshState.LATE, 3),
    ],
)
def test_a_daily_item_is_due_after_its_grace_of_working_days(
    today: date, state: FreshState, late_days: int
) -> None:
    batch("court.equity_freeze", "2026-11-20", date(2026, 11, 20))
    found = state_of("court.equity_freeze", today)
    assert (found.state, found.late_days, found.next_period, found.due_on) == (
        state, late_days, "2026-11-23", date(2026, 11, 25),
    )  # fmt: skip


def test_holidays_move_the_due_day() -> None:
    batch("court.equity_freeze", "2026-09-30", date(2026, 9, 30))
    found = state_of("court.equity_freeze", date(2026, 10, 9))
    assert found.next_period == "2026-10-08"  # the first working day after the National Day holiday
    assert found.state is FreshState.DUE


def test_a_withdrawn_delivery_makes_nothing_fresh() -> None:
    batch("court.equity_freeze", "2026-11-20", date(2026, 11, 20), state=BatchState.WITHDRAWN)
    assert state_of("court.equity_freeze", date(2026, 11, 20)).state is FreshState.NEVER


def test_nobody_waits_for_an_item_without_supply() -> None:
    assert state_of("tax.arrears", date(2026, 11, 20)).state is FreshState.NO_SUPPLY


def test_the_late_list_is_cut_to_departments_and_the_longest_comes_first() -> None:
    batch("court.equity_freeze", "2026-11-02", date(2026, 11, 2))
    batch("court.dishonest", "2026-10-12", date(2026, 10, 12))
    batch("market.penalty", "2026-10-12", date(2026, 10, 12))
    late = freshness.list_late(frozenset({"court"}), date(2026, 11, 20))
    assert [one.item.code for one in late] == ["court.dishonest", "court.equity_freeze"]


def test_the_parts_are_shares_of_rows_cells_and_deliveries() -> None:
    # the first delivery begins the record; the second comes in time, the third does not
    counts = {"cells_expected": 1000, "cells_filled": 900}
    batch("court.equity_freeze", "2026-11-16", date(2026, 11, 16), **counts)
    batch("court.equity_freeze", "2026-11-17", date(2026, 11, 17), on=date(2026, 11, 19), **counts)
    batch(
        "court.equity_freeze", "2026-11-18", date(2026, 11, 18), on=date(2026, 11, 23),
        rows_promoted=70, rows_quarantined=30, rows_duplicate=6, **counts,
    )  # fmt: skip
    found = quality.quality_of_items([get_item("court.equity_freeze")])["court.equity_freeze"]
    assert found.parts.completeness == pytest.approx(0.9)
    assert found.parts.validity == pytest.approx(1 - 30 / 300)
    assert found.parts.uniqueness == pytest.approx(1 - 6 / 300)
    assert found.parts.timeliness == pytest.approx(2 / 3)
    assert found.score == pytest.approx(30 * 0.9 + 40 * 0.9 + 20 * 2 / 3 + 10 * 0.98)
    assert [one.period for one in found.deliveries] == ["2026-11-16", "2026-11-17", "2026-11-18"]


def test_history_handed_in_at_the_start_is_not_judged_late() -> None:
    batch("court.equity_freeze", "2026-01-05", date(2026, 1, 5), on=date(2026, 11, 20))
    found = quality.quality_of_items([get_item("court.equity_freeze")])["court.equity_freeze"]
    assert found.parts.timeliness is None
    assert found.score == pytest.approx(100)


def test_only_the_last_twelve_deliveries_count() -> None:
    batch("court.equity_freeze", "2026-10-01", date(2026, 10, 1), rows_promoted=0, rows_quarantined=100)
    for day in range(1, 13):
        batch("court.equity_freeze", f"2026-11-{day:02d}", date(2026, 11, day))
    found = quality.quality_of_items([get_item("court.equity_freeze")])["court.equity_freeze"]
    assert len(found.deliveries) == quality.DELIVERIES
    assert found.parts.validity == 1


def test_a_departments_figure_is_the_mean_of_its_items() -> None:
    batch("court.equity_freeze", "2026-11-16", date(2026, 11, 16), rows_promoted=50, rows_quarantined=50)
    batch("court.dishonest", "2026-11-16", date(2026, 11, 16))
    overall = quality.quality_of_departments(quality.quality_of_items(list_items()))
    assert overall["court"].validity == pytest.approx(0.75)
    assert set(overall) == {"court"}


@pytest.mark.parametrize("deliveries", [1, 15])
def test_the_catalogue_asks_the_same_few_questions_whatever_was_delivered(
    deliveries: int, django_assert_num_queries: Any
) -> None:
    for day in range(1, deliveries + 1):
        batch("court.equity_freeze", f"2026-11-{day:02d}", date(2026, 11, day))
    with django_assert_num_queries(3):
        freshness.list_freshness(list_items(), date(2026, 11, 20))
        quality.quality_of_items(list_items())


def test_every_gap_says_who_was_asked_when_and_the_answer() -> None:
    found = gaps.list_gaps()
    assert {"tax.arrears", "hrss.insured"} <= {one.item.code for one in found}
    assert all(one.gap.asked_of and one.gap.asked_on and one.gap.answer for one in found)

"""Periods as they are written, and the days they stand for, against a plain walk over the days."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datahub.contracts import Period
from datahub.engine import periods
from datahub.services.deliveries import check_period

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS = st.dates(dt.date(1995, 1, 1), dt.date(2095, 12, 31))


def mark(day: dt.date, period: Period) -> tuple[int, ...]:
    """What two days of the same period have in common."""
    return {
        Period.DAILY: (day.toordinal(),),
        Period.WEEKLY: tuple(day.isocalendar()[:2]),
        Period.MONTHLY: (day.year, day.month),
        Period.QUARTERLY: (day.year, (day.month - 1) // 3),
        Period.YEARLY: (day.year,),
    }[period]


@PATIENT
@given(DAYS, st.sampled_from(Period))
def test_a_span_holds_exactly_the_days_of_one_period(day: dt.date, period: Period) -> None:
    first, last = periods.span_of(day, period)
    assert first <= day <= last
    assert mark(first, period) == mark(day, period) == mark(last, period)
    assert mark(first - dt.timedelta(days=1), period) != mark(day, period)
    assert mark(last + dt.timedelta(days=1), period) != mark(day, period)


@PATIENT
@given(DAYS, st.sampled_from(Period))
def test_a_written_period_is_accepted_at_the_door_and_reads_back(day: dt.date, period: Period) -> None:
    text = periods.name_of(day, period)
    check_period(text)
    first, last = periods.span_of(day, period)
    assert periods.read(text) == ((first, first) if period is Period.WEEKLY else (first, last))


@pytest.mark.parametrize(
    ("text", "file_date", "covered"),
    [
        ("2026-10", "2026-11-09", "2026-10-31"),
        ("2026-11", "2026-11-20", "2026-11-20"),
        ("2026Q3", "2026-11-20", "2026-09-30"),
        ("2025", "2026-03-01", "2025-12-31"),
        ("2026-11-20", "2026-11-20", "2026-11-20"),
    ],
)
def test_a_delivery_covers_up_to_its_period_or_its_date(text: str, file_date: str, covered: str) -> None:
    found = periods.covered_day(text, dt.date.fromisoformat(file_date))
    assert found == dt.date.fromisoformat(covered)

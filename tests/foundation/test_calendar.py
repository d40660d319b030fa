"""Working days against the notices and against plain counting."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import calendar

DAYS = st.dates(dt.date(2023, 11, 1), dt.date(2028, 3, 1))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "works", "name"),
    [
        ("2024-02-09", True, ""),  # the eve was an ordinary day that year
        ("2024-02-10", False, "春节"),
        ("2024-02-18", True, ""),  # a Sunday worked
        ("2025-01-01", False, "元旦"),
        ("2025-10-08", False, "国庆节、中秋节"),
        ("2025-10-11", True, ""),
        ("2026-01-02", False, "元旦"),
        ("2026-01-04", True, ""),
        ("2026-02-23", False, "春节"),
        ("2026-02-28", True, ""),
        ("2026-09-20", True, ""),
        ("2026-11-21", False, ""),  # an ordinary Saturday
        ("2026-11-23", True, ""),
    ],
)
def test_a_day_is_what_the_notice_says(text: str, works: bool, name: str) -> None:
    assert calendar.is_working_day(day(text)) is works
    assert calendar.holiday_name(day(text)) == name


@pytest.mark.parametrize(("year", "working_days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_as_many_working_days_as_the_law_leaves(year: int, working_days: int) -> None:
    assert calendar.working_days_between(dt.date(year, 1, 1), dt.date(year + 1, 1, 1)) == working_days


def test_a_year_that_is_not_announced_is_provisional() -> None:
    assert not calendar.is_provisional(day("2026-12-31"))
    assert calendar.is_provisional(day("2027-01-04"))
    assert calendar.is_provisional(day("2030-01-04"))
    assert calendar.is_working_day(day("2030-01-04"))


def test_three_working_days_before_a_long_holiday_reach_beyond_it() -> None:
    assert calendar.add_working_days(day("2026-02-13"), 1) == day("2026-02-14")
    assert calendar.add_working_days(day("2026-02-13"), 3) == day("2026-02-25")


def test_zero_working_days_is_the_day_itself_or_the_next_that_works() -> None:
    assert calendar.add_working_days(day("2026-11-23"), 0) == day("2026-11-23")
    assert calendar.add_working_days(day("2026-11-21"), 0) == day("2026-11-23")


@given(DAYS, DAYS)
def test_counting_agrees_with_looking_at_every_day(start: dt.date, end: dt.date) -> None:
    sign = 1 if start <= end else -1
    low, high = min(start, end), max(start, end)
    each = [low + dt.timedelta(days=n) for n in range((high - low).days)]
    assert calendar.working_days_between(start, end) == sign * sum(map(calendar.is_working_day, each))


@given(DAYS, st.integers(1, 60))
def test_adding_and_counting_are_each_others_reverse(start: dt.date, count: int) -> None:
    end = calendar.add_working_days(start, count)
    assert calendar.is_working_day(end)
    tomorrow = dt.timedelta(days=1)
    assert calendar.working_days_between(start + tomorrow, end + tomorrow) == count
    back = calendar.add_working_days(end, -count)
    assert back == calendar.add_working_days(start + tomorrow, -1)


def told(**changes: object) -> dict[str, object]:
    base = {"year": 2026, "source": "x", "provisional": False, "work_days": [],
            "holidays": [{"name": "a", "from": day("2026-05-01"), "to": day("2026-05-05")}]}  # fmt: skip
    return base | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"work_days": [day("2026-05-06")]}, "不是周末"),
        ({"work_days": [day("2026-05-02")]}, "与节日重复"),
        ({"work_days": [day("2027-05-08")]}, "不在 2026 年内"),
        ({"holidays": [{"name": "a", "from": day("2026-05-05"), "to": day("2026-05-01")}]}, "早于开始日"),
        (
            {"holidays": [{"name": n, "from": day("2026-05-01"), "to": day("2026-05-01")} for n in "ab"]},
            "两个节日",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(calendar.UnableToReadHolidays, match=reason):
        calendar.read_year(told(**changes), "holidays_2026.yaml")


def test_every_shipped_year_is_read() -> None:
    for year in range(2024, 2028):
        assert calendar.holiday_name(dt.date(year, 10, 1)).startswith("国庆节")

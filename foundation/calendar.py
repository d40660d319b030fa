"""Working days (工作日): weekdays that are no holiday, and weekends that make up for one.

The holidays are data, one file a year in ``foundation/definitions/holidays_<year>.yaml``, as the State
Council's notice gives them. Years without a file count weekdays only and are provisional, so that a
deadline far away shows a date marked as such instead of breaking a page.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "definitions"
SATURDAY = 5


class UnableToReadHolidays(ValueError):
    """A year's file contradicts itself; the text names file and day."""


@dataclass(frozen=True)
class Year:
    """The exceptions of one year: days off with their name, and weekend days worked."""

    year: int
    source: str
    provisional: bool
    holidays: dict[dt.date, str]
    work_days: frozenset[dt.date]


def is_working_day(day: dt.date) -> bool:
    year = _year(day.year)
    if day in year.work_days:
        return True
    return day.weekday() < SATURDAY and day not in year.holidays


def holiday_name(day: dt.date) -> str:
    """Name of the holiday ``day`` belongs to, or an empty string."""
    return _year(day.year).holidays.get(day, "")


def is_provisional(day: dt.date) -> bool:
    """True if the year's arrangement is not announced yet, so that the answer may still change."""
    return _year(day.year).provisional


def add_working_days(day: dt.date, count: int) -> dt.date:
    """The ``count``-th working day after ``day`` (before it, if negative); ``day`` itself never counts.

    With 0 it is ``day`` itself or, if that is no working day, the next one.
    """
    if count == 0:
        return day if is_working_day(day) else add_working_days(day, 1)
    step = dt.timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(start: dt.date, end: dt.date) -> int:
    """Working days in the half-open range ``start <= day < end``; negative if end precedes start."""
    if end < start:
        return -working_days_between(end, start)
    weekdays = _weekdays_before(end) - _weekdays_before(start)
    for year in range(start.year, end.year + 1):
        known = _year(year)
        weekdays += sum(start <= day < end for day in known.work_days)
        weekdays -= sum(start <= day < end and day.weekday() < SATURDAY for day in known.holidays)
    return weekdays


def _weekdays_before(day: dt.date) -> int:
    """Mondays to Fridays from day one of the calendar (a Monday) up to, not including, ``day``."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(rest, 5)


@cache
def _year(year: int) -> Year:
    path = FOLDER / f"holidays_{year}.yaml"
    if not path.exists():
        return Year(year, "未公布", True, {}, frozenset())
    return read_year(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)


def read_year(told: dict[str, Any], name: str) -> Year:
    """Check and take in one year's definition. Raises :class:`UnableToReadHolidays`."""
    holidays: dict[dt.date, str] = {}
    for entry in told["holidays"]:
        first, last = entry["from"], entry["to"]
        if last < first:
            raise UnableToReadHolidays(f"{name}：{entry['name']} 的结束日早于开始日。")
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        if twice := [day for day in days if day in holidays]:
            raise UnableToReadHolidays(f"{name}：{twice[0]} 被列入两个节日。")
        holidays |= dict.fromkeys(days, entry["name"])
    work_days = frozenset(told["work_days"])
    for day in (*holidays, *work_days):
        if day.year != told["year"]:
            raise UnableToReadHolidays(f"{name}：{day} 不在 {told['year']} 年内。")
    for day in work_days:
        if day in holidays or day.weekday() < SATURDAY:
            raise UnableToReadHolidays(f"{name}：调休上班日 {day} 不是周末或与节日重复。")
    return Year(told["year"], told["source"], told["provisional"], holidays, work_days)

"""Periods (所属期) as units write them, and the spans of days they stand for. Pure calendar arithmetic."""

import datetime as dt

from datahub.contracts import Period

Span = tuple[dt.date, dt.date]
"""First and last day, both included."""


def span_of(day: dt.date, period: Period) -> Span:
    """The day, week (Monday to Sunday), month, quarter or year around ``day``."""
    if period is Period.DAILY:
        return day, day
    if period is Period.WEEKLY:
        monday = day - dt.timedelta(days=day.weekday())
        return monday, monday + dt.timedelta(days=6)
    if period is Period.MONTHLY:
        return _months(day.year, day.month, 1)
    if period is Period.QUARTERLY:
        return _months(day.year, 3 * ((day.month - 1) // 3) + 1, 3)
    return _months(day.year, 1, 12)


def name_of(day: dt.date, period: Period) -> str:
    """How the period around ``day`` is written: 2026-11-20, 2026-11, 2026Q4 or 2026; a week by its Monday."""
    first, _ = span_of(day, period)
    if period in (Period.DAILY, Period.WEEKLY):
        return first.isoformat()
    if period is Period.MONTHLY:
        return f"{first:%Y-%m}"
    if period is Period.QUARTERLY:
        return f"{first.year}Q{(first.month + 2) // 3}"
    return str(first.year)


def read(text: str) -> Span:
    """The days of a written period. Raises ValueError for anything else than 2026, 2026Q3, 2026-10, 2026-10-31."""
    if "Q" in text:
        year, quarter = text.split("Q")
        return _months(int(year), 3 * int(quarter) - 2, 3)
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return _months(parts[0], 1, 12)
    if len(parts) == 2:
        return _months(parts[0], parts[1], 1)
    day = dt.date(*parts)
    return day, day


def covered_day(text: str, file_date: dt.date) -> dt.date:
    """The last day a delivery speaks about: the end of its period, or the file's date where that is earlier.

    A unit may name a longer period than the item's own (a daily item under the month it belongs to).
    """
    try:
        return min(read(text)[1], file_date)
    except ValueError:
        return file_date


def _months(year: int, month: int, count: int) -> Span:
    first = dt.date(year, month, 1)
    after = year * 12 + month - 1 + count
    return first, dt.date(after // 12, after % 12 + 1, 1) - dt.timedelta(days=1)

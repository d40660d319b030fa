"""Which rows go into which delivery, and what each delivery is called."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from datahub.contracts import ItemDefinition, Period
from datahub.demo.calendar import as_dates, month_end
from datahub.demo.city import City
from datahub.demo.styles import plan_data

LAG_DAYS = {Period.DAILY: 1, Period.WEEKLY: 3, Period.YEARLY: 40}
MONTHLY_DAY, QUARTERLY_DAY = 9, 12
RECENT_DAYS = 30
VANISHING_RATIO = 0.04
REGISTER_LAG_DAYS = 45


@dataclass(frozen=True)
class Part:
    """Rows of one delivery.

    ``rank`` orders deliveries: the register and its changes first (0), history (1), recent ones by day (2),
    and last the firms that are late in the register (9).
    """

    frame: pl.DataFrame
    period: str
    file_date: date
    rank: int


def parts_of(item: ItemDefinition, frame: pl.DataFrame, city: City) -> list[Part]:
    """Cut a table into deliveries, oldest first; each shows the facts as they stood on its file date.

    A delivery without rows is no delivery.
    """
    return [part for part in _cut(item, frame, city) if part.frame.height]


def _cut(item: ItemDefinition, frame: pl.DataFrame, city: City) -> list[Part]:
    cuts = plan_data()["cuts"]
    if item.code == "market.registration":
        return _registrations(frame, city)
    if item.code in cuts["series"]:
        return _monthly(item, frame, city, cuts["series"][item.code])
    last = _file_date(item, city.as_of)
    if item.code in cuts["recent"]:
        parts = _history_and_recent(item, frame, last)
        # former names must be known before other departments use them
        return [replace(part, rank=0) for part in parts] if item.code == "market.changes" else parts
    if item.code in cuts["full"]:
        return _two_full_lists(item, frame, city, last)
    return [Part(_as_it_stood(item, frame, last), _period(item, last), last, 1)]


def _file_date(item: ItemDefinition, as_of: date) -> date:
    """The day of the newest file: shortly before ``as_of`` for frequent items, a fixed day for the others."""
    newest = as_of - timedelta(days=1)
    late = timedelta(days=plan_data()["late"].get(item.code, 0))
    if item.delivery.period is Period.MONTHLY:
        first = newest.replace(day=1)
        day = first.replace(day=MONTHLY_DAY)
        return (day if day <= newest else (first - timedelta(days=1)).replace(day=MONTHLY_DAY)) - late
    if item.delivery.period is Period.QUARTERLY:
        day = date(newest.year, (newest.month - 1) // 3 * 3 + 1, QUARTERLY_DAY)
        return min(day, newest) - late
    return as_of - timedelta(days=LAG_DAYS[item.delivery.period]) - late


def _period(item: ItemDefinition, file_date: date) -> str:
    """The period that a file of that day is about."""
    match item.delivery.period:
        case Period.MONTHLY:
            return f"{file_date.replace(day=1) - timedelta(days=1):%Y-%m}"
        case Period.QUARTERLY:
            before = file_date.replace(day=1) - timedelta(days=31)
            return f"{before.year}Q{(before.month + 2) // 3}"
        case Period.YEARLY:
            return str(file_date.year - 1)
        case _:
            return file_date.isoformat()


def _as_it_stood(item: ItemDefinition, frame: pl.DataFrame, day: date) -> pl.DataFrame:
    """The facts of before ``day``, without endings that came later."""
    event = item.timeline.event or item.timeline.valid_from
    if event and event in frame.columns and frame[event].dtype == pl.Date:
        frame = frame.filter(pl.col(event).is_null() | (pl.col(event) <= day))
    undo: dict[str, Any] = plan_data()["undo"].get(item.code, {})
    for column in (item.timeline.released, item.timeline.repaired):
        if column is None:
            continue
        later = pl.col(column) > day
        before = [
            pl.when(later).then(_before(value, frame.schema[name])).otherwise(pl.col(name)).alias(name)
            for name, value in undo.items()
        ]
        frame = frame.with_columns(*before, pl.when(later).then(None).otherwise(pl.col(column)).alias(column))
    return frame


def _before(value: Any, dtype: Any) -> pl.Expr:
    if isinstance(value, str) and value.startswith("="):
        return pl.col(value[1:])
    return pl.lit(value, dtype)


def _monthly(item: ItemDefinition, frame: pl.DataFrame, city: City, recent: int) -> list[Part]:
    """One file for the history, then one for each of the last ``recent`` months."""
    column = item.timeline.event or "month"
    parts: list[Part] = []
    months = city.panel.months
    for month in months[-recent - 1 :]:
        first = not parts
        chosen = frame.filter(pl.col(column) <= month if first else pl.col(column) == month)
        file_date = min(month_end(month) + timedelta(days=MONTHLY_DAY), city.as_of - timedelta(days=1))
        parts.append(
            Part(_as_it_stood(item, chosen, file_date), f"{month:%Y-%m}", file_date, 1 if first else 2)
        )
    return parts


def _history_and_recent(item: ItemDefinition, frame: pl.DataFrame, last: date) -> list[Part]:
    """One file up to a month ago, one with what happened or ended since."""
    cut = last - timedelta(days=RECENT_DAYS)
    event = item.timeline.event or item.timeline.valid_from
    changed = pl.col(str(event)) > cut
    for column in (item.timeline.released, item.timeline.repaired):
        if column is not None:
            changed = changed | pl.col(column).is_between(cut, last, closed="right").fill_null(False)
    return [
        Part(_as_it_stood(item, frame, cut), _period(item, cut), cut, 1),
        Part(_as_it_stood(item, frame.filter(changed), last), _period(item, last), last, 2),
    ]


def _two_full_lists(item: ItemDefinition, frame: pl.DataFrame, city: City, last: date) -> list[Part]:
    """A full list and the next one, from which a few lines have vanished."""
    before = last - timedelta(days=RECENT_DAYS)
    older = _as_it_stood(item, frame, before)
    newer = _as_it_stood(item, frame, last)
    open_keys = older.filter(~pl.col("firm").is_in(city.cast.firms.tolist()))
    count = int(VANISHING_RATIO * older.height)
    gone = city.rng(f"{item.code}/vanish").permutation(open_keys["firm"].unique().sort().to_numpy())[:count]
    return [
        Part(older, _period(item, before), before, 1),
        Part(newer.filter(~pl.col("firm").is_in(gone.tolist())), _period(item, last), last, 2),
    ]


def _registrations(frame: pl.DataFrame, city: City) -> list[Part]:
    """The register of 45 days ago, what changed since, and last of all the firms that are late in it."""
    last = city.as_of - timedelta(days=1)
    cut = last - timedelta(days=REGISTER_LAG_DAYS)
    late = pl.Series(city.firms.late[frame["firm"].to_numpy()])
    on_time = frame.filter(~late)
    ended = as_dates(city.panel.ended[on_time["firm"].to_numpy()])
    older = on_time.with_columns(
        reg_state=pl.when(ended > cut).then(pl.lit("active")).otherwise(pl.col("reg_state")),
        approved_on=pl.when(ended > cut).then(pl.col("established_on")).otherwise(pl.col("approved_on")),
    ).filter(pl.col("established_on") <= cut)
    changed = on_time.filter((pl.col("approved_on") > cut) | (pl.col("established_on") > cut))
    return [
        Part(older, cut.isoformat(), cut, 0),
        Part(changed, (last - timedelta(days=1)).isoformat(), last - timedelta(days=1), 0),
        Part(frame.filter(late), last.isoformat(), last, 9),
    ]


def name_of(item: ItemDefinition, department: str, part: Part, suffix: str) -> str:
    """File name as the department would give it."""
    return f"{department}_{item.name}_{part.period}_{part.file_date:%Y%m%d}.{suffix}"


def notes_of(item: ItemDefinition, department: str, part: Part) -> list[str]:
    """Two lines above the header."""
    return [
        f"慈溪市{department}{item.name}报送表（演示数据）",
        f"报送日期：{part.file_date:%Y年%m月%d日}　所属期：{part.period}",
    ]

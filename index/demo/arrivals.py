"""When a fact of the demonstration would have arrived: the city's history is received in one go, so the last
weeks are replayed with stated delays. Only a demonstration uses this; real runs know by ``received_at``.

Seven in ten arrive with their item's days of grace, a quarter some days later, the rest up to twenty days later.
Periodic figures arrive on their release day, one in seven some days after it. Which is which follows from the
record's number, so a repetition gives the same.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from datahub import public as datahub

REGISTRATION = "market.registration"
RELEASE_DAYS = 15
MONTHLY = ("monthly", "quarterly", "yearly")


def arrival_days(item: str) -> pl.Expr:
    """Days from the event of a fact to its arrival."""
    draw = (pl.col("record_id") * 2_654_435_761 % 1_000_003) % 100
    delivery = datahub.get_item(item).delivery
    if str(delivery.period) in MONTHLY:
        return pl.when(draw < 86).then(0).otherwise(RELEASE_DAYS + draw % 9)
    grace = delivery.grace_days
    return (
        pl.when(draw < 70)
        .then(grace)
        .when(draw < 95)
        .then(grace + 2 + draw % 4)
        .otherwise(grace + 6 + draw % 12)
    )


def with_arrival(item: str, frame: pl.DataFrame) -> pl.DataFrame:
    day = pl.coalesce("event_date", "valid_from")
    return frame.with_columns(arrived_on=day + pl.duration(days=arrival_days(item)))


def arrived(frames: Mapping[str, pl.DataFrame], by: date) -> dict[str, pl.DataFrame]:
    """The facts that had arrived by the end of a day; registrations always have."""
    kept = {}
    for item, frame in frames.items():
        if item == REGISTRATION:
            kept[item] = frame
            continue
        told = with_arrival(item, frame)
        kept[item] = told.filter(pl.col("arrived_on").is_null() | (pl.col("arrived_on") <= by)).drop(
            "arrived_on"
        )
    return kept


def arriving(frames: Mapping[str, pl.DataFrame], on: date) -> list[int]:
    """Enterprises of whom a fact arrives on that day, ascending."""
    found: set[int] = set()
    for item, frame in frames.items():
        if item != REGISTRATION:
            told = with_arrival(item, frame).filter(pl.col("arrived_on") == on)
            found |= set(told["enterprise_id"].to_list())
    return sorted(found)

"""How each department writes its files."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from datahub.contracts import FieldDefinition, ItemDefinition, Kind
from datahub.demo.vocabulary import read

LARGEST_SHEET = 5_000
"""Rows beyond which a department that likes spreadsheets sends CSV instead."""


@dataclass(frozen=True)
class Style:
    """One department's habits; the meaning of each is told in ``deliveries.yaml``."""

    format: str
    headers: int
    dates: tuple[str, ...]
    months: tuple[str, ...]
    null: str
    open_end: str
    alias: int
    thousands: bool
    wan: bool
    percent: bool
    notes: bool
    fullwidth: bool
    bad: float
    serial: bool


@lru_cache(maxsize=1)
def plan_data() -> dict[str, Any]:
    """The written plan of deliveries."""
    plan: dict[str, Any] = read("deliveries")
    return plan


@lru_cache(maxsize=256)
def style_of(item_code: str) -> Style:
    """Defaults, then the department's habits, then the item's own."""
    plan = plan_data()
    merged = {
        **plan["defaults"],
        **plan["departments"][item_code.partition(".")[0]],
        **plan["items"].get(item_code, {}),
    }
    return Style(**{**merged, "dates": tuple(merged["dates"]), "months": tuple(merged["months"])})


def header_of(item: ItemDefinition, definition: FieldDefinition, style: Style) -> str:
    """The column's header: the Chinese name or one of the accepted others, with 万元 where the file is in it."""
    names = (definition.name, *definition.headers)
    header = names[min(style.headers, len(names) - 1)]
    return f"{header}（万元）" if in_wan(definition, style) else header


def in_wan(definition: FieldDefinition, style: Style) -> bool:
    """True where the file gives an amount in 万元 although the item declares another unit."""
    return definition.kind is Kind.MONEY and style.wan and definition.unit != "万元"

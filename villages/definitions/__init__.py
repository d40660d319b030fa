"""Reviewed data: numbers of the ledger, rule sets, forbidden items."""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class LedgerNumbers:
    """``ledger.yaml``, which says what each number means."""

    points_per_yuan: int
    price_ceiling_ratio: float
    pickup_hours: int
    pickup_code_digits: int
    open_holds_per_person: int
    budget_reserve_pct: int
    budget_alert_pct: int
    vintage_end: dict[str, int]
    vintage_notice_days: list[int]
    statement_clock_days: int
    outbox_retry_seconds: list[int]

    def last_day_of(self, vintage: int) -> dt.date:
        """The last day on which points earned in ``vintage`` can be spent."""
        end = self.vintage_end
        return dt.date(vintage + end["years_after"], end["month"], end["day"])


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


@cache
def ledger_numbers() -> LedgerNumbers:
    return LedgerNumbers(**read("ledger.yaml"))

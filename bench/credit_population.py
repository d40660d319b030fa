"""A made-up population for tests and measurements of the score engine: seeded, vectorised, no real firm.

A latent health drives every fact, so that scores have something to find. Rates are assumptions.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from credit.contracts import RECORD_COLUMNS, ScoringInput
from credit.engine.scorecard import Scorecard

DEFINITIONS = Path(__file__).parent.parent / "datahub" / "definitions"
DIVISIONS = {
    "C": ("17", "28", "29", "33", "34", "35", "36", "38", "39"), "F": ("51", "52"), "A": ("01",), "G":
    ("54",), "I": ("65",), "L": ("72",), "E": ("48",), "H": ("62",),
}  # fmt: skip
NOT_DELIVERED = ("tax.", "hrss.insured", "hrss.insurance_arrears")
NO_DAY = -(2**31)
MONTHS = 24


@lru_cache(maxsize=1)
def item_definitions() -> dict[str, dict[str, object]]:
    """Every data item of the portal by code."""
    files = [
        yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) for path in sorted(DEFINITIONS.glob("*.yaml"))
    ]
    return {item["code"]: item for file in files for item in file["items"]}


def item_measures() -> dict[str, tuple[str, ...]]:
    """Measure names of every item in the order of n1, n2, …."""
    return {code: tuple(item.get("measures", ())) for code, item in item_definitions().items()}


class Population:
    """Entities and frames of `n` enterprises as of a day; `density` thins out the monthly series."""

    def __init__(self, n: int, as_of: date, card: Scorecard, seed: int = 7, density: float = 1.0) -> None:
        self.n, self.as_of, self.card, self.density = n, as_of, card, density
        self.today = as_of.toordinal() - 719163
        self.rng = np.random.default_rng(seed)
        self.health = self.rng.normal(size=n)
        self.kind = self.rng.choice(
            ["company", "individual", "cooperative", "branch"], n, p=[0.55, 0.4, 0.03, 0.02]
        )
        self.scale = np.exp(self.rng.normal(15.0, 1.4, n) - (self.kind == "individual") * 2.0)
        self.section, self.division = self._industries()
        self.definitions = item_definitions()
        self.measures = item_measures()
        self.next_record = 1
        self.frames: dict[str, pl.DataFrame] = {}
        for item in card.items:
            self.frames[item] = self._frame(item)

    def inputs(self, *, delivered: bool = True) -> ScoringInput:
        """The scoring input; without `delivered` tax and social insurance are not supplied."""
        items = [item for item in self.card.items if delivered or not item.startswith(NOT_DELIVERED)]
        return ScoringInput(
            {item: self.frames[item] for item in items},
            self.entities(),
            frozenset(items),
            self.as_of,
            self.measures,
        )

    def entities(self) -> pl.DataFrame:
        size = np.array(["micro", "small", "medium", "large"])[np.digitize(self.scale, [4e6, 2e7, 2e8])]
        born = self.today - self.rng.integers(100, 9000, self.n)
        capital = np.where(self.kind == "branch", np.nan, np.round(self.scale * 0.3, -4) + 10_000)
        return pl.DataFrame(
            {
                "enterprise_id": np.arange(1, self.n + 1),
                "kind": self.kind.tolist(),
                "state": np.where(self.rng.random(self.n) < 0.995, "active", "revoked").tolist(),
                "section": self.section.tolist(),
                "industry": self.division.tolist(),
                "size": size.tolist(),
                "town_code": ["330282109"] * self.n,
                "established_on": pl.Series(born.astype(np.int32)).cast(pl.Date),
                "registered_capital_yuan": pl.Series(capital).fill_nan(None),
            }
        )

    def _industries(self) -> tuple[np.ndarray, np.ndarray]:
        pairs = [(section, division) for section, divisions in DIVISIONS.items() for division in divisions]
        chosen = self.rng.integers(0, len(pairs), self.n)
        return np.array([p[0] for p in pairs])[chosen], np.array([p[1] for p in pairs])[chosen]

    def _frame(self, item: str) -> pl.DataFrame:
        code = item.split("@")[0]
        department = code.split(".")[0]
        if code in SERIES:
            return self._series(item, code, *SERIES[code])
        if code in YEARLY:
            return self._yearly(item, code, YEARLY[code])
        rate = RATES.get(code, RATES.get(department, 0.02))
        bad = self.definitions[code]["category"] in ("arrears", "seizure", "equity_freeze") or code in BAD
        weight = np.exp(-0.9 * self.health) if bad else np.exp(0.3 * self.health)
        return self._events(item, code, self.rng.poisson(rate * weight / weight.mean()), bad)

    def _series(self, item: str, code: str, share: float, spread: float) -> pl.DataFrame:
        """Monthly figures over the last finished months for a share of the enterprises."""
        who = np.flatnonzero(self.rng.random(self.n) < share * self.density)
        entity = np.repeat(who, MONTHS)
        month = np.tile(np.arange(MONTHS), len(who))
        first = np.datetime64(self.as_of, "M") - np.arange(MONTHS)[::-1] - 1
        event = first.astype("datetime64[D]").astype(np.int32)[month]
        growth = 1 + (0.01 * self.health[entity] + self.rng.normal(0, 0.002, len(who)).repeat(MONTHS)) * month
        base = self.scale[entity] / 12 * spread * np.exp(self.rng.normal(0, 0.5, len(who)).repeat(MONTHS))
        value = base * np.maximum(growth, 0.05) * np.exp(self.rng.normal(0, 0.1, len(entity)))
        return self._table(item, code, entity, event, value=value)

    def _yearly(self, item: str, code: str, share: float) -> pl.DataFrame:
        who = np.flatnonzero(self.rng.random(self.n) < share)
        entity = np.repeat(who, 2)
        years = np.tile(np.array([self.as_of.year - 2, self.as_of.year - 1]), len(who))
        event = np.array([date(int(y), 12, 31).toordinal() - 719163 for y in years], dtype=np.int32)
        return self._table(item, code, entity, event)

    def _events(self, item: str, code: str, counts: np.ndarray, bad: bool) -> pl.DataFrame:
        entity = np.repeat(np.arange(self.n), counts)
        event = (self.today - self.rng.integers(0, 1500, len(entity))).astype(np.int32)
        return self._table(item, code, entity, event, bad=bad)

    def _table(
        self, item: str, code: str, entity: np.ndarray, event: np.ndarray, *, value: np.ndarray | None = None,
        bad: bool = False,
    ) -> pl.DataFrame:  # fmt: skip
        n, timeline = len(entity), self.definitions[code].get("timeline", {})
        dates: dict[str, pl.Series] = {"event_date": _dates(event)}
        for name in ("valid_from", "valid_to", "released", "repaired"):
            column = {"released": "released_on", "repaired": "repaired_on"}.get(name, name)
            if name not in timeline:
                dates[column] = _dates(np.full(n, NO_DAY))
            elif name == "valid_from":
                dates[column] = _dates(event)
            else:
                open_end = self.rng.random(n) < (0.35 if bad else 0.8)
                end = event + self.rng.integers(20, 1200, n)
                end = np.where((name != "valid_to") & (end > self.today), NO_DAY, end)
                dates[column] = _dates(np.where(open_end, NO_DAY, end))
        numbers = self._numbers(code, entity, value)
        records = np.arange(self.next_record, self.next_record + n)
        self.next_record += n
        body = {
            "enterprise_id": entity + 1,
            "record_id": records,
            **dates,
            **numbers,
            "level": self._level(code, entity),
        }
        return pl.DataFrame(body).with_columns(
            [pl.col(name).cast(kind) for name, kind in RECORD_COLUMNS.items()]
        )

    def _numbers(self, code: str, entity: np.ndarray, value: np.ndarray | None) -> dict[str, np.ndarray]:
        names: Sequence[str] = self.measures[code]
        if code == "market.annual_assets":
            values: Mapping[str, np.ndarray] = self._balance(entity)
        else:
            values = {name: self._measure(name, entity, value) for name in names}
        return {f"n{i + 1}": np.round(values[name], 2) for i, name in enumerate(names)}

    def _balance(self, entity: np.ndarray) -> dict[str, np.ndarray]:
        m, health = len(entity), self.health[entity]
        assets = self.scale[entity] * np.exp(self.rng.normal(0, 0.3, m))
        debt = assets / (1 + np.exp(0.6 * health + self.rng.normal(0, 0.6, m)))
        revenue = assets * np.exp(self.rng.normal(0.1, 0.4, m))
        profit = revenue * (0.04 + 0.05 * health + self.rng.normal(0, 0.04, m))
        people = np.maximum(1, np.round(revenue / 6e5 * np.exp(self.rng.normal(0, 0.3, m))))
        return {
            "assets": assets, "liabilities": debt, "equity": assets - debt, "revenue": revenue,
            "main_revenue": revenue * 0.9, "total_profit": profit * 1.2, "net_profit": profit,
            "tax_paid": revenue * np.exp(self.rng.normal(-3.5, 0.4, m)), "employees": people,
        }  # fmt: skip

    def _measure(self, name: str, entity: np.ndarray, value: np.ndarray | None) -> np.ndarray:
        m, health = len(entity), self.health[entity]
        if name in ("periods", "rank"):
            return self.rng.integers(1, 5, m).astype(float)
        if name == "score":
            return np.clip(780 + 60 * health + self.rng.normal(0, 40, m), 300, 1000)
        if name in ("share", "top_share"):
            return np.round(self.rng.beta(2, 4, m) * 100, 2)
        if name in ("overdue_days", "deaths"):
            return np.where(self.rng.random(m) < 0.05, self.rng.integers(1, 200, m), 0).astype(float)
        if name == "void_count" or name == "negative_count":
            return self.rng.poisson(np.exp(0.5 - 0.5 * health)).astype(float)
        if name.endswith("count") or name in ("counterparties", "vehicles", "workers", "bank_count"):
            return self.rng.poisson(40, m).astype(float) + 1
        if name == "heads" and value is not None:
            return np.maximum(1.0, np.round(value / 8e4))
        if value is not None:
            return value * np.exp(self.rng.normal(0, 0.05, m))
        part = np.exp(self.rng.normal(-3.0, 1.0, m))
        return self.scale[entity] * part * (self.rng.random(m) > 0.1)

    def _level(self, code: str, entity: np.ndarray) -> pl.Series:
        name = self.definitions[code].get("level")
        if not name:
            return pl.Series([None] * len(entity), dtype=pl.String)
        fields: list[dict[str, object]] = self.definitions[code]["fields"]  # type: ignore[assignment]
        levels = list(next(field for field in fields if field["code"] == name)["values"])  # type: ignore[call-overload]
        place = np.clip(
            (len(levels) - 1) * 0.35 - 0.6 * self.health[entity] + self.rng.normal(0, 1.0, len(entity)),
            0, len(levels) - 1,
        ).astype(int)  # fmt: skip
        return pl.Series(levels).gather(pl.Series(place))


def _dates(days: np.ndarray) -> pl.Series:
    days = days.astype(np.int32)
    return pl.Series(days).set(pl.Series(days == NO_DAY), None).cast(pl.Date)


SERIES = {
    "power.usage": (0.55, 0.1), "tax.vat_sales": (0.55, 1.0), "tax.payments": (0.5, 0.04),
    "tax.invoices": (0.5, 1.0), "hrss.insured": (0.4, 0.1), "provident.contributions": (0.2, 0.1),
    "medical.contributions": (0.4, 0.1), "statistics.main_indicators": (0.05, 1.0), "industry.output":
    (0.05, 1.0), "customs.trade_value": (0.08, 0.5), "finance.bank_credit": (0.1, 2.0),
}  # fmt: skip
YEARLY = {
    "market.annual_assets": 0.85, "industry.mu_benefit": 0.3, "science.rnd_spending": 0.1,
    "hrss.labour_grade": 0.3, "tax.credit_level": 0.6, "reform.public_credit": 0.8, "ecology.credit_rating":
    0.1, "tax.income_statement": 0.5,
}  # fmt: skip
RATES = {
    "market.changes": 0.6, "market.paid_capital": 0.8, "market.subscribed_capital": 1.2, "police.vehicles":
    0.6, "market.permits_inspection": 0.5, "market.ip_pledge": 0.4, "land.property_rights": 0.2,
    "land.mortgage": 0.12, "reform.project_filing": 0.15, "industry.investment_projects": 0.1,
    "treasury.procurement": 0.1, "treasury.subsidy": 0.2, "power.arrears": 0.15, "water.arrears": 0.12,
    "court.cases_filed": 0.12, "court.judgments": 0.08, "court.executed": 0.03, "court": 0.006,
    "market.abnormal_list": 0.05, "market.serious_violation": 0.008, "market.penalty": 0.08,
    "court.equity_freeze": 0.004, "science": 0.08, "industry.specialised": 0.03, "market.annual_guarantees":
    0.05, "market.equity_pledge": 0.03,
}  # fmt: skip
BAD = {
    "court.cases_filed", "court.judgments", "court.executed", "court.dishonest", "court.consumption_limit",
    "court.bankruptcy", "market.abnormal_list", "market.serious_violation", "market.penalty", "tax.penalty",
    "tax.abnormal_household", "tax.major_violation", "hrss.wage_arrears_list", "hrss.labour_cases",
    "land.idle_land", "ecology.penalty", "emergency.hazards", "emergency.penalty",
    "commerce.credit_penalty", "customs.penalty", "transport.overload_penalty", "health.penalty",
    "enforcement.penalty", "statistics.penalty", "fire.penalty", "reform.joint_list",
    "treasury.procurement_ban", "police.economic_crime", "power.theft", "market.changes",
}  # fmt: skip

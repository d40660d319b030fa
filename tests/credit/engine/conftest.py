"""A small card that uses the whole vocabulary, its reference, and ways to write records down briefly."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from credit.contracts import ENTITY_COLUMNS, RECORD_COLUMNS, ScoringInput
from credit.engine.percentiles import POINTS, Reference
from credit.engine.score import Model
from credit.engine.scorecard import Scorecard, read_scorecard

AS_OF = date(2026, 3, 15)
MEASURES = {"a.one": ("x", "y"), "a.two": ("x", "y"), "a.bad": ("x", "y")}
SMALL_CARD = """
version: small
name: small
effective_from: "2026-01-01"
owner: tests
entropy_share: 0
peers: 30
pairwise: [[1, 2, 1, 1/2, 1], [1/2, 1, 1/2, 1/3, 1], [1, 2, 1, 1, 2], [2, 3, 1, 1, 2], [1, 1, 1/2, 1/2, 1]]
forces:
  - {code: capital, name: c, weight: 0.20, ahp: 0.1892, why: w}
  - {code: operating, name: o, weight: 0.10, ahp: 0.1137, why: w}
  - {code: profit, name: p, weight: 0.25, ahp: 0.2475, why: w}
  - {code: solvency, name: s, weight: 0.30, ahp: 0.3072, why: w}
  - {code: growth, name: g, weight: 0.15, ahp: 0.1424, why: w}
leaves:
  - {code: C_LATEST, name: n, force: capital, unit: u, formula: f, weight: 0.4, grade: L1, missing: silence,
     value: {latest: a.one.x, months: 12}}
  - {code: C_SUM, name: n, force: capital, unit: u, formula: f, weight: 0.3, grade: L1, direction: low,
     value: {minus: [{or_zero: {sum: a.one.y, in_force: true}}, {or_zero: {sum: a.two.x, in_force: true}}]}}
  - {code: C_CAPITAL, name: n, force: capital, unit: u, formula: f, weight: 0.3, grade: L1,
     value: {plus: [{entity: registered_capital_yuan}, {const: 1}]}}
  - {code: O_TREND, name: n, force: operating, unit: u, formula: f, weight: 0.3, grade: L1,
     value: {first_of: [{trend: a.two.x, months: 2, lag: 1}, {change: a.one.x, months: 24}]}}
  - {code: O_ACTIVE, name: n, force: operating, unit: u, formula: f, weight: 0.4, grade: L1,
     value: {sum_of: [{months_active: a.two.y, months: 12}, {months_active: a.one, months: 6, levels: [p]}]}}
  - {code: O_SHARE, name: n, force: operating, unit: u, formula: f, weight: 0.3, grade: L1, recorded: [a.two],
     value: {share: [{sum: a.two.x, months: 24}, {sum: a.two.y, months: 24}]}}
  - {code: P_MEAN, name: n, force: profit, unit: u, formula: f, weight: 0.5, grade: L2, sections: [C],
     value: {mean: a.one.y, levels: [p, q]}}
  - {code: P_EXTREME, name: n, force: profit, unit: u, formula: f, weight: 0.5, grade: L1,
     value: {ratio: [{max: a.one.x}, {clip: {min: a.one.y}, low: 1, high: 5}]}}
  - {code: S_LEVEL, name: n, force: solvency, unit: u, formula: f, weight: 0.4, grade: L1, scale: fixed,
     value: {points: a.one, scale: {p: 100, q: 40}, months: 24}}
  - {code: S_BEST, name: n, force: solvency, unit: u, formula: f, weight: 0.3, grade: L3, scale: fixed,
     value: {max_of: [{points: a.two, scale: {p: 90, q: 60, r: 10}, pick: best, in_force: true},
                      {points: a.one, scale: {r: 30, p: 80}, pick: worst}]}}
  - {code: S_STEPS, name: n, force: solvency, unit: u, formula: f, weight: 0.3, grade: L1, scale: fixed,
     value: {steps: {count: a.bad, months: 24}, at: [[0, 100], [1, 60], [3, 0]]}}
  - {code: G_SINCE, name: n, force: growth, unit: u, formula: f, weight: 0.5, grade: L1, direction: low,
     kinds: [company, individual], value: {months_since: a.two}}
  - {code: G_AGE, name: n, force: growth, unit: u, formula: f, weight: 0.5, grade: L1,
     value: {mean_of: [{entity: age_months}, {days_since: a.one, pick: worst}]}}
severities:
  minor: {name: m, base: 10, half_life: 6, window: 3}
  serious: {name: s, base: 80, half_life: 24, window: 36}
penalties:
  - code: N_PLAIN
    name: plain
    formula: f
    cap: 150
    grade: L1
    sources:
      - {item: a.bad, severity: minor, by_level: {p: serious}, amount: x}
      - {item: a.one, severity: minor, levels: [r]}
  - code: N_BURDEN
    name: burden
    formula: f
    cap: 120
    grade: L3
    sources:
      - {item: a.bad, by_amount: [[0, minor], [50, serious]], amount: y, owed: true, burden: true}
caps:
  - {code: V_HARD, name: hard, formula: f, cap: 399, grade: L1, value: {count_in_force: a.bad, levels: [q]}}
  - {code: V_RATIO, name: ratio, formula: f, cap: 549, grade: L3, at_least: 0.5,
     value: {ratio: [{sum: a.bad.x, in_force: true}, {entity: registered_capital_yuan}]}}
  - {code: V_STATE, name: state, formula: f, cap: 399, grade: L1, value: {entity: state, among: [revoked]}}
  - {code: V_PRINCIPAL, name: principal, formula: f, cap: 649, grade: L1,
     value: {count_in_force: a.bad, about: principal}}
grades: [{code: AA, at_least: 750}, {code: B, at_least: 350}, {code: C, at_least: 0}]
words: {good: 0.5, bad: 0.5}
reasons: {adverse: 4, favourable: 3, floor: 0.5}
"""


@pytest.fixture(scope="session")
def small_card() -> Scorecard:
    return read_scorecard(SMALL_CARD)


@pytest.fixture(scope="session")
def small_model(small_card: Scorecard) -> Model:
    """Tables with runs of equal points, so that ties and gaps are met."""
    rng = np.random.default_rng(5)
    ranked = [leaf.code for leaf in small_card.leaves if leaf.scale == "percentile"]
    fixed = [leaf.code for leaf in small_card.leaves if leaf.scale == "fixed"]
    tables = {
        code: {
            group: np.sort(rng.choice([-5.0, 0.0, 0.5, 1.0, 2.0, 30.0, 120.0], POINTS))
            for group in ("*", "C", "17/small")
        }
        for code in ranked
    }
    reference = Reference(
        card_version="small",
        fitted_on={},
        tables=tables,
        leaf_medians={code: {"*": 60.0, "C/small": 75.0} for code in fixed},
        force_medians={"*": (50.0, 48.0, 52.0, 61.0, 50.0), "17/small": (40.0, 50.0, 60.0, 70.0, 30.0)},
        words={"good": 500.0, "bad": 0.0},
        entropy={},
    )
    return Model(small_card, reference)


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Records from dictionaries; what is left out is null."""
    schema = {**RECORD_COLUMNS, "n1": pl.Float64(), "n2": pl.Float64()}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def entity_of(enterprise_id: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "enterprise_id": enterprise_id, "kind": "company", "state": "active", "section": "C",
        "industry": "17", "size": "small", "town_code": "330282109", "established_on": AS_OF -
        timedelta(days=3000), "registered_capital_yuan": 100.0,
    }  # fmt: skip
    return plain | changes


@pytest.fixture
def make_inputs() -> Callable[..., ScoringInput]:
    """Input of the small card from records by item; one company unless entities are given."""

    def make(
        records: dict[str, list[dict[str, Any]]] | None = None,
        entities: list[dict[str, Any]] | None = None,
        supplied: frozenset[str] = frozenset({"a.one", "a.two", "a.bad", "a.bad@principal"}),
        as_of: date = AS_OF,
    ) -> ScoringInput:
        frames = {item: frame_of(rows) for item, rows in (records or {}).items()}
        register = pl.DataFrame(entities or [entity_of(1)], schema=ENTITY_COLUMNS)
        return ScoringInput(frames, register, supplied, as_of, MEASURES)

    return make

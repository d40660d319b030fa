"""Step functions of facts, compared with a plain count of each day."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.contracts import Indicator, Rule, RuleKind
from index.paths import MISSING, Fences, fit_fences, number_of, raw_path, score_path, score_values

DAY = date(2026, 1, 1)
FACT = {
    "enterprise_id": pl.Int64, "event_date": pl.Date, "valid_from": pl.Date, "valid_to": pl.Date,
    "released_on": pl.Date, "repaired_on": pl.Date, "level": pl.String, "n1": pl.Float64, "n2": pl.Float64,
}  # fmt: skip
FIRST, DAYS = number_of(DAY), 90


def indicator(kind: RuleKind, **rule: object) -> Indicator:
    return Indicator("X", "例", "risk", 1, "court.executed", "件", Rule(kind, **rule), False, True, (0, 2))  # type: ignore[arg-type]


def facts(*rows: dict[str, object]) -> pl.DataFrame:
    empty: dict[str, object] = dict.fromkeys(FACT)
    return pl.DataFrame([empty | row for row in rows], schema=FACT)


def value_on(path: object, entity: int, day: int, default: float = 0.0) -> float:
    """Plain reading of a path: the last point at or before the day."""
    found = default
    for who, when, value in zip(path.entity, path.day, path.value, strict=True):  # type: ignore[attr-defined]
        if who == entity and when <= day:
            found = float(value)
    return found


days = st.integers(0, 60).map(lambda n: DAY + timedelta(days=n))
some_facts = st.lists(
    st.fixed_dictionaries(
        {
            "enterprise_id": st.integers(1, 3), "valid_from": days, "valid_to": st.none() | days,
            "released_on": st.none() | days, "repaired_on": st.none() | days, "n1": st.integers(0, 9).map(float),
        }
    ), max_size=8,
)  # fmt: skip


@given(some_facts, st.booleans())
def test_facts_in_force_are_counted_day_by_day_as_the_definition_of_in_force_says(
    rows: list[dict[str, object]], summed: bool
) -> None:
    one = indicator(RuleKind.IN_FORCE, measure="a" if summed else "", sum=summed)
    path = raw_path(one, facts(*rows) if rows else None, ["a", "b"])
    for entity in (1, 2, 3):
        for number in range(FIRST, FIRST + 65):
            day = date(1970, 1, 1) + timedelta(days=number)
            inside = [
                row for row in rows
                if row["enterprise_id"] == entity and row["valid_from"] <= day  # type: ignore[operator]
                and (row["valid_to"] is None or row["valid_to"] >= day)  # type: ignore[operator]
                and all(row[end] is None or row[end] > day for end in ("released_on", "repaired_on"))  # type: ignore[operator]
            ]  # fmt: skip
            wanted = sum(float(row["n1"]) for row in inside) if summed else float(len(inside))  # type: ignore[arg-type]
            assert value_on(path, entity, number) == wanted


@given(st.lists(st.tuples(st.integers(1, 3), days), max_size=10), st.integers(1, 30))
def test_events_count_for_their_window_and_then_lapse(events: list[tuple[int, date]], window: int) -> None:
    frame = facts(*({"enterprise_id": who, "event_date": when} for who, when in events)) if events else None
    path = raw_path(indicator(RuleKind.EVENTS, window=window), frame, ["a", "b"])
    for entity in (1, 2, 3):
        for number in range(FIRST, FIRST + DAYS):
            wanted = sum(who == entity and 0 <= number - number_of(when) < window for who, when in events)
            assert value_on(path, entity, number) == wanted


def test_a_periodic_figure_holds_from_its_release_until_the_next_one() -> None:
    frame = facts(
        {"enterprise_id": 1, "event_date": date(2026, 1, 31), "n1": 10.0},
        {"enterprise_id": 1, "event_date": date(2026, 1, 31), "n1": 5.0},
        {"enterprise_id": 1, "event_date": date(2026, 2, 28), "n1": 20.0},
    )
    path = raw_path(indicator(RuleKind.LATEST, measure="a", lag=10, keep=75), frame, ["a", "b"])
    assert np.isnan(value_on(path, 1, number_of(date(2026, 2, 9)), np.nan))
    assert value_on(path, 1, number_of(date(2026, 2, 10))) == 15
    assert value_on(path, 1, number_of(date(2026, 3, 10))) == 20
    assert value_on(path, 1, number_of(date(2026, 5, 23))) == 20
    assert np.isnan(value_on(path, 1, number_of(date(2026, 5, 24))))


def test_a_ratio_without_a_denominator_is_missing() -> None:
    frame = facts(
        {"enterprise_id": 1, "event_date": DAY, "n1": 3.0, "n2": 4.0},
        {"enterprise_id": 2, "event_date": DAY, "n1": 3.0, "n2": 0.0},
    )
    path = raw_path(indicator(RuleKind.LATEST_RATIO, measure="a", over="b", keep=9), frame, ["a", "b"])
    assert path.entity.tolist() == [1, 1]
    assert path.value[0] == 0.75


def test_only_the_levels_asked_for_count() -> None:
    frame = facts(
        {"enterprise_id": 1, "event_date": DAY, "level": "defendant"},
        {"enterprise_id": 1, "event_date": DAY, "level": "plaintiff"},
    )
    path = raw_path(indicator(RuleKind.EVENTS, window=9, levels=("defendant",)), frame, ["a", "b"])
    assert value_on(path, 1, FIRST) == 1


def test_scores_stay_between_the_fences_and_turn_round_for_costs() -> None:
    one = indicator(RuleKind.IN_FORCE)
    scores = score_values(one, Fences(0, 2), np.array([-1.0, 0, 1, 2, 9, np.nan]), 10, 100)
    assert scores.tolist() == [10_000, 10_000, 5_500, 1_000, 1_000, int(MISSING)]


def test_points_are_kept_where_the_score_changes_only() -> None:
    frame = facts(*({"enterprise_id": 1, "valid_from": DAY + timedelta(days=n)} for n in range(4)))
    one = indicator(RuleKind.IN_FORCE)
    points = score_path(raw_path(one, frame, []), one, 7, Fences(0, 2), 10, 100)
    assert points.score.tolist() == [5_500, 1_000]
    assert set(points.indicator.tolist()) == {7}


def test_fences_are_the_first_and_last_percent_of_the_base_window() -> None:
    rows = [{"enterprise_id": n, "event_date": date(2025, 1, 1), "n1": float(n)} for n in range(1, 1_001)] + [
        {"enterprise_id": 9_999, "event_date": date(2026, 6, 1), "n1": 1e9}
    ]
    one = Indicator(
        "X", "例", "risk", 1, "x", "", Rule(RuleKind.LATEST, measure="a", keep=400), False, False, None
    )
    path = raw_path(one, facts(*rows), ["a", "b"])
    found = fit_fences(one, path, number_of(date(2025, 1, 1)), number_of(date(2025, 12, 31)))
    assert found is not None
    assert found.low == pytest.approx(10, abs=1)
    assert found.high == pytest.approx(990, abs=1)

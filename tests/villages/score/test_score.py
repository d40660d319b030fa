"""The score as a pure function of events at a day."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from villages.definitions import read
from villages.engine.rules import RuleBook, read_book
from villages.engine.score import (
    Event,
    Score,
    household_score,
    participation_of,
    score_at,
    share_left,
    status_on,
)

DAY = dt.date(2026, 6, 30)
BOOK = read_book(read("qiaotou_rules.yaml"))


def event(
    code: str, number: int = 1, *, days_ago: int = 0, valid: int | None = 365, delta: str | None = None, act: str = "",
    steps: tuple[tuple[dt.date, str], ...] | None = None,
) -> Event:  # fmt: skip
    rule = BOOK.rules[code]
    begun = DAY - dt.timedelta(days=days_ago)
    ends = None if valid is None else begun + dt.timedelta(days=valid)
    size = rule.score if delta is None else Decimal(delta)
    return Event(UUID(int=number), rule, size, begun, begun, ends, steps or ((begun, "active"),), act)


def score(*events: Event, points: int = 0, book: RuleBook = BOOK) -> Score:
    return score_at(book, events, points, DAY)


def test_without_events_the_score_is_the_base() -> None:
    assert (score().value, score().grade.code) == (Decimal("100.0"), "B")


@pytest.mark.parametrize(
    ("points", "expected"),
    [(0, 0), (49, 0), (50, 4), (199, 4), (200, 8), (499, 8), (500, 12), (999, 12), (1000, 16), (9999, 16)],
)
def test_participation_steps_by_points_earned(points: int, expected: int) -> None:
    assert participation_of(BOOK, points) == expected


def test_an_item_counts_from_its_day_to_its_last_day_included() -> None:
    assert score(event("E04", days_ago=365)).value == 101
    assert score(event("E04", days_ago=366)).value == 100


def test_a_linear_item_fades_to_nothing_at_its_end() -> None:
    assert share_left(event("G02", days_ago=0), DAY) == 1
    assert score(event("G02", days_ago=73)).value == Decimal("95.2")
    assert score(event("G02", days_ago=365)).value == 100


def test_a_category_is_clamped() -> None:
    many = [event("S02", number, days_ago=number) for number in range(1, 15)]
    result = score(*many)
    assert result.categories["safety"] == (Decimal("14.0"), Decimal(8))
    assert result.value == 108


def test_a_rule_adds_no_more_than_its_cap_of_the_window() -> None:
    result = score(*[event("E07", number, days_ago=0, valid=180) for number in range(1, 6)])
    assert result.categories["environment"][0] == -6
    assert [line.note for line in result.lines][3:] == ["超出本规则累计上限的部分不计"] * 2


def test_of_one_act_only_the_highest_honour_counts() -> None:
    result = score(
        event("H02", 1, delta="2", act="honour:a"), event("H01", 2, delta="9", act="honour:a"),
        event("H02", 3, delta="4", act="honour:b"),
    )  # fmt: skip
    assert result.categories["honour"] == (Decimal("13.0"), Decimal(13))


def test_a_veto_lowers_the_grade_and_leaves_the_score() -> None:
    result = score(event("G01", 9, valid=None), event("H01", 1, delta="15"), points=2000)
    assert (result.value, result.plain_grade.code, result.grade.code) == (Decimal("131.0"), "A", "C")


def test_a_veto_does_not_lift_a_low_grade() -> None:
    low = [event("N03", 1), event("G02", 2), event("G02", 3), event("G03", 4), event("E08", 5, valid=180)]
    result = score(event("G01", 9, valid=None), *low)
    assert (result.plain_grade.code, result.grade.code) == ("D", "D")


@pytest.mark.parametrize("status", ["proposed", "noticed", "appealed", "withdrawn", "repaired"])
def test_only_an_active_event_counts(status: str) -> None:
    assert score(event("G03", steps=((DAY, "active"), (DAY, status)))).value == 100


def test_the_last_step_written_up_to_the_day_decides() -> None:
    steps = (
        (DAY - dt.timedelta(days=9), "noticed"),
        (DAY - dt.timedelta(days=5), "active"),
        (DAY + dt.timedelta(days=1), "withdrawn"),
    )
    found = event("G03", days_ago=9, steps=steps)
    assert [status_on(found, DAY + dt.timedelta(days=n)) for n in (-10, -9, -5, 0, 1)] == [
        "", "noticed", "active", "active", "withdrawn",
    ]  # fmt: skip


def test_a_household_is_the_mean_of_adults_plus_its_own_items() -> None:
    assert household_score([Decimal(100), Decimal(111)], Decimal(3), BOOK) == Decimal("108.5")
    assert household_score([], Decimal(3), BOOK) is None


codes = st.sampled_from([code for code, rule in BOOK.rules.items() if rule.score])
facts = st.lists(st.tuples(codes, st.integers(0, 700), st.integers(1, 400)), max_size=25)


@given(facts, st.integers(0, 3000), st.randoms())
def test_the_order_of_events_does_not_matter_and_limits_hold(
    found: list[tuple[str, int, int]], points: int, chance: object
) -> None:
    events = [event(code, n, days_ago=ago, valid=valid) for n, (code, ago, valid) in enumerate(found, 1)]
    result = score(*events, points=points)
    shuffled = list(events)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score(*shuffled, points=points).digest == result.digest
    assert 0 <= result.value <= 160
    for code, (_, after) in result.categories.items():
        _, low, high = BOOK.categories[code]
        assert low <= after <= high


@given(facts, st.integers(0, 3000))
def test_the_engine_equals_the_formula_written_out(found: list[tuple[str, int, int]], points: int) -> None:
    events = [event(code, n, days_ago=ago, valid=valid) for n, (code, ago, valid) in enumerate(found, 1)]
    assert abs(float(score(*events, points=points).value) - _plainly(events, points)) < 0.06 + 0.051 * len(
        events
    )


def _plainly(events: list[Event], points: int) -> float:
    """The formula of the rule book in floats, one event after the other."""
    sums: dict[str, float] = {}
    used: dict[tuple[str, object], float] = {}
    for one in sorted(events, key=lambda e: (e.occurred_on, e.id)):
        assert one.valid_to is not None
        if not one.valid_from <= DAY <= one.valid_to:
            continue
        size = abs(float(one.delta))
        if one.rule.score_limit is not None:
            quarter = (one.occurred_on.month - 1) // 3
            span = {"month": one.occurred_on.month, "quarter": quarter, "year": 0}[str(one.rule.score_window)]
            key = (one.rule.code, (one.occurred_on.year, span))
            size = min(size, max(float(one.rule.score_limit) - used.get(key, 0.0), 0.0))
            used[key] = used.get(key, 0.0) + size
        whole = (one.valid_to - one.valid_from).days
        left = 1 - (DAY - one.valid_from).days / whole if one.rule.decay == "linear" else 1.0
        sums[one.rule.category] = sums.get(one.rule.category, 0.0) + (size if one.delta > 0 else -size) * left
    total = 100.0 + (
        0 if points < 50 else 4 if points < 200 else 8 if points < 500 else 12 if points < 1000 else 16
    )
    for category, value in sums.items():
        _, low, high = BOOK.categories[category]
        total += min(max(value, float(low)), float(high))
    return min(max(total, 0.0), 160.0)

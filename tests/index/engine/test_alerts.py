"""Lights, EWMA, breadth and the life of an alert."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.alerts import (
    AlertRules,
    AlertStanding,
    AlertState,
    Light,
    breadth,
    ewma,
    last_light,
    light_of,
    lights,
    limits_from_history,
    limits_of_policy,
    next_standing,
)
from index.engine.season import UnableToJudge

LIMITS = limits_from_history(np.arange(101.0))


def test_the_lights_stand_at_the_frozen_percentiles() -> None:
    found = [light_of(value, LIMITS) for value in (0.0, 4.9, 5.0, 19.9, 20.0, 80.0, 80.1, 95.0, 95.1)]
    assert found == [
        Light.BLUE, Light.BLUE, Light.LIGHT_BLUE, Light.LIGHT_BLUE, Light.GREEN, Light.GREEN, Light.YELLOW,
        Light.YELLOW, Light.RED,
    ]  # fmt: skip
    assert light_of(float("nan"), LIMITS) is None


def test_a_light_flickers_only_past_the_hysteresis() -> None:
    assert lights([79, 80.5, 79.5, 81.5, 80.5, 79.5, 78.5], LIMITS) == [
        Light.GREEN, Light.GREEN, Light.GREEN, Light.YELLOW, Light.YELLOW, Light.YELLOW, Light.GREEN,
    ]  # fmt: skip
    assert lights([99.0, float("nan"), 94.5], LIMITS) == [Light.RED, None, Light.RED]
    assert light_of(60.0, LIMITS, Light.RED) is Light.GREEN


@settings(deadline=None)
@given(st.lists(st.one_of(st.just(float("nan")), st.integers(0, 100).map(float)), max_size=40))
def test_the_last_light_is_that_of_the_walk_through_all_days(values: list[float]) -> None:
    wide = limits_from_history(np.arange(101.0), hysteresis_pct=4.0)
    walked = lights(values, wide)
    assert last_light(np.array(values), wide) == (walked[-1] if walked else None)


def test_limits_of_policy_take_a_margin_in_the_series_own_unit() -> None:
    limits = limits_of_policy((90, 95, 105, 110), 1)
    assert lights([105.5, 106.5, 104.5, 103.5], limits) == [
        Light.YELLOW, Light.YELLOW, Light.YELLOW, Light.GREEN,
    ]  # fmt: skip
    with pytest.raises(UnableToJudge):
        limits_of_policy((90, 89, 105, 110), 1)
    with pytest.raises(UnableToJudge, match="60"):
        limits_from_history(np.arange(59.0))


def test_the_ewma_and_its_limit_are_the_textbooks() -> None:
    mean, limit = ewma(np.array([1.0, np.nan, 2.0]))
    assert mean.tolist() == pytest.approx([0.2, 0.2, 0.56])
    assert limit[0] == pytest.approx(2.7 * 0.2)
    assert limit[2] == pytest.approx(2.7 * np.sqrt(0.2 / 1.8 * (1 - 0.8**4)))


def test_breadth_counts_better_and_half_of_the_same() -> None:
    assert breadth(np.array([1, 2, 3, 4]), np.array([2, 2, 2, 5])) == 62.5
    assert np.isnan(breadth(np.array([], dtype=int), np.array([], dtype=int)))


def walk(signals: list[bool | None], rules: AlertRules | None = None) -> list[AlertState]:
    now, states = AlertStanding(), []
    for signal in signals:
        now = next_standing(now, signal, rules)
        states.append(now.state)
    return states


def test_an_alert_waits_alerts_recovers_and_ends() -> None:
    normal, pending, alerting, recovering, _ = AlertState
    assert walk([True, False, True, True, True, False, True, False, False, False, False]) == [
        pending, normal, pending, alerting, alerting, recovering, alerting, recovering, recovering, recovering, normal,
    ]  # fmt: skip


def test_without_data_an_alert_neither_ends_nor_is_forgotten() -> None:
    _, pending, alerting, recovering, no_data = AlertState
    assert walk([True, None, None, True, None, False]) == [
        pending, no_data, no_data, alerting, no_data, recovering,
    ]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.booleans()), max_size=30), st.integers(1, 4), st.integers(1, 4))
def test_nothing_alerts_before_its_signal_lasted(
    signals: list[bool | None], pending_days: int, recovering_days: int
) -> None:
    states = walk(signals, AlertRules(pending_days, recovering_days))
    told = [(signal, state) for signal, state in zip(signals, states, strict=True) if signal is not None]
    for place, (_, state) in enumerate(told):
        if state is AlertState.ALERTING and (
            place == 0 or told[place - 1][1] in (AlertState.NORMAL, AlertState.PENDING)
        ):
            run = [signal for signal, _ in told[max(0, place - pending_days + 1) : place + 1]]
            assert len(run) == pending_days and all(run)

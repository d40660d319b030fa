"""Season, Spring Festival, the band of earlier years, and how far a day is off."""

from datetime import date, timedelta

import numpy as np
import pytest

from index.engine.season import (
    UnableToJudge,
    festival_week,
    fit_season,
    recent_gaps,
    residual_scores,
    robust_spread,
    season_bands,
)

DAYS = [date(2023, 1, 1) + timedelta(days=n) for n in range(1150)]


def series(shock: float = 0.0, at: int = 1100) -> np.ndarray:
    """A quiet series with weekly and Spring Festival patterns."""
    rng = np.random.default_rng(4)
    ordinal = np.array([day.toordinal() for day in DAYS])
    values = 100 + rng.normal(0, 0.1, len(DAYS)) + 0.8 * ((ordinal - 1) % 7 >= 5)
    values -= 3.0 * np.isin(festival_week(ordinal), (0, 1))
    values[at] += shock
    return values


def test_spring_festival_weeks_count_from_the_first_lunar_day() -> None:
    days = np.array(
        [date(2026, 2, 16).toordinal(), date(2026, 2, 17).toordinal(), date(2026, 3, 2).toordinal()]
    )
    assert festival_week(days).tolist() == [-1, 0, 1]


def test_weekends_and_the_festival_are_no_alarm_and_a_shock_is() -> None:
    season = fit_season(DAYS[:1000], series()[:1000])
    quiet = residual_scores(season, DAYS, series())
    assert np.nanmax(np.abs(quiet[1000:])) < 6
    assert (np.abs(quiet[1000:]) > 3).mean() < 0.03
    shocked = residual_scores(season, DAYS, series(-2.0))
    assert shocked[1100] < -8


def test_no_days_finding_depends_on_later_days() -> None:
    season = fit_season(DAYS[:900], series()[:900])
    whole = residual_scores(season, DAYS, series())
    part = residual_scores(season, DAYS[:1000], series()[:1000])
    assert np.array_equal(whole[:1000], part, equal_nan=True)


def test_a_season_needs_two_months_of_ascending_days() -> None:
    with pytest.raises(UnableToJudge, match="60"):
        fit_season(DAYS[:50], series()[:50])
    with pytest.raises(UnableToJudge, match="ascend"):
        fit_season(DAYS[:100][::-1], series()[:100])


def gaps_of(days: list[date], unusual: dict[date, float]) -> np.ndarray:
    return np.array([unusual.get(day, 0.1) for day in days])


def test_what_earlier_years_brought_within_two_weeks_is_no_news() -> None:
    days = DAYS[:900]
    until = days.index(date(2024, 6, 10))
    found = season_bands(days, gaps_of(days, {date(2023, 6, 20): -2.0, date(2024, 6, 20): -9.0}), until)
    at = {day: (found.low[n], found.high[n]) for n, day in enumerate(days[until:])}
    assert at[date(2024, 6, 10)] == (-2.0, 0.1)
    assert at[date(2024, 7, 10)] == (0.0, 0.1)
    assert found.years[0] == 1


def test_near_the_festival_the_band_looks_a_month_to_both_sides_and_twice_as_deep() -> None:
    days = DAYS[:900]
    until = days.index(date(2024, 1, 1))
    found = season_bands(days, gaps_of(days, {date(2023, 2, 25): -2.0}), until)
    assert found.low[days.index(date(2024, 3, 20)) - until] == -4.0
    assert found.low[days.index(date(2024, 6, 1)) - until] == 0.0


def test_of_three_years_the_most_extreme_does_not_hide_the_next_shock() -> None:
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(1500)]
    until = days.index(date(2024, 1, 1))
    found = season_bands(days, gaps_of(days, {date(2021, 9, 1): -5.0, date(2022, 9, 1): -1.0}), len(days) - 1)
    assert until < len(days) - 1 and found.years[0] == 4
    days = days[: days.index(date(2023, 9, 2))]
    found = season_bands(days, gaps_of(days, {date(2021, 9, 1): -5.0, date(2022, 9, 1): -1.0}), len(days) - 1)
    assert (found.low[0], found.years[0]) == (-1.0, 3)


def test_before_the_first_festival_was_seen_its_shadow_is_not_judged() -> None:
    days = DAYS[:120]
    found = season_bands(days, np.zeros(120), 20)
    assert found.low[days.index(date(2023, 2, 1)) - 20] == -np.inf
    assert found.low[-1] == 0.0


def test_a_series_of_monthly_steps_has_a_spread_though_it_lies_still_on_most_days() -> None:
    steps = np.where(np.arange(300) % 30 < 6, 1.0, 0.0)
    assert robust_spread(steps) == pytest.approx(1 / 1.645)
    rng = np.random.default_rng(1)
    assert robust_spread(rng.normal(0, 2.0, 20_000)) == pytest.approx(2.0, rel=0.03)


def test_recent_gaps_need_half_of_four_weeks() -> None:
    gaps = recent_gaps(np.r_[np.full(20, 100.0), 103.0])
    assert np.isnan(gaps[13])
    assert gaps[20] == 3.0

"""The worked examples the engine must reproduce."""

from datetime import date
from itertools import combinations, pairwise
from math import factorial

import numpy as np
import pytest

from credit.contracts import Confidence
from credit.engine import civil
from credit.engine.forces import power_mean_score
from credit.engine.percentiles import fit_table, rank
from credit.engine.reasons import shapley_values
from credit.engine.records import amount_growth, decay, fade
from credit.engine.scale import band, confidence, default_probability, limit
from credit.engine.weights import UnableToWeigh, analytic_hierarchy, blend, entropy_weights

WEIGHTS = (0.20, 0.10, 0.25, 0.30, 0.15)
FORCES = np.array([[60.0, 70.0, 40.0, 30.0, 80.0]])
PAIRWISE = np.array(
    [
        [1, 2, 1, 1 / 2, 1],
        [1 / 2, 1, 1 / 2, 1 / 3, 1],
        [1, 2, 1, 1, 2],
        [2, 3, 1, 1, 2],
        [1, 1, 1 / 2, 1 / 2, 1],
    ]
)


def test_the_pairwise_comparison_gives_the_published_weights() -> None:
    found = analytic_hierarchy(PAIRWISE)
    assert found.weights.round(4).tolist() == [0.1892, 0.1137, 0.2475, 0.3072, 0.1424]
    assert round(found.eigenvalue, 4) == 5.0746
    assert round(found.consistency_index, 4) == 0.0186
    assert round(found.consistency_ratio, 4) == 0.0166


def test_a_matrix_that_is_not_reciprocal_is_refused() -> None:
    with pytest.raises(UnableToWeigh, match="reciprocals"):
        analytic_hierarchy(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_entropy_weighs_the_skewed_column_more() -> None:
    found = entropy_weights(np.array([[10.0, 1.0], [20.0, 1.0], [30.0, 2.0], [40.0, 8.0]]))
    assert found.entropy.round(4).tolist() == [0.7296, 0.2718]
    assert found.weights.round(4).tolist() == [0.2708, 0.7292]


def test_a_constant_column_carries_no_entropy_weight() -> None:
    found = entropy_weights(np.array([[1.0, 5.0], [2.0, 5.0]]))
    assert found.weights.tolist() == [1.0, 0.0]


def test_entropy_may_not_have_more_than_a_fifth() -> None:
    assert blend(np.array([0.5, 0.5]), np.array([1.0, 0.0]), 0.2) == pytest.approx([0.6, 0.4])
    with pytest.raises(UnableToWeigh):
        blend(np.array([0.5, 0.5]), np.array([1.0, 0.0]), 0.21)


def test_the_power_mean_lies_between_the_geometric_and_the_arithmetic_one() -> None:
    base = power_mean_score(WEIGHTS, FORCES)[0]
    assert round(base, 3) == 483.275
    assert round(10 * float(FORCES[0] @ WEIGHTS), 1) == 500.0
    assert round(10 * float(np.exp(np.log(FORCES[0]) @ WEIGHTS)), 3) == 466.933


def test_shapley_values_of_the_worked_example() -> None:
    values = shapley_values(WEIGHTS, FORCES, np.full((1, 5), 50.0))[0]
    assert values.round(3).tolist() == [18.928, 18.167, -26.171, -67.051, 39.402]
    assert round(values.sum(), 3) == -16.725


def test_the_closed_form_is_the_average_over_all_subsets() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        forces, medians = rng.uniform(0, 100, (1, 5)), rng.uniform(0, 100, (1, 5))
        forces[0, 0] = medians[0, 0]
        slow = [_enumerated(forces[0], medians[0], k) for k in range(5)]
        assert shapley_values(WEIGHTS, forces, medians)[0] == pytest.approx(slow, abs=1e-9)


def _enumerated(forces: np.ndarray, medians: np.ndarray, k: int) -> float:
    others = [j for j in range(5) if j != k]
    value = 0.0
    for size in range(5):
        for chosen in combinations(others, size):
            mixed = np.array([forces[j] if j in chosen else medians[j] for j in range(5)])[None, :]
            with_k = mixed.copy()
            with_k[0, k] = forces[k]
            gain = power_mean_score(WEIGHTS, with_k)[0] - power_mean_score(WEIGHTS, mixed)[0]
            value += factorial(size) * factorial(4 - size) / factorial(5) * gain
    return value


@pytest.mark.parametrize(
    ("months", "points"), [(0, 80.0), (6, 67.27), (12, 56.57), (24, 40.0), (35.9, 28.37), (36, 0.0)]
)
def test_a_serious_record_fades_by_half_in_24_months_and_ends_after_36(months: float, points: float) -> None:
    assert round(80 * fade(months, 24, 36), 2) == points


@pytest.mark.parametrize(
    ("on", "points"),
    [
        (date(2023, 6, 15), 80.00), (date(2023, 12, 15), 67.27), (date(2025, 6, 15), 40.00),
        (date(2026, 6, 14), 28.31), (date(2026, 6, 15), 0.0), (date(2027, 6, 16), 0.0),
    ],
)  # fmt: skip
def test_a_date_fades_by_the_months_since(on: date, points: float) -> None:
    age = civil.age_steps(
        np.array([civil.day_number(date(2023, 6, 15))], dtype=np.int32), civil.day_number(on)
    )
    assert round(80 * float(decay(age, 24, 36)[0]), 2) == points


def test_ages_are_whole_on_monthly_anniversaries_and_grow_every_day() -> None:
    start = np.array([civil.day_number(date(2024, 1, 31))], dtype=np.int32)
    ages = [int(civil.age_steps(start, civil.day_number(date(2024, 1, 31)) + i)[0]) for i in range(800)]
    assert all(a < b for a, b in pairwise(ages))
    assert int(civil.age_steps(start, civil.day_number(date(2025, 1, 31)))[0]) == 12 * civil.STEPS_PER_MONTH


def test_amounts_weigh_by_their_logarithm_up_to_double() -> None:
    growth = amount_growth(np.array([np.nan, 0.0, 90_000.0, 990_000.0, 1e10, 1e14]))
    assert growth.tolist() == [0.5, 0.5, 0.75, 1.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("score", "percent"), [(500, 16.667), (550, 9.091), (600, 4.762), (650, 2.439), (700, 1.235)]
)
def test_fifty_points_double_the_odds(score: float, percent: float) -> None:
    assert round(float(default_probability(score)) * 100, 3) == percent


def test_the_total_stays_between_zero_and_its_cap() -> None:
    total = limit(np.array([700.0, 700.0, -20.0, 300.0]), np.array([np.nan, 399.0, 399.0, 399.0]))
    assert total.tolist() == [700.0, 399.0, 0.0, 300.0]


def test_grades_start_at_their_bounds() -> None:
    bounds = [850, 750, 650, 550, 450, 350, 0]
    assert band(np.array([850.0, 849.999, 350.0, 0.0]), bounds).tolist() == [0, 1, 5, 6]


def test_coverage_gives_the_confidence() -> None:
    found = confidence(np.array([0.8, 0.79, 0.6, 0.59, 0.4, 0.39]))
    assert found.tolist() == [0, 1, 1, 2, 2, 3]
    assert [Confidence(c).label for c in (0, 1, 2, 3)] == ["高", "中", "低", "极低"]


def test_a_rank_counts_the_lesser_and_half_of_the_equal() -> None:
    values = np.array([0.0] * 60 + [float(i) for i in range(1, 41)])
    ranks = rank(np.array([0.0, -1.0, 41.0, np.nan]), fit_table(values))
    assert ranks[0] == pytest.approx(30.0, abs=1.0)
    assert ranks[1:3].tolist() == [0.0, 100.0]
    assert np.isnan(ranks[3])

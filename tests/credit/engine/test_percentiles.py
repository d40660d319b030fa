"""Reference tables and peer groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.contracts import UnableToScore
from credit.engine.fit import fit_words
from credit.engine.percentiles import Peers, fit_table, rank, rank_in_groups, treat

CHAIN = ("38/small", "C/small", "C", "*")


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300))
def test_a_table_gives_back_the_ranks_of_its_own_sample(seed: int, distinct: int) -> None:
    sample = np.random.default_rng(seed).integers(-distinct, distinct, 300).astype(np.float64)
    expected = [100 * ((sample < v).sum() + 0.5 * (sample == v).sum()) / len(sample) for v in sample]
    assert rank(sample, fit_table(sample)) == pytest.approx(expected, abs=1.6)


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60), st.floats(-2e9, 2e9), st.floats(0, 1e9))
def test_a_higher_value_never_ranks_lower(sample: list[float], value: float, more: float) -> None:
    table = fit_table(np.array(sample))
    low, high = rank(np.array([value, value + more]), table)
    assert 0 <= low <= high <= 100


def test_each_group_is_ranked_by_its_own_table() -> None:
    tables = np.stack([np.arange(101.0), np.arange(101.0) * 2])
    ranks = rank_in_groups(np.array([50.0, 50.0, np.nan]), np.array([1, 0, 1], dtype=np.int32), tables)
    assert ranks[:2].tolist() == [25.0, 50.0]
    assert np.isnan(ranks[2])


@pytest.mark.parametrize(
    ("available", "chosen"),
    [
        ({"38/small", "C", "*"}, "38/small"),
        ({"C/small", "C", "*"}, "C/small"),
        ({"C", "*"}, "C"),
        ({"*"}, "*"),
    ],
)
def test_the_finest_group_that_is_large_enough_serves(available: set[str], chosen: str) -> None:
    group, names = Peers(np.zeros(1, dtype=np.int32), (CHAIN,)).choose(available)
    assert names[group[0]] == chosen


def test_a_reference_must_have_a_table_for_everyone() -> None:
    with pytest.raises(UnableToScore, match="everyone"):
        Peers(np.zeros(1, dtype=np.int32), (CHAIN,)).choose({"F"})


def test_a_skewed_indicator_is_tamed_and_others_are_left() -> None:
    rng = np.random.default_rng(1)
    even = rng.normal(size=300)
    outlier = np.append(even, 900.0)
    assert treat(even) is even
    assert treat(outlier).max() == even.max()
    assert treat(np.exp(rng.normal(0, 4, 300))).max() < 20


def test_the_words_take_their_shares_of_the_population() -> None:
    totals = np.arange(1000.0)
    words = fit_words(totals, {"优秀": 0.023, "良好": 0.764, "中等": 0.2, "较差": 0.013})
    excellent = (totals >= words["优秀"]).mean()
    poor = (totals < words["中等"]).mean()
    assert (excellent, poor) == (pytest.approx(0.023, abs=0.001), pytest.approx(0.013, abs=0.001))
    assert words["较差"] == 0

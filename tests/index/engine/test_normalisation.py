"""Every method on small vectors; some are facts from COINr's own tests (MIT licence)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.normalisation import Rows, UnableToNormalise, read_normalise
from index.engine.places import read_yaml

TEN = np.arange(1.0, 11.0)


def norm(
    text: str, values: object, *, turned: bool = False, own: str = "", base: object = None
) -> list[float]:
    x = np.array(values, dtype=float)
    place = read_yaml(text, "d.yaml")
    rule = read_normalise(place, read_yaml(own, "d.yaml") if own else None)
    in_base = np.ones(len(x), dtype=bool) if base is None else np.array(base)
    names = tuple("abcdefghijklmn"[: len(x)])
    return rule.apply(Rows(x, x[in_base], in_base, names, names, turned)).tolist()


def test_minmax_reaches_its_range_and_turns_round() -> None:
    assert norm("{range: [2, 7]}", [1, 3, 5]) == [2, 4.5, 7]
    assert norm("minmax", [1, 3, 5], turned=True) == [100, 50, 0]


@settings(deadline=None)
@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=20, unique=True), st.booleans())
def test_minmax_keeps_the_order_and_the_bounds(values: list[int], turned: bool) -> None:
    found = norm("minmax", values, turned=turned)
    assert min(found) == pytest.approx(0, abs=1e-9) and max(found) == pytest.approx(100)
    assert np.argmax(found) == (np.argmin(values) if turned else np.argmax(values))


def test_zscores_have_the_stated_mean_and_deviation() -> None:
    found = np.array(norm("{method: zscore, mean: 5, sd: 2}", TEN))
    assert (found.mean(), found.std(ddof=1)) == (pytest.approx(5), pytest.approx(2))
    population = np.array(norm("{method: zscore, form: moment}", TEN, turned=True))
    assert population.std() == pytest.approx(1) and population[0] > 0


def test_distance_to_a_target_in_both_directions() -> None:
    assert norm("{method: target, target: 10}", [0, 5, 11]) == pytest.approx([0, 0.5, 1.1])
    assert norm("{method: target, target: 10, cap: both}", [0, 5, 11]) == pytest.approx([0, 0.5, 1])
    assert norm("{method: target, target: 0}", [-1, 1, 10], turned=True) == pytest.approx([1.1, 0.9, 0])
    assert norm("target", [0, 5, 11], own="{target: 10, cap: high}") == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize(("value", "score", "turned"), [(1, 0.1, 0.9), (11, 1, 0), (-1, 0, 1)])
def test_goalposts_cut_off_what_is_beyond(value: float, score: float, turned: float) -> None:
    text = "{method: goalposts, goalposts: [0, 10], range: [0, 1], cap: both}"
    assert norm(text, [value]) == pytest.approx([score])
    assert norm(text, [value], turned=True) == pytest.approx([turned])


def test_the_indicators_own_goalposts_and_scale_come_first() -> None:
    found = norm(
        "{method: goalposts, range: [0, 1]}", [100, 75000, 2738.6], own="{goalposts: [100, 75000], scale: ln}"
    )
    assert found == pytest.approx([0, 1, 0.5], abs=1e-4)


def test_a_frozen_base_lets_later_values_pass_the_range() -> None:
    base = [True, True, True, False]
    assert norm("{cap: base}", [0, 5, 10, 20], base=base) == [0, 50, 100, 200]
    assert norm("{cap: both}", [0, 5, 10, 20], base=base) == [0, 50, 100, 100]
    assert norm("{percentiles: [25, 75], cap: base}", [0, 5, 10, 20], base=base) == [0, 50, 100, 350]


@pytest.mark.parametrize(
    ("form", "expected"),
    [("exclusive", [0, 1 / 3, 1 / 3, 1]), ("inclusive", [1 / 4, 2 / 4, 2 / 4, 1]), ("hazen", [1 / 8, 3 / 8, 3 / 8, 7 / 8]),
     ("weibull", [1 / 5, 2 / 5, 2 / 5, 4 / 5])],
)  # fmt: skip
def test_percentile_ranks_under_four_conventions(form: str, expected: list[float]) -> None:
    assert norm(f"{{method: percentile_rank, rank_form: {form}}}", [1, 2, 2, 9]) == pytest.approx(expected)


def test_the_other_methods_are_their_formulas() -> None:
    assert norm("rank", [3, 1, 2]) == [3, 1, 2] and norm("rank", [3, 1, 2], turned=True) == [1, 3, 2]
    assert norm("borda", [3, 1, 2]) == [2, 0, 1]
    assert norm("fraction_of_max", [1, 2, 4]) == [0.25, 0.5, 1]
    assert norm("{method: fraction_of_max, range: [0, 100]}", [1, 2, 4], turned=True) == [100, 50, 25]
    assert norm("{method: fraction_of_mean, range: [0, 100]}", [1, 2, 3]) == [50, 100, 150]
    assert norm("{method: reference, entity: b}", [0, 5, 10]) == [0, 1, 2]
    assert norm("{method: above_mean, margin: 0.2}", [1, 2, 2.1, 3]) == [-1, 0, 0, 1]
    assert norm("quantiles", TEN) == [0, 0, 25, 25, 50, 50, 75, 75, 100, 100]
    assert norm("none", [1, 2], turned=True) == [-1, -2]


def test_what_does_not_vary_is_refused_or_gets_what_is_stated() -> None:
    with pytest.raises(UnableToNormalise, match="flat"):
        norm("minmax", [3, 3])
    assert norm("{flat: middle}", [3, 3]) == [50, 50]
    assert np.isnan(norm("{flat: missing}", [3, 3])).all()
    assert np.isnan(norm("minmax", [np.nan, np.nan])).all()


@pytest.mark.parametrize("text", ["goalposts", "target", "{method: minmax, scale: ln}"])
def test_what_is_missing_for_a_method_is_told(text: str) -> None:
    with pytest.raises(UnableToNormalise):
        norm(text, [0, 1, 2])

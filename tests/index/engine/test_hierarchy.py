"""Means, trees of any depth, thresholds, computed weights; gaps filled before."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.hierarchy import (
    Node,
    UnableToAggregate,
    aggregate_tree,
    apply_levels,
    read_tree,
    weighted_mean,
)
from index.engine.imputation import fill_by_groups, fill_by_rows, fill_in_time
from index.engine.places import UnableToReadDefinition, read_yaml
from index.engine.weighting import (
    UnableToWeigh,
    critic_weights,
    entropy_weights,
    pairwise_weights,
    spread_weights,
)

NAN = float("nan")
positive = st.one_of(st.just(NAN), st.floats(0.1, 100))


@settings(deadline=None)
@given(st.lists(st.tuples(positive, st.floats(0.1, 9)), min_size=1, max_size=7))
def test_every_mean_is_that_of_the_plain_formula(pairs: list[tuple[float, float]]) -> None:
    parts, weights = (np.array(column) for column in zip(*pairs, strict=True))
    known = [(p, w) for p, w in pairs if p == p]
    total = sum(w for _, w in known)
    for mean in ("arithmetic", "geometric", "harmonic", "sum", "median", "min", "max", "product"):
        found = float(weighted_mean(parts[None, :], weights, mean)[0])
        if not known:
            assert np.isnan(found)
            continue
        values = sorted(p for p, _ in known)
        expected = {
            "arithmetic": sum(p * w for p, w in known) / total,
            "geometric": prod(p ** (w / total) for p, w in known),
            "harmonic": total / sum(w / p for p, w in known),
            "sum": sum(p * w for p, w in known),
            "median": float(np.median(values)),
            "min": values[0],
            "max": values[-1],
            "product": prod(p**w for p, w in known),
        }[mean]
        assert found == pytest.approx(expected, rel=1e-9)


def test_the_means_of_one_to_three_are_the_known_ones() -> None:
    x = np.array([[1.0, 2, 3]])
    assert weighted_mean(x, np.ones(3), "geometric")[0] == pytest.approx(6 ** (1 / 3))
    assert weighted_mean(x, np.array([1.0, 1, 2]), "geometric")[0] == pytest.approx(18 ** (1 / 4))
    assert weighted_mean(x, np.array([2.0, 1, 1]), "harmonic")[0] == pytest.approx(4 / (2 + 1 / 2 + 1 / 3))
    assert weighted_mean(x, np.ones(3), "power", -1)[0] == pytest.approx(
        weighted_mean(x, np.ones(3), "harmonic")[0]
    )


def tree(text: str) -> Node:
    return read_tree(read_yaml(text, "d.yaml"))


def test_an_unbalanced_row_is_penalised() -> None:
    x = np.array([[90.0, 110], [100, 100]])
    assert weighted_mean(x, np.ones(2), "mpi").tolist() == [99, 100]


LEAVES = {
    "a": np.array([10.0, 20]),
    "b": np.array([30.0, NAN]),
    "c": np.array([4.0, 9]),
    "d": np.array([1.0, 4]),
}
ROWS = ["甲", "乙"]


def test_a_deep_tree_mixes_means_and_weights() -> None:
    node = tree("{code: T, mean: geometric, children: [{code: P, weight: 2, children: {a: 1, b: 3}}, "
                "{code: Q, children: [c, {code: R, children: [d]}]}]}")  # fmt: skip
    found = aggregate_tree(node, LEAVES, ROWS)
    assert list(found.values) == ["T", "P", "a", "b", "Q", "c", "R", "d"]
    assert found.values["P"].tolist() == [25, 20]
    assert found.values["T"] == pytest.approx([(25**2 * 2.5) ** (1 / 3), (20**2 * 6.5) ** (1 / 3)])
    assert found.effective["b"] == pytest.approx(2 / 3 * 3 / 4)
    assert found.effective["d"] == pytest.approx(1 / 3 * 1 / 2)


@pytest.mark.parametrize(("rule", "kept"), [("count", False), ("weight", True)])
def test_a_threshold_counts_children_or_weight(rule: str, kept: bool) -> None:
    node = tree(f"{{code: T, threshold: 0.6, counted: {rule}, children: {{a: 3, b: 1}}}}")
    assert np.isfinite(aggregate_tree(node, LEAVES, ROWS).values["T"][1]) == kept


def test_levels_set_rules_by_height_and_a_nodes_own_come_first() -> None:
    node = tree("{code: T, children: [{code: P, children: [a, c]}, {code: Q, mean: max, children: [c, d]}]}".replace(
        "[c, d]", "[d]").replace("children: [d]", "children: [d]"))  # fmt: skip
    apply_levels(node, read_yaml("[{mean: min}, {mean: sum, factor: 10}]", "d.yaml"))
    found = aggregate_tree(node, LEAVES, ROWS).values
    assert found["P"].tolist() == [4, 9] and node.children[1].mean == "max"
    assert found["T"].tolist() == [10 * (4 + 1), 10 * (9 + 4)]
    with pytest.raises(UnableToReadDefinition, match="第 2 层"):
        apply_levels(node, read_yaml("[{mean: min}]", "d.yaml"))


def test_a_level_may_be_a_power_mean() -> None:
    node = tree("{code: T, children: [a, c]}")
    apply_levels(node, read_yaml("[{mean: power, power: 2}]", "d.yaml"))
    assert aggregate_tree(node, LEAVES, ROWS).values["T"][0] == pytest.approx(((100 + 16) / 2) ** 0.5)


def test_rounding_at_a_node_comes_before_its_parent() -> None:
    node = tree("{code: T, children: [{code: P, round: 0, children: [x, y]}]}")
    leaves = {"x": np.array([1.0]), "y": np.array([2.0])}
    assert aggregate_tree(node, leaves, ["甲"]).values["T"].tolist() == [2]


def test_a_negative_number_has_no_geometric_mean_and_a_zero_makes_it_zero() -> None:
    node = tree("{code: T, mean: geometric, children: [a, e]}")
    with pytest.raises(UnableToAggregate, match="“T”在“乙”"):
        aggregate_tree(node, LEAVES | {"e": np.array([1.0, -2])}, ROWS)
    assert aggregate_tree(node, LEAVES | {"e": np.array([0.0, 1])}, ROWS).values["T"][0] == 0


def test_pairwise_weights_come_with_their_consistency() -> None:
    matrix = np.array([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])
    for method in ("eigenvector", "geometric"):
        found = pairwise_weights(matrix, method)
        assert found.weights == pytest.approx([4 / 7, 2 / 7, 1 / 7])
        assert found.ratio == pytest.approx(0, abs=1e-9)
    with pytest.raises(UnableToWeigh, match="倒数"):
        pairwise_weights(np.array([[1.0, 2], [2, 1]]))
    with pytest.raises(UnableToReadDefinition, match="一致性比率"):
        tree(
            "{code: T, children: [a, b, c], weights: {ahp: {matrix: [[1, 9, 1/9], [1/9, 1, 9], [9, 1/9, 1]]}}}"
        )


def test_saatys_wealth_example_is_reproduced() -> None:
    """A consistent-enough 3 x 3 matrix whose weights textbooks print as .637, .258, .105 and ratio .033."""
    found = pairwise_weights(np.array([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]))
    assert found.weights == pytest.approx([0.637, 0.258, 0.105], abs=5e-4)
    assert found.eigenvalue == pytest.approx(3.039, abs=5e-4)
    assert found.ratio == pytest.approx(0.033, abs=5e-4)


def test_data_driven_weights_prefer_what_varies() -> None:
    rng = np.random.default_rng(2)
    flat, wide = np.full(50, 3.0), rng.exponential(1, 50)
    for method in (entropy_weights, critic_weights, spread_weights):
        weights = method(np.stack([flat, wide, rng.uniform(9, 10, 50)], axis=1))
        assert weights.sum() == pytest.approx(1) and weights[0] == pytest.approx(0, abs=1e-12)


def test_gaps_take_their_groups_mean_and_others_stay() -> None:
    x, groups = np.array([1.0, NAN, 3, NAN, NAN]), ["e", "e", "e", "w", ""]
    assert fill_by_groups(x, groups, "mean", "missing").tolist()[:3] == [1, 2, 3]
    assert np.isnan(fill_by_groups(x, groups, "mean", "missing")[3:]).all()
    assert fill_by_groups(x, groups, "max", "all").tolist() == [1, 3, 3, 3, 3]


@pytest.mark.parametrize(
    ("method", "most", "expected"),
    [
        ("previous", None, [NAN, 2, 2, 2, 8]), ("previous", 1, [NAN, 2, 2, NAN, 8]), ("next", None, [2, 2, 8, 8, 8]),
        ("linear", None, [2, 2, 3, 6, 8]), ("nearest", None, [2, 2, 2, 8, 8]),
    ],
)  # fmt: skip
def test_gaps_in_time_take_the_entitys_own_values(
    method: str, most: int | None, expected: list[float]
) -> None:
    years = np.array([2010.0, 2011, 2012, 2015, 2017])
    found = fill_in_time(np.array([NAN, 2, NAN, NAN, 8]), years, method, most)
    assert np.array_equal(found, np.array(expected), equal_nan=True)


def test_gaps_take_the_mean_of_the_rows_other_scores_brought_back() -> None:
    columns = np.array([[0.0, 10, NAN], [5, 20, 100], [10, 30, 300]])
    found = fill_by_rows(columns, [False, True, False], "row_mean", True)
    assert found[0, 2] == pytest.approx(100 + (0 + 1) / 2 * 200)
    assert fill_by_rows(columns, [False] * 3, "row_mean", False)[0, 2] == 5

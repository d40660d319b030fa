"""The fast examination beside plain loops, and the policy's verdict."""

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.engine.privacy.closeness import UnableToOrderValues, rank_values
from catalog.engine.privacy.examine import UnableToExamine, examine
from catalog.engine.privacy.hierarchies import UnableToReadHierarchy, ValueNotInHierarchy, parse_hierarchy
from catalog.engine.privacy.specification import Column, ColumnRole, Distance, Missing, Policy, Specification
from tests.catalog.privacy import plain_oracle as oracle

TREE = parse_hierarchy(
    [["1", "low", "*"], ["2", "low", "*"], ["3", "high", "*"], ["4", "high", "*"], ["5", "odd", "*"]]
)
cells = st.sampled_from(["a", "b", None])
rows = st.lists(st.tuples(cells, cells, cells, st.sampled_from("12345")), min_size=1, max_size=40)


def specification(missing=Missing.CATEGORY, **told):
    columns = [Column(name, ColumnRole.QUASI) for name in "abc"]
    secret = Column("s", ColumnRole.SENSITIVE, hierarchy=TREE, distance=Distance.ORDERED)
    return Specification(columns=(*columns, secret), missing=missing, **told)


def frame_of(found):
    return pl.DataFrame(found, schema=dict.fromkeys("abcs", pl.String), orient="row")


@given(rows, st.sampled_from(Missing))
@settings(max_examples=150, deadline=None)
def test_every_measure_agrees_with_plain_loops(found, missing):
    figures = examine(frame_of(found), specification(missing)).figures
    groups = oracle.matching_rows([row[:3] for row in found], missing.value)
    secrets = [[found[j][3] for j in group] for group in groups]
    whole = [row[3] for row in found]
    assert figures.k == min(map(len, groups))
    assert figures.uniques == sum(len(group) == 1 for group in groups)
    assert figures.prosecutor.average == pytest.approx(sum(1 / len(g) for g in groups) / len(found))
    diversity = figures.diversity[0]
    assert diversity.distinct_l == min(map(oracle.distinct_l, secrets))
    assert diversity.entropy_h == pytest.approx(min(map(oracle.entropy, secrets)), abs=1e-9)
    assert diversity.recursive_l == min(oracle.recursive_level(values, 2.0) for values in secrets)
    measured = {c.distance: c.t for c in figures.closeness}
    paths = TREE.paths
    assert measured["equal"] == pytest.approx(max(oracle.equal_distance(v, whole) for v in secrets), abs=1e-9)
    assert measured["ordered"] == pytest.approx(
        max(oracle.ordered_distance(v, whole) for v in secrets), abs=1e-9
    )
    assert measured["hierarchical"] == pytest.approx(
        max(oracle.hierarchical_distance(v, whole, paths) for v in secrets), abs=1e-9
    )


@given(rows, st.integers(1, 6), st.sampled_from(Missing))
@settings(max_examples=60, deadline=None)
def test_rows_to_suppress_are_those_of_small_classes(found, k, missing):
    findings = examine(frame_of(found), specification(missing, policy=Policy(k=k)))
    groups = oracle.matching_rows([row[:3] for row in found], missing.value)
    assert findings.violating.tolist() == [len(group) < k for group in groups]
    assert findings.to_suppress == sum(len(group) < k for group in groups)


@given(rows, st.floats(1.1, 4), st.integers(1, 3), st.floats(0.05, 0.9))
@settings(max_examples=60, deadline=None)
def test_a_table_without_its_violating_rows_has_no_small_or_uniform_class(found, entropy_l, distinct_l, t):
    policy = Policy(k=2, distinct_l=distinct_l, entropy_l=entropy_l, t=t)
    findings = examine(frame_of(found), specification(policy=policy))
    if findings.remaining is not None:
        assert findings.remaining.k >= 2
        assert findings.remaining.diversity[0].distinct_l >= distinct_l
        assert findings.remaining.diversity[0].entropy_l >= entropy_l - 1e-9


def numbered(*rows_):
    return frame_of([("a", "b", str(key), value) for key, value in rows_])


def test_a_policy_without_suppression_judges_the_table_as_it_stands():
    findings = examine(numbered((1, "1"), (1, "2"), (2, "3")), specification(policy=Policy(k=2)))
    assert (findings.passed, findings.judged) == (False, "as_it_stands")


def test_a_policy_with_enough_suppression_judges_what_remains():
    policy = Policy(k=2, suppression_limit=0.34)
    findings = examine(numbered((1, "1"), (1, "2"), (2, "3")), specification(policy=policy))
    assert (findings.passed, findings.judged, findings.remaining.k) == (True, "after_suppression", 2)


def test_too_little_suppression_does_not_help():
    policy = Policy(k=2, suppression_limit=0.33)
    assert not examine(numbered((1, "1"), (1, "2"), (2, "3")), specification(policy=policy)).passed


@pytest.mark.parametrize(
    ("limit", "passes"),
    [
        ({"distinct_l": 2}, True), ({"distinct_l": 3}, False), ({"entropy_l": 2.0}, True), ({"entropy_l": 2.1}, False),
        ({"recursive_c": 1.01, "recursive_l": 2}, True), ({"recursive_c": 1.0, "recursive_l": 2}, False),
        ({"t": 0.26}, False), ({"t": 0.34}, True), ({"max_risk": 0.5}, True), ({"max_risk": 0.49}, False),
        ({"average_risk": 0.5}, True), ({"average_risk": 0.4}, False), ({"max_uniques": 0.0}, True),
    ],
)  # fmt: skip
def test_each_limit_is_held(limit, passes):
    table = numbered((1, "1"), (1, "2"), (2, "3"), (2, "4"))
    assert examine(table, specification(policy=Policy(**limit))).passed is passes


def test_an_identifier_that_still_tells_is_named():
    columns = (Column("a", ColumnRole.IDENTIFIER), Column("b", ColumnRole.QUASI))
    table = numbered((1, "1"), (1, "2"))
    findings = examine(table, Specification(columns, Policy(no_identifiers=True)))
    assert (findings.identifiers, findings.passed) == (("a",), False)
    starred = table.with_columns(pl.lit("*").alias("a"))
    assert examine(starred, Specification(columns, Policy(no_identifiers=True))).passed


def test_levels_are_applied_before_counting():
    columns = (Column("s", ColumnRole.QUASI, hierarchy=TREE, level=1),)
    assert examine(numbered((1, "1"), (1, "2"), (1, "3"), (1, "4")), Specification(columns)).figures.k == 2


def test_without_quasi_identifiers_everybody_is_one_class():
    columns = (Column("s", ColumnRole.SENSITIVE),)
    figures = examine(numbered((1, "1"), (2, "2")), Specification(columns)).figures
    assert (figures.k, figures.classes) == (2, 1)


def test_a_missing_secret_counts_as_a_value():
    table = numbered((1, "1"), (1, None))
    columns = (Column("c", ColumnRole.QUASI), Column("s", ColumnRole.SENSITIVE))
    found = examine(table, Specification(columns)).figures.diversity[0]
    assert (found.distinct_l, found.entropy_l) == (2, pytest.approx(2.0))


def test_an_empty_table_and_an_unknown_column_are_refused():
    with pytest.raises(UnableToExamine, match="没有任何行"):
        examine(frame_of([]), specification())
    with pytest.raises(UnableToExamine, match="没有这些列：x"):
        examine(numbered((1, "1")), Specification((Column("x", ColumnRole.QUASI),)))


def test_weights_must_be_positive_numbers():
    with pytest.raises(UnableToExamine, match="权重列"):
        examine(numbered((1, "1"), (1, None)), specification(weights="s"))


def test_a_value_outside_its_hierarchy_is_named():
    columns = (Column("s", ColumnRole.QUASI, hierarchy=TREE, level=1),)
    with pytest.raises(ValueNotInHierarchy, match="9"):
        examine(numbered((1, "9")), Specification(columns))


@pytest.mark.parametrize(
    "lines", [["1;a;*", "2;a"], ["1;a;*", "1;b;*"], ["1;a;x", "2;a;y"], []],
)  # fmt: skip
def test_a_hierarchy_that_is_no_tree_is_refused(lines):
    with pytest.raises(UnableToReadHierarchy):
        parse_hierarchy([line.split(";") for line in lines])


def test_ranks_of_numbers_dates_and_stated_orders():
    assert rank_values(["3K", "11K", "5K"]).tolist() == [0, 2, 1]
    assert rank_values(["34.0", "34", "1,200"]).tolist() == [0, 0, 1]
    assert rank_values(["2026-02-01", "2025-12-31", None]).tolist() == [1, 0, 2]
    assert rank_values(["高", "低"], ["低", "中", "高"]).tolist() == [1, 0]
    with pytest.raises(UnableToOrderValues):
        rank_values(["flu", "cold"])
    with pytest.raises(UnableToOrderValues):
        rank_values(["3K", "4M"])


def test_very_many_values_do_not_need_a_table_of_classes_by_values():
    rows_ = [(n % 1000, str(n)) for n in range(20_000)]
    columns = (Column("c", ColumnRole.QUASI), Column("s", ColumnRole.SENSITIVE, distance=Distance.ORDERED))
    found = examine(numbered(*rows_), Specification(columns)).figures
    expected = oracle.ordered_distance(range(0, 20_000, 1000), range(20_000))
    assert next(c.t for c in found.closeness if c.distance == "ordered") == pytest.approx(expected)
    assert math.isclose(found.diversity[0].entropy_l, 20)

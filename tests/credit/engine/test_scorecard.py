"""A faulty card is refused, and every fault is named with its place."""

import pytest

from credit.contracts import UnableToScore
from credit.engine.digest import model_hash
from credit.engine.percentiles import read_reference
from credit.engine.score import Model
from credit.engine.scorecard import Scorecard, UnableToReadScorecard, read_scorecard
from tests.credit.engine.conftest import SMALL_CARD


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("weight: 0.4, grade: L1, missing", "weight: 0.5, grade: L1, missing", "leaf weights add up to 1.1"),
        (
            "code: growth, name: g, weight: 0.15",
            "code: growth, name: g, weight: 0.16",
            "weights add up to 1.01",
        ),
        ("ahp: 0.1892", "ahp: 0.2", r"forces\[capital\].ahp"),
        ("[1, 2, 1, 1/2, 1],", "[1, 9, 1/9, 9, 1],", "pairwise|reciprocals"),
        ("C_SUM", "C_LATEST", "C_LATEST: used twice"),
        ("code: C_SUM", "code: X_SUM", r"leaves\[X_SUM\].code"),
        ("code: C_SUM", "code: G_SUM", "first letter"),
        ("grade: L2, sections: [C]", "grade: L4, sections: [C]", r"leaves\[P_MEAN\].grade"),
        ("grade: L2, sections: [C]", "grade: L2, sections: [Z]", r"leaves\[P_MEAN\].sections"),
        ("{latest: a.one.x, months: 12}", "{newest: a.one.x}", r"leaves\[C_LATEST\].value"),
        ("{p: serious}", "{p: awful}", "unknown or no severity"),
        ("amount: y, owed: true", "owed: true", "owed needs `amount`"),
        ("[0, minor], [50, serious]", "[10, minor], [50, serious]", "starts at 0"),
        ("entropy_share: 0\n", "entropy_share: 0.3\n", "entropy_share"),
        ("{code: C, at_least: 0}", "{code: C, at_least: 400}", "bounds must descend"),
        ("words: {good: 0.5, bad: 0.5}", "words: {good: 0.5, bad: 0.4}", "shares must add up"),
        ("owner: tests", "owner: tests\nsurprise: 1", "surprise"),
        ("version: small", "version: [", "not YAML"),
    ],
)
def test_a_fault_is_named(old: str, new: str, complaint: str) -> None:
    assert old in SMALL_CARD
    with pytest.raises(UnableToReadScorecard, match=complaint):
        read_scorecard(SMALL_CARD.replace(old, new, 1))


def test_every_kind_of_entity_needs_a_leaf_that_always_applies() -> None:
    text = SMALL_CARD.replace("S_STEPS, name: n", "S_STEPS, kinds: [company], name: n")
    text = text.replace("S_LEVEL, name: n", "S_LEVEL, kinds: [company], name: n")
    text = text.replace("S_BEST, name: n", "S_BEST, recorded: [a.two], name: n")
    with pytest.raises(UnableToReadScorecard, match=r"solvency\]: no leaf always applies to individual"):
        read_scorecard(text)


def test_a_measure_the_item_does_not_have_is_refused(small_card: Scorecard) -> None:
    with pytest.raises(UnableToReadScorecard, match="no measure y"):
        small_card.needs("a.one", {"a.one": ("x",)})


def test_a_card_tells_which_columns_it_reads(small_card: Scorecard) -> None:
    measures = {"a.one": ("y", "x", "z"), "a.two": ("x", "y")}
    assert small_card.needs("a.one", measures) == ((1, 2), True)
    assert small_card.items == ("a.bad", "a.bad@principal", "a.one", "a.two")


def test_the_look_back_of_a_leaf_follows_from_its_formula(small_card: Scorecard) -> None:
    windows = {leaf.code: leaf.window_months for leaf in small_card.leaves}
    assert (windows["C_LATEST"], windows["O_TREND"], windows["P_MEAN"]) == (12, 24, None)


def test_the_model_hash_follows_the_card_and_the_tables(small_model: Model) -> None:
    heavier = read_scorecard(SMALL_CARD.replace("cap: 399", "cap: 398", 1))
    again = read_scorecard("# a comment\n" + SMALL_CARD)
    other = read_reference(small_model.reference.json.replace('"bad",0.0', '"bad",1.0'))
    assert model_hash(again, small_model.reference) == small_model.hash
    assert model_hash(heavier, small_model.reference) != small_model.hash
    assert model_hash(small_model.card, other) != small_model.hash


def test_a_reference_survives_its_file(small_model: Model) -> None:
    assert read_reference(small_model.reference.json).json == small_model.reference.json


def test_a_table_that_does_not_ascend_is_refused(small_model: Model) -> None:
    broken = small_model.reference.json.replace("[-5.0,", "[500.0,", 1)
    with pytest.raises(UnableToScore, match="ascending"):
        read_reference(broken)


def test_a_reference_of_another_card_is_refused(small_model: Model) -> None:
    with pytest.raises(UnableToScore, match="fitted for card small"):
        Model(read_scorecard(SMALL_CARD.replace("version: small", "version: other")), small_model.reference)

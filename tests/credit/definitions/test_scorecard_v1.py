"""The city's card reads what the departments deliver, and says of itself what a reader must know."""

import pytest

from bench.credit_population import item_definitions, item_measures
from credit.definitions import load_model, load_reference, load_scorecard
from credit.engine.expressions import terminals
from credit.engine.percentiles import POINTS
from credit.engine.scorecard import Scorecard

CARD = load_scorecard()
ITEMS = item_definitions()
RANK = {"L1": 1, "L2": 2, "L3": 3, "L4": 4}


def fields_of(item: str) -> dict[str, dict[str, object]]:
    return {field["code"]: field for field in ITEMS[item.split("@")[0]]["fields"]}  # type: ignore[union-attr,index]


def levels_of(item: str) -> set[str]:
    name = ITEMS[item.split("@")[0]].get("level")
    return set(fields_of(item)[str(name)]["values"]) if name else set()  # type: ignore[call-overload]


def grade_of(item: str, measures: set[str | None], level: bool) -> int:
    """Highest grade of what is read of an item: measures, level, and the dates that say when."""
    definition = ITEMS[item.split("@")[0]]
    read = {name for name in measures if name} | set(definition.get("timeline", {}).values())  # type: ignore[attr-defined]
    read |= {str(definition["level"])} if level else set()
    return max([1, *(RANK[str(fields_of(item)[name]["grade"])] for name in read)])


def test_the_card_has_four_to_seven_leaves_a_force_and_at_least_25() -> None:
    counts = [len(leaves) for leaves in CARD.leaves_of.values()]
    assert all(4 <= count <= 7 for count in counts)
    assert sum(counts) >= 25


def test_the_published_weights_are_those_of_the_design() -> None:
    assert CARD.force_weights == (0.20, 0.10, 0.25, 0.30, 0.15)


@pytest.mark.parametrize("item", CARD.items)
def test_every_item_and_measure_exists(item: str) -> None:
    assert item.split("@")[0] in ITEMS
    CARD.needs(item, item_measures())


def test_every_level_exists() -> None:
    for terminal in CARD.all_terminals:
        named = set(terminal.levels or ()) | {level for level, _ in terminal.scale}
        assert named <= levels_of(terminal.item), terminal
    for penalty in CARD.penalties:
        for source in penalty.sources:
            assert set(source.levels or ()) | set(source.by_level) <= levels_of(source.item), source


def test_every_leaf_carries_the_highest_grade_of_what_it_reads() -> None:
    for leaf in CARD.leaves:
        found = 1
        for t in terminals(leaf.value):
            found = max(found, grade_of(t.item, {t.measure}, bool(t.levels or t.scale)))
        assert RANK[leaf.grade] == found, leaf.code


def test_every_penalty_carries_the_highest_grade_of_what_it_reads() -> None:
    for penalty in CARD.penalties:
        found = max(grade_of(s.item, {s.amount}, bool(s.levels or s.by_level)) for s in penalty.sources)
        assert RANK[penalty.grade] == found, penalty.code


def test_every_cap_carries_the_highest_grade_of_what_it_reads() -> None:
    for cap in CARD.caps:
        read = [grade_of(t.item, {t.measure}, bool(t.levels or t.scale)) for t in terminals(cap.value)]
        assert RANK[cap.grade] == max([1, *read]), cap.code


def test_every_negative_item_is_read_by_a_penalty() -> None:
    read = {item for penalty in CARD.penalties for item in penalty.items}
    negative = {code for code in ITEMS if code.endswith((".penalty", ".arrears", "_penalty", "_arrears"))}
    assert negative <= read


def test_the_reference_belongs_to_the_card_and_has_whole_tables() -> None:
    model = load_model()
    assert load_reference().fitted_on["population"]
    for leaf in model.card.leaves:
        if leaf.scale == "percentile":
            assert all(len(table) == POINTS for table in model.reference.tables[leaf.code].values())
    assert list(model.reference.words) == list(model.card.words) == ["优秀", "良好", "中等", "较差"]


def test_both_parts_of_the_weights_are_kept() -> None:
    reference = load_reference()
    for leaves in CARD.leaves_of.values():
        assert sum(reference.entropy[CARD.leaves[j].code] for j in leaves) == pytest.approx(1, abs=1e-3)
    assert [force.ahp for force in CARD.forces] == [0.1892, 0.1137, 0.2475, 0.3072, 0.1424]


def test_text_for_readers_is_chinese_and_complete(card: Scorecard = CARD) -> None:
    texts = [leaf.name + leaf.formula for leaf in card.leaves]
    texts += [node.name + node.formula for node in (*card.penalties, *card.caps)]
    assert all(any("一" <= letter <= "鿿" for letter in text) and "！" not in text for text in texts)

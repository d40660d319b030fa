"""The engine against the plain loop, on small awkward input and on the city's card."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.credit_oracle import Oracle
from bench.credit_population import Population
from credit.contracts import LeafState, ScoreTable, ScoringInput
from credit.definitions import load_model
from credit.engine.score import Model, score_enterprises

AS_OF = date(2026, 3, 15)
PLENTY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
STATES = {
    LeafState.PRESENT: "present", LeafState.NOT_APPLICABLE: "not_applicable",
    LeafState.NOT_SUPPLIED: "not_supplied", LeafState.EMPTY: "empty",
}  # fmt: skip

days = st.one_of(
    st.none(),
    st.sampled_from([0, 1, -14, -15, -31, -100, -365, -366, -800, -1200, 1, 40]).map(
        lambda d: AS_OF + timedelta(days=d)
    ),
    st.integers(-1500, 60).map(lambda d: AS_OF + timedelta(days=d)),
)
numbers = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, 2.5, -3.0, 60.0, 1e6, 0.1, float("nan")]))
record = st.fixed_dictionaries(
    {
        "enterprise_id": st.sampled_from([1, 2, 3, 77]),
        "event_date": days,
        "valid_from": days,
        "valid_to": days,
        "released_on": days,
        "repaired_on": st.one_of(st.none(), st.none(), days),
        "n1": numbers,
        "n2": numbers,
        "level": st.sampled_from([None, "p", "q", "r", "s"]),
    }
)
entity = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["company", "branch", "individual", "cooperative"]),
        "state": st.sampled_from(["active", "active", "revoked"]),
        "section": st.sampled_from(["C", "F", None]),
        "industry": st.sampled_from(["17", "51", None]),
        "size": st.sampled_from(["small", "micro", "", None]),
        "established_on": days,
        "registered_capital_yuan": st.sampled_from([None, 0.0, 100.0, 3e6]),
    }
)
ITEMS = ("a.one", "a.two", "a.bad", "a.bad@principal")


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    supplied = draw(st.sets(st.sampled_from(ITEMS)))
    records = {item: draw(st.lists(record, max_size=8)) for item in sorted(supplied)}
    number = 0
    for rows in records.values():
        for row in rows:
            number += 1
            row["record_id"] = number
    entities = [
        {"enterprise_id": i, "town_code": ""} | draw(entity)
        for i in draw(st.sampled_from([(1,), (2, 1), (3, 1, 2)]))
    ]
    return {"records": records, "entities": entities, "supplied": frozenset(supplied)}


def assert_agrees(table: ScoreTable, inputs: ScoringInput, model: Model) -> None:
    oracle = Oracle(inputs, model.card, model.reference)
    for row, enterprise in enumerate(table.enterprise_id.tolist()):
        slow = oracle.score(enterprise)
        for j, leaf in enumerate(slow["leaves"]):
            assert STATES[LeafState(int(table.leaf_states[row, j]))] == leaf["state"], table.leaf_codes[j]
            expected = (leaf["value"], leaf["score"])
            found = (table.leaf_values[row, j], table.leaf_scores[row, j])
            for fast, plain in zip(found, expected, strict=True):
                assert fast == pytest.approx(np.nan if plain is None else plain, abs=1e-9, nan_ok=True)
        for name in ("forces", "force_coverage", "coverage", "base", "uncapped", "total", "baseline"):
            assert getattr(table, name)[row] == pytest.approx(slow[name], abs=1e-9), name
        cap = np.nan if slow["cap"] is None else slow["cap"]
        assert table.cap[row] == pytest.approx(cap, nan_ok=True)
        assert table.grades[table.grade[row]] == slow["grade"]
        width = len(model.card.leaves)
        assert -table.contributions[row, width:-1] == pytest.approx(slow["penalties"], abs=1e-9)
        for k, members in enumerate(model.card.leaves_of.values()):
            of_force = table.contributions[row, list(members)].sum()
            assert of_force == pytest.approx(slow["shapley"][k], abs=1e-9)


@PLENTY
@given(world=worlds())
def test_awkward_input_scores_as_the_plain_loop_does(
    world: dict[str, Any], small_model: Model, make_inputs: Callable[..., ScoringInput]
) -> None:
    inputs = make_inputs(**world)
    table, _ = score_enterprises(inputs, small_model)
    assert_agrees(table, inputs, small_model)
    assert table.baseline + table.contributions.sum(axis=1) == pytest.approx(table.total, abs=1e-9)


@PLENTY
@given(world=worlds(), data=st.data())
def test_order_partition_and_record_ids_change_no_bit(
    world: dict[str, Any], data: st.DataObject, small_model: Model, make_inputs: Callable[..., ScoringInput]
) -> None:
    inputs = make_inputs(**world)
    table, digest = score_enterprises(inputs, small_model)
    mixed = {item: data.draw(st.permutations(rows)) for item, rows in world["records"].items()}
    renumbered = {
        item: [row | {"record_id": 5000 - 7 * row["record_id"]} for row in rows]
        for item, rows in mixed.items()
    }
    entities = data.draw(st.permutations(world["entities"]))
    again, same = score_enterprises(make_inputs(renumbered, entities, world["supplied"]), small_model)
    assert same == digest
    assert again.row_bytes().tobytes() == table.row_bytes().tobytes()
    for row, entity in zip(
        table.row_bytes(), sorted(entities, key=lambda e: e["enterprise_id"]), strict=True
    ):
        alone, _ = score_enterprises(make_inputs(world["records"], [entity], world["supplied"]), small_model)
        assert alone.row_bytes().tobytes() == row.tobytes()


@PLENTY
@given(world=worlds(), later=st.lists(record, max_size=4))
def test_facts_dated_after_the_day_change_nothing(
    world: dict[str, Any],
    later: list[dict[str, Any]],
    small_model: Model,
    make_inputs: Callable[..., ScoringInput],
) -> None:
    table, digest = score_enterprises(make_inputs(**world), small_model)
    for place, row in enumerate(later):
        row |= {"event_date": AS_OF + timedelta(days=1 + place), "record_id": 900 + place}
    for item in world["records"]:
        world["records"][item] = world["records"][item] + later
    again, same = score_enterprises(make_inputs(**world), small_model)
    assert same == digest
    assert again.row_bytes().tobytes() == table.row_bytes().tobytes()


@pytest.fixture(scope="module")
def city() -> tuple[Population, Model]:
    model = load_model()
    return Population(150, date(2026, 6, 30), model.card, seed=11), model


@pytest.mark.parametrize("delivered", [True, False])
def test_the_citys_card_scores_as_the_plain_loop_does(
    city: tuple[Population, Model], delivered: bool
) -> None:
    population, model = city
    inputs = population.inputs(delivered=delivered)
    table, _ = score_enterprises(inputs, model)
    assert_agrees(table, inputs, model)


def test_any_partition_of_the_city_gives_the_same_bytes(city: tuple[Population, Model]) -> None:
    population, model = city
    inputs = population.inputs()
    whole, _ = score_enterprises(inputs, model)
    parts = []
    for number in range(7):
        of_part = pl.col("enterprise_id") % 7 == number
        part = replace(
            inputs,
            entities=inputs.entities.filter(of_part).reverse(),
            frames={
                item: frame.sample(fraction=1, shuffle=True, seed=number)
                for item, frame in inputs.frames.items()
            },
        )
        table, _ = score_enterprises(part, model)
        parts += list(zip(table.enterprise_id.tolist(), table.row_digests(), strict=True))
    assert [digest for _, digest in sorted(parts)] == whole.row_digests()

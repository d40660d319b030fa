"""Caps, penalties, missing data and reasons, on single enterprises of the small card."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.contracts import Confidence, LeafState, Missing, ScoringInput, UnableToScore
from credit.definitions import load_model
from credit.engine.forces import power_mean_score, score_forces, score_leaves
from credit.engine.percentiles import Peers
from credit.engine.reasons import list_missing, list_reasons
from credit.engine.score import Model, score_enterprises
from tests.credit.engine.conftest import AS_OF, entity_of, frame_of

Make = Callable[..., ScoringInput]
LONG_AGO = AS_OF - timedelta(days=200)


def freeze(**changes: object) -> dict[str, object]:
    """A burden in force since 200 days: 60 owed (serious), 70 in force against a capital of 100."""
    plain = {
        "enterprise_id": 1, "record_id": 41, "event_date": LONG_AGO, "valid_from": LONG_AGO, "n1": 70.0,
        "n2": 60.0, "level": "q",
    }  # fmt: skip
    return plain | changes


def test_the_lowest_cap_wins_and_the_uncapped_score_is_kept(small_model: Model, make_inputs: Make) -> None:
    table, _ = score_enterprises(make_inputs({"a.bad": [freeze()]}), small_model)
    assert table.cap[0] == 399
    assert table.cap_codes[table.cap_code[0]] == "V_HARD"
    assert table.caps_fired[0] == 0b11
    assert table.total[0] == min(399, table.uncapped[0])
    assert table.uncapped[0] == table.base[0] - table.penalty[0]


@pytest.mark.parametrize("end", ["released_on", "repaired_on", "valid_to"])
def test_a_cap_lifts_when_its_cause_ends(small_model: Model, make_inputs: Make, end: str) -> None:
    ended = freeze(**{end: AS_OF - timedelta(days=1)})
    table, _ = score_enterprises(make_inputs({"a.bad": [ended]}), small_model)
    assert np.isnan(table.cap[0])
    assert table.caps_fired[0] == 0


def test_a_burden_weighs_in_full_until_released_and_fades_from_then(
    small_model: Model, make_inputs: Make
) -> None:
    def burden(**changes: object) -> float:
        table, _ = score_enterprises(make_inputs({"a.bad": [freeze(**changes)]}), small_model)
        column = table.contribution_codes.index("N_BURDEN")
        return float(-table.contributions[0, column])

    in_force, just_released = burden(), burden(released_on=AS_OF)
    year_later = burden(
        valid_from=None, event_date=AS_OF - timedelta(days=900), released_on=AS_OF.replace(year=2025)
    )
    assert in_force == just_released == pytest.approx(80 * 0.500649)
    assert year_later == pytest.approx(in_force * 2**-0.5)
    assert burden(repaired_on=AS_OF) == 0
    assert burden(n2=0.0) == 0


def test_points_of_a_kind_stop_at_its_cap(small_model: Model, make_inputs: Make) -> None:
    many = [freeze(record_id=i) for i in range(9)]
    table, _ = score_enterprises(make_inputs({"a.bad": many}), small_model)
    assert table.contributions[0, table.contribution_codes.index("N_BURDEN")] == -120


def test_a_principals_listing_caps_the_enterprise(small_model: Model, make_inputs: Make) -> None:
    table, _ = score_enterprises(make_inputs({"a.bad@principal": [freeze()]}), small_model)
    assert table.cap[0] == 649
    assert table.evidence["item"].to_list() == ["a.bad@principal"]


def test_a_revoked_enterprise_is_capped_by_its_register_state(small_model: Model, make_inputs: Make) -> None:
    table, _ = score_enterprises(make_inputs(entities=[entity_of(1, state="revoked")]), small_model)
    assert table.cap_codes[table.cap_code[0]] == "V_STATE"


def test_evidence_names_the_records_behind_penalties_and_caps(small_model: Model, make_inputs: Make) -> None:
    table, _ = score_enterprises(make_inputs({"a.bad": [freeze()]}), small_model)
    assert table.evidence.select("code", "item", "record_id").rows() == [
        ("N_BURDEN", "a.bad", 41), ("V_HARD", "a.bad", 41), ("V_RATIO", "a.bad", 41),
    ]  # fmt: skip


def test_caps_come_first_then_penalties_then_leaves(small_model: Model, make_inputs: Make) -> None:
    records = {
        "a.bad": [freeze(), freeze(record_id=42, event_date=AS_OF, level="p", n2=0.0)],
        "a.one": [
            {"enterprise_id": 1, "record_id": 43, "event_date": AS_OF, "n1": -5.0, "n2": 9.0, "level": "q"}
        ],
    }
    table, _ = score_enterprises(make_inputs(records), small_model)
    adverse, favourable = list_reasons(small_model.card, table, 1)
    assert [reason.kind for reason in adverse] == ["cap", "penalty", "penalty", "leaf"]
    assert adverse[0].code == "V_HARD" and adverse[0].record_ids == (41,)
    assert adverse[1].points <= adverse[2].points < 0
    assert adverse[3].points < 0 and adverse[3].force
    assert len(favourable) <= 3 and all(reason.points > 0 for reason in favourable)


def test_a_reason_on_a_leaf_links_to_the_record_it_was_read_from(
    small_model: Model, make_inputs: Make
) -> None:
    low = {"enterprise_id": 1, "record_id": 77, "event_date": AS_OF, "n1": -9.0, "n2": None, "level": None}
    table, _ = score_enterprises(make_inputs({"a.one": [low]}), small_model)
    adverse, _ = list_reasons(small_model.card, table, 1)
    (reason,) = [reason for reason in adverse if reason.code == "C_LATEST"]
    assert (reason.force, reason.record_ids, reason.items) == ("capital", (77,), ("a.one",))


def test_what_a_unit_did_not_deliver_is_never_an_adverse_reason(
    small_model: Model, make_inputs: Make
) -> None:
    table, _ = score_enterprises(make_inputs(supplied=frozenset()), small_model)
    adverse, _ = list_reasons(small_model.card, table, 1)
    absent = {code for code, state in zip(table.leaf_codes, table.leaf_states[0], strict=True) if state == 2}
    assert "C_LATEST" in absent
    assert not absent & {reason.code for reason in adverse}
    assert table.leaf_scores[0, table.leaf_codes.index("C_LATEST")] == 50


def test_silence_counts_against_the_enterprise_only_where_the_unit_delivers(
    small_model: Model, make_inputs: Make
) -> None:
    table, _ = score_enterprises(make_inputs(), small_model)
    column = table.leaf_codes.index("C_LATEST")
    assert table.leaf_states[0, column] == LeafState.EMPTY
    assert table.leaf_scores[0, column] == 25
    adverse, _ = list_reasons(small_model.card, table, 1)
    assert "C_LATEST" in {reason.code for reason in adverse}


def test_the_missing_list_tells_not_supplied_from_no_record(small_model: Model, make_inputs: Make) -> None:
    supplied = frozenset({"a.one"})
    table, _ = score_enterprises(make_inputs(supplied=supplied), small_model)
    missing = {
        (line.leaf, line.item): line.why
        for line in list_missing(small_model.card, table.leaf_states[0], supplied)
    }
    assert missing["C_LATEST", "a.one"] == Missing.NO_RECORD
    assert missing["O_SHARE", "a.two"] == Missing.NOT_SUPPLIED
    assert missing["O_TREND", "a.two"] == Missing.NOT_SUPPLIED


def test_thin_coverage_is_marked_and_scored_all_the_same(small_model: Model, make_inputs: Make) -> None:
    table, _ = score_enterprises(make_inputs(supplied=frozenset()), small_model)
    assert table.confidence[0] == Confidence.VERY_LOW
    assert table.thin[0]
    assert 0 < table.total[0] < 1000


def test_records_of_an_item_that_is_not_supplied_are_refused(small_model: Model, make_inputs: Make) -> None:
    with pytest.raises(UnableToScore, match="has records"):
        score_enterprises(make_inputs({"a.bad": [freeze()]}, supplied=frozenset({"a.one"})), small_model)


def test_a_frame_of_the_wrong_shape_is_refused(small_model: Model, make_inputs: Make) -> None:
    inputs = make_inputs({"a.bad": [freeze()]})
    inputs.frames["a.bad"] = frame_of([freeze()]).drop("level")
    with pytest.raises(UnableToScore, match="column level is missing"):
        score_enterprises(inputs, small_model)
    inputs.frames["a.bad"] = frame_of([freeze()]).with_columns(pl.col("n1").cast(pl.Int64))
    with pytest.raises(UnableToScore, match="n1 should be Float64"):
        score_enterprises(inputs, small_model)


def test_an_enterprise_named_twice_is_refused(small_model: Model, make_inputs: Make) -> None:
    with pytest.raises(UnableToScore, match="unique"):
        score_enterprises(make_inputs(entities=[entity_of(1), entity_of(1)]), small_model)


def test_no_enterprise_gives_an_empty_table(small_model: Model, make_inputs: Make) -> None:
    inputs = make_inputs({"a.bad": [freeze()]})
    table, _ = score_enterprises(
        ScoringInput(inputs.frames, inputs.entities.clear(), inputs.supplied, AS_OF, inputs.measures),
        small_model,
    )
    assert len(table) == 0 and table.row_digests() == [] and table.evidence.is_empty()


def test_a_row_digest_follows_the_record_a_reason_links_to(small_model: Model, make_inputs: Make) -> None:
    first, digest = score_enterprises(make_inputs({"a.bad": [freeze()]}), small_model)
    redelivered, same = score_enterprises(make_inputs({"a.bad": [freeze(record_id=99)]}), small_model)
    assert same == digest
    assert redelivered.row_bytes().tobytes() == first.row_bytes().tobytes()
    assert redelivered.row_digests() != first.row_digests()


def test_the_digest_sees_a_change_of_any_fact(small_model: Model, make_inputs: Make) -> None:
    _, plain = score_enterprises(make_inputs({"a.bad": [freeze()]}), small_model)
    for change in ({"n1": 71.0}, {"level": "p"}, {"valid_to": AS_OF}, {"enterprise_id": 2}, {"n2": None}):
        _, changed = score_enterprises(make_inputs({"a.bad": [freeze(**change)]}), small_model)
        assert changed != plain, change
    _, poorer = score_enterprises(
        make_inputs({"a.bad": [freeze()]}, [entity_of(1, registered_capital_yuan=99.0)]), small_model
    )
    assert poorer != plain


@settings(deadline=None)
@given(
    values=st.lists(st.floats(-10, 130), min_size=34, max_size=34),
    leaf=st.integers(0, 33),
    better=st.floats(0.0, 200),
)
def test_a_better_value_of_any_leaf_never_lowers_the_score(
    values: list[float], leaf: int, better: float
) -> None:
    model = load_model()
    chosen = model.card.leaves[leaf]
    step = better if chosen.direction == "high" else -better
    rows = np.array([values, values])
    rows[1, leaf] += step
    states = np.zeros(rows.shape, dtype=np.uint8)
    peers = Peers(np.zeros(2, dtype=np.int32), (("38/small", "C/small", "C", "*"),))
    leaves = score_leaves(model.card, model.reference, rows, states, peers)
    weights = np.array([leaf.weight for leaf in model.card.leaves])
    forces = score_forces(model.card, weights, leaves.scores, states)
    before, after = power_mean_score(model.card.force_weights, forces.forces)
    assert after >= before

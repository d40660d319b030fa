"""The whole way from frames to the score table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit.contracts import Floats, Ints, ScoreTable, ScoringInput, Small, UnableToScore
from credit.engine import civil
from credit.engine.aggregates import Column, aggregate, empty_column, matching_rows
from credit.engine.digest import InputDigest, model_hash
from credit.engine.expressions import Terminal, terminals
from credit.engine.facts import Facts, prepare_facts
from credit.engine.forces import (
    leaf_weights,
    power_mean_score,
    score_forces,
    score_leaves,
)
from credit.engine.indicators import (
    Entities,
    Evaluator,
    Indicators,
    indicator_matrix,
    prepare_entities,
)
from credit.engine.percentiles import Peers, Reference, find_peers
from credit.engine.reasons import choose_reasons, split_contributions
from credit.engine.records import Caps, RecordPoints, fire_caps, kind_points, source_points
from credit.engine.scale import band, confidence, limit
from credit.engine.scorecard import Scorecard

EVIDENCE = {
    "enterprise_id": pl.Int64(), "code": pl.String(), "item": pl.String(), "record_id": pl.Int64(),
    "points": pl.Float64(),
}  # fmt: skip


@dataclass(frozen=True)
class Model:
    """One frozen version: a card and the reference fitted for it."""

    card: Scorecard
    reference: Reference
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        if self.reference.card_version != self.card.version:
            raise UnableToScore(f"the reference was fitted for card {self.reference.card_version}")
        for leaf in self.card.leaves:
            tables: Mapping[str, object] = (
                self.reference.leaf_medians if leaf.scale == "fixed" else self.reference.tables
            )
            if leaf.code not in tables:
                raise UnableToScore(f"the reference has no table for {leaf.code}")
        object.__setattr__(self, "hash", model_hash(self.card, self.reference))


@dataclass
class Readings:
    """What one pass over the items gathers; everything later is arithmetic on n-vectors."""

    entities: Entities
    columns: dict[Terminal, Column] = field(default_factory=dict)
    recorded: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    penalties: dict[int, list[tuple[str, RecordPoints]]] = field(default_factory=dict)
    causes: dict[Terminal, tuple[NDArray[np.int32], Ints]] = field(default_factory=dict)
    digest: str = ""


def score_enterprises(inputs: ScoringInput, model: Model) -> tuple[ScoreTable, str]:
    """Scores of every enterprise of the input, and the input's digest.

    UnableToScore when frames, entities or measures do not fit the card. The numbers of an enterprise are
    the same bits whichever other enterprises are scored with it and in whatever order the rows come.
    """
    readings = read_facts(inputs, model.card)
    evaluator = Evaluator(readings.columns, inputs.supplied, readings.entities)
    indicators = indicator_matrix(model.card, evaluator, readings.recorded)
    caps = fire_caps(model.card, evaluator)
    return _score_table(inputs, model, readings, indicators, caps), readings.digest


def read_facts(inputs: ScoringInput, card: Scorecard) -> Readings:
    """One pass: each item is prepared, aggregated, weighed, digested and let go."""
    as_of = civil.day_number(inputs.as_of)
    entities = prepare_entities(inputs.entities, inputs.as_of)
    readings = Readings(entities)
    digest = InputDigest(entities, inputs.supplied, card.items)
    of_caps = {terminal for cap in card.caps for terminal in terminals(cap.value)}
    for item in card.items:
        frame = inputs.frames.get(item)
        if frame is not None and frame.height and item not in inputs.supplied:
            raise UnableToScore(f"{item}: has records but is not among the supplied items")
        needs = card.needs(item, inputs.measures)
        mine = [terminal for terminal in card.all_terminals if terminal.item == item]
        if frame is None or not frame.height:
            _read_nothing(item, mine, item in inputs.supplied, readings)
            continue
        facts = prepare_facts(item, frame, entities.ids, as_of, needs)
        digest.add(facts, entities)
        _read_item(facts, card, mine, inputs, readings)
        for terminal in of_caps.intersection(mine):
            rows = matching_rows(terminal, facts)
            readings.causes[terminal] = (facts.entity[rows], facts.record[rows])
    readings.digest = digest.hexdigest()
    return readings


def _read_nothing(item: str, mine: list[Terminal], supplied: bool, readings: Readings) -> None:
    n = len(readings.entities)
    for terminal in mine:
        readings.columns[terminal] = empty_column(terminal, n) if supplied else Column(np.full(n, np.nan))
    readings.recorded[item] = np.zeros(n, dtype=bool)


def _read_item(
    facts: Facts, card: Scorecard, mine: list[Terminal], inputs: ScoringInput, readings: Readings
) -> None:
    n = len(readings.entities)
    names = list(inputs.measures.get(facts.item.split("@")[0], ()))
    for terminal in mine:
        position = names.index(terminal.measure) + 1 if terminal.measure else None
        readings.columns[terminal] = aggregate(terminal, facts, position, n)
    recorded = np.zeros(n, dtype=bool)
    recorded[facts.entity] = True
    readings.recorded[facts.item] = recorded
    for k, penalty in enumerate(card.penalties):
        for source in penalty.sources:
            if source.item == facts.item:
                amount = names.index(source.amount) + 1 if source.amount else None
                points = source_points(source, facts, amount, card.severities)
                readings.penalties.setdefault(k, []).append((facts.item, points))


def _score_table(
    inputs: ScoringInput, model: Model, readings: Readings, indicators: Indicators, caps: Caps
) -> ScoreTable:
    card, reference = model.card, model.reference
    peers = find_peers(readings.entities)
    leaves = score_leaves(card, reference, indicators.values, indicators.states, peers)
    forces = score_forces(card, leaf_weights(card, reference), leaves.scores, indicators.states)
    penalties = _penalty_matrix(card, readings)
    base = power_mean_score(card.force_weights, forces.forces)
    penalty = np.zeros(len(base))
    for k in range(penalties.shape[1]):
        penalty = penalty + penalties[:, k]
    uncapped = base - penalty
    total = limit(uncapped, caps.value)
    group, names, medians = _peer_medians(reference, peers)
    parts = split_contributions(card, leaves, forces, medians, penalties, total - uncapped)
    chosen = choose_reasons(card, parts.points, leaves, indicators.states, caps.code >= 0)
    return ScoreTable(
        as_of=inputs.as_of,
        model_hash=model.hash,
        leaf_codes=tuple(leaf.code for leaf in card.leaves),
        penalty_codes=tuple(kind.code for kind in card.penalties),
        cap_codes=tuple(cap.code for cap in card.caps),
        peer_groups=names,
        words=tuple(reference.words),
        grades=tuple(grade.code for grade in card.grades),
        enterprise_id=readings.entities.ids.astype(np.int64),
        total=total,
        uncapped=uncapped,
        base=base,
        penalty=penalty,
        cap=caps.value,
        cap_code=caps.code,
        caps_fired=caps.fired,
        baseline=parts.baseline,
        forces=forces.forces,
        peer_forces=medians,
        peer_group=group,
        force_coverage=forces.force_coverage,
        coverage=forces.coverage,
        confidence=confidence(forces.coverage),
        grade=band(total, [grade.at_least for grade in card.grades]),
        word=band(total, list(reference.words.values())),
        leaf_values=indicators.values,
        leaf_scores=leaves.scores,
        leaf_states=indicators.states,
        leaf_records=indicators.records,
        contributions=parts.points,
        adverse=chosen.adverse,
        favourable=chosen.favourable,
        evidence=_evidence(card, readings, caps),
    )


def _penalty_matrix(card: Scorecard, readings: Readings) -> Floats:
    """(n, K) points of every kind, in the card's order of items."""
    n = len(readings.entities)
    out = np.zeros((n, len(card.penalties)), order="F")
    for k, penalty in enumerate(card.penalties):
        parts = [points for _, points in readings.penalties.get(k, [])]
        out[:, k] = kind_points(parts, penalty.cap, n)
    return out


def _peer_medians(reference: Reference, peers: Peers) -> tuple[Small, tuple[str, ...], Floats]:
    group, names = peers.choose(reference.force_medians)
    table = np.array([reference.force_medians[name] for name in names])
    return group.astype(np.int16), tuple(names), table[group].reshape(-1, 5)


class _Evidence:
    """Collects records behind scores, column by column."""

    def __init__(self, ids: Ints) -> None:
        self.ids = ids
        self.codes: list[str] = []
        self.items: list[str] = []
        self.parts: list[tuple[NDArray[np.generic], ...]] = []

    def add(self, code: str, item: str, entity: NDArray[Any], records: Ints, points: Floats) -> None:
        if len(entity):
            kind = np.full(len(entity), len(self.codes))
            self.parts.append((self.ids[entity], kind, records, points))
            self.codes.append(code)
            self.items.append(item)

    def frame(self) -> pl.DataFrame:
        """One row per enterprise, code, item and record."""
        if not self.parts:
            return pl.DataFrame(schema=EVIDENCE)
        ids, kind, records, points = (np.concatenate(columns) for columns in zip(*self.parts, strict=True))
        frame = pl.DataFrame(
            {
                "enterprise_id": ids,
                "code": pl.Series(self.codes)[kind],
                "item": pl.Series(self.items)[kind],
                "record_id": records,
                "points": points,
            }
        )
        keys = ["enterprise_id", "code", "item", "record_id"]
        return frame.group_by(keys).agg(pl.col("points").max()).sort(keys)


def _evidence(card: Scorecard, readings: Readings, caps: Caps) -> pl.DataFrame:
    """Records behind penalties (with their points) and behind every cap that fires (without)."""
    found = _Evidence(readings.entities.ids)
    for k, sources in readings.penalties.items():
        for item, heavy in sources:
            found.add(card.penalties[k].code, item, heavy.entity, heavy.record, heavy.points)
    for i, cap in enumerate(card.caps):
        fired = (caps.fired >> i & 1).astype(bool)
        if fired.any():
            for terminal in dict.fromkeys(terminals(cap.value)):
                entity, record = _causes(terminal, readings)
                hit = fired[entity]
                found.add(cap.code, terminal.item, entity[hit], record[hit], np.zeros(np.count_nonzero(hit)))
    return found.frame()


def _causes(terminal: Terminal, readings: Readings) -> tuple[NDArray[Any], Ints]:
    """Enterprises and records an aggregate of a cap was read from."""
    records = readings.columns[terminal].records
    if records is not None:
        entity = np.flatnonzero(records)
        return entity, records[entity]
    nothing = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    return readings.causes.get(terminal, nothing)

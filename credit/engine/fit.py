"""Fitting the frozen half of a model: reference tables, peer medians, word cut-offs, entropy parts.

Done once per model version on a stated population, reviewed, stored, and from then on only read.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from credit.contracts import Floats, LeafState, ScoringInput, UnableToScore
from credit.engine.forces import score_leaves
from credit.engine.indicators import Evaluator, Indicators, indicator_matrix, prepare_entities
from credit.engine.percentiles import EVERYONE, Peers, Reference, find_peers, fit_table, treat
from credit.engine.score import Model, read_facts, score_enterprises
from credit.engine.scorecard import Scorecard
from credit.engine.weights import UnableToWeigh, entropy_weights


class UnableToFit(ValueError):
    """The population cannot carry the reference; the message names the leaves without a value."""


def fit_reference(
    inputs: ScoringInput, card: Scorecard, label: str, medians_from: ScoringInput | None = None
) -> Reference:
    """Fit a reference on `inputs`; UnableToFit when a leaf has no value at all.

    `medians_from`, when given, is the same population under the supply the card will meet in use: tables
    then know leaves that are not delivered yet, while medians and words match what is delivered today.
    """
    readings = read_facts(inputs, card)
    evaluator = Evaluator(readings.columns, inputs.supplied, readings.entities)
    indicators = indicator_matrix(card, evaluator, readings.recorded)
    peers = find_peers(readings.entities)
    tables, points = _fit_leaves(card, indicators, peers)
    tables_only = Reference(
        card_version=card.version,
        fitted_on={},
        tables=tables,
        leaf_medians=points,
        force_medians={EVERYONE: (50.0,) * 5},
        words=dict.fromkeys(card.words, 0.0),
        entropy=_fit_entropy(card, tables, points, indicators, peers),
    )
    seen = medians_from or inputs
    table, _ = score_enterprises(seen, Model(card, tables_only))
    return Reference(
        card_version=card.version,
        fitted_on={
            "population": label,
            "as_of": seen.as_of.isoformat(),
            "enterprises": len(table),
            "supplied": sorted(set(seen.supplied) & set(card.items)),
        },
        tables=tables,
        leaf_medians=points,
        force_medians=_by_group(
            table.forces, find_peers(prepare_entities(seen.entities, seen.as_of)), card.peers
        ),
        words=fit_words(table.total, card.words),
        entropy=tables_only.entropy,
    )


def fit_words(totals: Floats, shares: Mapping[str, float]) -> dict[str, float]:
    """Lower bounds that give the words (best first) their shares of the population; the last starts at 0."""
    bounds: dict[str, float] = {}
    above = 0.0
    for word, share in shares.items():
        above += share
        bounds[word] = round(float(np.quantile(totals, max(0.0, 1.0 - above), method="hazen")), 1)
    return bounds | {list(shares)[-1]: 0.0}


def _fit_leaves(
    card: Scorecard, indicators: Indicators, peers: Peers
) -> tuple[dict[str, dict[str, Floats]], dict[str, dict[str, float]]]:
    tables: dict[str, dict[str, Floats]] = {}
    points: dict[str, dict[str, float]] = {}
    unknown = []
    for j, leaf in enumerate(card.leaves):
        rows = np.flatnonzero(indicators.states[:, j] == LeafState.PRESENT)
        if not len(rows):
            unknown.append(leaf.code)
            continue
        values = indicators.values[rows, j]
        groups = _groups(peers, rows, card.peers)
        if leaf.scale == "fixed":
            points[leaf.code] = {name: float(np.median(values[of])) for name, of in groups.items()}
        else:
            tables[leaf.code] = {name: _rounded(fit_table(values[of])) for name, of in groups.items()}
    if unknown:
        raise UnableToFit(f"no enterprise has a value of {', '.join(unknown)}")
    return tables, points


def _rounded(table: Floats) -> Floats:
    """Five significant digits: rounding keeps the order, and the file readable."""
    return np.array([float(f"{value:.5g}") for value in table])


def _groups(
    peers: Peers, rows: Sequence[int] | np.typing.NDArray[np.int64], least: int
) -> dict[str, np.typing.NDArray[np.int64]]:
    """Positions within `rows` of every group of at least `least` members, and of everyone."""
    members: dict[str, list[np.typing.NDArray[np.int64]]] = {}
    combination = peers.combination[rows]
    for code, chain in enumerate(peers.chains):
        of = np.flatnonzero(combination == code)
        for name in dict.fromkeys(chain):
            members.setdefault(name, []).append(of)
    whole = {name: np.concatenate(parts) for name, parts in members.items()}
    return {name: of for name, of in sorted(whole.items()) if len(of) >= least or name == EVERYONE}


def _by_group(forces: Floats, peers: Peers, least: int) -> dict[str, tuple[float, ...]]:
    groups = _groups(peers, np.arange(len(forces)), least)
    if not len(forces):
        raise UnableToScore("a reference needs enterprises")
    return {
        name: tuple(round(float(median), 2) for median in np.median(forces[of], axis=0))
        for name, of in groups.items()
    }


def _fit_entropy(
    card: Scorecard,
    tables: dict[str, dict[str, Floats]],
    points: dict[str, dict[str, float]],
    indicators: Indicators,
    peers: Peers,
) -> dict[str, float]:
    """Entropy part of every leaf within its force, measured on treated scores with stand-ins for the
    missing."""
    draft = Reference(card.version, {}, tables, points, {EVERYONE: (50.0,) * 5}, {}, {})
    scores = score_leaves(card, draft, indicators.values, indicators.states, peers).scores
    filled = np.where(np.isnan(scores), card.neutral, scores)
    parts: dict[str, float] = {}
    for members in card.leaves_of.values():
        columns = np.column_stack([treat(filled[:, j]) for j in members])
        try:
            weights = entropy_weights(columns).weights
        except UnableToWeigh:
            weights = np.full(len(members), 1 / len(members))
        parts |= {card.leaves[j].code: round(float(w), 4) for j, w in zip(members, weights, strict=True)}
    return parts

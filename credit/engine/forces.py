"""From leaf scores to five forces and the total before records.

F_k is the weighted mean of the force's applicable leaves, a missing leaf standing at 50, or at 25 where
silence is itself a bad sign (and the unit does deliver). S0 = 10 (sum W_k F_k^.5)^2: a power mean that
forgives a weak force less than an average would.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from credit.contracts import Bytes, Floats, LeafState
from credit.engine.percentiles import Peers, Reference, rank_in_groups
from credit.engine.scorecard import Scorecard
from credit.engine.weights import blend

NO_LEAF = 50.0


def leaf_weights(card: Scorecard, reference: Reference) -> Floats:
    """(L,) weights within each force after blending in the entropy part."""
    expert = np.array([leaf.weight for leaf in card.leaves])
    if card.entropy_share == 0:
        return expert
    entropy = np.array([reference.entropy.get(leaf.code, leaf.weight) for leaf in card.leaves])
    return blend(expert, entropy, card.entropy_share)


@dataclass(frozen=True)
class LeafScores:
    """(n, L) scores 0-100 (NaN where not applicable) and the level each is compared with."""

    scores: Floats
    baselines: Floats
    """50 for ranks and stand-ins, the peer group's median points for leaves on a fixed scale."""


def score_leaves(
    card: Scorecard, reference: Reference, values: Floats, states: Bytes, peers: Peers
) -> LeafScores:
    """Rank or take the points of every leaf and fill in the stand-ins of the missing policy."""
    scores = np.full(values.shape, np.nan, order="F")
    baselines = np.full(values.shape, NO_LEAF, order="F")
    for j, leaf in enumerate(card.leaves):
        present = states[:, j] == LeafState.PRESENT
        if leaf.scale == "fixed":
            scores[:, j] = np.clip(values[:, j], 0.0, 100.0)
            medians = reference.leaf_medians[leaf.code]
            group, names = peers.choose(medians)
            own = np.array([medians[name] for name in names])[group]
            baselines[:, j] = np.where(present, own, NO_LEAF)
        else:
            scores[:, j] = _ranked(values[:, j], present, peers, reference.tables[leaf.code])
            if leaf.direction == "low":
                scores[:, j] = 100.0 - scores[:, j]
        empty = states[:, j] == LeafState.EMPTY
        scores[empty, j] = card.silence if leaf.missing == "silence" else card.neutral
        scores[states[:, j] == LeafState.NOT_SUPPLIED, j] = card.neutral
    return LeafScores(scores, baselines)


def _ranked(values: Floats, present: NDArray[np.bool_], peers: Peers, tables: Mapping[str, Floats]) -> Floats:
    group, names = peers.choose(tables)
    rows = np.flatnonzero(present)
    out = np.full(len(values), np.nan)
    out[rows] = rank_in_groups(values[rows], group[rows], np.stack([tables[name] for name in names]))
    return out


@dataclass(frozen=True)
class ForceScores:
    """(n, 5) forces and coverage, (n,) coverage, (n, L) weights that add up to one within each force."""

    forces: Floats
    force_coverage: Floats
    coverage: Floats
    shares: Floats


def score_forces(card: Scorecard, weights: Floats, scores: Floats, states: Bytes) -> ForceScores:
    """Weighted means over the applicable leaves; additions run leaf after leaf for every enterprise alike."""
    n = len(scores)
    forces, cover = np.full((n, 5), NO_LEAF, order="F"), np.zeros((n, 5), order="F")
    shares = np.zeros(scores.shape, order="F")
    for k, leaves in enumerate(card.leaves_of.values()):
        whole, known = np.zeros(n), np.zeros(n)
        for j in leaves:
            whole = whole + np.where(states[:, j] == LeafState.NOT_APPLICABLE, 0.0, weights[j])
            known = known + np.where(states[:, j] == LeafState.PRESENT, weights[j], 0.0)
        total = np.zeros(n)
        for j in leaves:
            applicable = states[:, j] != LeafState.NOT_APPLICABLE
            shares[:, j] = np.divide(weights[j], whole, out=np.zeros(n), where=applicable & (whole > 0))
            total = total + shares[:, j] * np.where(applicable, scores[:, j], 0.0)
        some = whole > 0
        forces[:, k] = np.where(some, total, NO_LEAF)
        cover[:, k] = np.divide(known, whole, out=np.zeros(n), where=some)
    return ForceScores(forces, cover, weighted(card.force_weights, cover), shares)


def weighted(weights: tuple[float, ...], columns: Floats) -> Floats:
    """sum_k w_k columns[:, k], added in order."""
    total = np.zeros(len(columns))
    for k, weight in enumerate(weights):
        total = total + weight * columns[:, k]
    return total


def power_mean_score(weights: tuple[float, ...], forces: Floats) -> Floats:
    """S0 = 10 (sum W_k F_k^.5)^2 of (n, 5) forces, 0-1000."""
    root = weighted(weights, np.sqrt(forces))
    return 10.0 * (root * root)

"""Why a score is what it is: contributions that add up, and the few reasons worth saying.

Each force is given its exact Shapley value against the peer group's median forces. S0 = 10 (sum x_k)^2 with
x_k = W_k F_k^.5 is quadratic in x, so the average over the 32 subsets has a closed form: with X and B the
sums of x and of the medians' b, phi_k = 10 (x_k - b_k) (X + B). Inside a force the value is split by weight
x (score - level of comparison), the levels shifted together so that the parts add up to the force's own
difference.
"""

from dataclasses import dataclass

import numpy as np

from credit.contracts import Floats, LeafState, Missing, MissingItem, Reason, ScoreTable, Small
from credit.engine.forces import ForceScores, LeafScores, power_mean_score, weighted
from credit.engine.scorecard import Leaf, Scorecard

LIMIT = "LIMIT"


def shapley_values(weights: tuple[float, ...], forces: Floats, medians: Floats) -> Floats:
    """(n, 5) Shapley values of the forces, summing to S0(forces) - S0(medians) in each row."""
    return (forces - medians) * _slopes(weights, forces, medians)


def _slopes(weights: tuple[float, ...], forces: Floats, medians: Floats) -> Floats:
    """phi_k / (F_k - m_k), finite where both are equal."""
    own, peer = np.sqrt(forces), np.sqrt(medians)
    level = (weighted(weights, own) + weighted(weights, peer))[:, None]
    both = own + peer
    part = np.divide(10.0 * np.array(weights), both, out=np.zeros_like(both), where=both > 0)
    return part * level


@dataclass(frozen=True)
class Contributions:
    """(n, L + K + 1) points, and the baseline they start from."""

    points: Floats
    baseline: Floats


def split_contributions(
    card: Scorecard,
    leaves: LeafScores,
    forces: ForceScores,
    medians: Floats,
    penalties: Floats,
    limit: Floats,
) -> Contributions:
    """Contributions of leaves, penalty kinds (n, K) and of cap and floor (n,): they sum to total -
    baseline."""
    weights = card.force_weights
    slopes = _slopes(weights, forces.forces, medians)
    n, width = leaves.scores.shape
    points = np.zeros((n, width + penalties.shape[1] + 1), order="F")
    for k, members in enumerate(card.leaves_of.values()):
        level = np.zeros(n)
        for j in members:
            level = level + forces.shares[:, j] * leaves.baselines[:, j]
        shift = level - medians[:, k]
        for j in members:
            ahead = np.nan_to_num(leaves.scores[:, j]) - leaves.baselines[:, j] + shift
            points[:, j] = slopes[:, k] * forces.shares[:, j] * ahead
    points[:, width:-1] = 0.0 - penalties
    points[:, -1] = limit
    return Contributions(points, power_mean_score(weights, medians))


@dataclass(frozen=True)
class Chosen:
    """Contribution columns of the reasons, -1 where fewer: (n, adverse) and (n, favourable)."""

    adverse: Small
    favourable: Small


def choose_reasons(
    card: Scorecard,
    points: Floats,
    leaves: LeafScores,
    states: np.typing.NDArray[np.uint8],
    capped: np.typing.NDArray[np.bool_],
) -> Chosen:
    """Caps first, then penalties by size, then leaves by size; equals in the order of the card."""
    width = len(card.leaves)
    floor = card.reasons.floor
    spoken = states == LeafState.PRESENT
    silent = [j for j, leaf in enumerate(card.leaves) if leaf.missing == "silence"]
    spoken[:, silent] |= states[:, silent] == LeafState.EMPTY
    ahead = np.nan_to_num(leaves.scores) - leaves.baselines
    keys = np.zeros(points.shape, order="F")
    worse = spoken & (points[:, :width] <= -floor) & (ahead < 0)
    keys[:, :width] = np.where(worse, points[:, :width], 0.0)
    records = points[:, width:-1]
    keys[:, width:-1] = np.where(records <= -floor, records - 1e6, 0.0)
    keys[:, -1] = np.where(capped, -1e12, 0.0)
    better = (states == LeafState.PRESENT) & (points[:, :width] >= floor) & (ahead > 0)
    return Chosen(
        _smallest(keys, card.reasons.adverse),
        _smallest(np.where(better, -points[:, :width], 0.0), card.reasons.favourable),
    )


def _smallest(keys: Floats, count: int) -> Small:
    """Columns of the `count` smallest negative keys per row, in order; -1 where there are fewer."""
    keys = keys.copy()
    rows = np.arange(len(keys))
    out = np.full((len(keys), count), -1, dtype=np.int16)
    for i in range(count):
        column = np.argmin(keys, axis=1) if len(keys) else rows
        found = keys[rows, column] < 0
        out[found, i] = column[found]
        keys[rows, column] = 0.0
    return out


def list_reasons(card: Scorecard, table: ScoreTable, enterprise_id: int) -> tuple[list[Reason], list[Reason]]:
    """Adverse and favourable reasons of one enterprise, in the order to show them."""
    row = table.row_of(enterprise_id)
    adverse = [describe_reason(card, table, row, int(c)) for c in table.adverse[row] if c >= 0]
    favourable = [describe_reason(card, table, row, int(c)) for c in table.favourable[row] if c >= 0]
    return adverse, favourable


def describe_reason(card: Scorecard, table: ScoreTable, row: int, column: int) -> Reason:
    """One reason with its text, source items and the records that caused it."""
    points = float(table.contributions[row, column])
    width = len(card.leaves)
    if column < width:
        leaf = card.leaves[column]
        record = int(table.leaf_records[row, column])
        text = leaf_text(leaf, points, LeafState(int(table.leaf_states[row, column])))
        mine = (record,) if record else ()
        return Reason(leaf.code, leaf.name, "leaf", leaf.force, points, leaf.grade, text, leaf.items, mine)
    ids = _record_ids(table, row, column)
    if column < width + len(card.penalties):
        penalty = card.penalties[column - width]
        text = f"有未过期的{penalty.name}记录，扣{-points:.1f}分"
        return Reason(
            penalty.code, penalty.name, "penalty", "", points, penalty.grade, text, penalty.items, ids
        )
    cap = card.caps[int(table.cap_code[row])]
    text = f"{cap.name}，总分不超过{cap.cap:.0f}分"
    return Reason(cap.code, cap.name, "cap", "", points, cap.grade, text, cap.items, ids)


def _record_ids(table: ScoreTable, row: int, column: int) -> tuple[int, ...]:
    codes = table.contribution_codes
    code = table.cap_codes[int(table.cap_code[row])] if codes[column] == LIMIT else codes[column]
    mine = table.evidence.filter(enterprise_id=int(table.enterprise_id[row]), code=code)
    return tuple(mine.sort("points", "record_id", descending=[True, False])["record_id"].to_list())


def leaf_text(leaf: Leaf, points: float, state: LeafState) -> str:
    """One sentence on a leaf, seen from its peers."""
    if state == LeafState.EMPTY:
        return f"未见{leaf.name}所依据的申报或公示材料"
    good = points > 0
    if leaf.scale == "fixed":
        return f"{leaf.name}{'优于' if good else '不及'}同类企业中位水平"
    high = good == (leaf.direction == "high")
    return f"{leaf.name}{'高于' if high else '低于'}同类企业中位水平"


def list_missing(
    card: Scorecard, states: np.typing.NDArray[np.uint8], supplied: frozenset[str] | set[str]
) -> list[MissingItem]:
    """What is missing behind one enterprise's score, from its row of leaf states.

    A source that no unit delivers is 未供数; a delivered one without a usable record of the enterprise is
    无记录.
    """
    out = []
    for leaf, state in zip(card.leaves, states, strict=True):
        if state == LeafState.NOT_SUPPLIED:
            absent = [item for item in leaf.items if item not in supplied]
            out += [MissingItem(leaf.code, leaf.name, item, Missing.NOT_SUPPLIED) for item in absent]
        elif state == LeafState.EMPTY:
            for item in leaf.items:
                why = Missing.NO_RECORD if item in supplied else Missing.NOT_SUPPLIED
                out.append(MissingItem(leaf.code, leaf.name, item, why))
    return out

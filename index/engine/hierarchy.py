"""A tree of any depth from indicators to the index; each node has its own mean, weights and threshold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.engine.places import Place
from index.engine.rounding import RULES, rounded
from index.engine.scoring import Floats
from index.engine.weighting import (
    UnableToWeigh,
    critic_weights,
    entropy_weights,
    pairwise_weights,
    spread_weights,
)

MEANS = ("arithmetic", "geometric", "harmonic", "power", "sum", "median", "min", "max", "product", "mpi")
COUNTED = ("count", "weight")
WEIGHT_METHODS = ("equal", "entropy", "critic", "variation")
_SLACK = 1e-9


class UnableToAggregate(ValueError):
    """Parts that the node's mean cannot take; the text (Chinese) names node and row."""


@dataclass(eq=False)
class Node:
    """One node: its children in order with their weights, or none for an indicator.

    threshold: least share of the children that must be known, by their number or their weight; 0 asks for one.
    factor: what the mean is multiplied by. decimals: rounding of this node before its parent uses it, None
    for none.
    """

    code: str
    name: str = ""
    weight: float = 1.0
    children: list["Node"] = field(default_factory=list)
    mean: str = "arithmetic"
    power: float = 1.0
    threshold: float = 0.0
    counted: str = "count"
    weights: str = "stated"
    factor: float = 1.0
    decimals: int | None = None
    rule: str = "half_up"
    place: Place | None = None

    def walk(self) -> Iterator["Node"]:
        """Itself and everything below, top first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def height(self) -> int:
        """0 for an indicator, 1 for a mean of indicators, and so on."""
        return 1 + max(child.height for child in self.children) if self.children else 0

    def leaves(self) -> list["Node"]:
        return [node for node in self.walk() if not node.children]


@dataclass(frozen=True, eq=False)
class Aggregated:
    """values by code, top first; weights of each child within its node (adding up to 1); effective: product down the
    tree; consistency: ratio of each pairwise matrix by node."""

    values: dict[str, Floats]
    weights: dict[str, float]
    effective: dict[str, float]


def aggregate_tree(root: Node, leaves: Mapping[str, Floats], rows: list[str]) -> Aggregated:
    """All nodes' values, bottom up. rows: what to call each row in a message."""
    values: dict[str, Floats] = {}
    weights: dict[str, float] = {root.code: 1.0}

    def climb(node: Node) -> Floats:
        if not node.children:
            return leaves[node.code]
        parts = np.stack([climb(child) for child in node.children], axis=1)
        for number, child in enumerate(node.children):
            values[child.code] = parts[:, number]
        weight = node_weights(node, parts)
        for child, share in zip(node.children, weight / weight.sum(), strict=True):
            weights[child.code] = float(share)
        return _mean(node, parts, weight, rows)

    values[root.code] = climb(root)
    effective: dict[str, float] = {}
    _spread(root, 1.0, weights, effective)
    return Aggregated({node.code: values[node.code] for node in root.walk()}, weights, effective)


def node_weights(node: Node, parts: Floats) -> Floats:
    """(k,) weights of a node's children, stated or computed from their values."""
    try:
        if node.weights == "entropy":
            return entropy_weights(parts)
        if node.weights == "critic":
            return critic_weights(parts)
        if node.weights == "variation":
            return spread_weights(parts)
    except UnableToWeigh as error:
        raise UnableToAggregate(f"“{node.code}”的权重：{error}") from error
    if node.weights == "equal":
        return np.ones(len(node.children))
    return np.array([child.weight for child in node.children])


def weighted_mean(parts: Floats, weights: Floats, mean: str, power: float = 1.0) -> Floats:
    """(n,) means of (n, k) parts over the known ones (NaN left out, their weight given to the others).

    sum does not divide by the weights; product is prod x^w; mpi is Mazziotta and Pareto's mean less a penalty for
    imbalance, M - s^2 / M with the weighted population variance. NaN where nothing is known. A zero makes a geometric
    or harmonic mean zero; values below zero are the caller's fault and give NaN.
    """
    known: NDArray[np.bool_] = ~np.isnan(parts)
    weight = np.where(known, weights, 0.0)
    have = weight.sum(axis=1)
    filled = np.where(known, parts, 0.0)
    safe = np.where(have > 0, have, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if mean == "arithmetic":
            out = (weight * filled).sum(axis=1) / safe
        elif mean == "mpi":
            centre = (weight * filled).sum(axis=1) / safe
            variance = (weight * (filled - centre[:, None]) ** 2).sum(axis=1) / safe
            out = centre - variance / centre
        elif mean == "sum":
            out = (weight * filled).sum(axis=1)
        elif mean in ("geometric", "product"):
            logs = np.where(weight > 0, weight * np.log(np.where(known, parts, 1.0)), 0.0).sum(axis=1)
            out = np.exp(logs / safe) if mean == "geometric" else np.exp(logs)
        elif mean in ("harmonic", "power"):
            exponent = -1.0 if mean == "harmonic" else power
            raised = np.where(weight > 0, weight * np.where(known, parts, 1.0) ** exponent, 0.0).sum(axis=1)
            out = (raised / safe) ** (1 / exponent)
        else:
            used = np.where(weight > 0, parts, np.nan)
            out = _order(used, mean)
    return np.where(known.any(axis=1) & (have > 0), out, np.nan)


def _order(parts: Floats, mean: str) -> Floats:
    empty: NDArray[np.bool_] = np.asarray(np.isnan(parts).all(axis=1))
    safe = np.where(empty[:, None], 0.0, parts)
    if mean == "median":
        return np.asarray(np.nanmedian(safe, axis=1), dtype=np.float64)
    return np.asarray(np.nanmin(safe, axis=1) if mean == "min" else np.nanmax(safe, axis=1), dtype=np.float64)


def _mean(node: Node, parts: Floats, weight: Floats, rows: list[str]) -> Floats:
    low = 0.0 if node.mean in ("geometric", "harmonic", "power", "product") else -np.inf
    if node.mean == "power" and node.power == int(node.power) and node.power > 0:
        low = -np.inf
    bad = np.argwhere((parts < low) & (weight > 0))
    if len(bad):
        row, child = (int(place) for place in bad[0])
        raise UnableToAggregate(
            f"“{node.code}”在“{rows[row]}”不能取 {node.mean} 平均：“{node.children[child].code}”为 "
            f"{parts[row, child]:g}，请先把得分平移到正数（如 normalise 的 range: [1, 100]）或改用 arithmetic"
        )
    value = weighted_mean(parts, weight, node.mean, node.power) * node.factor
    known = ~np.isnan(parts)
    if node.counted == "weight":
        share = np.where(known, weight, 0.0).sum(axis=1) / weight.sum()
    else:
        used = weight > 0
        share = known[:, used].sum(axis=1) / max(int(used.sum()), 1)
    value = np.where(share >= node.threshold - _SLACK, value, np.nan)
    if node.decimals is not None:
        value = np.array([rounded(float(v), node.decimals, node.rule) for v in value])
    return value


def _spread(node: Node, share: float, weights: Mapping[str, float], effective: dict[str, float]) -> None:
    effective[node.code] = share
    for child in node.children:
        _spread(child, share * weights[child.code], weights, effective)


NODE_KEYS = (
    "code", "name", "weight", "children", "mean", "power", "threshold", "counted", "weights", "factor", "round",
    "rounding",
)  # fmt: skip


def read_tree(place: Place) -> Node:
    """`tree: {code: INDEX, mean: geometric, children: [A, {code: B, children: {X: 2, Y: 1}}]}`.

    A child is a code, a mapping, or (in a mapping of children) a code with its weight. The root's code may also stand
    before it as the only key.
    """
    if isinstance(place.value, dict) and len(place.value) == 1:
        code = str(next(iter(place.value)))
        if code not in NODE_KEYS and isinstance(place.value[code], dict):
            return _read_node(place.at(code), code)
    return _read_node(place)


def _read_node(place: Place, code: str | None = None) -> Node:
    if not isinstance(place.value, dict):
        if code is None:
            return Node(place.text(), place=place)
        return Node(code, weight=place.number(0), place=place)
    place.mapping(*NODE_KEYS)
    name = code or place.need("code", "节点的代码").text()
    node = Node(name, place.text_or("name", ""), place.number_or("weight", 1.0, 0), place=place)
    if (children := place.find("children")) is not None:
        if isinstance(children.value, dict):
            node.children = [_read_node(child, key) for key, child in children.items()]
        else:
            node.children = [_read_node(child) for child in children.entries()]
        if not node.children:
            raise children.fault("至少要有一个下级")
    read_node_rules(node, place)
    return node


def read_node_rules(node: Node, place: Place) -> None:
    """mean, power, threshold, counted, weights, factor and rounding of a node or a level."""
    node.mean = place.choice_or("mean", node.mean, *MEANS)
    if node.mean == "power" and (place.has("mean") or place.has("power")):
        node.power = place.need("power", "幂平均的指数").number()
        if node.power == 0:
            raise place.at("power").fault("指数不能为 0，请改用 mean: geometric")
    node.threshold = place.number_or("threshold", node.threshold, 0, 1)
    node.counted = place.choice_or("counted", node.counted, *COUNTED)
    node.factor = place.number_or("factor", node.factor)
    node.decimals = place.at("round").integer(0, 12) if place.has("round") else node.decimals
    node.rule = place.choice_or("rounding", node.rule, *RULES)
    if (weights := place.find("weights")) is not None:
        _read_weights(node, weights)


def _read_weights(node: Node, place: Place) -> None:
    """A method, a mapping of child to weight, or `{ahp: {matrix: [[1, 3], [1/3, 1]]}}` in the children's order."""
    if not isinstance(place.value, dict):
        node.weights = place.choice(*WEIGHT_METHODS)
        return
    codes = [child.code for child in node.children]
    if place.has("ahp"):
        place.mapping("ahp")
        for child, share in zip(node.children, _read_pairwise(place.at("ahp"), codes), strict=True):
            child.weight = float(share)
        return
    for key, entry in place.items():
        if key not in codes:
            raise entry.fault(f"{key} 不是“{node.code}”的下级，下级有：{'、'.join(codes)}")
        node.children[codes.index(key)].weight = entry.number(0)


def _read_pairwise(place: Place, codes: list[str]) -> Floats:
    place.mapping("matrix", "method", "limit")
    matrix = place.need("matrix", "判断矩阵")
    rows = [[_fraction(cell) for cell in row.entries()] for row in matrix.entries()]
    if len(rows) != len(codes) or any(len(row) != len(codes) for row in rows):
        raise matrix.fault(f"应为 {len(codes)} 行 {len(codes)} 列，次序为 {'、'.join(codes)}")
    try:
        found = pairwise_weights(
            np.array(rows), place.choice_or("method", "eigenvector", "eigenvector", "geometric")
        )
    except UnableToWeigh as error:
        raise matrix.fault(str(error)) from error
    limit = place.number_or("limit", 0.1, 0)
    if found.ratio >= limit:
        raise matrix.fault(f"一致性比率 {found.ratio:.3f} 不小于 {limit:g}，请调整判断或写 limit 放宽")
    return found.weights


def _fraction(cell: Place) -> float:
    if isinstance(cell.value, str) and "/" in cell.value:
        top, _, bottom = cell.value.partition("/")
        try:
            return float(top) / float(bottom)
        except (ValueError, ZeroDivisionError):
            raise cell.fault(f"应为数字或分数，如 1/3，现为 {cell.value}") from None
    return cell.number()


def apply_levels(root: Node, levels: Place) -> None:
    """`levels: [{mean: arithmetic}, {mean: geometric}]`: rules by height, lowest first; a node's own keys win."""
    rules = levels.entries()
    for node in root.walk():
        if node.children:
            if node.height > len(rules):
                raise levels.fault(f"“{node.code}”在第 {node.height} 层，这里只写了 {len(rules)} 层，请补齐")
            rule = rules[node.height - 1].mapping(*(set(NODE_KEYS) - {"code", "name", "children", "weight"}))
            read_node_rules(node, rule)
            if node.place is not None and isinstance(node.place.value, dict):
                read_node_rules(node, node.place)

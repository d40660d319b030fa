"""What a composite definition says of its indicators, inline or in a metadata file, and the tree above them."""

import difflib
from dataclasses import dataclass
from typing import Any

from index.engine.hierarchy import NODE_KEYS, Node, apply_levels, read_node_rules, read_tree
from index.engine.panel import Load, Panel, numbers_in
from index.engine.places import Place
from index.engine.table import Table

OVERRIDES = ("impute", "treat", "winsorise", "log", "normalise")
KEYS = (
    "code", "column", "name", "direction", "weight", "parent", "denominator", "goalposts", "target", "scale", "cap",
    *OVERRIDES,
)  # fmt: skip
_LESS_IS_BETTER = ("low", "-1", "-", "negative", "cost", "逆向", "负向", "逆", "负")
_MORE_IS_BETTER = ("high", "1", "+", "positive", "benefit", "正向", "正")
DEFAULT_ROOT = "INDEX"


@dataclass(frozen=True)
class Indicator:
    """One indicator; own: its entry, where its overrides stand."""

    code: str
    name: str
    column: str
    turned: bool
    own: Place
    weight: float = 1.0
    parent: str = ""


def read_indicators(root: Place, panel: Panel, load: Load) -> tuple[list[Indicator], Node]:
    """Indicators in the order of the definition, and the tree over them."""
    place = root.need("indicators", "指标清单，或 {file: 指标元数据.csv}")
    nodes = root.find("nodes")
    if isinstance(place.value, dict) and place.has("file"):
        place, found = _from_file(place, load)
        nodes = nodes or found
    indicators: list[Indicator] = []
    if isinstance(place.value, dict):
        for code, entry in place.items():
            indicators.append(_read_indicator(entry, code))
    else:
        indicators = [_read_indicator(entry, None) for entry in place.entries()]
    if not indicators:
        raise place.fault("至少要有一个指标")
    codes = [indicator.code for indicator in indicators]
    for number, code in enumerate(codes):
        if code in codes[:number]:
            raise indicators[number].own.fault(f"指标代码 {code} 用了两次，请改名")
    for indicator in indicators:
        panel.values[indicator.code] = panel.number(indicator.column)
    tree = _read_hierarchy(root, indicators, nodes)
    if (levels := root.find("levels")) is not None:
        apply_levels(tree, levels)
    return indicators, tree


def _read_indicator(place: Place, code: str | None) -> Indicator:
    if not isinstance(place.value, dict):
        if code is None:
            code = place.text()
            return Indicator(code, code, code, False, Place({}, place.path, place.source, place.lines))
        given = {"column": place.text()} if isinstance(place.value, str) else {"weight": place.number(0)}
        place = Place(given, place.path, place.source, place.lines)
    place.mapping(*KEYS)
    code = code or place.need("code", "指标代码").text()
    direction = place.text_or("direction", "high")
    if direction not in (*_LESS_IS_BETTER, *_MORE_IS_BETTER):
        raise place.at("direction").fault("应为 high（越大越好）或 low（越小越好）")
    return Indicator(
        code,
        place.text_or("name", code),
        place.text_or("column", code),
        direction in _LESS_IS_BETTER,
        place,
        place.number_or("weight", 1.0, 0),
        place.text_or("parent", ""),
    )


def _read_hierarchy(root: Place, indicators: list[Indicator], nodes: Place | None) -> Node:
    own = {indicator.code: indicator for indicator in indicators}
    if (tree := root.find("tree")) is not None:
        node = read_tree(tree)
    elif nodes is not None:
        node = _from_parents(nodes, indicators)
    else:
        node = Node(DEFAULT_ROOT, place=root)
        node.children = [Node(i.code, i.name, i.weight, place=i.own) for i in indicators]
    _check_tree(node, own)
    for leaf in node.leaves():
        if not (leaf.place is not None and isinstance(leaf.place.value, dict) and leaf.place.has("weight")):
            stated = leaf.place is not None and isinstance(leaf.place.value, int | float)
            leaf.weight = leaf.weight if stated or leaf.weight != 1.0 else own[leaf.code].weight
        leaf.name = leaf.name or own[leaf.code].name
    return node


def _check_tree(root: Node, own: dict[str, Indicator]) -> None:
    seen: set[str] = set()
    for node in root.walk():
        place = node.place or Place(None)
        if node.code in seen:
            raise place.fault(f"代码 {node.code} 在树中出现了两次，请只保留一处")
        seen.add(node.code)
        if not node.children and node.code not in own:
            near = difflib.get_close_matches(node.code, list(own), n=3)
            hint = f"，是否应为 {'、'.join(near)}" if near else f"；指标有：{'、'.join(list(own)[:12])}"
            raise place.fault(f"{node.code} 没有下级，也不是指标{hint}")
        if node.children and node.code in own:
            raise place.fault(f"{node.code} 既是指标又有下级，请改名")
        if node.children and not sum(child.weight for child in node.children) > 0:
            raise place.fault(f"{node.code} 的下级权重都是 0，请给出权重")


def _from_parents(nodes: Place, indicators: list[Indicator]) -> Node:
    """The tree of `nodes: [{code, parent, weight, mean}]` and the indicators' parents."""
    found: dict[str, Node] = {}
    parents: dict[str, str] = {}
    for entry in nodes.entries():
        entry.mapping(*(set(NODE_KEYS) - {"children"}), "parent")
        code = entry.need("code", "节点的代码").text()
        if code in found:
            raise entry.fault(f"节点代码 {code} 用了两次，请改名")
        found[code] = Node(code, entry.text_or("name", ""), entry.number_or("weight", 1.0, 0), place=entry)
        parents[code] = entry.text_or("parent", "")
    for indicator in indicators:
        if indicator.parent and indicator.parent not in found:
            indicator.own.at("parent").known(found, "节点")
        if indicator.parent:
            leaf = Node(indicator.code, indicator.name, indicator.weight, place=indicator.own)
            found[indicator.parent].children.append(leaf)
    roots = []
    for code, parent in parents.items():
        if not parent:
            roots.append(found[code])
        elif parent not in found:
            raise (found[code].place or nodes).fault(f"上级 {parent} 不在 nodes 中")
        else:
            found[parent].children.append(found[code])
    if len(roots) != 1:
        raise nodes.fault(f"应有且只有一个没有上级的节点，现有 {len(roots)} 个")
    reached = {node.code for node in roots[0].walk()}
    if lost := [code for code in found if code not in reached]:
        raise nodes.fault(f"节点 {'、'.join(lost)} 的上级成环，请检查 parent")
    for code, node in found.items():
        if not node.children:
            raise (node.place or nodes).fault(f"节点 {code} 没有下级，请删去或检查指标的 parent")
        if node.place is not None:
            read_node_rules(node, node.place)
    return roots[0]


_META = {
    "code": "iCode", "name": "iName", "direction": "Direction", "weight": "Weight", "parent": "Parent",
    "type": "Type", "denominator": "Denominator", "target": "Target", "level": "Level",
    "low": "goalpost_lower", "high": "goalpost_upper",
}  # fmt: skip


def _from_file(place: Place, load: Load) -> tuple[Place, Place | None]:
    """Indicators and nodes of a metadata table (COINr's iMeta by default; `columns` renames)."""
    place.mapping("file", "columns")
    table = load(place.at("file"))
    names = dict(_META)
    if (columns := place.find("columns")) is not None:
        columns.mapping(*_META)
        names |= {key: entry.text() for key, entry in columns.items()}
    cells = {key: table.columns.get(name) for key, name in names.items()}
    if cells["code"] is None:
        table.column(names["code"])
    parents = {cell for cell in cells["parent"] or [] if not table.absent(cell)}
    leaves: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    for row, code in enumerate(cells["code"] or []):
        kind = (
            cells["type"][row].lower() if cells["type"] else ("aggregate" if code in parents else "indicator")
        )
        if kind in ("indicator", "aggregate"):
            (leaves if kind == "indicator" else nodes).append(
                _entry(table, cells, row, code, kind == "indicator")
            )
    path, lines = place.path, place.lines
    return Place(leaves, path, table.source, lines), Place(
        nodes, path, table.source, lines
    ) if nodes else None


def _entry(
    table: Table, cells: dict[str, list[str] | None], row: int, code: str, leaf: bool
) -> dict[str, Any]:
    entry: dict[str, Any] = {"code": code}
    for key in ("name", "parent", *(("denominator", "direction") if leaf else ())):
        column = cells[key]
        if column is not None and not table.absent(column[row]):
            value = numbers_in(column[row]) if key == "direction" else None
            entry[key] = f"{value:g}" if value is not None else column[row]
    for key in ("weight", *(("target",) if leaf else ())):
        column = cells[key]
        value = numbers_in(column[row]) if column is not None and not table.absent(column[row]) else None
        if value is not None:
            entry[key] = value
    low, high = (numbers_in(c[row]) if (c := cells[side]) else None for side in ("low", "high"))
    if leaf and low is not None and high is not None:
        entry["goalposts"] = [low, high]
    return entry

"""The table of a composite index: rows of entities (and periods), a column of numbers for each indicator."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.engine.periods import Period, parse_period
from index.engine.places import Place
from index.engine.scoring import Floats
from index.engine.table import Table, UnableToReadTable, parse_number

Load = Callable[[Place], Table]
"""Reads a further file that the definition names."""
TABLE_KEYS = (
    "layout", "entity", "time", "indicator", "value", "missing", "keep", "where", "join",
)  # fmt: skip


@dataclass(eq=False)
class Panel:
    """values: (n,) by indicator, changed step by step. raw: (n,) columns as read or derived. text: all columns as texts.
    periods: None without a time column."""

    source: str
    entities: list[str]
    labels: list[str] | None
    periods: list[Period | None] | None
    text: dict[str, list[str]]
    lines: list[int]
    in_base: NDArray[np.bool_]
    table: Table
    values: dict[str, Floats] = field(default_factory=dict)
    raw: dict[str, Floats] = field(default_factory=dict)
    keep: list[str] = field(default_factory=list)
    entity_name: str = "entity"
    time_name: str = "time"

    def __len__(self) -> int:
        return len(self.entities)

    def row_names(self) -> list[str]:
        if self.labels is None:
            return self.entities
        return [f"{entity} {label}" for entity, label in zip(self.entities, self.labels, strict=True)]

    def number(self, column: str) -> Floats:
        """A column's numbers as read or derived, whatever the steps made of an indicator of that name."""
        if column not in self.raw:
            self.raw[column] = self.table.numbers(column)
        return self.raw[column]

    def scopes(self, over: Place | None) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Pairs of rows to change and rows to take statistics from.

        over: all (default), period, base, or a text column's name for each of its groups.
        """
        every = np.arange(len(self))
        word = over.text() if over is not None else "all"
        if word == "all":
            yield every, every
        elif word == "base":
            if over is not None and self.in_base.all():
                raise over.fault("没有定义基期，请在顶层写 base: [基期, ...]")
            yield every, np.flatnonzero(self.in_base)
        elif word == "period":
            if over is not None and self.labels is None:
                raise over.fault("数据没有时间列，请在 table 中写 time，或改为 over: all")
            yield from self._groups(self.labels or [])
        else:
            if over is not None:
                over.known(self.text, "列（over 可为 all、period、base 或一个列名）")
            yield from self._groups(self.text[word])

    def _groups(self, labels: list[str]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        array = np.array(labels, dtype=object)
        for label in dict.fromkeys(labels):
            rows = np.flatnonzero(array == label)
            yield rows, rows

    def in_time(self) -> Iterator[NDArray[np.intp]]:
        """Rows of each entity in the order of time."""
        array = np.array(self.entities, dtype=object)
        for entity in dict.fromkeys(self.entities):
            rows = np.flatnonzero(array == entity)
            yield rows[np.argsort(self.positions()[rows], kind="stable")]

    def positions(self) -> Floats:
        """(n,) when each row is, in years; the order of appearance where labels are no periods."""
        if self.periods is None:
            return np.zeros(len(self))
        if all(period is not None for period in self.periods):
            return np.array([period.position for period in self.periods if period is not None])
        order = {label: place for place, label in enumerate(dict.fromkeys(self.labels or []))}
        return np.array([float(order[label]) for label in self.labels or []])

    def drop(self, keep: NDArray[np.bool_]) -> None:
        """Leave out rows."""
        rows = np.flatnonzero(keep).tolist()
        self.entities = [self.entities[row] for row in rows]
        self.labels = [self.labels[row] for row in rows] if self.labels is not None else None
        self.periods = [self.periods[row] for row in rows] if self.periods is not None else None
        self.text = {name: [cells[row] for row in rows] for name, cells in self.text.items()}
        self.lines = [self.lines[row] for row in rows]
        self.in_base = self.in_base[keep]
        self.values = {code: column[keep] for code, column in self.values.items()}
        self.raw = {name: column[keep] for name, column in self.raw.items()}
        self.table = self.table.where(rows)


def read_panel(root: Place, table: Table, load: Load) -> Panel:
    """Rows, entities, periods and base of a composite definition. A faulty or repeated row is refused by its line."""
    place = root.find("table") or Place({}, ("table",), root.source, root.lines)
    place.mapping(*TABLE_KEYS)
    table = with_missing(table, place)
    if place.choice_or("layout", "wide", "wide", "long") == "long":
        table = spread_long(table, place)
    for further in place.at("join").entries() if place.has("join") else []:
        table = join(table, further, load)
    if place.has("where"):
        table = _filtered(table, place.at("where"))
    entity = place.text_or("entity", next(iter(table.columns)))
    entities = table.column(entity)
    time = place.find("time")
    labels = table.column(time.text()) if time is not None else None
    for what, cells in ((entity, entities), (time.text() if time is not None else "", labels or [])):
        for line, cell in zip(table.lines, cells, strict=False):
            if not cell.strip():
                raise UnableToReadTable(
                    f"{table.source} 第 {line} 行“{what}”列：是空的，不知道是哪一行，请补上或删去该行"
                )
    _refuse_repeats(table, entities, labels)
    keep = place.at("keep").texts() if place.has("keep") else []
    for name in keep:
        table.column(name)
    return Panel(
        source=table.source,
        entities=entities,
        labels=labels,
        periods=[parse_period(label) for label in labels] if labels is not None else None,
        text=dict(table.columns),
        lines=table.lines,
        in_base=_base_rows(root, labels, len(table)),
        table=table,
        keep=keep,
        entity_name=entity,
        time_name=time.text() if time is not None else "time",
    )


def with_missing(table: Table, place: Place) -> Table:
    """The table with the definition's own words for missing (besides an empty cell)."""
    if not place.has("missing"):
        return table
    return Table(table.source, table.columns, table.lines, frozenset(("", *place.at("missing").texts())))


def spread_long(table: Table, place: Place) -> Table:
    """One row for each entity and period, one column for each indicator: from rows of (entity, time, indicator, value).

    Other columns keep the value of the group's first row.
    """
    names = place.need("indicator", "指标代码所在的列").text(), place.need("value", "数值所在的列").text()
    codes, values = (table.column(name) for name in names)
    keys = [name for name in (place.text_or("entity", ""), place.text_or("time", "")) if name]
    if not keys:
        raise place.fault("长表须写 entity 或 time 列")
    key_cells = [table.column(name) for name in keys]
    rows: dict[tuple[str, ...], int] = {}
    cells: dict[tuple[int, str], str] = {}
    first: list[int] = []
    for row, code in enumerate(codes):
        key = tuple(column[row] for column in key_cells)
        if key not in rows:
            rows[key] = len(first)
            first.append(row)
        if (rows[key], code) in cells:
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[row]} 行：{'、'.join(key)} 的 {code} 已有一行，请删去重复的行"
            )
        cells[rows[key], code] = values[row]
    base = table.where(first)
    columns = {name: column for name, column in base.columns.items() if name not in names}
    for code in dict.fromkeys(codes):
        columns[code] = [cells.get((row, code), "") for row in range(len(first))]
    return Table(table.source, columns, base.lines, table.missing)


def join(table: Table, place: Place, load: Load) -> Table:
    """Columns of a further file by entity, or by whatever columns `on` names."""
    place.mapping("file", "on", "columns")
    other = load(place.need("file", "文件名"))
    on = place.at("on").texts() if place.has("on") else [next(iter(other.columns))]
    keys = [tuple(cells) for cells in zip(*(other.column(name) for name in on), strict=True)]
    found = {key: row for row, key in enumerate(keys)}
    if len(found) != len(keys):
        raise UnableToReadTable(f"{other.source}：按 {'、'.join(on)} 有重复的行，请删去或在 on 中补充列")
    wanted = (
        place.at("columns").texts() if place.has("columns") else [n for n in other.columns if n not in on]
    )
    columns = dict(table.columns)
    mine = list(zip(*(table.column(name) for name in on), strict=True))
    for name in wanted:
        cells = other.column(name)
        columns[name] = [cells[found[key]] if key in found else "" for key in mine]
    return Table(table.source, columns, table.lines, table.missing)


def _filtered(table: Table, place: Place) -> Table:
    rows = list(range(len(table)))
    for name, entry in place.items():
        wanted, cells = set(entry.texts()), table.column(name)
        rows = [row for row in rows if cells[row] in wanted]
    if not rows:
        raise place.fault("按 where 没有剩下任何一行，请检查取值")
    return table.where(rows)


def _refuse_repeats(table: Table, entities: list[str], labels: list[str] | None) -> None:
    seen: dict[tuple[str, str], int] = {}
    for row, entity in enumerate(entities):
        key = (entity, labels[row] if labels is not None else "")
        if key in seen:
            remedy = "，请删去，或在 table 中写 time 列" if labels is None else "，请删去重复的行"
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[row]} 行：{' '.join(key).strip()} 与第 {seen[key]} 行重复{remedy}"
            )
        seen[key] = table.lines[row]


def _base_rows(root: Place, labels: list[str] | None, n: int) -> NDArray[np.bool_]:
    place = root.find("base")
    if place is None:
        return np.ones(n, dtype=bool)
    if labels is None:
        raise place.fault("数据没有时间列，不能有基期，请在 table 中写 time")
    wanted = set(place.texts())
    rows = np.array([label in wanted for label in labels])
    if not rows.any():
        raise place.fault(f"数据中没有这个基期，时间列有：{'、'.join(dict.fromkeys(labels))}")
    return rows


_FUNCTIONS: Mapping[str, Callable[..., Floats]] = {
    "ln": np.log, "log10": np.log10, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs,
    "min": np.fmin, "max": np.fmax,
}  # fmt: skip
_OPERATORS: Mapping[type[ast.AST], Callable[[Floats, Floats], Floats]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
}  # fmt: skip


def derive(panel: Panel, place: Place) -> None:
    """`derive: {gdp_pc: "GDP / Population * 1000"}`: new columns by + - * / **, ln, log10, exp, sqrt, abs, min, max.

    Columns whose names are no plain words stand in backticks. A result that is not finite is missing.
    """
    for code, entry in place.items():
        text = entry.text()
        names: dict[str, str] = {}
        pieces = text.split("`")
        for number in range(1, len(pieces), 2):
            names[f"_q{number}"] = pieces[number]
            pieces[number] = f"_q{number}"
        try:
            tree = ast.parse("".join(pieces).strip(), mode="eval")
        except SyntaxError:
            raise entry.fault(f"算式 {text} 写法有误，列名含空格或符号时请用反引号括起") from None
        with np.errstate(all="ignore"):
            value = np.broadcast_to(_value(tree.body, panel, names, entry), (len(panel),)).astype(np.float64)
        panel.raw[code] = np.where(np.isfinite(value), value, np.nan)


def _value(node: ast.expr, panel: Panel, names: Mapping[str, str], entry: Place) -> Floats:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return np.array(float(node.value))
    if isinstance(node, ast.Name):
        column = names.get(node.id, node.id)
        if column not in panel.raw and column not in panel.text:
            raise entry.fault(f"算式中的 {column} 不是数据的列")
        return panel.number(column)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _value(node.operand, panel, names, entry)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        sides = (_value(side, panel, names, entry) for side in (node.left, node.right))
        return _OPERATORS[type(node.op)](*sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return _FUNCTIONS[node.func.id](*(_value(part, panel, names, entry) for part in node.args))
    raise entry.fault("算式只能用 + - * / **、括号、数字、列名与 ln、log10、exp、sqrt、abs、min、max")


def numbers_in(cell: str) -> float | None:
    """A cell of a metadata file as a number, None where empty or no number."""
    return parse_number(cell) if cell.strip() else None

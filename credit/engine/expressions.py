"""The small vocabulary in which leaves and caps are written: windowed aggregates and a few ways to combine
them.

    {latest: market.annual_assets.total_equity, months: 36}
    {ratio: [{sum: tax.payments.amount, months: 12, lag: 1}, {sum: tax.vat_sales.sales, months: 12, lag: 1}]}

A new leaf is a new line of YAML. Windows count calendar months: `months: 12, lag: 1` are the twelve
finished months before the month of scoring.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

MEASURED = frozenset({"latest", "sum", "mean", "max", "min", "trend", "change"})
COUNTED = frozenset({"count", "count_in_force", "months_since", "days_since", "points", "months_active"})
COMBINED = frozenset({"ratio", "share", "minus", "plus", "first_of", "mean_of", "sum_of", "max_of"})
WRAPPED = frozenset({"or_zero", "clip", "steps"})
ATTRIBUTES = frozenset({"registered_capital_yuan", "age_months", "state", "kind", "size"})
_OPTIONS = frozenset({"months", "lag", "levels", "in_force"})
MAX_MONTHS = 240
PRINCIPAL = "@principal"


class UnableToReadExpression(ValueError):
    """An expression of the scorecard is not written in the vocabulary."""


@dataclass(frozen=True)
class Terminal:
    """One windowed aggregate over one item's records of an enterprise."""

    op: str
    item: str
    measure: str | None = None
    months: int | None = None
    lag: int = 0
    levels: tuple[str, ...] | None = None
    in_force: bool = False
    pick: str = "latest"
    scale: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Attribute:
    """A column of the enterprise register; with `among`, 1 when the value is one of them, else 0."""

    name: str
    among: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Constant:
    value: float


@dataclass(frozen=True)
class Combination:
    """An operator over expressions; `params` are its numbers (bounds of clip, steps)."""

    op: str
    args: tuple["Expression", ...]
    params: tuple[tuple[float, float], ...] = ()


Expression = Terminal | Attribute | Constant | Combination


def parse_expression(raw: object, path: str = "value") -> Expression:
    """Read an expression; UnableToReadExpression names the path of what is wrong."""
    if not isinstance(raw, Mapping):
        raise UnableToReadExpression(f"{path}: expected a mapping with one operator, got {raw!r}")
    known = MEASURED | COUNTED | COMBINED | WRAPPED | {"entity", "const"}
    operators = [key for key in raw if key in known]
    if len(operators) != 1:
        raise UnableToReadExpression(
            f"{path}: exactly one operator of {sorted(known)} expected, got {list(raw)}"
        )
    op = operators[0]
    rest = {key: value for key, value in raw.items() if key != op}
    if op in MEASURED or op in COUNTED:
        return _terminal(op, raw[op], rest, path)
    reader: Callable[[str, Any, dict[str, Any], str], Expression] = {
        "entity": _attribute, "const": _constant, "or_zero": _wrapped, "clip": _wrapped, "steps": _wrapped,
    }.get(op, _combined)  # fmt: skip
    return reader(op, raw[op], rest, f"{path}.{op}")


def _terminal(op: str, source: object, options: dict[str, Any], path: str) -> Terminal:
    where = f"{path}.{op}"
    parts = source.split(".") if isinstance(source, str) else []
    with_measure = op in MEASURED or (op == "months_active" and len(parts) == 3)
    if len(parts) != (3 if with_measure else 2):
        shape = "department.item.measure" if with_measure else "department.item"
        raise UnableToReadExpression(f"{where}: expected {shape}, got {source!r}")
    about = options.pop("about", "enterprise")
    if about not in ("enterprise", "principal"):
        raise UnableToReadExpression(f"{where}.about: enterprise or principal, got {about!r}")
    scale = options.pop("scale", None)
    pick = options.pop("pick", "latest")
    if (op == "points") != bool(scale) or pick not in ("latest", "best", "worst"):
        raise UnableToReadExpression(
            f"{where}: `points` and only `points` has a scale; pick is latest, best or worst"
        )
    unknown = set(options) - _OPTIONS
    if unknown:
        raise UnableToReadExpression(f"{where}: unknown options {sorted(unknown)}")
    months, lag, levels = options.get("months"), options.get("lag", 0), options.get("levels")
    if months is not None and not (isinstance(months, int) and 1 <= months <= MAX_MONTHS):
        raise UnableToReadExpression(f"{where}.months: a whole number from 1 to {MAX_MONTHS}, got {months!r}")
    if op in ("trend", "months_active") and months is None:
        raise UnableToReadExpression(f"{where}: `{op}` needs months")
    if not (isinstance(lag, int) and 0 <= lag <= 24):
        raise UnableToReadExpression(f"{where}.lag: a whole number from 0 to 24, got {lag!r}")
    return Terminal(
        op="count" if op == "count_in_force" else op,
        item=".".join(parts[:2]) + (PRINCIPAL if about == "principal" else ""),
        measure=parts[2] if with_measure else None,
        months=months,
        lag=lag,
        levels=None if levels is None else tuple(sorted(str(level) for level in levels)),
        in_force=op == "count_in_force" or bool(options.get("in_force", False)),
        pick=pick,
        scale=tuple(sorted((str(level), float(points)) for level, points in (scale or {}).items())),
    )


def _attribute(op: str, name: Any, options: dict[str, Any], path: str) -> Attribute:
    among = options.pop("among", None)
    if name not in ATTRIBUTES or options:
        raise UnableToReadExpression(
            f"{path}: one of {sorted(ATTRIBUTES)}, optionally with `among`; got {name!r}"
        )
    return Attribute(name, None if among is None else tuple(among))


def _constant(op: str, value: Any, options: dict[str, Any], path: str) -> Constant:
    if not isinstance(value, int | float) or options:
        raise UnableToReadExpression(f"{path}: expected a number, got {value!r}")
    return Constant(float(value))


def _combined(op: str, args: Any, options: dict[str, Any], path: str) -> Combination:
    if options:
        raise UnableToReadExpression(f"{path}: unknown options {sorted(options)}")
    if not isinstance(args, list) or not args or (op in ("ratio", "share", "minus") and len(args) != 2):
        raise UnableToReadExpression(
            f"{path}: a list of expressions expected (two for ratio, share and minus)"
        )
    return Combination(op, tuple(parse_expression(arg, f"{path}[{i}]") for i, arg in enumerate(args)))


def _wrapped(op: str, arg: Any, options: dict[str, Any], path: str) -> Combination:
    inner = parse_expression(arg, path)
    if op == "or_zero" and not options:
        return Combination(op, (inner,))
    if op == "clip" and set(options) <= {"low", "high"} and options:
        low, high = float(options.get("low", "-inf")), float(options.get("high", "inf"))
        return Combination(op, (inner,), ((low, high),))
    if op == "steps" and set(options) == {"at"}:
        at = tuple((float(x), float(y)) for x, y in options["at"])
        if len(at) > 0 and all(left[0] < right[0] for left, right in pairwise(at)):
            return Combination(op, (inner,), at)
    raise UnableToReadExpression(
        f"{path}: `clip` takes low and high, `steps` takes `at` with ascending [from, points]"
    )


def terminals(expression: Expression) -> Iterator[Terminal]:
    """Every aggregate of an expression, left to right."""
    if isinstance(expression, Terminal):
        yield expression
    elif isinstance(expression, Combination):
        for arg in expression.args:
            yield from terminals(arg)


def source_items(expression: Expression) -> tuple[str, ...]:
    """Item codes the expression reads, in order of first appearance."""
    return tuple(dict.fromkeys(terminal.item for terminal in terminals(expression)))


def can_be_known(expression: Expression, supplied: AbstractSet[str]) -> bool:
    """Whether the delivered items suffice for a value: one branch of an alternative does, every part of a
    sum must."""
    if isinstance(expression, Terminal):
        return expression.item in supplied
    if isinstance(expression, Combination):
        known = [can_be_known(arg, supplied) for arg in expression.args]
        return any(known) if expression.op in ("first_of", "mean_of", "sum_of", "max_of") else all(known)
    return True

"""The scorecard as typed, validated data: tree, weights, penalties, caps and grades of one version."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from credit.contracts import FORCES
from credit.engine.expressions import (
    Attribute,
    Combination,
    Constant,
    Expression,
    Terminal,
    parse_expression,
    source_items,
    terminals,
)
from credit.engine.facts import Needs
from credit.engine.weights import analytic_hierarchy

# libyaml reads the card eight times quicker than the Python parser
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KINDS = ("company", "branch", "individual", "cooperative")
Kind = Literal["company", "branch", "individual", "cooperative"]
SecurityGrade = Literal["L1", "L2", "L3"]


class UnableToReadScorecard(ValueError):
    """The scorecard breaks a rule; the message lists every place."""


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _read_expression(raw: object) -> object:
    return raw if isinstance(raw, Terminal | Attribute | Constant | Combination) else parse_expression(raw)


Formula = Annotated[Expression, BeforeValidator(_read_expression)]


class Force(_Node):
    """One of the five forces; `ahp` is the pairwise part, `weight` the published one."""

    code: Literal["capital", "operating", "profit", "solvency", "growth"]
    name: str
    weight: float = Field(gt=0, lt=1)
    ahp: float = Field(gt=0, lt=1)
    why: str


class Leaf(_Node):
    """One indicator: how it is read, ranked, weighted, and what its absence means."""

    code: str = Field(pattern=r"^[COPSG]_[A-Z0-9_]+$")
    name: str
    force: Literal["capital", "operating", "profit", "solvency", "growth"]
    direction: Literal["high", "low"] = "high"
    unit: str
    formula: str
    weight: float = Field(gt=0, le=1)
    grade: SecurityGrade
    missing: Literal["neutral", "silence"] = "neutral"
    scale: Literal["percentile", "fixed"] = "percentile"
    kinds: tuple[Kind, ...] = ("company", "branch", "individual", "cooperative")
    sections: tuple[Annotated[str, Field(pattern="^[A-T]$")], ...] = ()
    recorded: tuple[str, ...] = ()
    """Applies only to enterprises with a record of one of these items (where they are delivered)."""
    value: Formula

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Item codes the value reads."""
        return source_items(self.value)

    @cached_property
    def window_months(self) -> int | None:
        """The longest look back of the formula; None where it has no window."""
        spans = [t.lag + t.months * (2 if t.op == "trend" else 1) for t in terminals(self.value) if t.months]
        return max(spans, default=None)


class Severity(_Node):
    """How heavy a record weighs, how fast that fades, and when it ends."""

    name: str
    base: float = Field(gt=0)
    half_life: float = Field(gt=0)
    window: int = Field(gt=0)


class PenaltySource(_Node):
    """Records of one item that weigh; severity is fixed, by level, or by amount (ascending lower bounds)."""

    item: str
    severity: str | None = None
    by_level: dict[str, str] = {}
    by_amount: tuple[tuple[float, str], ...] = ()
    amount: str | None = None
    levels: tuple[str, ...] | None = None
    owed: bool = False
    """Only records whose amount is above zero count (a bill that was paid is no arrears)."""
    burden: bool = False
    """In force it does not fade; from its release or end it does."""

    def severities(self) -> tuple[str, ...]:
        named = (*self.by_level.values(), *(name for _, name in self.by_amount))
        return (*named, self.severity) if self.severity else named


class Penalty(_Node):
    """One kind of negative record."""

    code: str = Field(pattern=r"^N_[A-Z0-9_]+$")
    name: str
    formula: str
    cap: float = Field(gt=0)
    grade: SecurityGrade
    sources: tuple[PenaltySource, ...] = Field(min_length=1)

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(source.item for source in self.sources))


class Cap(_Node):
    """A ceiling of the total while its condition holds: `value >= at_least`."""

    code: str = Field(pattern=r"^V_[A-Z0-9_]+$")
    name: str
    formula: str
    cap: float = Field(ge=0, le=1000)
    grade: SecurityGrade
    value: Formula
    at_least: float = 1.0

    @cached_property
    def items(self) -> tuple[str, ...]:
        return source_items(self.value)


class Grade(_Node):
    code: str
    at_least: float


class ReasonRules(_Node):
    adverse: int = Field(4, ge=1, le=4)
    favourable: int = Field(3, ge=1, le=3)
    floor: float = Field(0.5, ge=0)
    """Contributions smaller than this are no reason."""


class Scorecard(_Node):
    """One version of the card."""

    version: str
    name: str
    effective_from: str
    owner: str
    forces: tuple[Force, ...]
    pairwise: tuple[tuple[float, ...], ...]
    entropy_share: float = Field(ge=0, le=0.2)
    neutral: float = Field(50, ge=0, le=100)
    silence: float = Field(25, ge=0, le=100)
    peers: int = Field(30, ge=2)
    leaves: tuple[Leaf, ...]
    severities: dict[str, Severity]
    penalties: tuple[Penalty, ...]
    caps: tuple[Cap, ...] = Field(max_length=62)
    grades: tuple[Grade, ...]
    words: dict[str, float]
    """The four-way words, best first, with the share of the population each was fitted to."""
    reasons: ReasonRules

    @model_validator(mode="before")
    @classmethod
    def _fractions(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and isinstance(raw.get("pairwise"), list):
            raw = raw | {"pairwise": [[_fraction(cell) for cell in row] for row in raw["pairwise"]]}
        return raw

    @model_validator(mode="after")
    def _consistent(self) -> "Scorecard":
        faults = [*_force_faults(self), *_leaf_faults(self), *_record_faults(self), *_scale_faults(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @cached_property
    def force_weights(self) -> tuple[float, ...]:
        return tuple(force.weight for force in self.forces)

    @cached_property
    def leaves_of(self) -> dict[str, tuple[int, ...]]:
        """Columns of each force's leaves."""
        return {code: tuple(i for i, leaf in enumerate(self.leaves) if leaf.force == code) for code in FORCES}

    @cached_property
    def all_terminals(self) -> tuple[Terminal, ...]:
        """Every distinct aggregate of leaves and caps."""
        values = [leaf.value for leaf in self.leaves] + [cap.value for cap in self.caps]
        return tuple(dict.fromkeys(terminal for value in values for terminal in terminals(value)))

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Every item (and `…@principal` source) that is read, in one fixed order."""
        read = {terminal.item for terminal in self.all_terminals}
        read |= {item for leaf in self.leaves for item in leaf.recorded}
        read |= {item for penalty in self.penalties for item in penalty.items}
        return tuple(sorted(read))

    def needs(self, item: str, measures: Mapping[str, Sequence[str]]) -> Needs:
        """Which of the columns n1..n10 and level an item is read for; UnableToReadScorecard on an unknown
        measure."""
        named = {t.measure for t in self.all_terminals if t.item == item and t.measure}
        level = any(t.levels is not None or t.scale for t in self.all_terminals if t.item == item)
        for source in (source for penalty in self.penalties for source in penalty.sources):
            if source.item == item:
                named |= {source.amount} if source.amount else set()
                level |= bool(source.by_level) or source.levels is not None
        known = list(measures.get(item.split("@")[0], ()))
        unknown = sorted(name for name in named if name not in known)
        if unknown:
            raise UnableToReadScorecard(f"{item}: no measure {', '.join(unknown)} among {known}")
        return Needs(tuple(sorted(known.index(name) + 1 for name in named)), level)


def read_scorecard(text: str) -> Scorecard:
    """Parse and validate a card; UnableToReadScorecard lists every fault with its place."""
    try:
        raw = yaml.load(text, Loader=_SafeLoader)  # noqa: S506
    except yaml.YAMLError as fault:
        raise UnableToReadScorecard(f"not YAML: {fault}") from fault
    try:
        return Scorecard.model_validate(raw)
    except ValidationError as fault:
        lines = [f"{_place(raw, error['loc'])}: {error['msg']}" for error in fault.errors()]
        raise UnableToReadScorecard("\n".join(lines)) from fault


def _place(raw: object, loc: tuple[int | str, ...]) -> str:
    """`leaves[C_NET].weight` rather than `leaves[3].weight`."""
    words: list[str] = []
    here: Any = raw
    for step in loc:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        code = here.get("code") if isinstance(here, dict) else None
        words.append(f"[{code or step}]" if isinstance(step, int) else f".{step}")
    return "".join(words).lstrip(".") or "scorecard"


def _fraction(cell: object) -> object:
    top, slash, bottom = str(cell).partition("/")
    return float(top) / float(bottom) if slash else cell


def _force_faults(card: Scorecard) -> list[str]:
    faults = []
    if tuple(force.code for force in card.forces) != FORCES:
        faults.append(f"forces: expected {', '.join(FORCES)} in this order")
    if abs(sum(card.force_weights) - 1) > 1e-9:
        faults.append(f"forces: weights add up to {sum(card.force_weights):.6f}, not 1")
    if len(card.pairwise) != len(FORCES) or any(len(row) != len(FORCES) for row in card.pairwise):
        return [*faults, "pairwise: a 5 x 5 matrix expected"]
    found = analytic_hierarchy(np.array(card.pairwise))
    if found.consistency_ratio >= 0.10:
        faults.append(f"pairwise: consistency ratio {found.consistency_ratio:.3f} is not below .10")
    for force, weight in zip(card.forces, found.weights, strict=False):
        if abs(force.ahp - weight) > 5e-5:
            faults.append(f"forces[{force.code}].ahp: the matrix gives {weight:.4f}, not {force.ahp}")
        if abs(force.weight - weight) > 0.025:
            faults.append(f"forces[{force.code}].weight: more than .025 away from its pairwise part")
    return faults


def _leaf_faults(card: Scorecard) -> list[str]:
    codes = [leaf.code for leaf in card.leaves]
    codes += [penalty.code for penalty in card.penalties] + [cap.code for cap in card.caps]
    faults = [f"{code}: used twice" for code in sorted({code for code in codes if codes.count(code) > 1})]
    for force in FORCES:
        leaves = [leaf for leaf in card.leaves if leaf.force == force]
        if not leaves:
            faults.append(f"forces[{force}]: has no leaf")
            continue
        total = sum(leaf.weight for leaf in leaves)
        if abs(total - 1) > 1e-9:
            faults.append(f"forces[{force}]: leaf weights add up to {total:.6f}, not 1")
        always = {k for leaf in leaves if not leaf.sections and not leaf.recorded for k in leaf.kinds}
        faults += [
            f"forces[{force}]: no leaf always applies to {kind}" for kind in KINDS if kind not in always
        ]
    for leaf in card.leaves:
        if leaf.code[0] != leaf.force[0].upper():
            faults.append(f"leaves[{leaf.code}]: the code's first letter is not that of {leaf.force}")
        if leaf.scale == "fixed" and leaf.direction != "high":
            faults.append(f"leaves[{leaf.code}]: fixed points are already good when high")
    return faults


def _record_faults(card: Scorecard) -> list[str]:
    faults = []
    for penalty in card.penalties:
        for source in penalty.sources:
            place = f"penalties[{penalty.code}].sources[{source.item}]"
            unknown = set(source.severities()) - set(card.severities)
            if unknown or not source.severities():
                faults.append(f"{place}: unknown or no severity {sorted(unknown)}")
            if source.by_level and not source.severity:
                faults.append(f"{place}: by_level needs `severity` for levels it does not list")
            if source.owed and not source.amount:
                faults.append(f"{place}: owed needs `amount`")
            if source.by_amount and (not source.amount or source.by_amount[0][0] != 0):
                faults.append(f"{place}: by_amount needs `amount` and starts at 0")
            if [bound for bound, _ in source.by_amount] != sorted({bound for bound, _ in source.by_amount}):
                faults.append(f"{place}: by_amount bounds must ascend")
    return faults


def _scale_faults(card: Scorecard) -> list[str]:
    bounds = [grade.at_least for grade in card.grades]
    faults = []
    if len(bounds) < 2 or any(a <= b for a, b in pairwise(bounds)) or bounds[-1] != 0:
        faults.append("grades: bounds must descend and end with 0")
    if abs(sum(card.words.values()) - 1) > 1e-9:
        faults.append("words: shares must add up to 1")
    return faults

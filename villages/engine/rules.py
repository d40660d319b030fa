"""Rule books (规则): read and checked, extended by a village, held against the list of forbidden items."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from .windows import WINDOW_LABELS, Window, window_start

LEVELS = {"person": 1, "household": 2, "village": 3}
LOCAL_PREFIX = "X"


class Kind(StrEnum):
    EARN = "earn"
    SCORE = "score"
    VETO = "veto"
    REPAIR = "repair"


class Decay(StrEnum):
    NONE = "none"
    LINEAR = "linear"
    HALF = "half"


class UnableToReadRules(ValueError):
    """A rule book contradicts itself or its parent; ``problems`` are sentences for who wrote it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("；".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class CapRule:
    """A limit on points: ``measure`` 0 points or 1 times, ``level`` 1 person, 2 household, 3 village."""

    window: Window
    limit: int
    measure: int
    level: int

    def code(self, rule: str) -> str:
        return f"{rule}.{self.window.value}.{'t' if self.measure else 'p'}{self.level}"

    @property
    def words(self) -> str:
        """As it is told: 每人每天 1 次."""
        who = {1: "每人", 2: "每户", 3: "全村"}[self.level]
        return f"{who}{WINDOW_LABELS[self.window]} {self.limit} {'次' if self.measure else '分'}"


@dataclass(frozen=True)
class Rule:
    """One rule. ``points`` is (lowest, highest); ``levels`` gives points and score by an honour's level."""

    code: str
    category: str
    kind: Kind
    title: str
    trigger: str
    evidence: str
    approver: str
    points: tuple[int, int] = (0, 0)
    score: Decimal = Decimal(0)
    levels: Mapping[str, tuple[int, Decimal]] = field(default_factory=dict)
    caps: tuple[CapRule, ...] = ()
    score_window: Window | None = None
    score_limit: Decimal | None = None
    months: int | None = None
    until: str = ""
    decay: Decay = Decay.NONE
    household: bool = False
    exempt: bool = False
    switchable: bool = False
    per_hour: bool = False
    highest_of_act: bool = False

    @property
    def is_negative(self) -> bool:
        return self.score < 0 or self.kind is Kind.VETO


@dataclass(frozen=True)
class Grade:
    code: str
    name: str
    from_score: Decimal
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class RuleBook:
    """All that a score needs: base, clamps, participation steps ``(below or None, score)``, grades from the top."""

    title: str
    base: Decimal
    floor: Decimal
    ceiling: Decimal
    participation: tuple[tuple[int | None, Decimal], ...]
    categories: Mapping[str, tuple[str, Decimal, Decimal]]
    grades: tuple[Grade, ...]
    discounts: Mapping[str, int]
    veto_grade: str
    rules: Mapping[str, Rule]

    def grade_of(self, score: Decimal) -> Grade:
        return next((grade for grade in self.grades if score >= grade.from_score), self.grades[-1])

    def rank(self, code: str) -> int:
        """0 for the best grade."""
        return [grade.code for grade in self.grades].index(code)


def read_book(told: Mapping[str, Any]) -> RuleBook:
    """A book from plain data. Raises :class:`UnableToReadRules` with everything that is wrong."""
    problems: list[str] = []
    rules: dict[str, Rule] = {}
    for entry in told.get("rules", []):
        try:
            rule = _read_rule(entry)
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            problems.append(f"规则 {entry.get('code', '（无编号）')} 缺少或写错了 {error}")
            continue
        if rule.code in rules:
            problems.append(f"规则编号 {rule.code} 重复")
        if rule.category not in told["categories"]:
            problems.append(f"规则 {rule.code} 的类别“{rule.category}”不存在")
        if rule.kind in (Kind.SCORE,) and rule.score == 0:
            problems.append(f"规则 {rule.code} 是计分规则，但没有分值")
        if rule.is_negative and not (rule.months or rule.until):
            problems.append(f"扣分规则 {rule.code} 必须写明何时结束")
        rules[rule.code] = rule
    if problems:
        raise UnableToReadRules(problems)
    grades = tuple(
        Grade(g["code"], g["name"], Decimal(str(g["from"])), tuple(g.get("privileges", ())))
        for g in told["grades"]
    )
    return RuleBook(
        told["title"],
        Decimal(str(told["base"])),
        Decimal(str(told["floor"])),
        Decimal(str(told["ceiling"])),
        tuple((step.get("below"), Decimal(str(step["score"]))) for step in told["participation"]),
        {
            code: (c["name"], Decimal(str(c["min"])), Decimal(str(c["max"])))
            for code, c in told["categories"].items()
        },
        tuple(sorted(grades, key=lambda grade: -grade.from_score)),
        dict(told.get("discounts", {})),
        told["veto_grade"],
        rules,
    )


def extend(town: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The effective content of a village: its town's with the village's changes.

    ``changes``: ``add`` (rules with prefix X), ``caps`` (``{rule: {cap number: lower limit}}``), ``off``
    (codes of switchable rules). Raises :class:`UnableToReadRules` for all that a village may not change.
    """
    problems: list[str] = []
    rules = {entry["code"]: dict(entry) for entry in town["rules"]}
    for code in changes.get("off", []):
        if code not in rules:
            problems.append(f"停用的规则 {code} 不存在")
        elif not rules[code].get("switchable"):
            problems.append(f"规则 {code} 不是可停用项")
        else:
            rules.pop(code)
    for code, lowered in changes.get("caps", {}).items():
        problems += _lower_caps(rules, code, lowered)
    for entry in changes.get("add", []):
        code = str(entry.get("code", ""))
        if not code.startswith(LOCAL_PREFIX):
            problems.append(f"本村自定规则 {code} 的编号须以 X 开头")
        if code in rules:
            problems.append(f"规则编号 {code} 重复")
        if entry.get("category") != "local":
            problems.append(f"本村自定规则 {code} 只能归入“本村自定”类别")
        if float(entry.get("score", 0) or 0) < 0 or entry.get("kind") == Kind.VETO:
            problems.append(f"本村自定规则 {code} 不得扣分或限级：扣分项只能来自镇街目录")
        rules[code] = dict(entry)
    extra = set(changes) - {"add", "caps", "off"}
    if extra:
        problems.append(f"村级规则不能修改：{'、'.join(sorted(extra))}")
    if problems:
        raise UnableToReadRules(problems)
    return {**town, "rules": list(rules.values())}


def _lower_caps(rules: dict[str, dict[str, Any]], code: str, lowered: Mapping[Any, Any]) -> list[str]:
    if code not in rules:
        return [f"调整上限的规则 {code} 不存在"]
    caps = [dict(cap) for cap in rules[code].get("caps", [])]
    problems = []
    for number, limit in lowered.items():
        place = int(number)
        if not 0 <= place < len(caps):
            problems.append(f"规则 {code} 没有第 {place + 1} 项上限")
        elif not 0 <= int(limit) <= int(caps[place]["limit"]):
            problems.append(f"规则 {code} 的上限只能调低（现为 {caps[place]['limit']}）")
        else:
            caps[place]["limit"] = int(limit)
    rules[code]["caps"] = caps
    return problems


def forbidden_items(content: Mapping[str, Any], forbidden: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for every rule that touches what may not be scored; empty if none does."""
    found = []
    catalogue = list(forbidden)
    for rule in content["rules"]:
        text = " ".join(str(rule.get(name, "")) for name in ("title", "trigger", "evidence", "until"))
        for item in catalogue:
            hit = next((word for word in item["words"] if word in text), None)
            if hit and not any(word in text for word in item.get("unless", ())):
                found.append(
                    f"规则 {rule['code']}“{rule['title']}”涉及{item['name']}（“{hit}”）：{item['reason']}"
                )
    return found


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in its canonical spelling."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def cap_windows(rule: Rule, on: dt.date) -> list[tuple[CapRule, dt.datetime]]:
    """The rule's caps with the windows that hold ``on``."""
    return [(cap, window_start(cap.window, on)) for cap in rule.caps]


def _read_rule(entry: Mapping[str, Any]) -> Rule:
    points = entry.get("points", 0)
    low, high = (points, points) if isinstance(points, int) else (int(points[0]), int(points[1]))
    if not 0 <= low <= high:
        raise ValueError("points")
    levels = {
        name: (int(values["points"]), Decimal(str(values["score"])))
        for name, values in entry.get("levels", {}).items()
    }
    # The database keeps no order of names: the highest level comes first.
    levels = dict(sorted(levels.items(), key=lambda level: level[1], reverse=True))
    cap = entry.get("score_cap")
    return Rule(
        entry["code"], entry["category"], Kind(entry["kind"]), entry["title"], entry.get("trigger", ""),
        entry.get("evidence", ""), entry.get("approver", ""), (low, high), Decimal(str(entry.get("score", 0))),
        levels,
        tuple(
            CapRule(
                Window(c["per"]), int(c["limit"]), 1 if c.get("of", "times") == "times" else 0,
                LEVELS[c.get("level", "person")],
            )
            for c in entry.get("caps", ())
        ),
        Window(cap["per"]) if cap else None, Decimal(str(cap["limit"])) if cap else None,
        entry.get("months"), entry.get("until", ""), Decay(entry.get("decay", "none")),
        bool(entry.get("household")), bool(entry.get("exempt")), bool(entry.get("switchable")),
        bool(entry.get("per_hour")), bool(entry.get("highest_of_act")),
    )  # fmt: skip

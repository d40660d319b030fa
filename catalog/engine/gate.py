"""The gate before the public: what must not be let out, and why not. Pages and interfaces ask the same function.

By the grades of DB33/T 2351: L1 may be opened to all, L2 and L3 only under conditions unless a recorded
desensitisation lowers them, L4 never. Masked data about persons is de-identified, not anonymous, so rows about
persons leave unconditionally only with a proof that meets the policy.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

GRADES = ("L1", "L2", "L3", "L4")
OPEN, RESTRICTED, FORBIDDEN = "open", "restricted", "forbidden"
RESTRICTED_CODES, FORBIDDEN_CODES = ("R1", "R2", "R3", "R4"), ("F1", "F2", "F3", "F4", "F5")
COMBINATION_GRADE = "L3"
ASSESSMENT_WORDS = {
    "missing": "含逐人记录，须先完成个人信息保护影响评估。",
    "changed": "字段、规则或开放属性在评估后已有变动，须重新进行个人信息保护影响评估。",
    "high": "个人信息保护影响评估的结论为高风险，不得开放：请进一步脱敏后重新评估。",
}


@dataclass(frozen=True)
class FieldFacts:
    """A field as the gate sees it. ``in_force``: its grade after confirmed desensitisation."""

    code: str
    title: str
    grade: str
    in_force: str
    opening: str = OPEN
    role: str = "insensitive"
    method: str = "keep"
    waiting_rule: bool = False
    waiting_grade: str = ""
    found: Mapping[str, int] = field(default_factory=dict)
    """Personal information found in the column's text: what, in how many rows."""

    @property
    def leaves(self) -> bool:
        return self.opening != FORBIDDEN and self.method != "suppress"


@dataclass(frozen=True)
class TableFacts:
    """A table resource. ``proven``: None = no proof was made, else whether it met the policy."""

    name: str
    fields: Sequence[FieldFacts]
    about_persons: bool = False
    proven: bool | None = None
    proof_problems: Sequence[str] = ()


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset about to be published on ``today``."""

    opening: str
    reason: str
    review_on: date | None
    today: date
    tables: Sequence[TableFacts]
    assessment: str = ""
    """What the impact assessment lacks: ``missing``, ``changed``, ``high``; '' if nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing the gate says. ``blocking`` False: to be known, no hindrance."""

    code: str
    message: str
    place: str = ""
    blocking: bool = True


def table_grade(table: TableFacts) -> str:
    """The highest grade of what leaves; rows about persons that are not proven count as L3 together."""
    grades = [f.in_force for f in table.fields if f.leaves]
    if table.about_persons and table.proven is not True:
        grades.append(COMBINATION_GRADE)
    return max(grades, default="L1")


def check(dataset: DatasetFacts) -> tuple[Finding, ...]:
    """Everything that stands between the dataset and the public; nothing blocking means it may be published."""
    found = [*_attribute(dataset)]
    if dataset.opening != FORBIDDEN:
        if dataset.assessment:
            found.append(Finding("ASSESSMENT", ASSESSMENT_WORDS[dataset.assessment]))
        for table in dataset.tables:
            found += _table(table, dataset.opening)
    return tuple(found)


def blocks(findings: Sequence[Finding]) -> bool:
    return any(finding.blocking for finding in findings)


def _attribute(dataset: DatasetFacts) -> Iterator[Finding]:
    """The opening attribute with its reason code and review date."""
    if dataset.opening == OPEN:
        return
    word = "受限开放" if dataset.opening == RESTRICTED else "禁止开放"
    codes = RESTRICTED_CODES if dataset.opening == RESTRICTED else FORBIDDEN_CODES
    if dataset.reason not in codes:
        yield Finding("REASON", f"{word}须写明理由代码（{'、'.join(codes)} 之一）。")
    if dataset.review_on is None:
        yield Finding("REVIEW", f"{word}须写明复核日期。")
    elif dataset.review_on < dataset.today:
        yield Finding("REVIEW", f"开放属性的复核日期 {dataset.review_on} 已过，请先复核。")


def _table(table: TableFacts, opening: str) -> Iterator[Finding]:
    for one in table.fields:
        yield from _field(table, one, opening)
    if not any(one.leaves for one in table.fields):
        yield Finding("NOTHING_LEFT", "没有可开放的字段。", table.name)
    if (table.about_persons and opening == OPEN) or table.proven is False:
        yield from _proof(table)


def _field(table: TableFacts, one: FieldFacts, opening: str) -> Iterator[Finding]:
    place = f"{table.name}／{one.title}"
    effective = RESTRICTED if RESTRICTED in (one.opening, opening) else OPEN
    if one.grade == "L4" and one.opening != FORBIDDEN:
        yield Finding("L4", "L4 字段禁止开放：请将该字段设为禁止开放，或从资源中删除。", place)
        return
    if one.waiting_grade:
        yield Finding(
            "GRADE_WAITING", f"分级变更为 {one.waiting_grade} 尚待复核，按 {one.grade} 对待。", place, False
        )
    if not one.leaves:
        return
    if one.waiting_rule:
        yield Finding("RULE_WAITING", "降低分级的脱敏规则须由另一人复核后才有效。", place, effective == OPEN)
    if effective == OPEN and one.in_force != "L1" and not one.waiting_rule:
        yield Finding(
            "GRADE", f"{one.in_force} 字段不得无条件开放：请改为受限开放，或以脱敏降低分级并经复核。", place
        )
    if one.role == "identifier" and one.method in ("keep", "round", "date"):
        yield Finding("IDENTIFIER", "直接标识不得原样发布：请掩码、以假名代替或隐去。", place)
    if one.method == "pseudonym" and effective == OPEN:
        yield Finding("PSEUDONYM", "假名只能用于受限开放，不得出现在无条件开放的数据中。", place)
    if one.found:
        told = "、".join(f"{what} {rows} 行" for what, rows in one.found.items())
        yield Finding(
            "PERSONAL_TEXT", f"文本中发现个人信息（{told}）：请加“文本中的个人信息隐去”规则。", place
        )


def _proof(table: TableFacts) -> Iterator[Finding]:
    if table.proven is None:
        yield Finding("PROOF", "逐人记录须先生成脱敏证明。", table.name)
    elif not table.proven:
        problems = "；".join(table.proof_problems) or "不符合要求"
        yield Finding("PROOF", f"脱敏证明未通过：{problems}。", table.name)

"""Weighted diffusion indices (PMI and business surveys): per cent better plus half of per cent the same.

Answers may be single replies (one row each, optionally with a weight) or shares that are already counted. A
composite is the weighted mean of its questions; a question of which more is worse counts 100 minus itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.engine.output import Output, read_output
from index.engine.panel import with_missing
from index.engine.places import Place
from index.engine.rounding import RULES, rounded
from index.engine.scoring import Floats
from index.engine.table import Table, UnableToReadTable, parse_number

KEYS = (
    "index", "name", "table", "by", "weight", "answers", "same", "form", "questions", "composites", "output",
)  # fmt: skip
UP = (
    "上升",
    "增加",
    "增长",
    "好转",
    "提高",
    "改善",
    "高于",
    "up",
    "better",
    "higher",
    "increase",
    "increased",
    "+",
    "1",
)
SAME = ("持平", "不变", "基本不变", "一样", "same", "unchanged", "equal", "=", "0")
DOWN = (
    "下降",
    "减少",
    "降低",
    "恶化",
    "变差",
    "低于",
    "down",
    "worse",
    "lower",
    "decrease",
    "decreased",
    "-",
    "-1",
)
FORMS = ("diffusion", "balance", "balance_100")


SHARES_ROUNDED = 0.2


@dataclass(frozen=True)
class Question:
    """One question: its column of replies, or its columns of shares (better, same, worse); with `published` the column
    is the finished index."""

    code: str
    column: str
    shares: tuple[str, str, str] | None
    turned: bool
    weight: float
    published: bool = False


def diffusion(
    up: Floats, same: Floats, down: Floats, *, half: float = 0.5, form: str = "diffusion"
) -> Floats:
    """Index from (weighted) numbers or shares of the three answers; NaN where nobody answered.

    diffusion: 100 (up + half x same) / all; balance: 100 (up - down) / all; balance_100: balance + 100.
    """
    total = up + same + down
    with np.errstate(invalid="ignore", divide="ignore"):
        if form == "diffusion":
            index = 100 * (up + half * same) / total
        else:
            index = 100 * (up - down) / total + (100 if form == "balance_100" else 0)
    return np.where(total > 0, index, np.nan)


def compute_diffusion(root: Place, table: Table, load: object) -> Output:
    """Indices of an `index: diffusion` definition, one row for each group of `by`."""
    root.mapping(*KEYS)
    place = root.find("table") or Place({}, ("table",), root.source)
    place.mapping("missing", "entity", "time")
    table = with_missing(table, place)
    questions = [_read_question(code, entry) for code, entry in root.need("questions", "问题与其列").items()]
    if not questions:
        raise root.at("questions").fault("至少要有一个问题")
    named = [place.at(key).text() for key in ("entity", "time") if place.has(key)]
    by = list(dict.fromkeys([*named, *(root.at("by").texts() if root.has("by") else [])]))
    keys: list[tuple[str, ...]] = [()] * len(table)
    if by:
        keys = list(zip(*(table.column(name) for name in by), strict=True))
    groups = list(dict.fromkeys(keys))
    weight = _weights(root, table)
    half = root.number_or("same", 0.5, 0, 1)
    form = root.choice_or("form", "diffusion", *FORMS)
    answers = _read_answers(root)
    found: dict[str, Floats] = {}
    for question in questions:
        counts = _counts(question, table, keys, groups, weight, answers)
        index = diffusion(*counts, half=half, form=form)
        found[question.code] = index
    output = read_output(root)
    for place_in_key, name in enumerate(by):
        output.columns[name] = [group[place_in_key] for group in groups]
    output.columns |= found
    output.columns |= _composites(root, questions, found, form)
    if not by:
        output.columns = {"index": [root.text_or("name", "全部")], **output.columns}
    output.details = {"name": root.text_or("name", ""), "replies": len(table)}
    return output


def _read_question(code: str, place: Place) -> Question:
    """`新订单: {column: q1, weight: 30}` or `{better: up1, same: same1, worse: down1}`; a text is a column."""
    if not isinstance(place.value, dict):
        if isinstance(place.value, int | float) and not isinstance(place.value, bool):
            return Question(code, code, None, False, place.number(0))
        return Question(code, place.text(), None, False, 1.0)
    place.mapping("column", "index", "better", "same", "worse", "direction", "weight")
    shares = None
    if place.has("better"):
        shares = (
            place.at("better").text(), place.text_or("same", ""), place.need("worse", "变差份额所在的列").text()
        )  # fmt: skip
    turned = place.choice_or("direction", "high", "high", "low") == "low"
    column = place.text_or("index", place.text_or("column", code))
    return Question(code, column, shares, turned, place.number_or("weight", 1.0, 0), place.has("index"))


def _weights(root: Place, table: Table) -> Floats:
    if not root.has("weight"):
        return np.ones(len(table))
    weight = table.numbers(root.at("weight").known(table.columns, "列"))
    bad = np.flatnonzero(~(weight >= 0))
    if len(bad):
        raise UnableToReadTable(
            f"{table.source} 第 {table.lines[bad[0]]} 行：权重应为不小于 0 的数字，请更正"
        )
    return weight


def _read_answers(root: Place) -> dict[str, int]:
    """Words of replies to +1, 0, -1."""
    words: dict[str, int] = {}
    place = root.find("answers")
    if place is not None:
        place.mapping("better", "same", "worse")
    for sign, key, default in ((1, "better", UP), (0, "same", SAME), (-1, "worse", DOWN)):
        given: Sequence[str] = place.at(key).texts() if place is not None and place.has(key) else default
        words |= {word.lower(): sign for word in given}
    return words


def _counts(
    question: Question,
    table: Table,
    keys: list[tuple[str, ...]],
    groups: list[tuple[str, ...]],
    weight: Floats,
    answers: dict[str, int],
) -> tuple[Floats, Floats, Floats]:
    where = {group: place for place, group in enumerate(groups)}
    counts = np.zeros((3, len(groups)))
    if question.published:
        for row, value in enumerate(table.numbers(question.column)):
            if np.isfinite(value):
                counts[:, where[keys[row]]] += weight[row] * np.array([value, 0.0, 100 - value])
        return counts[0], counts[1], counts[2]
    if question.shares is not None:
        better, worse = table.numbers(question.shares[0]), table.numbers(question.shares[2])
        same = table.numbers(question.shares[1]) if question.shares[1] else 100 - better - worse
        _refuse_impossible(question, table, better, same, worse)
        for row, key in enumerate(keys):
            if np.isfinite([better[row], same[row], worse[row]]).all():
                counts[:, where[key]] += weight[row] * np.array([better[row], same[row], worse[row]])
        return counts[0], counts[1], counts[2]
    for row, cell in enumerate(table.column(question.column)):
        if table.absent(cell) and cell.lower() not in answers:
            continue
        sign = answers.get(cell.lower())
        if sign is None and (number := parse_number(cell)) is not None:
            sign = answers.get(f"{number:g}")
        if sign is None:
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[row]} 行“{question.column}”列：不认识的回答“{cell}”，"
                f"请更正，或在定义的 answers 中写明属于 better、same 还是 worse"
            )
        counts[1 - sign, where[keys[row]]] += weight[row]
    return counts[0], counts[1], counts[2]


def _refuse_impossible(question: Question, table: Table, better: Floats, same: Floats, worse: Floats) -> None:
    """Shares are no less than nothing; without a column for the unchanged the two others leave room for them."""
    assert question.shares is not None
    for name, values in zip(question.shares, (better, same, worse), strict=True):
        # The rest of rounded shares may fall short of nothing by the rounding.
        bad = np.flatnonzero(values < (0 if name else -SHARES_ROUNDED))
        if len(bad) and name:
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[bad[0]]} 行“{name}”列：份额不能是负数，请更正"
            )
        if len(bad):
            raise UnableToReadTable(
                f"{table.source} 第 {table.lines[bad[0]]} 行：“{question.shares[0]}”与“{question.shares[2]}”之和超过 100，"
                f"请更正；若不是百分比，请写明 same 所在的列"
            )


def _composites(
    root: Place, questions: list[Question], found: dict[str, Floats], form: str
) -> dict[str, Floats]:
    """`composites: {PMI: {新订单: 30, 生产: 25}}`; without it one INDEX by the questions' weights."""
    neutral = {"diffusion": 100.0, "balance": 0.0, "balance_100": 200.0}[form]
    turned = {q.code: neutral - found[q.code] if q.turned else found[q.code] for q in questions}
    place = root.find("composites")
    if place is None:
        weights = {"INDEX": {q.code: q.weight for q in questions}}
        return {code: _mean(turned, row) for code, row in weights.items()} if len(questions) > 1 else {}
    out: dict[str, Floats] = {}
    for code, entry in place.items():
        decimals, rule = None, "half_up"
        weights_place = entry
        if entry.has("weights"):
            entry.mapping("weights", "round", "rounding")
            decimals = entry.at("round").integer(0, 12) if entry.has("round") else None
            rule = entry.choice_or("rounding", "half_up", *RULES)
            weights_place = entry.at("weights")
        row = {}
        for name, cell in weights_place.items():
            if name not in turned:
                raise cell.fault(f"没有名为 {name} 的问题；现有：{'、'.join(turned)}")
            row[name] = cell.number(0)
        if not sum(row.values()) > 0:
            raise entry.fault("权重不能都是 0")
        parts = turned
        if decimals is not None:
            parts = {c: np.array([rounded(float(x), decimals, rule) for x in v]) for c, v in turned.items()}
        out[code] = _mean(parts, row)
    return out


def _mean(parts: dict[str, Floats], weights: dict[str, float]) -> Floats:
    total = sum(weights.values())
    return np.asarray(sum(parts[code] * weight for code, weight in weights.items()) / total, dtype=np.float64)

"""Loading definitions: what is refused, and that the refusal names the place."""

from dataclasses import replace
from pathlib import Path

import pytest

from datahub.engine.definitions import (
    UnableToLoadDefinitions,
    definition_hash,
    get_item,
    get_item_by_number,
    load_definitions,
)

GOOD = """
department: {code: demo, number: 1, name: 示例局, short: 示例, contact: 信息岗}
items:
  - code: demo.thing
    number: 101
    name: 示例项
    category: basic
    supply: local
    delivery: {mode: full, period: daily, grace_days: 1}
    key: [ref]
    subject: {code: uscc, name: ent_name}
    measures: [amount]
    grade: L2
    sharing: conditional
    opening: restricted
    legal_basis: "《示例办法》"
    purpose: "示例"
    fields:
      - {code: uscc, name: 统一社会信用代码, headers: [信用代码], kind: uscc, grade: L1}
      - {code: ent_name, name: 企业名称, headers: [单位名称], kind: text, grade: L1}
      - {code: ref, name: 编号, headers: [REF_NO], kind: code, required: true, grade: L1}
      - {code: amount, name: 金额, headers: [AMT], kind: money, unit: 元, grade: L2}
"""


def problems_of(tmp_path: Path, text: str) -> list[str]:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "01_demo.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UnableToLoadDefinitions) as refusal:
        load_definitions(folder)
    return refusal.value.problems


def test_a_good_file_is_loaded(tmp_path):
    (tmp_path / "01_demo.yaml").write_text(GOOD, encoding="utf-8")
    assert load_definitions(tmp_path).by_code["demo.thing"].measures == ("amount",)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("key: [ref]", "key: [nothing]", "key refers to nothing"),
        ("measures: [amount]", "measures: [ref]", "measure ref is not numeric"),
        ("measures: [amount]", "measure: [amount]", "measure"),
        ("headers: [AMT]", "headers: [ref_no]", "header ref_no could mean ref or amount"),
        ("headers: [REF_NO]", "headers: []", "ref: fewer than two accepted headers"),
        ("grade: L2\n", "grade: L1\n", "grade is L1, but the highest of its fields is L2"),
        ("unit: 元", "unit: 角", "money in unknown unit"),
        ("code: demo.thing", "code: other.thing", "belongs to another department"),
        ("supply: local", "supply: none", "a gap is stated exactly"),
        ("category: basic", "category: odd", "category"),
        ("required: true, ", "", "at least one part of the key must be required"),
        ("kind: code,", "kind: enum,", "an enumeration needs them"),
        ("opening: restricted", "opening: wide", "opening"),
        ("kind: money, unit: 元, grade: L2", "kind: phone, grade: L2", "personal identifiers are L4"),
    ],
)
def test_a_contradiction_is_refused_with_file_and_item(tmp_path, old, new, expected):
    assert old in GOOD
    problems = problems_of(tmp_path, GOOD.replace(old, new, 1))
    assert any(p.startswith("01_demo.yaml: ") and "thing" in p and expected in p for p in problems), problems


def test_the_same_code_twice_is_refused(tmp_path):
    folder = tmp_path / "definitions"
    folder.mkdir()
    for name in ("01_a.yaml", "02_b.yaml"):
        (folder / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(UnableToLoadDefinitions, match=r"item code demo\.thing is used 2 times"):
        load_definitions(folder)


def test_broken_yaml_is_refused_with_its_file(tmp_path):
    assert problems_of(tmp_path, "department: [")[0].startswith("01_demo.yaml: not YAML")


def test_an_item_is_found_by_code_and_by_number():
    assert get_item("court.equity_freeze") is get_item_by_number(407)


def test_the_hash_follows_the_definition_and_nothing_else():
    item = get_item("court.equity_freeze")
    assert definition_hash(item) == definition_hash(replace(item))
    assert definition_hash(item) != definition_hash(replace(item, purpose="其他用途"))


def test_a_personal_identifier_does_not_raise_the_grade_of_the_fact():
    item = get_item("court.equity_freeze")
    assert (item.grade, item.fact_grade) == ("L4", "L3")


def test_the_payload_leaves_the_subject_out_except_in_the_register_itself():
    assert "uscc" not in {f.code for f in get_item("court.equity_freeze").payload_fields}
    assert {"uscc", "name"} <= {f.code for f in get_item("market.registration").payload_fields}

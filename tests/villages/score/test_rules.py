"""Rule books: the starting table, what a village may change, what may not be scored."""

from typing import Any

import pytest

from villages.definitions import read
from villages.engine.rules import UnableToReadRules, digest_of, extend, forbidden_items, read_book

TOWN: dict[str, Any] = read("qiaotou_rules.yaml")
FORBIDDEN = read("forbidden.yaml")
LOCAL = {
    "code": "X01",
    "category": "local",
    "kind": "earn",
    "title": "参加龙舟排练",
    "points": 5,
    "score": 1,
    "months": 12,
}


def test_the_starting_table_has_forty_rules_and_none_is_forbidden() -> None:
    book = read_book(TOWN)
    assert len(book.rules) == 40
    assert forbidden_items(TOWN, FORBIDDEN) == []


def test_every_deduction_says_when_it_ends() -> None:
    assert all(rule.months or rule.until for rule in read_book(TOWN).rules.values() if rule.is_negative)


def test_a_village_adds_lowers_and_switches_off() -> None:
    content = extend(TOWN, {"add": [LOCAL], "caps": {"E01": {0: 1, 1: 20}}, "off": ["H04"]})
    book = read_book(content)
    assert "X01" in book.rules and "H04" not in book.rules
    assert [cap.limit for cap in book.rules["E01"].caps] == [1, 20]
    assert digest_of(content) != digest_of(TOWN)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"add": [LOCAL | {"code": "E77"}]}, "须以 X 开头"),
        ({"add": [LOCAL | {"score": -1}]}, "不得扣分"),
        ({"add": [LOCAL | {"kind": "veto"}]}, "不得扣分或限级"),
        ({"add": [LOCAL | {"category": "law"}]}, "本村自定"),
        ({"caps": {"E01": {1: 41}}}, "只能调低"),
        ({"caps": {"E01": {5: 1}}}, "没有第 6 项"),
        ({"off": ["G03"]}, "不是可停用项"),
        ({"off": ["Z99"]}, "不存在"),
        ({"grades": []}, "不能修改"),
    ],
)
def test_a_village_may_not_go_beyond_its_town(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnableToReadRules, match=problem):
        extend(TOWN, changes)


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("越级上访", "信访"), ("在网上发表负面评论", "言论"), ("违反计划生育", "生育"), ("参加宗教活动", "宗教"),
        ("欠债不还", "私人债务"), ("拖欠物业费", "欠费"), ("离婚", "婚姻"), ("子女考试成绩差", "未成年"),
        ("未接种疫苗", "健康"), ("取消低保", "法定待遇"),
    ],
)  # fmt: skip
def test_a_forbidden_item_is_named_with_its_reason(title: str, code: str) -> None:
    found = forbidden_items({"rules": [LOCAL | {"title": title}]}, FORBIDDEN)
    assert len(found) == 1
    assert code in found[0]


def test_a_debt_with_a_ruling_is_not_a_private_debt() -> None:
    assert forbidden_items({"rules": [LOCAL | {"title": "欠债不还，经法院判决"}]}, FORBIDDEN) == []


def test_all_faults_of_a_book_are_told_at_once() -> None:
    broken = TOWN | {
        "rules": [LOCAL, LOCAL, LOCAL | {"code": "X02", "kind": "score", "score": -2, "months": None}]
    }
    with pytest.raises(UnableToReadRules) as refusal:
        read_book(broken)
    assert len(refusal.value.problems) == 2

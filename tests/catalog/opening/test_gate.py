"""What the gate lets through and what not."""

from datetime import date

import pytest

from catalog.engine.gate import DatasetFacts, FieldFacts, TableFacts, blocks, check, table_grade

TODAY = date(2026, 11, 22)


def field(code="a", grade="L1", **told):
    return FieldFacts(code=code, title=code, grade=grade, in_force=told.pop("in_force", grade), **told)


def dataset(*fields, opening="open", reason="", review_on=None, **table):
    tables = [TableFacts("表", fields, **table)] if fields else []
    return DatasetFacts(opening, reason, review_on, TODAY, tables)


def restricted(*fields, **told):
    return dataset(
        *fields, **{"opening": "restricted", "reason": "R1", "review_on": date(2027, 11, 22)} | told
    )


def codes(facts):
    return [finding.code for finding in check(facts) if finding.blocking]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (dataset(field()), []),
        (dataset(field(grade="L2")), ["GRADE"]),
        (dataset(field(grade="L3")), ["GRADE"]),
        (dataset(field(grade="L4")), ["L4"]),
        (dataset(field(grade="L4", in_force="L1", method="mask")), ["L4"]),
        (dataset(field(), field("b", "L4", opening="forbidden")), []),
        (dataset(field("b", "L4", opening="forbidden")), ["NOTHING_LEFT"]),
        (dataset(field(grade="L3", in_force="L1", method="round")), []),
        (dataset(field(grade="L3", method="round", waiting_rule=True)), ["RULE_WAITING"]),
        (dataset(field(grade="L2", opening="restricted")), []),
        (dataset(field(role="identifier")), ["IDENTIFIER"]),
        (dataset(field(role="identifier", method="mask")), []),
        (dataset(field(method="pseudonym")), ["PSEUDONYM"]),
        (restricted(field(method="pseudonym")), []),
        (dataset(field(found={"手机号": 3})), ["PERSONAL_TEXT"]),
        (dataset(field(), about_persons=True), ["PROOF"]),
        (dataset(field(), about_persons=True, proven=False, proof_problems=["k 为 2"]), ["PROOF"]),
        (dataset(field(), about_persons=True, proven=True), []),
        (restricted(field(grade="L3")), []),
        (restricted(field(grade="L4")), ["L4"]),
        (restricted(field(), about_persons=True, proven=False), ["PROOF"]),
        (restricted(field(), reason=""), ["REASON"]),
        (restricted(field(), reason="F1"), ["REASON"]),
        (restricted(field(), review_on=None), ["REVIEW"]),
        (restricted(field(), review_on=date(2026, 11, 21)), ["REVIEW"]),
        (dataset(field(grade="L4"), opening="forbidden", reason="F2", review_on=TODAY), []),
        (dataset(field(), opening="forbidden", reason="R1", review_on=TODAY), ["REASON"]),
        (dataset(), []),
    ],
)  # fmt: skip
def test_the_decision_table(facts, expected):
    assert codes(facts) == expected


def test_a_waiting_change_of_grade_is_told_and_hinders_nothing():
    findings = check(dataset(field(waiting_grade="L2")))
    assert [f.code for f in findings] == ["GRADE_WAITING"]
    assert not blocks(findings)


def test_the_grade_of_a_table_is_the_highest_that_leaves():
    assert (
        table_grade(TableFacts("表", [field(), field("b", "L3"), field("c", "L4", opening="forbidden")]))
        == "L3"
    )
    assert table_grade(TableFacts("表", [field()], about_persons=True)) == "L3"
    assert table_grade(TableFacts("表", [field()], about_persons=True, proven=True)) == "L1"
    assert table_grade(TableFacts("表", [])) == "L1"

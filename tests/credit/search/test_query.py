"""Reading what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.search.query import MOST_TERMS, Term, understand

CODE = "91330282671205242Y"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        "9133 0282 6712 0524 2Y",
        "91330282-671205242Y",
        "９１３３０２８２６７１２０５２４２Ｙ",
        f"统一社会信用代码：{CODE}",
        f"（{CODE}）",
    ],
)
def test_a_complete_code_is_read_however_it_is_written(typed):
    assert understand(typed).code == CODE


def test_a_complete_register_number_is_read():
    assert understand("注册号 330282000000001").register_no == "330282000000001"


@pytest.mark.parametrize("typed", ["91330282", "慈溪轴承", "9133028267120524", "913302826712052422233", ""])
def test_what_is_no_complete_code_is_not_taken_for_one(typed):
    assert understand(typed).code == ""


def test_the_beginning_of_a_code_stays_in_one_piece():
    assert understand("9133 0282 67").terms == (Term("9133028267", True),)


def test_gaps_and_scripts_part_the_terms():
    assert understand("慈溪　cx轴承  轴承").terms == (
        Term("慈溪", False),
        Term("cx", True),
        Term("轴承", False),
    )


def test_brackets_do_not_part_a_name():
    assert understand("妙乐（宁波）文化").terms == (Term("妙乐宁波文化", False),)


def test_words_that_most_names_share_are_set_aside_for_comparing():
    assert understand("慈溪市宏达轴承有限公司").distinctive == "宏达轴承"
    assert understand("慈溪市").distinctive == "慈溪市"


@given(st.text(max_size=300))
def test_anything_can_be_read(typed):
    query = understand(typed)
    assert len(query.terms) <= MOST_TERMS
    assert all(term.text and term.text.isalnum() for term in query.terms)

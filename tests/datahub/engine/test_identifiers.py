"""Vectors of the identifier standards, and the column check against the single check."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.contracts import Kind
from datahub.engine.identifiers import (
    ORG_ALPHABET,
    PROBLEM_OF,
    USCC_ALPHABET,
    citizen_check,
    is_valid_uscc,
    make_demo_uscc,
    normalise_identifier,
    org_check,
    register_check,
    uscc_check,
    uscc_problem,
    valid_mask,
)

VALID = {
    Kind.USCC: (
        *("91330282671205242Y", "91110000600037341L", "91350100M000100Y43", "91330282PDY0001320"),
        *("91330282PDY00001XU", "92330282PDY00001XQ", "93330282PDY00001XM", "91330282PDY000028U"),
        *("92330282PDY000028Q", "93330282PDY000028M", "91330282PDY999994P"),
    ),
    Kind.ORG_CODE: ["D2143569X"],
    Kind.CITIZEN_ID: (
        *("11010519491231002X", "440524188001010014", "34052419800101001X", "370101190102039973"),
        *("513101198201130014", "360426199101010071", "44011320141005001X", "330282200002290020"),
    ),
    Kind.REGISTER_NO: ["110108000000016", "330282000000002"],
}
INVALID = {
    Kind.USCC: {
        "91350100M000100Y4Z": "ALPHABET",
        "91110000600037341N": "CHECK_DIGIT",
        "91330282MA12345678": "CHECK_DIGIT",
        "9111000060003IOZSV": "ALPHABET",
        "A1110000600037341L": "CHECK_DIGIT",
        "9A110000600037341L": "AREA",
        "91A10000600037341L": "AREA",
        "12345": "LENGTH",
        "": "LENGTH",
    },
    Kind.ORG_CODE: {"D21435690": "CHECK_DIGIT", "D2143569": "LENGTH", "D214356_X": "ALPHABET"},
    Kind.CITIZEN_ID: {
        "330282190002290024": "BAD_DATE",
        "330282202302300015": "BAD_DATE",
        "330282199913010012": "BAD_DATE",
        "330282200002290021": "CHECK_DIGIT",
        "33028220000229002": "LENGTH",
        "3302822000X2290020": "ALPHABET",
        "110105491231002": "LENGTH",
    },
    Kind.REGISTER_NO: {
        "330282000000001": "CHECK_DIGIT",
        "33028200000000": "LENGTH",
        "33028200000000A": "ALPHABET",
    },
}


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind in VALID for code in VALID[kind]])
def test_a_valid_identifier_has_no_problem(kind, code):
    assert PROBLEM_OF[kind](code) is None


@pytest.mark.parametrize(
    ("kind", "code", "problem"), [(kind, code, p) for kind in INVALID for code, p in INVALID[kind].items()]
)
def test_an_invalid_identifier_says_what_is_wrong(kind, code, problem):
    found = PROBLEM_OF[kind](code)
    assert found is not None
    assert found.code == problem


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("91110000600037341N", "L"),
        ("91330282MA12345678", "2"),
        ("91350100M000100Y4Y", "3"),
        ("91330282PDY0001321", "0"),
    ],
)
def test_the_reason_for_a_wrong_check_digit_names_the_right_one(code, expected):
    problem = uscc_problem(code)
    assert problem is not None
    assert f"应为 {expected}" in problem.message


def test_the_reason_for_a_citizen_id_repeats_no_part_of_it():
    for code in INVALID[Kind.CITIZEN_ID]:
        problem = PROBLEM_OF[Kind.CITIZEN_ID](code)
        assert problem is not None
        assert code[:6] not in problem.message
        assert code[6:14] not in problem.message


def test_a_former_area_code_is_good_only_for_people_born_before_it_ended():
    def with_check(body: str) -> str:
        return body + citizen_check(body)

    assert PROBLEM_OF[Kind.CITIZEN_ID](with_check("33022219620101001")) is None
    late = PROBLEM_OF[Kind.CITIZEN_ID](with_check("33022219950101001"))
    assert late is not None
    assert late.code == "AREA"


@pytest.mark.parametrize(
    "text",
    [
        "91330282671205242y",
        " 9133 0282 6712 05242Y ",
        "91330282-67120524-2Y",
        "９１３３０２８２６７１２０５２４２Ｙ",
        "'91330282671205242Y",
        "91330282671205242Y\u3000",
    ],
)
def test_usual_spellings_are_normalised_before_the_check(text):
    assert normalise_identifier(text) == "91330282671205242Y"
    assert is_valid_uscc(text)


def test_demo_codes_are_the_reserved_ones():
    assert make_demo_uscc("91", 1) == "91330282PDY00001XU"
    assert make_demo_uscc("93", 2) == "93330282PDY000028M"
    assert make_demo_uscc("91", 99999) == "91330282PDY999994P"


@pytest.mark.parametrize(("prefix", "number"), [("91", 0), ("91", 100000), ("9", 1), ("I1", 1)])
def test_demo_codes_outside_of_the_reserved_block_are_refused(prefix, number):
    with pytest.raises(ValueError, match="is "):
        make_demo_uscc(prefix, number)


digits = st.text("0123456789", min_size=1, max_size=20)


@st.composite
def nearly_valid(draw, kind: Kind) -> str:
    """Identifiers with a right check symbol, some of them damaged in one place afterwards."""
    if kind is Kind.USCC:
        head = draw(st.sampled_from(["91", "92", "5A", "N2", "B1"])) + draw(
            st.text("0123456789", min_size=6, max_size=6)
        )
        body = draw(st.text(USCC_ALPHABET, min_size=8, max_size=8))
        code = head + body + draw(st.sampled_from([org_check(body), "0"]))
        if any(symbol not in USCC_ALPHABET for symbol in code):
            return code
        code += uscc_check(code)
    elif kind is Kind.ORG_CODE:
        body = draw(st.text(ORG_ALPHABET, min_size=8, max_size=8))
        code = body + org_check(body)
    elif kind is Kind.CITIZEN_ID:
        area = draw(st.sampled_from(["330282", "330222", "339009", "332221", "993302", "110105"]))
        year = draw(st.integers(1840, 2030))
        month, day = draw(st.integers(0, 13)), draw(st.integers(0, 32))
        body = f"{area}{year:04d}{month:02d}{day:02d}{draw(st.integers(0, 999)):03d}"
        code = body + citizen_check(body)
    else:
        body = draw(st.text("0123456789", min_size=14, max_size=14))
        code = body + register_check(body)
    if draw(st.booleans()):
        place = draw(st.integers(0, len(code) - 1))
        code = code[:place] + draw(st.sampled_from("0159AXIZz慈")) + code[place + 1 :]
    return code


@pytest.mark.parametrize("kind", list(PROBLEM_OF))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_whole_column_agrees_with_single_values(kind, data):
    some = st.one_of(
        st.none(), st.text(max_size=20), digits, nearly_valid(kind), st.sampled_from(VALID[kind])
    )
    values = data.draw(st.lists(some, max_size=20))
    expected = [value is not None and PROBLEM_OF[kind](value) is None for value in values]
    assert valid_mask(kind, pl.Series(values, dtype=pl.String)).tolist() == expected

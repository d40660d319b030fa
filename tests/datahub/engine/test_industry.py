import numpy as np
import pytest

from datahub.engine import industry


@pytest.mark.parametrize(
    ("code", "letter"),
    [("0152", "A"), ("0610", "B"), ("1371", "C"), ("4390", "C"), ("4411", "D"), ("4710", "E"), ("5292", "F"),
     ("5431", "G"), ("6210", "H"), ("6513", "I"), ("6620", "J"), ("7010", "K"), ("7259", "L"), ("7320", "M"),
     ("7810", "N"), ("8040", "O"), ("8391", "P"), ("8425", "Q"), ("9030", "R"), ("9221", "S"), ("9700", "T")],
)  # fmt: skip
def test_the_section_letter_follows_from_the_first_two_digits(code: str, letter: str) -> None:
    assert industry.section_of(code) == letter


def test_every_division_from_01_to_97_has_one_section_and_no_other_has() -> None:
    letters = [industry.section_of(f"{division:02d}") for division in range(100)]
    assert letters[0] == letters[98] == letters[99] == ""
    assert all(letters[1:98])
    assert letters[1:98] == sorted(letters[1:98])
    assert "".join(sorted(set(letters))) == "ABCDEFGHIJKLMNOPQRST"


@pytest.mark.parametrize("code", ["C3854", "c3854", " 3854 ", "3854.0", "38", "385"])
def test_a_code_is_understood_with_letter_spaces_or_fewer_digits(code: str) -> None:
    assert industry.section_of(code) == "C"
    assert industry.division_of(code) == "38"


@pytest.mark.parametrize("code", ["", "未知行业", "3", "38541", "X3854", "9900"])
def test_what_is_no_industry_code_has_no_section(code: str) -> None:
    assert industry.section_of(code) == ""
    assert industry.trade_of(code) == ""
    assert industry.division_of(code) == ""


@pytest.mark.parametrize(
    ("code", "trade"),
    [("0152", "farming"), ("3854", "industry"), ("4620", "industry"), ("4710", "building"),
     ("5138", "wholesale"), ("5213", "retail"), ("5310", ""), ("5431", "transport"),
     ("5821", "transport"), ("5990", "storage"),
     ("6010", "post"), ("6110", "hotel"), ("6210", "catering"), ("6450", "telecom"), ("6513", "software"),
     ("6620", ""), ("7010", "estate"), ("7020", "property"), ("7030", "other"), ("7111", "leasing"),
     ("7259", "leasing"), ("7320", "other"), ("8391", "other"), ("9221", "")],
)  # fmt: skip
def test_the_trade_of_the_size_rules_follows_the_code(code: str, trade: str) -> None:
    assert industry.trade_of(code) == trade


def test_many_codes_are_looked_up_in_order() -> None:
    codes = ["3854", "", "0152", "3854"]
    assert industry.sections_of(codes).tolist() == ["C", "", "A", "C"]
    assert industry.trades_of(codes).tolist() == ["industry", "", "farming", "industry"]
    assert industry.trades_of([]).shape == np.array([]).shape


def test_the_ranges_of_sections_leave_no_gap() -> None:
    ends = [last for _, _, last in industry.SECTION_RANGES]
    starts = [first for _, first, _ in industry.SECTION_RANGES]
    assert starts[0] == 1 and ends[-1] == 97
    assert starts[1:] == [end + 1 for end in ends[:-1]]

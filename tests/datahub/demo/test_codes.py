import numpy as np
import polars as pl
import pytest

from datahub.contracts import Kind
from datahub.demo.codes import LARGEST_NUMBER, demo_codes, register_numbers, with_wrong_check
from datahub.engine.identifiers import make_demo_uscc, valid_mask

ALL_NUMBERS = np.arange(1, LARGEST_NUMBER + 1)


@pytest.mark.parametrize(
    ("prefix", "number", "code"),
    [
        ("91", 1, "91330282PDY00001XU"),
        ("92", 1, "92330282PDY00001XQ"),
        ("93", 1, "93330282PDY00001XM"),
        ("91", 2, "91330282PDY000028U"),
        ("91", 13, "91330282PDY0001320"),
        ("91", 99_999, "91330282PDY999994P"),
    ],
)
def test_demo_codes_match_the_known_vectors(prefix: str, number: int, code: str) -> None:
    assert demo_codes(np.array([prefix]), np.array([number])).tolist() == [code]


@pytest.mark.parametrize("prefix", ["91", "92", "93"])
def test_every_demo_code_of_a_prefix_is_valid_and_none_repeats(prefix: str) -> None:
    codes = demo_codes(np.full(ALL_NUMBERS.size, prefix), ALL_NUMBERS)
    assert valid_mask(Kind.USCC, pl.Series(codes.tolist())).all()
    assert np.unique(codes).size == LARGEST_NUMBER
    assert codes[::9_973].tolist() == [make_demo_uscc(prefix, int(n)) for n in ALL_NUMBERS[::9_973]]


def test_numbers_outside_the_reserved_block_are_refused() -> None:
    with pytest.raises(ValueError, match="99999"):
        demo_codes(np.array(["91"]), np.array([100_000]))


def test_old_registration_numbers_carry_the_right_check_digit() -> None:
    numbers = register_numbers(np.array([0, 0, 6]), np.array([0, 7_654_321, 9_999_999]))
    assert numbers[0] == "330282000000002"
    assert valid_mask(Kind.REGISTER_NO, pl.Series(numbers.tolist())).all()


def test_a_spoilt_code_never_passes() -> None:
    codes = pl.Series(demo_codes(np.full(5_000, "91"), np.arange(1, 5_001)).tolist())
    spoilt = with_wrong_check(codes)
    assert not valid_mask(Kind.USCC, spoilt).any()
    assert (spoilt.str.slice(0, 17) == codes.str.slice(0, 17)).all()

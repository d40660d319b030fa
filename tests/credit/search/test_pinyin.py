"""Pinyin initials, against pypinyin itself as the oracle."""

import random

import pytest
from pypinyin import Style, lazy_pinyin

from bench.search_register import make_register
from credit.search.pinyin import MOST_VARIANTS, initials
from credit.search.text import fold


def reading_of_pypinyin(folded: str) -> str:
    """Phrase mode, first letters: slow and obvious."""
    letters = []
    for piece in lazy_pinyin(folded, style=Style.NORMAL, errors=lambda text: list(text)):
        letters.append(piece[0])
    return "".join(letters)


def test_the_reading_of_pypinyin_is_among_the_readings_of_every_name():
    register, _ = make_register(3_000)
    for name in random.Random(3).sample(register.names, 600):
        folded = fold(name)
        assert reading_of_pypinyin(folded) in initials(folded), folded


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("慈溪公牛", "cxgn"),
        ("弹簧厂", "thc"),
        ("慈溪商行", "cxsh"),
        ("长河镇", "chz"),
        ("重庆小面", "cqxm"),
        ("单氏五金", "sswj"),
        ("ABC轴承8号", "abczc8h"),
        ("厦门贸易", "xmmy"),
    ],
)
def test_a_name_is_read_as_people_say_it(name, typed):
    assert typed in initials(fold(name))


def test_a_name_full_of_doubtful_characters_has_a_bounded_number_of_readings():
    variants = initials("长行重乐调传弹藏朝降")
    assert len(variants) <= MOST_VARIANTS
    assert all(len(variant) == 10 for variant in variants)
    assert len(set(variants)) == len(variants)


def test_characters_without_a_reading_stand_for_themselves():
    assert initials("ωの") == ["ωの"]

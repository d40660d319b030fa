"""The pieces of a name: whatever part of it is asked for, its pieces are there."""

from hypothesis import given
from hypothesis import strategies as st

from credit.search.pinyin import initials
from credit.search.text import fold, runs
from credit.search.tokens import indexed, needed

NAMES = st.text(
    st.sampled_from("慈溪宁波市公牛轴承弹簧长行有限公司（）()ＡBc1 2·𠮷"), min_size=1, max_size=16
)


@st.composite
def name_and_fragment(draw):
    name = draw(NAMES)
    start = draw(st.integers(0, len(name) - 1))
    return name, name[start : draw(st.integers(start + 1, len(name)))]


@given(name_and_fragment())
def test_every_fragment_needs_only_pieces_the_name_has(pair):
    name, fragment = pair
    found = indexed(name)
    for run in runs(fold(fragment)):
        assert set(needed(run.text, run.latin)) <= set(found.pieces)
        assert run.text in (found.sound if run.latin else found.hay)


@given(NAMES, st.lists(NAMES, max_size=2), st.text(st.sampled_from("张伟明"), max_size=3))
def test_former_names_and_the_representative_are_indexed_like_the_name(name, former_names, person):
    found = indexed(name, former_names, person)
    for one in (name, *former_names, person):
        for run in runs(fold(one)):
            if not run.latin:
                assert set(needed(run.text, latin=False)) <= set(found.pieces)
    assert found.hay.split("\n") == [fold(name), *map(fold, former_names), "@" + fold(person)]


@given(NAMES, st.integers(0, 20), st.integers(2, 6))
def test_every_stretch_of_the_initials_is_found(name, start, length):
    found = indexed(name)
    for variant in initials(fold(name)):
        piece = variant[start : start + length]
        if len(piece) >= 2 and piece.isascii():
            assert set(needed(piece, latin=True)) <= set(found.pieces)
            assert piece in found.sound


def test_a_piece_is_needed_once():
    assert needed("哈哈哈哈", latin=False) == ["哈哈"]


def test_one_character_needs_itself_and_one_letter_needs_nothing():
    assert needed("轴", latin=False) == ["轴"]
    assert needed("c", latin=True) == []

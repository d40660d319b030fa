"""Folding: one spelling for names and queries."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from credit.search.text import fold, fold_with_places, runs

SPELLINGS = st.text(
    st.sampled_from("慈溪宁波轴承〇々ａＢＣabc１２3（）()【】·・ \t-㈱㎡ΩßÉ𠮷㐂"), min_size=0, max_size=20
)


def test_brackets_spaces_width_and_case_make_no_difference():
    assert fold("妙乐（宁波）ＡＢＣ 文化·创意") == fold("妙乐(宁波)abc文化创意") == "妙乐宁波abc文化创意"


@given(SPELLINGS | st.text(max_size=20))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_piece_of_a_text_folds_to_a_piece_of_the_folded_text(left, right):
    assert fold(left + right) == fold(left) + fold(right)


@given(SPELLINGS)
def test_places_lead_back_to_the_characters_they_came_from(text):
    folded, places = fold_with_places(text)
    assert folded == fold(text)
    assert len(places) == len(folded)
    assert all(folded[i] in fold(text[place]) for i, place in enumerate(places))


@given(SPELLINGS)
def test_runs_part_a_text_by_script_and_lose_nothing(text):
    folded = fold(text)
    found = runs(folded)
    assert "".join(run.text for run in found) == folded
    assert all(character.isascii() == run.latin for run in found for character in run.text)
    assert all(one.latin != other.latin for one, other in pairwise(found))

"""Names that are nearly what was typed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.search.near import Likeness, compare, rarest_pairs, surviving_pieces

CHARACTERS = st.sampled_from("公牛电器宏达轴承慈溪宁波星兴")
TEXTS = st.text(CHARACTERS, min_size=4, max_size=9)


@pytest.mark.parametrize(
    ("typed", "name", "likeness"),
    [
        ("慈兴轴承", "宁波慈星轴承有限公司", Likeness.SOUND),
        ("宏达周承", "慈溪市宏达轴承有限公司", Likeness.SOUND),
        ("公生电器", "慈溪市公牛电器有限公司", Likeness.ONE_OFF),
        ("公牛的电器", "慈溪市公牛电器有限公司", Likeness.ONE_OFF),
        ("公电牛器", "慈溪市公牛电器有限公司", Likeness.ONE_OFF),
        ("宏轴承厂", "慈溪市宏达轴承厂", Likeness.SHORT_FORM),
        ("沪慈轴承", "沪江慈溪精密轴承厂", Likeness.SHORT_FORM),
        ("慈溪宏达精密轴承加工厂", "慈溪市宏大精密轴承加工厂", Likeness.PAIRS),
    ],
)
def test_each_kind_of_slip_is_recognised(typed, name, likeness):
    found = compare(typed, name)
    assert found is not None
    assert found.likeness is likeness
    assert all(name[place] in typed for place in found.places)


@pytest.mark.parametrize(("typed", "name"), [("宏达轴承", "宁波光明电器厂"), ("轴承哥", "慈溪轴承厂")])
def test_names_that_share_little_are_not_near(typed, name):
    assert compare(typed, name) is None


@given(TEXTS, st.data())
def test_a_name_with_one_wrong_character_is_always_near(name, data):
    place = data.draw(st.integers(0, len(name) - 1))
    typed = name[:place] + "错" + name[place + 1 :]
    assert compare(typed, f"慈溪市{name}有限公司") is not None


@given(TEXTS, st.data())
def test_what_survives_a_slip_is_among_the_surviving_pieces(name, data):
    place = data.draw(st.integers(0, len(name) - 1))
    typed = name[:place] + "错" + name[place + 1 :]
    assert any(
        left + name[len(left) : len(name) - len(right)] + right == name
        and len(left) + len(right) == len(typed) - 1
        for left, right in surviving_pieces(typed)
    )


@given(TEXTS, TEXTS)
def test_a_name_with_enough_common_pairs_holds_one_of_the_rarest(typed, name):
    looked_up, least = rarest_pairs(typed, lambda pair: hash(pair) % 7)
    asked = {a + b for a, b in pairwise(typed)}
    held = {a + b for a, b in pairwise(name)}
    if len(asked & held) >= least:
        assert held & set(looked_up)


def test_the_shares_of_better_readings_are_higher():
    exact_but_one = compare("公生电器", "公牛电器")
    half = compare("公牛宏达电器轴承", "公牛电器厂公牛轴承")
    assert exact_but_one is not None
    assert half is None or half.share < exact_but_one.share

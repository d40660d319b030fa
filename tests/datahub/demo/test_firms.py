from datetime import date

import numpy as np
import pytest

from datahub.demo.city import City
from datahub.demo.firms import (
    COMPANY,
    COOPERATIVE,
    INDIVIDUAL,
    MOST_ENTERPRISES,
    UnableToBuildCity,
    build_firms,
)
from datahub.demo.vocabulary import vocabulary
from datahub.engine.divisions import STREETS_AND_TOWNS
from datahub.engine.industry import section_of, trade_of

AS_OF = date(2026, 11, 22)


def test_names_and_codes_are_unique(city: City) -> None:
    assert len(set(city.firms.code)) == len(set(city.firms.name)) == city.firms.size


def test_two_hundred_thousand_firms_keep_unique_codes_and_names() -> None:
    firms = build_firms(200_000, 1, AS_OF, vocabulary())
    assert np.unique(firms.code).size == 200_000
    assert len(set(firms.name)) == 200_000
    assert not set(firms.code) & set(firms.strangers)


def test_a_city_larger_than_the_reserved_block_is_refused() -> None:
    with pytest.raises(UnableToBuildCity, match=str(MOST_ENTERPRISES)):
        build_firms(MOST_ENTERPRISES + 1, 1, AS_OF, vocabulary())


def test_the_prefix_of_a_code_tells_the_kind(city: City) -> None:
    prefixes = np.array([code[:2] for code in city.firms.code])
    assert set(prefixes[city.firms.kind == INDIVIDUAL]) == {"92"}
    assert set(prefixes[city.firms.kind == COOPERATIVE]) == {"93"}
    assert set(prefixes[city.firms.kind == COMPANY]) == {"91"}


def test_all_nineteen_towns_and_streets_have_firms_in_their_shares(city: City) -> None:
    words = city.words
    assert {division.code: division.name for division in words.divisions} == STREETS_AND_TOWNS
    found = np.bincount(city.firms.town, minlength=19) / city.firms.size
    wanted = np.array([division.share for division in words.divisions])
    assert np.abs(found - wanted / wanted.sum()).max() < 0.02


def test_towns_favour_the_trades_they_are_known_for(city: City) -> None:
    codes = city.words.column("code")[city.firms.industry]
    henghe = np.array([division.name for division in city.words.divisions])[city.firms.town] == "横河镇"
    bearings = np.char.startswith(codes, "345")
    assert bearings[henghe].mean() > 2 * bearings[~henghe].mean()


def test_every_industry_has_a_section_and_a_trade() -> None:
    for industry in vocabulary().industries:
        assert section_of(industry.code), industry.code
        assert trade_of(industry.code), industry.code
        assert industry.season in vocabulary().seasons


def test_no_name_holds_a_word_that_a_known_firm_uses(city: City) -> None:
    excluded = city.words.names["excluded"]
    assert [name for name in city.firms.name if any(word in name for word in excluded)] == []


def test_names_tell_kind_and_place(city: City) -> None:
    firms = city.firms
    towns = np.array([division.name for division in city.words.divisions])[firms.town]
    for place in range(0, firms.size, 7):
        name = firms.name[place]
        match firms.kind[place]:
            case 0:
                assert name.endswith("有限公司") and name.startswith(("慈溪市", "宁波"))
            case 1:
                assert name.startswith("慈溪市" + towns[place])
            case 2:
                assert name.endswith("专业合作社")
            case _:
                assert name.endswith(towns[place] + "分公司")
        assert firms.short[place] in name


def test_only_firms_older_than_the_one_code_reform_have_an_old_number(city: City) -> None:
    old = np.array([number is not None for number in city.firms.register_no])
    founded = city.firms.established.astype("datetime64[D]")
    assert (old == (founded < np.datetime64("2015-10-01"))).all()
    assert 0.1 < old.mean() < 0.5

from datetime import date

import polars as pl
import pytest

from datahub.demo.city import City
from datahub.demo.tables import TABLES
from datahub.engine.definitions import get_item, list_items

AS_OF = date(2026, 11, 22)


def test_there_is_a_table_for_every_item_and_for_nothing_else() -> None:
    assert set(TABLES) == {item.code for item in list_items()}


@pytest.mark.parametrize("code", sorted(TABLES))
def test_a_table_gives_sound_facts_of_its_item(code: str, city: City) -> None:
    item, frame = get_item(code), TABLES[code](city)
    assert frame.height >= 3
    fields = {field.code for field in item.fields} - {item.subject.code, item.subject.name}
    assert set(frame.columns) - {"firm"} == fields
    assert frame.select("firm", *item.key).n_unique() == frame.height
    for field in item.fields:
        if field.code not in frame.columns:
            continue
        column = frame[field.code]
        assert not (field.required and column.null_count()), field.code
        known = column.drop_nulls()
        if known.is_empty():
            continue
        if field.min is not None:
            assert known.min() >= field.min, field.code
        if field.max is not None:
            assert known.max() <= field.max, field.code
        if field.not_future:
            assert known.max() <= AS_OF, field.code
        if field.values:
            assert set(known) <= set(field.values), field.code
    for check in item.checks:
        assert frame.filter(pl.col(check.left) > pl.col(check.right)).is_empty(), check.message


def test_the_city_holds_about_twenty_five_facts_a_firm(city: City) -> None:
    supplied = [item.code for item in list_items() if item.gap is None]
    facts = sum(TABLES[code](city).height for code in supplied)
    assert 22 < facts / city.firms.size < 29


@pytest.mark.parametrize(
    ("code", "low", "high"),
    [
        ("court.dishonest", 0.01, 0.02),
        ("market.abnormal_list", 0.04, 0.08),
        ("court.equity_freeze", 0.0025, 0.0035),
        ("court.seizure", 0.004, 0.006),
    ],
)
def test_rare_troubles_occur_at_their_assumed_rates(code: str, low: float, high: float, city: City) -> None:
    assert low <= TABLES[code](city)["firm"].n_unique() / city.firms.size <= high


def test_tax_levels_are_spread_as_assumed(city: City) -> None:
    levels = TABLES["tax.credit_level"](city)["level"].value_counts(normalize=True)
    shares = dict(levels.iter_rows())
    for level, share in {"A": 0.10, "B": 0.65, "M": 0.15, "C": 0.06, "D": 0.04}.items():
        assert abs(shares[level] - share) < 0.05, level


def test_whoever_is_listed_as_dishonest_was_executed_against(city: City) -> None:
    listed = set(TABLES["court.dishonest"](city)["firm"])
    executed = set(TABLES["court.executed"](city)["firm"])
    sued = set(TABLES["court.cases_filed"](city).filter(pl.col("role") == "defendant")["firm"])
    assert listed <= executed <= sued


def test_shares_of_one_firm_add_up_to_the_whole(city: City) -> None:
    sums = TABLES["market.subscribed_capital"](city).group_by("firm").agg(pl.col("share").sum())
    assert (sums["share"] - 1).abs().max() < 1e-9


def test_no_table_holds_a_personal_number(city: City) -> None:
    for item in list_items():
        frame = TABLES[item.code](city)
        for field in item.fields:
            if field.grade == "L4" and field.code in frame.columns:
                assert frame[field.code].null_count() == frame.height, (item.code, field.code)

"""The definition stands on the data items, is wide enough, and leaves out openly what nobody supplies."""

import pytest

from datahub import public as datahub
from index.basket import UnableToReadBasket, load_basket, load_tiles, read_basket, weights_of


def test_the_basket_has_25_to_40_indicators_in_five_dimensions() -> None:
    basket = load_basket()
    assert 25 <= len(basket.indicators) <= 40
    assert [d.name for d in basket.dimensions] == ["活力", "经营", "融资", "信用风险", "发展"]
    assert {one.dimension for one in basket.indicators} == {d.code for d in basket.dimensions}


def test_a_third_of_the_indicators_can_move_daily() -> None:
    basket = load_basket()
    daily = [one for one in basket.indicators if datahub.get_item(one.item).delivery.period == "daily"]
    assert len(daily) * 3 >= len(basket.indicators)


def test_weights_of_what_is_not_supplied_go_to_the_rest_of_its_dimension() -> None:
    basket = load_basket()
    unsupplied = {"tax.vat_sales", "tax.invoices", "hrss.insured", "tax.arrears"}
    kept = basket.supplied(frozenset(basket.items) - unsupplied)
    weights = weights_of(basket, kept)
    assert sum(weights.values()) == pytest.approx(1)
    assert len(kept) == len(basket.indicators) - len(unsupplied)
    by_dimension = {
        d.code: sum(weights[one.code] for one in kept if one.dimension == d.code) for d in basket.dimensions
    }
    assert by_dimension == pytest.approx(
        {"vitality": 0.2, "operation": 0.3, "finance": 0.2, "risk": 0.2, "growth": 0.1}
    )


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("item: court.executed", "item: court.nothing", "court.nothing"),
        ("measure: kwh", "measure: watts", "watts"),
        ("levels: [defendant]", "levels: [nobody]", "nobody"),
        ("dimension: growth, weight: 26", "dimension: fortune, weight: 26", "fortune"),
        ("fences: [0, 90]", "fences: [90, 0]", "颠倒"),
        ("code: D_FILED", "code: D_HIGHTECH", "重复"),
    ],
)
def test_a_definition_that_contradicts_the_data_items_is_refused(old: str, new: str, word: str) -> None:
    text = load_basket().text
    assert old in text
    with pytest.raises(UnableToReadBasket, match=word):
        read_basket(text.replace(old, new, 1))


def test_the_tile_map_has_each_of_the_19_towns_once() -> None:
    tiles = load_tiles()
    assert {tile.town for tile in tiles} == set(datahub.STREETS_AND_TOWNS)
    assert len({(tile.col, tile.row) for tile in tiles}) == len(tiles) == 19

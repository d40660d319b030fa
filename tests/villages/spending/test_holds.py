"""Holds: points and goods in one commit, one winner, the rest released, life of points never extended."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from tests.villages.places import NOW, TODAY, Place, make_place
from villages.contracts import Award
from villages.models import Account, Goods, Hold, Resident, Shop, Stock, StockMove, Transfer
from villages.services import expiry, holds, ledger, stock
from villages.services.posting import (
    UnableToMoveState,
    UnableToReserveStock,
    UnableToReuseKey,
    UnableToSpendMissingPoints,
)

pytestmark = pytest.mark.django_db


@dataclass
class Market:
    place: Place
    shop: Shop
    soap: Goods
    haircut: Goods

    @property
    def buyer(self) -> Resident:
        return self.place.residents[0]

    def hold(self, soap: int = 2, key: UUID | None = None, now: dt.datetime = NOW) -> holds.HoldOpened:
        return holds.open_hold(key or uuid4(), self.buyer.pk, self.shop.pk, {self.soap.pk: soap}, now=now)

    def shelf(self) -> tuple[int, int]:
        row = Stock.objects.get(goods=self.soap)
        return row.on_hand, row.reserved

    def purse(self) -> list[tuple[int, int, int]]:
        rows = Account.objects.filter(kind="resident", owner_id=self.buyer.pk).order_by("vintage")
        return list(rows.values_list("vintage", "posted", "held"))


@pytest.fixture
def market() -> Market:
    place = make_place(2)
    shop = Shop.objects.create(village=place.village, name="供销社", state="approved", proposed_at=NOW)
    soap = Goods.objects.create(shop=shop, name="肥皂", points=10, cost_fen=100)
    haircut = Goods.objects.create(shop=shop, name="理发", kind="service", points=30)
    stock.receive(uuid4(), soap.pk, 5, now=NOW)
    grant(place.residents[0], 50)
    return Market(place, shop, soap, haircut)


def grant(resident: Resident, points: int, now: dt.datetime = NOW) -> None:
    ledger.award(Award(uuid4(), resident.pk, uuid4(), TODAY, points), now=now)


def test_a_hold_puts_aside_points_and_goods(market: Market) -> None:
    opened = market.hold()
    assert (opened.points, len(opened.code), market.purse(), market.shelf()) == (
        20,
        8,
        [(2026, 50, 20)],
        (5, 2),
    )


def test_a_hold_counts_against_the_next_one(market: Market) -> None:
    market.hold(4)
    with pytest.raises(UnableToReserveStock):
        market.hold(2)
    with pytest.raises(UnableToSpendMissingPoints):
        holds.open_hold(uuid4(), market.buyer.pk, market.shop.pk, {market.haircut.pk: 1}, now=NOW)
    assert (market.purse(), market.shelf(), Hold.objects.count()) == ([(2026, 50, 40)], (5, 4), 1)


def test_the_same_hold_again_answers_the_same_code(market: Market) -> None:
    key = uuid4()
    first, again = market.hold(key=key), market.hold(key=key)
    assert (again.replayed, again.code, market.shelf()) == (True, first.code, (5, 2))
    with pytest.raises(UnableToReuseKey):
        market.hold(3, key=key)


def test_the_shop_finds_a_hold_by_its_code_and_hands_out(market: Market) -> None:
    opened = market.hold()
    found = holds.find_by_code(market.shop.pk, f"{opened.code[:4]} {opened.code[4:]}")
    assert found is not None
    assert holds.capture(found.pk, market.shop.pk, now=NOW) == 20
    assert (market.purse(), market.shelf()) == ([(2026, 30, 0)], (3, 0))
    assert Account.objects.get(kind="shop", owner_id=market.shop.pk).posted == 20
    assert holds.find_by_code(market.shop.pk, opened.code) is None


def test_handing_out_twice_pays_once(market: Market) -> None:
    opened = market.hold()
    assert [holds.capture(opened.id, market.shop.pk, now=NOW) for _ in range(2)] == [20, 20]
    assert Transfer.objects.filter(code="capture").count() == 1
    assert StockMove.objects.filter(kind="capture").count() == 1


def test_what_is_missing_is_released(market: Market) -> None:
    opened = market.hold(3)
    assert holds.capture(opened.id, market.shop.pk, given={market.soap.pk: 1}, now=NOW) == 10
    assert (market.purse(), market.shelf()) == ([(2026, 40, 0)], (4, 0))


def test_a_cancelled_hold_is_not_handed_out(market: Market) -> None:
    opened = market.hold()
    holds.release(opened.id, now=NOW)
    with pytest.raises(UnableToMoveState):
        holds.capture(opened.id, market.shop.pk, now=NOW)
    assert (market.purse(), market.shelf()) == ([(2026, 50, 0)], (5, 0))


def test_a_hold_runs_out_and_is_swept(market: Market) -> None:
    opened = market.hold()
    with pytest.raises(UnableToMoveState):
        holds.capture(opened.id, market.shop.pk, now=opened.expires_at)
    assert holds.release_overdue(opened.expires_at - dt.timedelta(seconds=1)) == 0
    assert holds.release_overdue(opened.expires_at) == 1
    assert (market.purse(), market.shelf()) == ([(2026, 50, 0)], (5, 0))


def test_a_hold_takes_the_oldest_vintage_first_and_a_refund_goes_back_to_it(market: Market) -> None:
    later = NOW.replace(year=2027, month=2)
    grant(market.buyer, 50, later)
    opened = holds.open_hold(
        uuid4(), market.buyer.pk, market.shop.pk, {market.soap.pk: 3, market.haircut.pk: 1}, now=later
    )
    holds.capture(opened.id, market.shop.pk, now=later)
    assert market.purse() == [(2026, 0, 0), (2027, 40, 0)]
    made = holds.refund(uuid4(), opened.id, {market.haircut.pk: 1}, now=later)
    assert (made.points, made.expired, market.purse()) == (30, 0, [(2026, 20, 0), (2027, 50, 0)])


def test_a_refund_to_an_ended_vintage_expires_at_once(market: Market) -> None:
    opened = market.hold()
    holds.capture(opened.id, market.shop.pk, now=NOW)
    after = NOW.replace(year=2027, month=4)
    expiry.expire_vintage(market.place.village.pk, 2026, now=after)
    made = holds.refund(uuid4(), opened.id, {market.soap.pk: 1}, now=after)
    assert (made.points, made.expired, market.purse()) == (10, 10, [(2026, 0, 0)])


def test_points_in_an_open_hold_outlive_the_vintage_until_it_resolves(market: Market) -> None:
    opened = market.hold()
    after = NOW.replace(year=2027, month=4)
    ended = expiry.expire_vintage(market.place.village.pk, 2026, now=after)
    assert (ended.accounts, ended.points, market.purse()) == (1, 30, [(2026, 20, 20)])
    holds.release(opened.id, now=after)
    assert market.purse() == [(2026, 0, 0)]
    again = expiry.expire_vintage(market.place.village.pk, 2026, now=after)
    assert (again.replayed, again.points) == (True, 30)


def test_more_than_was_handed_out_is_not_refunded(market: Market) -> None:
    opened = market.hold()
    holds.capture(opened.id, market.shop.pk, now=NOW)
    key = uuid4()
    holds.refund(key, opened.id, {market.soap.pk: 2}, now=NOW)
    assert holds.refund(key, opened.id, {market.soap.pk: 2}, now=NOW).replayed
    with pytest.raises(UnableToMoveState):
        holds.refund(uuid4(), opened.id, {market.soap.pk: 1}, now=NOW)
    assert market.shelf() == (5, 0)


def test_a_count_writes_the_difference_and_a_loss_needs_a_reason(market: Market) -> None:
    assert stock.count(uuid4(), market.soap.pk, 3, now=NOW) == 3
    with pytest.raises(stock.UnableToMoveStock):
        stock.lose(uuid4(), market.soap.pk, 1, "", now=NOW)
    assert stock.lose(uuid4(), market.soap.pk, 1, "受潮", now=NOW) == 2
    assert list(StockMove.objects.order_by("at", "quantity").values_list("kind", "quantity")) == [
        ("count", -2), ("loss", -1), ("receipt", 5),
    ]  # fmt: skip


def test_what_is_promised_cannot_be_lost(market: Market) -> None:
    market.hold(4)
    with pytest.raises(UnableToReserveStock):
        stock.lose(uuid4(), market.soap.pk, 2, "受潮", now=NOW)

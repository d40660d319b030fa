"""The ledger under attack: at once from many processes, with other bodies, wild numbers, at the edges of time."""

import datetime as dt
import multiprocessing
from collections.abc import Callable
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection

from tests.villages.places import NOW, TODAY, Place, make_place
from tests.villages.worlds import ORIGIN, make_world
from villages.contracts import Award, Cap
from villages.engine.windows import LOCAL, Window, window_start
from villages.models import Account, CapUse, Goods, Hold, Resident, Shop, Stock, Transfer
from villages.services import budget, expiry, holds, ledger, residents, settlement, shops, stock
from villages.services.holds import CAPTURE, OPEN, SWEEP
from villages.services.ledger import AWARD, AWARD_ONE, cap_columns
from villages.services.posting import (
    UnableToMoveState,
    UnableToPost,
    UnableToPostAmount,
    UnableToReuseKey,
    UnableToSpendMissingPoints,
)
from villages.services.shops import UnableToKeepShop
from villages.services.stock import UnableToMoveStock
from villages.services.verification import verify
from villages.simulation.delivery import dsn
from villages.simulator import clear_book

PROCESSES = 6
Level = CapUse.Level
Call = tuple[str, list[Any]]


def grant(resident: Resident, points: int, now: dt.datetime = NOW) -> UUID:
    key = uuid4()
    day = now.astimezone(LOCAL).date()
    assert ledger.award(Award(key, resident.pk, uuid4(), day, points), now=now).granted == points
    return key


def open_market(place: Place, on_shelf: int = 5) -> tuple[Shop, Goods]:
    shop = Shop.objects.create(village=place.village, name="供销社", state="approved", proposed_at=NOW)
    goods = Goods.objects.create(shop=shop, name="肥皂", points=10, cost_fen=100)
    stock.receive(uuid4(), goods.pk, on_shelf, now=NOW)
    return shop, goods


def purse(resident: Resident) -> dict[int, int]:
    own = Account.objects.filter(kind="resident", owner_id=resident.pk)
    return dict(own.values_list("vintage", "posted"))


# -- at once from many processes ---------------------------------------------------------------------------


@pytest.fixture
def real(transactional_db: None) -> Any:
    """Rows that other processes see; the book is emptied before and after."""
    clear_book()
    yield
    clear_book()


def at_once(calls: list[Call]) -> list[str]:
    """Every call in a process of its own, begun together; '' or the refusal's code, and what was answered."""
    context = multiprocessing.get_context("fork")
    where, gate, queue = dsn(), context.Barrier(len(calls)), context.Queue()
    connection.close()
    workers = [context.Process(target=_call, args=(where, gate, queue, *call)) for call in calls]
    for worker in workers:
        worker.start()
    told = [queue.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    return told


def _call(where: str, gate: Any, queue: Any, sql: str, parameters: list[Any]) -> None:
    told = "?"
    try:
        with psycopg.connect(where, autocommit=True) as own:
            gate.wait(60)
            told = f"ok {own.execute(sql, parameters).fetchall()}"
    except psycopg.Error as error:
        told = error.sqlstate or "?"
    finally:
        queue.put(told)


def a_hold(resident: Resident, shop: Shop, goods: Goods, quantity: int, key: UUID | None = None) -> Call:
    return OPEN, [
        key or uuid4(), resident.pk, shop.pk, [goods.pk], [quantity], 0, str(uuid4()), "", NOW + dt.timedelta(hours=72),
        None, NOW,
    ]  # fmt: skip


def test_one_balance_is_spent_once_however_many_ask(real: None) -> None:
    place = make_place(1)
    shop, goods = open_market(place, on_shelf=100)
    grant(place.residents[0], 100)
    told = at_once([a_hold(place.residents[0], shop, goods, 6) for _ in range(PROCESSES)])
    assert sorted(answer[:2] for answer in told) == ["VL"] * (PROCESSES - 1) + ["ok"]
    assert {answer for answer in told if answer[:2] == "VL"} == {"VL002"}
    assert Account.objects.get(kind="resident").held == 60
    assert verify().intact


def test_the_last_piece_goes_to_one(real: None) -> None:
    place = make_place(PROCESSES)
    shop, goods = open_market(place, on_shelf=1)
    for person in place.residents:
        grant(person, 20)
    told = at_once([a_hold(person, shop, goods, 1) for person in place.residents])
    assert sorted(told[n][:2] for n in range(PROCESSES)).count("ok") == 1
    assert {answer for answer in told if answer[:2] != "ok"} == {"VL006"}
    assert (Stock.objects.get().reserved, verify().intact) == (1, True)


def test_the_same_hold_from_everywhere_is_one_hold(real: None) -> None:
    place = make_place(1)
    shop, goods = open_market(place)
    grant(place.residents[0], 100)
    key = uuid4()
    told = at_once([a_hold(place.residents[0], shop, goods, 2, key) for _ in range(PROCESSES)])
    assert all(answer.startswith("ok") for answer in told)
    assert (Hold.objects.count(), Account.objects.get(kind="resident").held) == (1, 20)


def award_call(resident: Resident, points: int, key: UUID | None = None, cap: int | None = None) -> Call:
    caps = [] if cap is None else [cap]
    start = window_start(Window.DAY, TODAY)
    return AWARD, [
        [key or uuid4()], [resident.pk], [uuid4()], [TODAY], [points], [""], [None], [False], [1] * len(caps),
        [2] * len(caps), ["H.day"] * len(caps), [start] * len(caps), caps, [0] * len(caps), None, "", "", NOW, TODAY,
    ]  # fmt: skip


def test_a_pool_that_runs_dry_is_never_overdrawn(real: None) -> None:
    place = make_place(PROCESSES, budget=100)  # five are kept for exempt rules
    at_once([award_call(person, 30) for person in place.residents])
    given = sum(Transfer.objects.filter(code="award").values_list("amount", flat=True))
    assert (given, Account.objects.get(kind="pool").posted) == (95, 5)
    assert verify().intact


def test_a_household_shares_its_cap_from_many_phones_at_once(real: None) -> None:
    place = make_place(4, size=4)
    at_once([award_call(person, 20, cap=50) for person in place.residents])
    given = sum(Transfer.objects.filter(code="award").values_list("amount", flat=True))
    assert (given, CapUse.objects.get().used, verify().intact) == (50, 50, True)


@pytest.mark.parametrize("level", [Level.HOUSEHOLD, Level.VILLAGE])
def test_a_tap_that_comes_while_another_is_not_yet_written_finds_the_shared_limit_used(
    real: None, level: int
) -> None:
    place = make_place(2, size=2)
    cap = (Cap("A1.budget", 50, window_start(Window.ONCE, TODAY), level),)
    given: list[int] = []

    def tap(own: psycopg.Connection, resident: Resident) -> None:
        told = [
            uuid4(),
            resident.pk,
            uuid4(),
            TODAY,
            40,
            "",
            None,
            False,
            *cap_columns(cap),
            None,
            "",
            "",
            NOW,
            TODAY,
        ]
        row = own.execute(AWARD_ONE, told).fetchone()
        given.append(row[1] if row else -1)

    with psycopg.connect(dsn()) as first, psycopg.connect(dsn(), autocommit=True) as second:
        tap(first, place.residents[0])
        waiting = Thread(target=tap, args=(second, place.residents[1]))
        waiting.start()
        is_waiting = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted"
        for _ in range(5000):
            if first.execute(is_waiting, [second.info.backend_pid]).fetchone() != (0,):
                break
        first.commit()
        waiting.join(30)
    assert (given, CapUse.objects.get().used, verify().intact) == ([40, 10], 50, True)


def test_a_hold_that_runs_out_while_it_is_handed_out_has_one_end(real: None) -> None:
    place = make_place(1)
    shop, goods = open_market(place, on_shelf=30)
    grant(place.residents[0], 300)
    for _ in range(4):
        held = holds.open_hold(uuid4(), place.residents[0].pk, shop.pk, {goods.pk: 1}, now=NOW)
        just, over = held.expires_at - dt.timedelta(seconds=1), held.expires_at
        day = over.astimezone(LOCAL).date()
        told = at_once([
            (CAPTURE, [held.id, shop.pk, None, None, None, just, day]), (SWEEP, [10, over, day]),
            (CAPTURE, [held.id, shop.pk, None, None, None, just, day]), (SWEEP, [10, over, day]),
        ])  # fmt: skip
        assert {answer[:2] for answer in told} <= {"ok", "VL"}
        present = Hold.objects.get(pk=held.id)
        paid = Transfer.objects.filter(ref=held.id, code="capture").count()
        assert (present.state, paid) in {("captured", 1), ("expired", 0)}
    assert Account.objects.get(kind="resident").held == 0
    assert verify().intact


# -- the same key with another body ------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_door_answers_409_to_a_key_with_another_body() -> None:
    place = make_place(2)
    one, other = place.residents
    shop, goods = open_market(place)
    grant(one, 100), grant(other, 100)
    held = holds.open_hold(uuid4(), one.pk, shop.pk, {goods.pk: 3}, now=NOW)
    holds.capture(held.id, shop.pk, now=NOW)
    keys = {name: uuid4() for name in ("deduct", "hold", "refund", "fund", "stock", "settle")}
    doors: dict[str, tuple[Callable[[], Any], list[Callable[[], Any]]]] = {
        "deduct": (
            lambda: ledger.deduct(keys["deduct"], one.pk, 5, now=NOW),
            [
                lambda: ledger.deduct(keys["deduct"], one.pk, 6, now=NOW),
                lambda: ledger.deduct(keys["deduct"], other.pk, 5, now=NOW),
            ],
        ),
        "hold": (
            lambda: holds.open_hold(keys["hold"], one.pk, shop.pk, {goods.pk: 1}, now=NOW),
            [
                lambda: holds.open_hold(keys["hold"], one.pk, shop.pk, {goods.pk: 2}, now=NOW),
                lambda: holds.open_hold(keys["hold"], other.pk, shop.pk, {goods.pk: 1}, now=NOW),
            ],
        ),
        "refund": (
            lambda: holds.refund(keys["refund"], held.id, {goods.pk: 1}, now=NOW),
            [lambda: holds.refund(keys["refund"], held.id, {goods.pk: 2}, now=NOW)],
        ),
        "fund": (
            lambda: budget.fund_pool(keys["fund"], place.village.pk, 10, now=NOW),
            [
                lambda: budget.fund_pool(keys["fund"], place.village.pk, 11, now=NOW),
                lambda: budget.fund_pool(keys["fund"], place.village.pk, -10, now=NOW),
            ],
        ),
        "stock": (
            lambda: stock.receive(keys["stock"], goods.pk, 2, now=NOW),
            [
                lambda: stock.receive(keys["stock"], goods.pk, 3, now=NOW),
                lambda: stock.lose(keys["stock"], goods.pk, 2, "破损", now=NOW),
            ],
        ),
        "settle": (
            lambda: settlement.pay(keys["settle"], shop.pk, 5, now=NOW),
            [lambda: settlement.pay(keys["settle"], shop.pk, 6, now=NOW)],
        ),
    }  # fmt: skip
    for name, (first, others) in doors.items():
        first(), first()
        for another in others:
            with pytest.raises(UnableToReuseKey) as refusal:
                another()
            assert refusal.value.status == 409, name
    assert verify().intact


# -- wild numbers ------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("points", [0, -1, -(2**31), 100_001, 2**31, 2**63])
def test_awards_and_deductions_take_sane_numbers_only(points: int) -> None:
    place = make_place(1)
    grant(place.residents[0], 50)
    with pytest.raises(UnableToPost) as refusal:
        ledger.award(Award(uuid4(), place.residents[0].pk, uuid4(), TODAY, points), now=NOW)
    assert refusal.value.status == 400
    with pytest.raises(UnableToPost):
        ledger.deduct(uuid4(), place.residents[0].pk, points, now=NOW)
    assert (purse(place.residents[0]), verify().intact) == ({2026: 50}, True)


@pytest.mark.django_db
@pytest.mark.parametrize("quantity", [0, -1, -(2**31), 2**31 - 1, 2**31, 2**62])
def test_nobody_puts_aside_or_gives_back_a_wild_quantity(quantity: int) -> None:
    place = make_place(1)
    shop, goods = open_market(place)
    service = Goods.objects.create(shop=shop, name="理发", kind="service", points=30)
    grant(place.residents[0], 50)
    who = place.residents[0].pk
    for wanted in ({goods.pk: quantity}, {service.pk: quantity}, {goods.pk: 3, service.pk: quantity}):
        with pytest.raises(UnableToPost):
            holds.open_hold(uuid4(), who, shop.pk, wanted, now=NOW)
    held = holds.open_hold(uuid4(), who, shop.pk, {goods.pk: 2}, now=NOW)
    if quantity:
        with pytest.raises(UnableToPost):
            holds.capture(held.id, shop.pk, now=NOW, given={goods.pk: quantity})
    holds.capture(held.id, shop.pk, now=NOW)
    with pytest.raises(UnableToPost):
        holds.refund(uuid4(), held.id, {goods.pk: quantity}, now=NOW)
    with pytest.raises((UnableToPost, UnableToMoveStock)):
        stock.lose(uuid4(), goods.pk, quantity, "破损", now=NOW)
    assert (purse(place.residents[0]), Stock.objects.get(goods=goods).on_hand) == ({2026: 30}, 3)
    assert verify().intact


@pytest.mark.django_db
@pytest.mark.parametrize("points", [-(2**31), 2**31, 2**62])
def test_a_budget_beyond_the_books_numbers_is_refused(points: int) -> None:
    place = make_place(1)
    with pytest.raises(UnableToPost):
        budget.fund_pool(uuid4(), place.village.pk, points, now=NOW)
    assert verify().intact


@pytest.mark.django_db
def test_an_overflowing_basket_is_refused_in_words() -> None:
    place = make_place(1)
    shop, _ = open_market(place)
    dear = Goods.objects.create(shop=shop, name="年度套餐", kind="service", points=2_000_000_000)
    with pytest.raises(UnableToPostAmount, match="超出允许范围"):
        holds.open_hold(uuid4(), place.residents[0].pk, shop.pk, {dear.pk: 2}, now=NOW)


# -- the edges of time -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_year_ends_at_midnight_in_shanghai_not_in_greenwich() -> None:
    place = make_place(1)
    who = place.residents[0]
    grant(who, 5, dt.datetime(2026, 12, 31, 15, 59, 59, tzinfo=dt.UTC))
    grant(who, 7, dt.datetime(2026, 12, 31, 16, 0, 0, tzinfo=dt.UTC))
    assert purse(who) == {2026: 5, 2027: 7}


@pytest.mark.django_db
def test_points_can_be_spent_on_their_last_day_until_midnight_and_not_after() -> None:
    place = make_place(1)
    who = place.residents[0]
    shop, goods = open_market(place)
    grant(who, 30)
    last_second = dt.datetime(2027, 3, 31, 23, 59, 59, tzinfo=LOCAL)
    assert expiry.expire_due(last_second) == []
    holds.open_hold(uuid4(), who.pk, shop.pk, {goods.pk: 1}, now=last_second)
    (ended,) = expiry.expire_due(last_second + dt.timedelta(seconds=1))
    assert (ended[1], ended[2].points) == (2026, 20)
    with pytest.raises(UnableToSpendMissingPoints):
        holds.open_hold(uuid4(), who.pk, shop.pk, {goods.pk: 1}, now=last_second + dt.timedelta(seconds=2))
    assert verify().intact


@pytest.mark.django_db
def test_what_comes_back_after_the_end_ends_at_once_and_says_so() -> None:
    place = make_place(1)
    who = place.residents[0]
    shop, goods = open_market(place)
    grant(who, 30)
    held = holds.open_hold(uuid4(), who.pk, shop.pk, {goods.pk: 2}, now=NOW)
    holds.capture(held.id, shop.pk, now=NOW)
    after = dt.datetime(2027, 4, 1, 0, 30, tzinfo=LOCAL)
    expiry.expire_due(after)
    back = holds.refund(uuid4(), held.id, {goods.pk: 1}, now=after)
    assert (back.points, back.expired, sum(purse(who).values())) == (10, 10, 0)
    assert verify().intact


# -- people and shops that are no longer there -------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["died", "moved_out"])
def test_what_a_person_who_left_had_put_aside_is_handed_out_or_released_in_time(kind: str) -> None:
    world = make_world()
    place = Place(world.village, [world.resident])
    shop, goods = open_market(place)
    grant(world.resident, 50)
    who = world.resident.pk
    first, second = (
        holds.open_hold(uuid4(), who, shop.pk, {goods.pk: 1}, now=NOW + dt.timedelta(minutes=n))
        for n in (0, 1)
    )
    residents.leave_register(
        world.resident, kind, world.admin, on_date=TODAY, note="", now=NOW, origin=ORIGIN
    )
    # The family may still fetch what lies ready; nothing new is put aside or earned.
    assert holds.capture(first.id, shop.pk, now=NOW + dt.timedelta(hours=1)) == 10
    with pytest.raises(UnableToMoveState):
        holds.open_hold(uuid4(), who, shop.pk, {goods.pk: 1}, now=NOW)
    cap = Cap("x", 9, window_start(Window.DAY, TODAY))
    late = ledger.award(Award(uuid4(), who, uuid4(), TODAY, 5, caps=(cap,)), now=NOW)
    assert (late.granted, late.reason) == (0, "not_active")
    assert holds.release_overdue(second.expires_at) == 1
    assert (Account.objects.get(kind="resident").held, Hold.objects.filter(state="open").count()) == (0, 0)
    assert verify().intact


@pytest.mark.django_db
def test_a_shop_that_closes_releases_what_waits_and_stays_owed() -> None:
    world = make_world()
    place = Place(world.village, [world.resident])
    shop, goods = open_market(place)
    grant(world.resident, 50)
    paid = holds.open_hold(uuid4(), world.resident.pk, shop.pk, {goods.pk: 1}, now=NOW)
    holds.capture(paid.id, shop.pk, now=NOW)
    waiting = holds.open_hold(uuid4(), world.resident.pk, shop.pk, {goods.pk: 2}, now=NOW)
    with pytest.raises(UnableToKeepShop, match="停业原因"):
        shops.close_shop(world.town, shop.pk, " ", origin=ORIGIN, now=NOW)
    assert shops.close_shop(world.town, shop.pk, "歇业", origin=ORIGIN, now=NOW) == 1
    assert Hold.objects.get(pk=waiting.id).reason == "商户停业：歇业"
    with pytest.raises(UnableToMoveState):
        holds.capture(waiting.id, shop.pk, now=NOW)
    with pytest.raises(UnableToMoveState):
        holds.open_hold(uuid4(), world.resident.pk, shop.pk, {goods.pk: 1}, now=NOW)
    assert holds.refund(uuid4(), paid.id, {goods.pk: 1}, now=NOW).points == 10
    assert (sum(purse(world.resident).values()), Stock.objects.get().reserved) == (50, 0)
    assert verify().intact


@pytest.mark.django_db
def test_a_shop_of_another_village_hands_out_nothing() -> None:
    home, away = make_place(1), make_place(1)
    shop, goods = open_market(away)
    grant(home.residents[0], 50)
    with pytest.raises(UnableToPost) as refusal:
        holds.open_hold(uuid4(), home.residents[0].pk, shop.pk, {goods.pk: 1}, now=NOW)
    assert refusal.value.status == 404
    assert verify().intact

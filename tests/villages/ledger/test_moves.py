"""A person goes on under another entry: points keep their vintage, history and score go along, nothing is left behind."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from tests.villages.places import NOW, TODAY, Place, make_place
from tests.villages.worlds import ORIGIN, World, make_village, make_world
from villages.contracts import Award, Cap
from villages.engine.identifiers import task_key
from villages.models import (
    Account,
    CapUse,
    Claim,
    Device,
    Goods,
    Household,
    Resident,
    ResidentMove,
    Shop,
    Stock,
    Transfer,
)
from villages.selectors.money import signed_lines
from villages.selectors.scores import score_of
from villages.services import budget, expiry, holds, ledger, moves, residents, rule_awards
from villages.services.posting import UnableToMoveState, UnableToReuseKey, UnableToSpendMissingPoints
from villages.services.residents import UnableToChangeResident
from villages.services.rules import install_starting_rules
from villages.services.verification import verify

pytestmark = pytest.mark.django_db
LATER = NOW.replace(year=2027, month=2)


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def other() -> Place:
    return make_place(1, budget=0)


def give(resident: Resident, points: int, now: dt.datetime = NOW, task: int = 1) -> UUID:
    key = ledger.new_key(now)
    item = Award(key, resident.pk, task_key("activity", task), now.date(), points)
    assert ledger.award(item, now=now).granted == points
    return key


def purse(resident: Resident) -> dict[int, int]:
    own = Account.objects.filter(kind="resident", owner_id=resident.pk, posted__gt=0)
    return dict(own.values_list("vintage", "posted"))


def go(leaves: Resident, joins: Resident, kind: str = "merged", now: dt.datetime = LATER) -> moves.WentOn:
    person = moves.GoingOn(ledger.new_key(now), leaves.pk, joins.pk)
    return moves.go_on([person], kind, on=now.date(), now=now)[0]


def a_shop(place: Place) -> tuple[Shop, Goods]:
    shop = Shop.objects.create(village=place.village, name="供销社", state="approved", proposed_at=NOW)
    goods = Goods.objects.create(shop=shop, name="香皂", points=10, kind="goods")
    Stock.objects.create(goods=goods, on_hand=0, reserved=0)
    from villages.services import stock

    stock.receive(ledger.new_key(NOW), goods.pk, 5, now=NOW)
    return shop, goods


def test_every_vintage_goes_along_as_it_is(place: Place) -> None:
    surplus, kept = place.residents[:2]
    give(surplus, 30), give(surplus, 20, LATER), give(kept, 5, LATER)
    went = go(surplus, kept)
    assert (went.points, went.expired) == (50, 0)
    assert (purse(surplus), purse(kept)) == ({}, {2026: 30, 2027: 25})
    surplus.refresh_from_db()
    assert (surplus.status, surplus.merged_into_id) == ("merged", kept.pk)
    assert verify().intact


def test_a_family_moves_to_another_village_in_one_call(place: Place, other: Place) -> None:
    joins = [
        Resident.objects.create(village=other.village, name=person.name, birth_year=1980)
        for person in place.residents
    ]
    for number, person in enumerate(place.residents, 1):
        give(person, 10 * number)
    family = [
        moves.GoingOn(ledger.new_key(LATER), old.pk, new.pk)
        for old, new in zip(place.residents, joins, strict=True)
    ]
    went = moves.go_on(family, "moved", on=TODAY, now=LATER)
    again = moves.go_on(family, "moved", on=TODAY, now=LATER)
    assert [one.points for one in went] == [one.points for one in again] == [10, 20, 30]
    assert [one.replayed for one in again] == [True] * 3
    assert [purse(person) for person in joins] == [{2026: 10}, {2026: 20}, {2026: 30}]
    # Every village's book adds up by itself: the liability went through the treasuries.
    treasury = {a.village_id: a.posted for a in Account.objects.filter(kind="treasury", posted__lt=0)}
    assert treasury == {place.village.pk: -100_000 + 60, other.village.pk: -60}
    assert verify().intact


def test_points_of_a_year_that_ended_there_end_on_arrival(place: Place, other: Place) -> None:
    leaves, joins = place.residents[0], other.residents[0]
    give(leaves, 30)
    expiry.expire_vintage(other.village.pk, 2026, now=LATER)
    went = go(leaves, joins, "moved")
    assert (went.points, went.expired, purse(joins)) == (30, 30, {})
    assert verify().intact


@pytest.mark.parametrize("kind", ["merged", "moved"])
def test_villages_and_kind_must_fit(place: Place, other: Place, kind: str) -> None:
    joins = other.residents[0] if kind == "merged" else place.residents[1]
    with pytest.raises(UnableToMoveState):
        go(place.residents[0], joins, kind)


def test_another_town_has_another_treasury(place: Place) -> None:
    abroad = make_village("330282107001", "外镇村")
    joins = Resident.objects.create(village=abroad, name="外乡人")
    with pytest.raises(UnableToMoveState):
        go(place.residents[0], joins, "moved")


def test_points_put_aside_hold_the_move_up_until_released(place: Place) -> None:
    surplus, kept = place.residents[:2]
    give(surplus, 30)
    shop, goods = a_shop(place)
    hold = holds.open_hold(ledger.new_key(NOW), surplus.pk, shop.pk, {goods.pk: 1}, now=NOW)
    with pytest.raises(UnableToMoveState):
        go(surplus, kept, now=NOW)
    assert moves.release_waiting([surplus.pk], "档案转移", now=NOW, actor_id=None) == 1
    assert go(surplus, kept, now=NOW).points == 30
    with pytest.raises(UnableToMoveState):
        holds.capture(hold.id, shop.pk, now=NOW)
    assert verify().intact


def test_a_refund_follows_the_person(place: Place, other: Place) -> None:
    leaves, joins = place.residents[0], other.residents[0]
    give(leaves, 30)
    shop, goods = a_shop(place)
    hold = holds.open_hold(ledger.new_key(NOW), leaves.pk, shop.pk, {goods.pk: 2}, now=NOW)
    holds.capture(hold.id, shop.pk, now=NOW)
    go(leaves, joins, "moved", NOW)
    refunded = holds.refund(ledger.new_key(NOW), hold.id, {goods.pk: 1}, now=NOW)
    assert (refunded.points, purse(leaves), purse(joins)) == (10, {}, {2026: 20})
    assert verify().intact


def test_an_award_is_taken_back_from_where_its_points_went(place: Place, other: Place) -> None:
    leaves, joins = place.residents[0], other.residents[0]
    key = give(leaves, 30)
    go(leaves, joins, "moved")
    assert ledger.reverse(key, now=LATER).points == 30
    assert (purse(leaves), purse(joins)) == ({}, {})
    assert verify().intact


def test_an_award_whose_points_are_spent_cannot_be_taken_back_after_a_move(place: Place) -> None:
    surplus, kept = place.residents[:2]
    key = give(surplus, 30)
    go(surplus, kept, now=NOW)
    ledger.deduct(ledger.new_key(NOW), kept.pk, 25, now=NOW)
    with pytest.raises(UnableToSpendMissingPoints):
        ledger.reverse(key, now=NOW)
    assert (purse(kept), verify().intact) == ({2026: 5}, True)


def test_an_entry_that_ended_earns_nothing_and_goes_on_only_once(place: Place) -> None:
    surplus, kept, third = place.residents
    give(surplus, 30)
    go(surplus, kept)
    late = ledger.award(
        Award(ledger.new_key(LATER), surplus.pk, task_key("activity", 9), LATER.date(), 5), now=LATER
    )
    assert late.reason == "not_active"
    with pytest.raises(UnableToMoveState):
        go(surplus, third)


def test_the_same_key_for_other_people_is_refused(place: Place) -> None:
    surplus, kept, third = place.residents
    person = moves.GoingOn(ledger.new_key(NOW), surplus.pk, kept.pk)
    moves.go_on([person], "merged", on=TODAY, now=NOW)
    with pytest.raises(UnableToReuseKey):
        moves.go_on([moves.GoingOn(person.key, third.pk, kept.pk)], "merged", on=TODAY, now=NOW)


def test_one_unfit_pair_leaves_everybody_where_they_are(place: Place) -> None:
    first, second, third = place.residents
    give(first, 30)
    pairs = [(first, third), (second, second)]
    with pytest.raises(UnableToMoveState):
        moves.go_on(
            [moves.GoingOn(ledger.new_key(NOW), a.pk, b.pk) for a, b in pairs], "merged", on=TODAY, now=NOW
        )
    assert purse(first) == {2026: 30}


def test_that_somebody_went_on_cannot_be_changed(place: Place) -> None:
    go(place.residents[0], place.residents[1])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ResidentMove.objects.update(points=1)


# -- limits ------------------------------------------------------------------------------------------------
MONTH = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def ask(resident: Resident, points: int, task: int, level: int = 1, limit: int = 10) -> tuple[UUID, int, str]:
    """An award under a limit of ten points a month: its key, what was granted, why no more."""
    key = ledger.new_key(NOW)
    cap = Cap("E01.month", limit, MONTH, level)
    done = ledger.award(Award(key, resident.pk, task_key("t", task), TODAY, points, caps=(cap,)), now=NOW)
    return key, done.granted, done.reason


@pytest.mark.parametrize("kind", ["merged", "moved"])
def test_what_was_used_of_a_limit_goes_along(place: Place, other: Place, kind: str) -> None:
    leaves, joins = place.residents[0], place.residents[1] if kind == "merged" else other.residents[0]
    budget.fund_pool(ledger.new_key(NOW), other.village.pk, 100, now=NOW)
    assert (ask(leaves, 7, 1)[1], ask(joins, 1, 2)[1]) == (7, 1)
    go(leaves, joins, kind, NOW)
    assert ask(joins, 5, 3)[1:] == (2, "E01.month")
    assert verify().intact


def test_two_entries_that_used_more_than_one_person_may_earn_nothing_more(place: Place) -> None:
    surplus, kept = place.residents[:2]
    ask(surplus, 10, 1), ask(kept, 10, 2)
    go(surplus, kept, now=NOW)
    assert ask(kept, 5, 3)[1:] == (0, "E01.month")
    assert verify().intact


def test_an_award_taken_back_gives_its_use_back_to_who_goes_on(place: Place) -> None:
    first, second, third = place.residents
    key, _, _ = ask(first, 7, 1)
    go(first, second, now=NOW), go(second, third, now=NOW)
    ledger.reverse(key, now=NOW)
    assert ask(third, 12, 2)[1:] == (10, "E01.month")
    assert verify().intact


def test_use_of_a_household_stays_with_the_household(place: Place) -> None:
    surplus, kept = place.residents[:2]
    ask(surplus, 7, 1, level=2)
    go(surplus, kept, now=NOW)
    shares = surplus.household_id == kept.household_id
    assert ask(kept, 10, 2, level=2)[1] == (3 if shares else 10)
    assert verify(village_id=place.village.pk).intact


def test_a_book_in_which_use_was_left_behind_is_not_intact(place: Place) -> None:
    surplus, kept = place.residents[:2]
    ask(surplus, 7, 1)
    go(surplus, kept, now=NOW)
    CapUse.objects.filter(owner_id=kept.pk).update(used=0)
    assert not verify().intact


# -- what was rewarded ---------------------------------------------------------------------------------------
def once(resident: Resident, others: tuple[Resident, ...] = ()) -> list[str]:
    """Why the awards for one and the same activity gave nothing; with ``others`` all of them in one batch."""
    items = [
        Award(ledger.new_key(NOW), person.pk, task_key("activity", 1), TODAY, 5)
        for person in (resident, *others)
    ]
    return [answer.reason for answer in ledger.award_batch(items, now=NOW)]


@pytest.mark.parametrize("kind", ["merged", "moved"])
@pytest.mark.parametrize("in_batch", [False, True])
def test_what_one_entry_was_rewarded_for_is_not_rewarded_under_the_other(
    place: Place, other: Place, kind: str, in_batch: bool
) -> None:
    leaves, joins = place.residents[0], place.residents[1] if kind == "merged" else other.residents[0]
    budget.fund_pool(ledger.new_key(NOW), other.village.pk, 100, now=NOW)
    assert once(leaves) == [""]
    go(leaves, joins, kind, NOW)
    assert once(joins, (place.residents[2],) if in_batch else ()) == ["claimed", ""][: 1 + in_batch]
    assert verify().intact


def test_claims_go_along_over_several_entries(place: Place) -> None:
    first, second, third = place.residents
    once(first), once(second)
    go(first, second, now=NOW), go(second, third, now=NOW)
    assert once(third) == ["claimed"]
    assert verify().intact


def test_a_claim_that_went_along_granted_nothing_and_cannot_be_changed(place: Place) -> None:
    surplus, kept = place.residents[:2]
    once(surplus)
    go(surplus, kept, now=NOW)
    went = Claim.objects.get(resident=kept)
    assert (went.asked, went.granted, went.reason, went.draws) == (5, 0, "went_on", None)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Claim.objects.filter(resident=kept).update(reason="")


# -- through the register ---------------------------------------------------------------------------------


@pytest.fixture
def world() -> World:
    made = make_world()
    long_ago = dt.date(2020, 1, 1)
    install_starting_rules(made.village.town_code, valid_from=long_ago, now=timezone.now())
    return made


def earn(world: World, resident: Resident, rule: str, points: int) -> Any:
    now = timezone.now()
    item = Award(ledger.new_key(now), resident.pk, task_key("t", rule), timezone.localdate(now), points, rule)
    return rule_awards.award_under_rules([item], resident.village, now=now, memo="活动")[0]


def test_score_statement_and_sign_in_go_along_to_the_new_village(world: World) -> None:
    now, today = timezone.now(), timezone.localdate()
    there = make_village("330282109912", "五姓村", town_agency=world.village.agency.parent)
    earn(world, world.resident, "E05", 50)
    earn(world, world.resident, "V03", 50)
    device = Device.objects.create(
        resident=world.resident, digest="d" * 64, created_at=now, last_seen_at=now,
        expires_at=now + dt.timedelta(days=9),
    )  # fmt: skip
    before = score_of(world.resident, today, timezone.now())
    moved = residents.move_to_village(
        world.resident, there, world.town, on_date=today, now=timezone.now(), origin=ORIGIN,
        household_number="7",
    )  # fmt: skip
    after = score_of(moved, today, timezone.now())
    assert before is not None and after is not None
    assert (after.value, sum(purse(moved).values())) == (before.value, 100)
    lines = signed_lines(moved.pk)
    assert sum(sign * line.amount for line, sign in lines) == 100
    device.refresh_from_db()
    moved.refresh_from_db()
    assert (device.resident_id, moved.user_id) == (moved.pk, world.user.pk)
    assert moved.household == Household.objects.get(village=there, number="7")
    old_lines = signed_lines(world.resident.pk)
    assert sum(sign * line.amount for line, sign in old_lines) == 0
    assert verify().intact


def test_who_moved_on_is_brought_back_by_the_new_village_only(world: World) -> None:
    there = make_village("330282109912", "五姓村", town_agency=world.village.agency.parent)
    now, today = timezone.now(), timezone.localdate()
    moved = residents.move_to_village(
        world.resident, there, world.town, on_date=today, now=now, origin=ORIGIN
    )
    with pytest.raises(UnableToChangeResident, match="五姓村"):
        residents.return_to_register(
            world.resident, world.admin, on_date=today, note="", now=now, origin=ORIGIN
        )
    back = residents.move_to_village(moved, world.village, world.town, on_date=today, now=now, origin=ORIGIN)
    assert (back.village_id, back.status) == (world.village.pk, "active")


def test_a_merge_carries_the_score_and_counts_nothing_twice(world: World) -> None:
    now, today = timezone.now(), timezone.localdate()
    double = Resident.objects.create(village=world.village, name="岑亚根", joined_on=today)
    earn(world, double, "V03", 50), earn(world, world.resident, "H04", 50)
    residents.merge_residents(double, world.resident, world.admin, on_date=today, now=now, origin=ORIGIN)
    told = score_of(world.resident, today, timezone.now())
    assert told is not None
    # 100, 4 for 100 points earned under both entries, 3 for the donation.
    assert told.value == 107
    assert sum(sign * line.amount for line, sign in signed_lines(world.resident.pk)) == 100
    assert Transfer.objects.filter(code="award").count() == 2


def test_two_at_once_cannot_strand_an_award(place: Place) -> None:
    """The one who leaves is locked from the first statement on, even without an account before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('villages_move'::regproc)")
        body = cursor.fetchone()[0]
    assert body.index("INSERT INTO villages_account") < body.index("FOR NO KEY UPDATE")
    go(place.residents[0], place.residents[1])
    for person in place.residents[:2]:
        assert Account.objects.filter(kind="resident", owner_id=person.pk).exists()


def test_an_administrator_moves_a_resident_on_the_residents_page(world: World, client: Any) -> None:
    there = make_village("330282109912", "五姓村", town_agency=world.village.agency.parent)
    earn(world, world.resident, "V03", 50)
    client.force_login(world.admin)
    page = client.get(reverse("villages:resident", args=[world.resident.pk])).content.decode()
    assert "迁往本镇街他村" in page and "五姓村" in page
    answer = client.post(
        reverse("villages:resident_change", args=[world.resident.pk]),
        {"what": "to_village", "village": there.code, "household": "7", "on_date": str(timezone.localdate())},
    )
    assert answer.status_code == 302
    moved = Resident.objects.get(village=there)
    assert (moved.name, sum(purse(moved).values())) == (world.resident.name, 50)


def test_an_administrator_closes_an_own_shop_and_no_other(world: World, client: Any) -> None:
    there = make_village("330282109912", "五姓村", town_agency=world.village.agency.parent)
    own, other = (
        Shop.objects.create(village=village, name="供销社", state="approved", proposed_at=NOW)
        for village in (world.village, there)
    )
    client.force_login(world.admin)
    url = reverse("villages:settlements")
    assert "停业" in client.get(url).content.decode()
    assert client.post(url, {"close": own.pk, "reason": "歇业"}).status_code == 302
    assert client.post(url, {"close": other.pk, "reason": "歇业"}).status_code == 404
    own.refresh_from_db(), other.refresh_from_db()
    assert (own.state, other.state) == ("closed", "approved")

"""Awards: claims, caps with the reason shown, the pool as the last limit, idempotency."""

import dataclasses
import datetime as dt
from uuid import uuid4

import pytest

from tests.villages.places import NOW, TODAY, Place, make_place
from villages.contracts import Award, Cap
from villages.engine.identifiers import derived_id, task_key
from villages.engine.windows import Window, window_start
from villages.models import Account, CapUse, Claim, Resident, Transfer
from villages.services import ledger
from villages.services.posting import UnableToMoveState, UnableToReuseKey, UnableToSpendMissingPoints

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place(4)


def an_award(resident: Resident, points: int = 20, task: int = 1, **more: object) -> Award:
    return Award(uuid4(), resident.pk, task_key("activity", task), TODAY, points, "E04", **more)  # type: ignore[arg-type]


def day_cap(limit: int, code: str = "E04.day", level: int = 1, measure: int = 0) -> Cap:
    return Cap(code, limit, window_start(Window.DAY, TODAY), level, measure)


def balance(resident: Resident) -> int:
    return sum(Account.objects.filter(kind="resident", owner_id=resident.pk).values_list("posted", flat=True))


def pool(place: Place) -> int:
    return Account.objects.get(kind="pool", owner_id=place.village.pk).posted


def test_an_award_moves_points_from_the_pool_to_the_resident(place: Place) -> None:
    result = ledger.award(an_award(place.residents[0]), now=NOW)
    assert (result.granted, result.reason, result.replayed) == (20, "", False)
    assert (balance(place.residents[0]), pool(place)) == (20, 99_980)


def test_the_same_key_again_answers_what_it_answered(place: Place) -> None:
    item = an_award(place.residents[0])
    ledger.award(item, now=NOW)
    again = ledger.award(item, now=NOW + dt.timedelta(minutes=5))
    assert (again.granted, again.replayed, balance(place.residents[0])) == (20, True, 20)


@pytest.mark.parametrize(
    "change", [{"points": 21}, {"rule_code": "E01"}, {"rule_set_id": 3}, {"task": task_key("activity", 2)}]
)
def test_the_same_key_with_another_body_is_refused(place: Place, change: dict[str, object]) -> None:
    item = an_award(place.residents[0])
    ledger.award(item, now=NOW)
    with pytest.raises(UnableToReuseKey) as refusal:
        ledger.award(dataclasses.replace(item, **change), now=NOW)
    assert refusal.value.status == 409
    assert balance(place.residents[0]) == 20


def test_one_occurrence_is_rewarded_once_whatever_the_key(place: Place) -> None:
    ledger.award(an_award(place.residents[0]), now=NOW)
    second = ledger.award(an_award(place.residents[0]), now=NOW)
    assert (second.granted, second.reason, balance(place.residents[0])) == (0, "claimed", 20)


def test_a_cap_clips_and_is_named(place: Place) -> None:
    cap = day_cap(30)
    first = ledger.award(an_award(place.residents[0], caps=(cap,)), now=NOW)
    second = ledger.award(an_award(place.residents[0], task=2, caps=(cap,)), now=NOW)
    third = ledger.award(an_award(place.residents[0], task=3, caps=(cap,)), now=NOW)
    assert [first.granted, second.granted, third.granted] == [20, 10, 0]
    assert (second.reason, second.clipped, third.reason) == ("E04.day", 10, "E04.day")
    assert CapUse.objects.get().used == 30
    assert Claim.objects.filter(granted=0).count() == 1


def test_a_cap_on_times_counts_awards_not_points(place: Place) -> None:
    cap = day_cap(1, measure=1)
    first = ledger.award(an_award(place.residents[0], 500, caps=(cap,)), now=NOW)
    second = ledger.award(an_award(place.residents[0], 1, task=2, caps=(cap,)), now=NOW)
    assert (first.granted, second.granted) == (500, 0)


def test_a_household_shares_its_cap_within_one_batch(place: Place) -> None:
    cap = day_cap(30, "household.day", level=2)
    results = ledger.award_batch([an_award(r, caps=(cap,)) for r in place.residents], now=NOW)
    assert [r.granted for r in results] == [20, 10, 20, 10]


def test_an_empty_pool_clips_by_running_sum() -> None:
    place = make_place(4, budget=100)  # five of which are kept for exempt rules
    results = ledger.award_batch([an_award(r, 40) for r in place.residents], now=NOW)
    assert [(r.granted, r.reason) for r in results] == [(40, ""), (40, ""), (15, "pool"), (0, "pool")]
    rescue = ledger.award(an_award(place.residents[3], 9, task=2, exempt=True), now=NOW)
    assert (rescue.granted, rescue.reason, pool(place)) == (5, "pool", 0)


def test_a_person_who_moved_away_gets_nothing(place: Place) -> None:
    Resident.objects.filter(pk=place.residents[0].pk).update(status="moved", left_on=TODAY)
    result = ledger.award(an_award(place.residents[0]), now=NOW)
    assert (result.granted, result.reason) == (0, "not_active")


def test_a_key_used_twice_in_one_batch_counts_for_the_first(place: Place) -> None:
    first = an_award(place.residents[0])
    second = dataclasses.replace(first, resident_id=place.residents[1].pk)
    results = ledger.award_batch([first, second], now=NOW)
    assert [(r.granted, r.reason) for r in results] == [(20, ""), (0, "key_reused")]


def test_a_reversal_is_derived_from_its_original_and_happens_once(place: Place) -> None:
    item = an_award(place.residents[0], caps=(day_cap(30),))
    ledger.award(item, now=NOW)
    first = ledger.reverse(item.key, now=NOW)
    again = ledger.reverse(item.key, now=NOW)
    assert first.ids == again.ids == (derived_id(item.key, "reversal"),)
    assert (first.replayed, again.replayed, balance(place.residents[0]), pool(place)) == (
        False,
        True,
        0,
        100_000,
    )
    assert CapUse.objects.get().used == 0
    assert Transfer.objects.filter(reverses=item.key).count() == 1


def test_a_reversal_is_not_reversed(place: Place) -> None:
    item = an_award(place.residents[0])
    ledger.award(item, now=NOW)
    posting = ledger.reverse(item.key, now=NOW)
    with pytest.raises(UnableToMoveState):
        ledger.reverse(posting.ids[0], now=NOW)


def test_a_deduction_takes_the_oldest_vintage_first(place: Place) -> None:
    who = place.residents[0]
    ledger.award(an_award(who, 20), now=NOW)
    later = NOW.replace(year=2027, month=1)
    ledger.award(an_award(who, 20, task=2), now=later)
    posting = ledger.deduct(uuid4(), who.pk, 30, now=later)
    left = dict(Account.objects.filter(kind="resident", owner_id=who.pk).values_list("vintage", "posted"))
    assert (posting.points, len(posting.ids), left) == (30, 2, {2026: 0, 2027: 10})


def test_a_deduction_above_the_balance_changes_nothing(place: Place) -> None:
    ledger.award(an_award(place.residents[0], 20), now=NOW)
    with pytest.raises(UnableToSpendMissingPoints):
        ledger.deduct(uuid4(), place.residents[0].pk, 21, now=NOW)
    assert balance(place.residents[0]) == 20

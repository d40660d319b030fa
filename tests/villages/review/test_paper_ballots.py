"""民主评议 on paper: two count, one enters, the other confirms; nobody votes twice; nobody's choice is known."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import InboxItem
from accounts.roles import Role
from tests.people import client_of, make_person
from tests.villages.worlds import ORIGIN, World, make_activity, make_resident, make_village, make_world
from villages.models import Activity, PaperCount, Resident, Tap
from villages.selectors.balances import points_of
from villages.services import ledger
from villages.services.paper_ballots import (
    UnableToEnterBallots,
    confirm_count,
    enter_count,
    results_of,
    return_count,
)
from villages.services.taps import TapOrder, record_tap
from villages.services.votes import open_box

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def voters(world: World) -> list[Resident]:
    return [make_resident(world.village, f"村民{n}号", agreed=False) for n in range(5)]


def vote_of(world: World, *, is_over: bool = True) -> Activity:
    """A secret vote in which one villager voted 同意 by phone."""
    now = timezone.now()
    vote = make_activity(
        world.village, world.admin, mode="vote", is_secret=True, choices=["同意", "不同意"], points=3
    )
    record_tap(TapOrder(ledger.new_key(now), vote.pk, world.resident, now, {"choice": "1"}), now=now)
    if is_over:
        Activity.objects.filter(pk=vote.pk).update(closes_at=now)
        vote.refresh_from_db()
    return vote


def enter(world: World, vote: Activity, people: list[Resident], **values: Any) -> PaperCount:
    told: dict[str, Any] = {
        "counts": {1: 2, 2: 2}, "spoilt": 1, "voters": [person.pk for person in people],
        "second_id": world.other_admin.pk, "user": world.admin, "now": timezone.now(), "origin": ORIGIN,
    }  # fmt: skip
    return enter_count(vote, **told | values)


def test_paper_counts_beside_the_taps_once_the_second_counter_agrees(
    world: World, voters: list[Resident]
) -> None:
    vote = vote_of(world)
    count = enter(world, vote, voters)
    assert results_of(vote) == []
    open_box(vote.pk, now=timezone.now())
    vote.refresh_from_db()
    assert results_of(vote) == [("同意", 1), ("不同意", 0)]
    assert InboxItem.objects.get(user=world.other_admin).title.startswith("纸质选票待您确认")
    confirm_count(count.pk, world.other_admin, now=timezone.now(), origin=ORIGIN)
    assert results_of(vote) == [("同意", 3), ("不同意", 2)]
    taps = Tap.objects.filter(activity=vote, resident__in=voters)
    assert {(tap.by_user_id, tap.reviewed_by_id, tap.points_granted) for tap in taps} == {
        (world.admin.pk, world.other_admin.pk, 3)
    }
    assert points_of(voters[0]) == 3


def test_only_the_named_second_counter_confirms_and_only_once(world: World, voters: list[Resident]) -> None:
    count = enter(world, vote_of(world), voters)
    third = make_person(Role.VILLAGE_ADMIN, agency=world.village.agency, full_name="岑亚芬")
    for user, words in (
        (world.admin, "第二计票人沈国良"),
        (third, "第二计票人沈国良"),
        (world.town, "第二计票人"),
    ):
        with pytest.raises(UnableToEnterBallots, match=words):
            confirm_count(count.pk, user, now=timezone.now(), origin=ORIGIN)
    confirm_count(count.pk, world.other_admin, now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToEnterBallots, match="已计入"):
        confirm_count(count.pk, world.other_admin, now=timezone.now(), origin=ORIGIN)


def test_a_box_is_entered_once_until_it_is_sent_back(world: World, voters: list[Resident]) -> None:
    vote = vote_of(world)
    count = enter(world, vote, voters)
    with pytest.raises(UnableToEnterBallots, match="不能重复登记"):
        enter(world, vote, voters)
    with pytest.raises(UnableToEnterBallots, match="退回原因"):
        return_count(count.pk, world.other_admin, " ", now=timezone.now(), origin=ORIGIN)
    return_count(count.pk, world.other_admin, "赞成票应为 3 张", now=timezone.now(), origin=ORIGIN)
    assert not Tap.objects.filter(resident__in=voters).exists()
    assert enter(world, vote, voters, counts={1: 3, 2: 2}, spoilt=0).state == "entered"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"counts": {1: 5, 2: 5}}, "多于领票人数"),
        ({"counts": {1: 2}}, "每个选项"),
        ({"counts": {1: 2, 2: -1}}, "每个选项"),
        ({"counts": {1: 2, 2: 1, 3: 1}}, "每个选项"),
        ({"counts": {1: 0, 2: 0}, "spoilt": 0}, "合计为 0"),
        ({"second_id": 0}, "第二计票人"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    world: World, voters: list[Resident], wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(UnableToEnterBallots, match=words):
        enter(world, vote_of(world), voters, **wrong)


def test_one_person_does_not_count_the_box_alone(world: World, voters: list[Resident]) -> None:
    with pytest.raises(UnableToEnterBallots, match="另一名"):
        enter(world, vote_of(world), voters, second_id=world.admin.pk)


def test_who_voted_by_phone_gets_no_paper_also_when_the_tap_comes_late(
    world: World, voters: list[Resident]
) -> None:
    vote = vote_of(world)
    with pytest.raises(UnableToEnterBallots, match="岑阿根已在手机上投票"):
        enter(world, vote, [*voters, world.resident])
    late = make_resident(world.village, "断网村民")
    count = enter(world, vote, [*voters, late])
    at = vote.closes_at - dt.timedelta(minutes=5)
    record_tap(TapOrder(ledger.new_key(at), vote.pk, late, at, {"choice": "2"}), now=timezone.now())
    with pytest.raises(UnableToEnterBallots, match="断网村民已在手机上投票"):
        confirm_count(count.pk, world.other_admin, now=timezone.now(), origin=ORIGIN)


def test_paper_waits_for_the_end_of_the_vote_and_belongs_to_votes(
    world: World, voters: list[Resident]
) -> None:
    with pytest.raises(UnableToEnterBallots, match="还没有结束"):
        enter(world, vote_of(world, is_over=False), voters)
    with pytest.raises(UnableToEnterBallots, match="只有投票"):
        enter(world, make_activity(world.village), voters)


def test_a_stranger_is_no_voter(world: World, voters: list[Resident]) -> None:
    other = make_village("330282109914", "五丰村", world.village.agency.parent)
    with pytest.raises(UnableToEnterBallots, match="不在册"):
        enter(world, vote_of(world), [*voters, make_resident(other, "五丰人")])


def test_two_cadres_go_through_the_pages(world: World, voters: list[Resident]) -> None:
    vote = vote_of(world)
    url = reverse("villages:activity_ballots", args=[vote.pk])
    first, second = client_of(world.admin), client_of(world.other_admin)
    told = {
        "choice_1": "2", "choice_2": "3", "spoilt": "0", "second": world.other_admin.pk,
        "voter": [person.pk for person in voters],
    }  # fmt: skip
    wrong = first.post(url, told | {"choice_2": "30"})
    assert "多于领票人数" in wrong.content.decode() and 'value="30"' in wrong.content.decode()
    first.post(url, told)
    assert "等待第二计票人沈国良确认" in first.get(url).content.decode()
    second.post(url, {"confirm": "1"})
    open_box(vote.pk, now=timezone.now())
    page = first.get(reverse("villages:activity", args=[vote.pk])).content.decode()
    assert "<dt>同意</dt><dd>3 票</dd>" in page
    villager = client_of(world.user)
    record = Tap.objects.get(activity=vote, resident=world.resident)
    assert "3 票" in villager.get(reverse("villages:my_record", args=[record.pk])).content.decode()

"""Whoever has all tables cannot tell which ballot came with which tap: not by transaction, place, id, order or time."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from tests.villages.worlds import World, make_activity, make_resident, make_world
from villages.models import Activity, Ballot, BallotEnvelope, Resident, Tap
from villages.services.taps import TapOrder, UnableToTap, record_tap
from villages.services.votes import counts_of, open_box, open_due_boxes

CHOICES = [f"候选人{n}" for n in range(8)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def box(world: World) -> Activity:
    return make_activity(world.village, mode="vote", choices=CHOICES, is_secret=True)


def cast(vote: Activity, resident: Resident, choice: int, at: dt.datetime | None = None) -> Tap:
    now = at or timezone.now()
    order = TapOrder(uuid.uuid4(), vote.pk, resident, now, {"choice": str(choice)})
    return record_tap(order, now=now).tap


def rows(sql: str, *given: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def textual_tables() -> list[str]:
    found = rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
    )
    return [str(name) for (name,) in found]


def test_no_join_finds_the_voter_of_a_ballot(world: World) -> None:
    vote = box(world)
    people = [make_resident(world.village, f"村民{n}") for n in range(8)]
    # Everybody chooses somebody else, so that any order that survived would give everybody away.
    truth = [3, 1, 4, 8, 5, 2, 7, 6]
    taps = [cast(vote, person, choice) for person, choice in zip(people, truth, strict=True)]
    open_box(vote.pk, now=timezone.now())

    told = rows(
        "SELECT b.xmin::text, b.ctid::text, b.id, c.number FROM villages_ballot b"
        " JOIN villages_choice c ON c.id = b.choice_id WHERE b.activity_id = %s ORDER BY b.ctid", vote.pk,
    )  # fmt: skip
    voters = rows("SELECT xmin::text FROM villages_tap WHERE id = ANY (%s)", [tap.pk for tap in taps])
    # By transaction: all ballots share one, and it is no voter's.
    assert len({xmin for xmin, *_ in told}) == 1
    assert {xmin for xmin, *_ in told}.isdisjoint({xmin for (xmin,) in voters})
    # By place on the page: it is the order of the ids, and these are random.
    ids = [uuid.UUID(str(key)) for _, _, key, _ in told]
    assert ids == sorted(ids)
    assert {key.version for key in ids} == {4}
    assert {tap.pk for tap in taps}.isdisjoint(ids)
    # By time: a ballot has none.
    types = {field.get_internal_type() for field in Ballot._meta.get_fields() if hasattr(field, "column")}
    assert types.isdisjoint({"DateTimeField", "DateField", "TimeField", "AutoField", "BigAutoField"})
    # Nothing else keeps it: the envelopes are gone, and no row of any voter's transaction has a choice in it.
    assert not BallotEnvelope.objects.exists()
    marks = {str(key) for key in ids}
    for table in textual_tables():
        for (line,) in rows(
            f'SELECT t::text FROM "{table}" t WHERE t.xmin::text = ANY (%s)', [x for (x,) in voters]
        ):
            assert not any(mark in str(line) for mark in marks), table
            assert "候选人" not in str(line), table
    assert dict(counts_of(vote_again(vote))) == dict.fromkeys(CHOICES, 1)


def test_the_order_of_the_ballots_follows_no_order_of_the_voters(world: World) -> None:
    """Over many boxes, guessing by any order hits about as often as chance does: one of eight."""
    people = [make_resident(world.village, f"村民{n}") for n in range(8)]
    hits = 0
    boxes = 12
    for _ in range(boxes):
        vote = box(world)
        for number, person in enumerate(people, 1):
            cast(vote, person, number)
        open_box(vote.pk, now=timezone.now())
        guessed = rows(
            "SELECT c.number FROM villages_ballot b JOIN villages_choice c ON c.id = b.choice_id"
            " WHERE b.activity_id = %s ORDER BY b.ctid", vote.pk,
        )  # fmt: skip
        hits += sum(number == place for place, (number,) in enumerate(guessed, 1))
    # 96 guesses, 12 expected by chance; 40 would be chance less than once in 10^10 runs.
    assert hits < 40


def test_the_attack_finds_voters_where_ballots_are_written_with_their_taps(world: World) -> None:
    """The control: the same join succeeds on an open vote."""
    vote = make_activity(world.village, mode="vote", choices=CHOICES)
    cast(vote, world.resident, 5)
    found = rows(
        "SELECT t.resident_id, c.number FROM villages_ballot b JOIN villages_choice c ON c.id = b.choice_id"
        " JOIN villages_tap t ON t.activity_id = b.activity_id AND b.resident_id = t.resident_id"
        " WHERE b.activity_id = %s", vote.pk,
    )  # fmt: skip
    assert found == [(world.resident.pk, 5)]


def test_an_envelope_does_not_show_what_is_in_it(world: World) -> None:
    vote = box(world)
    for number in range(6):
        cast(vote, make_resident(world.village, f"村民{number}"), 1 if number % 2 else 8)
    sealed = list(BallotEnvelope.objects.values_list("sealed", flat=True))
    assert len(set(sealed)) == 6
    assert len({len(text) for text in sealed}) == 1
    assert not any(re.search(r"候选人|\d{12}", text) for text in sealed)
    assert counts_of(vote) == []


def test_a_box_is_opened_once_nothing_can_arrive_late(world: World) -> None:
    vote = box(world)
    cast(vote, world.resident, 1)
    assert open_due_boxes(now=vote.closes_at + dt.timedelta(hours=24)) == 0
    later = vote.closes_at + dt.timedelta(hours=25)
    assert open_due_boxes(now=later) == 1
    assert open_due_boxes(now=later) == 0
    assert open_box(vote.pk, now=later) == 0
    assert Ballot.objects.count() == 1


def test_a_ballot_is_refused_once_the_box_was_opened_and_no_points_are_posted(world: World) -> None:
    vote = box(world)
    open_box(vote.pk, now=timezone.now())
    with pytest.raises(UnableToTap, match="已结束并开箱"):
        cast(vote, world.resident, 1)
    assert not Tap.objects.filter(activity=vote).exists()


def test_a_vote_closed_early_is_counted_a_day_after(world: World) -> None:
    vote = make_activity(
        world.village, mode="vote", choices=["甲", "乙"], is_secret=True,
        closes_at=timezone.now() + dt.timedelta(days=30),
    )  # fmt: skip
    cast(vote, world.resident, 2)
    Activity.objects.filter(pk=vote.pk).update(state="closed", closed_at=timezone.now())
    assert open_due_boxes(now=timezone.now() + dt.timedelta(hours=25)) == 1
    assert counts_of(vote_again(vote)) == [("甲", 0), ("乙", 1)]


def vote_again(vote: Activity) -> Activity:
    return Activity.objects.get(pk=vote.pk)

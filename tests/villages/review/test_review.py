"""The review desk: who decides, on what, by when, and what the villager reads."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import InboxItem
from audit.models import AuditEntry
from tests.people import client_of
from tests.villages.worlds import ORIGIN, World, make_activity, make_resident, make_world
from villages.models import Opening, Tap
from villages.selectors.balances import points_of
from villages.selectors.review import queue_for
from villages.services import ledger
from villages.services.review import (
    UnableToReview,
    UnableToReviewOwnMatter,
    ask_for_human_look,
    decide,
    escalate_overdue,
    hand_up,
    revoke,
)
from villages.services.taps import TapOrder, record_tap
from villages.services.ties import declare_tie

pytestmark = pytest.mark.django_db
WORDS = "希望文化礼堂每周放一场电影，大家一起热闹热闹。"


@pytest.fixture
def world() -> World:
    return make_world()


def note(world: World, resident=None, now: dt.datetime | None = None) -> Tap:
    moment = now or timezone.now()
    talk = make_activity(
        world.village, mode="note", title="村里的事大家议", points=3, now=moment, needs_review=True
    )
    told = TapOrder(ledger.new_key(moment), talk.pk, resident or world.resident, moment, {"text": WORDS})
    return record_tap(told, now=moment).tap


def test_an_approval_posts_the_points_and_tells_the_reason(world: World) -> None:
    tap = decide(note(world).pk, world.admin, "complete", "谢谢", now=timezone.now(), origin=ORIGIN)
    assert (tap.state, points_of(world.resident)) == ("counted", 3)
    told = InboxItem.objects.get(user=world.user)
    assert "得 3 分" in told.title and told.text == "材料齐全，符合活动要求；谢谢"


def test_a_refusal_posts_nothing_and_a_second_decision_is_refused(world: World) -> None:
    tap = decide(note(world).pk, world.admin, "empty_speech", now=timezone.now(), origin=ORIGIN)
    assert (tap.state, points_of(world.resident)) == ("refused", 0)
    with pytest.raises(UnableToReview, match="已处理"):
        decide(tap.pk, world.other_admin, "complete", now=timezone.now(), origin=ORIGIN)


@pytest.mark.parametrize("relation", ["self", "relative", "interest"])
def test_nobody_decides_on_self_or_relatives_and_the_attempt_is_logged(world: World, relation: str) -> None:
    tap = note(world)
    declare_tie(world.admin, world.resident.pk, relation, now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToReviewOwnMatter):
        decide(tap.pk, world.admin, "complete", now=timezone.now(), origin=ORIGIN)
    entry = AuditEntry.objects.filter(action="villages.tap.reviewed").latest("seq")
    assert entry.result == "refused"
    assert decide(tap.pk, world.other_admin, "complete", now=timezone.now(), origin=ORIGIN).state == "counted"


def test_nobody_decides_on_the_own_household(world: World) -> None:
    wife = make_resident(world.village, "胡阿娣", household=world.resident.household)
    declare_tie(world.admin, wife.pk, "self", now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToReviewOwnMatter, match="同户"):
        decide(note(world).pk, world.admin, "complete", now=timezone.now(), origin=ORIGIN)


def test_the_town_decides_on_what_was_handed_up_and_nothing_else(world: World) -> None:
    tap = note(world)
    with pytest.raises(UnableToReview, match="管理范围"):
        decide(tap.pk, world.town, "complete", now=timezone.now(), origin=ORIGIN)
    hand_up(tap.pk, world.admin, now=timezone.now(), origin=ORIGIN)
    assert InboxItem.objects.filter(user=world.town, kind="task").exists()
    assert decide(tap.pk, world.town, "complete", now=timezone.now(), origin=ORIGIN).state == "counted"


def test_another_village_sees_and_decides_nothing(world: World) -> None:
    from accounts.roles import Role
    from tests.people import make_person
    from tests.villages.worlds import make_village

    tap = note(world)
    stranger = make_person(
        Role.VILLAGE_ADMIN, agency=make_village("330282109913", "五姓村", world.village.agency.parent).agency
    )
    assert not queue_for(stranger).exists()
    assert client_of(stranger).get(reverse("villages:review_one", args=[tap.pk])).status_code == 404
    with pytest.raises(UnableToReview):
        decide(tap.pk, stranger, "complete", now=timezone.now(), origin=ORIGIN)


def test_what_is_late_goes_to_the_town_once(world: World) -> None:
    tap = note(world, now=timezone.now() - dt.timedelta(days=9))
    assert escalate_overdue(now=timezone.now()) == 1
    assert escalate_overdue(now=timezone.now()) == 0
    assert queue_for(world.town).get().pk == tap.pk


def test_the_queue_puts_the_due_first_and_then_the_least_trusted(world: World) -> None:
    old = note(world, now=timezone.now() - dt.timedelta(days=4))
    fresh, doubtful = (
        note(world, make_resident(world.village, "甲乙")),
        note(world, make_resident(world.village, "丙丁")),
    )
    Tap.objects.filter(pk=doubtful.pk).update(trust=10)
    Tap.objects.filter(pk=fresh.pk).update(trust=90)
    assert [tap.pk for tap in queue_for(world.admin)] == [old.pk, doubtful.pk, fresh.pk]


def test_a_revocation_reverses_the_award_once_and_says_why(world: World) -> None:
    tap = decide(note(world).pk, world.admin, "complete", now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToReview, match="撤销原因"):
        revoke(tap.pk, world.admin, "", now=timezone.now(), origin=ORIGIN)
    revoke(tap.pk, world.admin, "经核实为转录他人发言", now=timezone.now(), origin=ORIGIN)
    assert points_of(world.resident) == 0
    with pytest.raises(UnableToReview, match="已计分"):
        revoke(tap.pk, world.admin, "再次", now=timezone.now(), origin=ORIGIN)


def test_a_person_looks_at_what_a_machine_refused(world: World) -> None:
    tap = note(world)
    Tap.objects.filter(pk=tap.pk).update(state="refused", reason_code="duplicate_photo")
    ask_for_human_look(tap.pk, world.resident, now=timezone.now(), origin=ORIGIN)
    assert queue_for(world.admin).get().pk == tap.pk
    decide(tap.pk, world.admin, "unrelated", now=timezone.now(), origin=ORIGIN)
    ask_for_human_look(tap.pk, world.resident, now=timezone.now(), origin=ORIGIN)
    decide(tap.pk, world.town, "unrelated", now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToReview, match="不能再"):
        ask_for_human_look(tap.pk, world.resident, now=timezone.now(), origin=ORIGIN)


def test_opening_a_submission_is_logged_and_the_villager_can_read_it(world: World) -> None:
    tap = note(world)
    client_of(world.admin).get(reverse("villages:review_one", args=[tap.pk]))
    assert AuditEntry.objects.filter(
        action="villages.resident.viewed", target=f"resident:{world.resident.pk}"
    ).exists()
    assert Opening.objects.get(resident=world.resident).user_id == world.admin.pk
    assert "毛桂芳" in client_of(world.user).get(reverse("villages:my_self")).content.decode()


def test_the_queue_takes_the_same_queries_for_one_and_for_ten(
    world: World, django_assert_max_num_queries
) -> None:
    for number in range(10):
        note(world, make_resident(world.village, f"村民{number}号"))
    client = client_of(world.admin)
    client.get(reverse("villages:review"))
    with django_assert_max_num_queries(12):
        client.get(reverse("villages:review"))

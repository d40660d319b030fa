"""The progress board: who agreed and gained; what is not computed could not have gained."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.villages.worlds import World, make_resident, make_world
from villages.contracts import Award
from villages.engine.identifiers import task_key
from villages.models import BoardConsent, EventStatus, Resident, RuleSet, ScoreEventStep
from villages.selectors.explanation import progress_board
from villages.services import ledger
from villages.services.rule_awards import award_under_rules
from villages.services.rules import install_starting_rules
from villages.services.score_events import record_event

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate(NOW)


@pytest.fixture
def world() -> World:
    made = make_world()
    install_starting_rules(made.village.town_code, valid_from=dt.date(2020, 1, 1), now=NOW)
    return made


def on_board(world: World, name: str, show_name: bool = True) -> Resident:
    resident = make_resident(world.village, name)
    BoardConsent.objects.create(resident=resident, show_name=show_name, given_at=NOW)
    return resident


def earn(resident: Resident, days_ago: int) -> None:
    at = NOW - dt.timedelta(days=days_ago)
    item = Award(ledger.new_key(at), resident.pk, task_key("t", "V03"), timezone.localdate(at), 50, "V03")
    award_under_rules([item], resident.village, now=at, memo="献血")


def test_who_earned_lately_stands_there_as_agreed_and_who_earned_long_ago_does_not(world: World) -> None:
    earn(on_board(world, "沈阿珍"), 10), earn(on_board(world, "毛国良", show_name=False), 20)
    earn(on_board(world, "余阿根"), 200)
    earn(make_resident(world.village, "胡彩娟"), 5)
    assert [(name, gain) for name, gain, _ in progress_board(world.village, now=NOW, today=TODAY)] == [
        ("毛**", Decimal(7)),
        ("沈阿珍", Decimal(7)),
    ]


def test_a_deduction_that_faded_without_any_act_is_a_gain(world: World) -> None:
    person, then = on_board(world, "沈阿珍"), NOW - dt.timedelta(days=170)
    rules = RuleSet.objects.get()
    record_event(
        rules, "E07", resident=person, occurred_on=timezone.localdate(then), evidence="两次告知", now=then
    )
    assert ScoreEventStep.objects.get().status == EventStatus.ACTIVE
    told = progress_board(world.village, now=NOW, today=TODAY)
    assert [name for name, _, _ in told] == ["沈阿珍"]

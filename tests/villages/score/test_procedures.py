"""Rule sets, listings, appeals, snapshots: two people, notice, frozen effect, reversal, replay."""

import copy
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

import audit
from accounts.models import Agency
from accounts.roles import AgencyKind, Role
from tests.people import make_agency, make_person
from tests.villages.places import NOW, TODAY, TOWN, Place, make_place
from villages.contracts import Award
from villages.engine.rules import read_book
from villages.engine.score import Score
from villages.models import EventStatus, RuleSet, ScoreEvent, ScoreSnapshot
from villages.selectors import scores
from villages.selectors.scores import replay, score_of, scores_under
from villages.services import appeals, dishonesty, ledger, rules, score_snapshots
from villages.services.rule_awards import award_under_rules
from villages.services.score_events import current_status, record_event
from villages.services.verification import verify

pytestmark = pytest.mark.django_db
ORIGIN = audit.Origin.system("test")
LATER = dt.timedelta(days=16)


@pytest.fixture
def place() -> Place:
    found = make_place(2, size=1)
    rules.install_starting_rules(TOWN, valid_from=dt.date(2026, 1, 1), now=NOW - dt.timedelta(days=150))
    return found


def rule_set() -> RuleSet:
    return RuleSet.objects.get(town_code=TOWN, version=1)


def value(place: Place, now: dt.datetime = NOW) -> float:
    found = score_of(place.residents[0], now.date(), now)
    assert found is not None
    return float(found.value)


def listed(place: Place, people: list[object]) -> ScoreEvent:
    entry = dishonesty.propose(
        people[0], place.residents[0], "G03", occurred_on=TODAY, evidence="核查记录", origin=ORIGIN, now=NOW
    )
    dishonesty.confirm(people[1], entry.pk, origin=ORIGIN, now=NOW)
    return entry.event


@pytest.fixture
def cadres(place: Place) -> list[object]:
    return [make_person(Role.VILLAGE_ADMIN, agency=place.village.agency) for _ in range(5)]


def test_an_award_names_its_version_and_brings_its_score_once(place: Place) -> None:
    item = Award(uuid4(), place.residents[0].pk, uuid4(), TODAY, 20, "E04")
    for _ in range(2):
        result = award_under_rules([item], place.village, now=NOW)[0]
    assert (result.granted, result.replayed, value(place)) == (20, True, 101.0)
    assert verify().intact


def test_a_deduction_takes_two_people_and_counts_after_its_notice(place: Place, cadres: list[object]) -> None:
    entry = dishonesty.propose(
        cadres[0], place.residents[0], "G03", occurred_on=TODAY, evidence="核查记录", origin=ORIGIN, now=NOW
    )
    with pytest.raises(dishonesty.UnableToList, match="另一位"):
        dishonesty.confirm(cadres[0], entry.pk, origin=ORIGIN, now=NOW)
    dishonesty.confirm(cadres[1], entry.pk, origin=ORIGIN, now=NOW)
    assert (dishonesty.activate_due(now=NOW), value(place)) == (0, 100.0)
    assert (dishonesty.activate_due(now=NOW + LATER), value(place, NOW + LATER)) == (1, 95.0)


def test_an_appeal_stops_the_effect_and_a_panel_withdraws_it(place: Place, cadres: list[object]) -> None:
    event = listed(place, cadres)
    filed = appeals.appeal_event(place.residents[0], event.pk, "不是我", origin=ORIGIN, now=NOW)
    assert dishonesty.activate_due(now=NOW + LATER) == 0
    with pytest.raises(appeals.UnableToAppeal, match="有关"):
        appeals.seat_panel(cadres[4], filed.pk, cadres[:3], origin=ORIGIN, now=NOW)  # type: ignore[arg-type]
    appeals.seat_panel(cadres[4], filed.pk, cadres[2:], origin=ORIGIN, now=NOW)  # type: ignore[arg-type]
    for member, vote in zip(cadres[2:], (True, False, True), strict=True):
        filed = appeals.vote(member, filed.pk, vote, "证据不足", origin=ORIGIN, now=NOW)
    assert (filed.state, current_status(event)) == ("upheld", EventStatus.WITHDRAWN)
    assert value(place, NOW + LATER) == 100.0


def test_a_rejected_appeal_counts_again_and_may_go_to_the_town_once(
    place: Place, cadres: list[object]
) -> None:
    event = listed(place, cadres)
    filed = appeals.appeal_event(place.residents[0], event.pk, "不是我", origin=ORIGIN, now=NOW)
    appeals.seat_panel(cadres[4], filed.pk, cadres[2:], origin=ORIGIN, now=NOW)  # type: ignore[arg-type]
    for member in cadres[2:]:
        appeals.vote(member, filed.pk, False, "证据充分", origin=ORIGIN, now=NOW + LATER)
    assert value(place, NOW + LATER) == 95.0
    appeals.take_to_town(place.residents[0], filed.pk, origin=ORIGIN, now=NOW + LATER)
    assert value(place, NOW + LATER) == 100.0
    with pytest.raises(appeals.UnableToAppeal):
        appeals.take_to_town(place.residents[0], filed.pk, origin=ORIGIN, now=NOW + LATER)


def test_an_upheld_appeal_gives_deducted_points_back(place: Place, cadres: list[object]) -> None:
    person = place.residents[0]
    ledger.award(Award(uuid4(), person.pk, uuid4(), TODAY, 50), now=NOW)
    taken = ledger.deduct(uuid4(), person.pk, 30, now=NOW)
    filed = appeals.appeal_transfer(person, taken.ids[0], "扣错了", origin=ORIGIN, now=NOW)
    appeals.seat_panel(cadres[4], filed.pk, cadres[2:], origin=ORIGIN, now=NOW)  # type: ignore[arg-type]
    for member in cadres[2:]:
        appeals.vote(member, filed.pk, True, "扣减无依据", origin=ORIGIN, now=NOW)
    assert verify().intact
    assert ledger.reverse(taken.ids[0], now=NOW).replayed


def test_a_repair_ends_an_item_early(place: Place, cadres: list[object]) -> None:
    event = listed(place, cadres)
    dishonesty.activate_due(now=NOW + LATER)
    dishonesty.repair(cadres[2], event.pk, "服务 8 小时", origin=ORIGIN, now=NOW + LATER)
    assert value(place, NOW + LATER) == 100.0


def test_a_snapshot_replays_to_the_same_value_whatever_came_later(place: Place) -> None:
    record_event(rule_set(), "E05", resident=place.residents[0], occurred_on=TODAY, evidence="文件", now=NOW)
    assert score_snapshots.take_snapshots(place.village, TODAY, now=NOW) == 2
    record_event(
        rule_set(), "G03", resident=place.residents[0], occurred_on=TODAY, evidence="记录", now=NOW + LATER
    )
    snapshot = ScoreSnapshot.objects.get(resident=place.residents[0])
    assert (float(snapshot.score), replay(snapshot).digest) == (103.0, snapshot.digest)


def test_a_rule_set_goes_through_all_its_steps_and_is_then_frozen(place: Place) -> None:
    town = make_person(Role.TOWN_ADMIN, agency=make_agency(AgencyKind.TOWN, scope_code=TOWN))
    admin = make_person(Role.VILLAGE_ADMIN, agency=Agency.objects.get(pk=place.village.agency_id))
    draft = rules.draft_village_rules(admin, place.village, {"off": ["H04"]}, origin=ORIGIN, now=NOW)
    rules.record_council(
        admin, draft.pk, minutes_ref="2026-5", minutes_on=TODAY, votes="27 人同意", origin=ORIGIN, now=NOW
    )
    with pytest.raises(rules.UnableToChangeRules, match="起草人"):
        rules.record_legal_check(admin, draft.pk, note="合法", origin=ORIGIN, now=NOW)
    rules.record_legal_check(town, draft.pk, note="合法", origin=ORIGIN, now=NOW)
    rules.announce(admin, draft.pk, origin=ORIGIN, now=NOW)
    with pytest.raises(rules.UnableToChangeRules, match="公示期"):
        rules.publish(town, draft.pk, origin=ORIGIN, now=NOW + dt.timedelta(days=6))
    done = rules.publish(town, draft.pk, origin=ORIGIN, now=NOW + dt.timedelta(days=7))
    assert done.valid_from == TODAY + dt.timedelta(days=8)
    with pytest.raises(Exception, match="frozen"):
        RuleSet.objects.filter(pk=draft.pk).update(title="改名")


def test_a_dry_run_names_who_would_change_grade(place: Place) -> None:
    town = make_person(Role.TOWN_ADMIN, agency=make_agency(AgencyKind.TOWN, scope_code=TOWN))
    record_event(rule_set(), "N03", resident=place.residents[0], occurred_on=TODAY, evidence="文书", now=NOW)
    content = rules.starting_content()
    content["rules"] = [rule | {"score": -1} if rule["code"] == "N03" else rule for rule in content["rules"]]
    draft = rules.draft_town_rules(town, TOWN, content, origin=ORIGIN, now=NOW)
    seen, changes = rules.dry_run(draft, now=NOW)
    assert (seen, [(c.resident.pk, c.before, c.after) for c in changes]) == (
        2,
        [(place.residents[0].pk, "C", "B")],
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda content: None,
        lambda content: _set(content, "N03", score=-1),
        lambda content: _set(content, "E02", title="改名", points=[1, 1]),
        lambda content: _set(content, "V03", category="learning"),
        lambda content: content["rules"].remove(next(r for r in content["rules"] if r["code"] == "E02")),
        lambda content: content.update(base=99),
    ],
)
def test_a_dry_run_that_leaves_people_out_says_the_same_as_one_that_looks_at_everybody(
    place: Place, change: Callable[[dict[str, Any]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = place.residents[:2]
    for resident, code in ((first, "N03"), (first, "E02"), (second, "V03"), (second, "H02")):
        record_event(rule_set(), code, resident=resident, occurred_on=TODAY, evidence="文书", now=NOW)
    content = copy.deepcopy(rules.starting_content())
    change(content)
    book, people = read_book(content), [resident.pk for resident in place.residents]

    def altered(found: dict[int, tuple[Score | None, Score]]) -> dict[int, tuple[Decimal, Decimal]]:
        pairs = {pk: (old.value, new.value) for pk, (old, new) in found.items() if old is not None}
        return {pk: pair for pk, pair in pairs.items() if pair[0] != pair[1]}

    quick = altered(scores_under(book, place.village, people, TODAY, NOW))
    monkeypatch.setattr(scores, "_with_changed_events", lambda book, ids, known_at: list(ids))
    assert quick == altered(scores_under(book, place.village, people, TODAY, NOW))


def _set(content: dict[str, Any], code: str, **values: object) -> None:
    next(rule for rule in content["rules"] if rule["code"] == code).update(values)


def test_a_forbidden_item_does_not_become_a_draft(place: Place) -> None:
    content = rules.starting_content()
    content["rules"].append(
        {"code": "E99", "category": "law", "kind": "earn", "title": "不上访", "points": 5}
    )
    with pytest.raises(rules.UnableToChangeRules, match="信访"):
        rules.draft_town_rules(None, TOWN, content, origin=ORIGIN, now=NOW)

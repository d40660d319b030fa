"""The competition from registration to the winners."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.roles import AgencyKind, Role
from catalog.models import Grant, Team
from catalog.selectors.rights import field_right
from catalog.services import competition as services
from tests.catalog.openings import NOW, ORIGIN, make_department, make_operator, make_restricted
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
TOLD = {"now": NOW, "origin": ORIGIN}
FULL = {"use": 30, "novelty": 25, "value": 25, "safety": 20}


@pytest.fixture
def scene():
    operator = make_operator()
    competition = services.start_competition(
        operator, year=2026, title="2026 年大赛", about="", tracks=[("fin", "普惠金融", "")], data_from=TODAY,
        data_to=TODAY + timedelta(days=90), **TOLD,
    )  # fmt: skip
    services.advance(operator, competition, **TOLD)
    dataset, resource = make_restricted(make_department()[0])
    bank = make_person(Role.BANK_MANAGER, agency=make_agency(AgencyKind.BANK))
    judges = [make_person(Role.LEADER), make_person(Role.INDEX_ANALYST)]
    for judge in judges:
        services.name_judge(operator, competition, judge, origin=ORIGIN)
    return {"operator": operator, "competition": competition, "dataset": dataset, "resource": resource, "bank": bank,
            "judges": judges}  # fmt: skip


def entered(scene, person=None, name="浪潮队"):
    track = scene["competition"].tracks.get()
    return services.enter_team(
        person or scene["bank"], track, name=name, members="甲、乙", datasets=[scene["dataset"]], **TOLD
    )


def with_entry(scene, person=None, name="浪潮队"):
    team = entered(scene, person, name)
    return services.accept_team(scene["operator"], team, **TOLD)


def make_entry(scene, team):
    return services.submit_entry(
        team.leader, Team.objects.get(pk=team.pk), title=f"{team.name}作品", about="以数据识别小微需求",
        products=["授信模型", ""], datasets=[scene["dataset"]], **TOLD,
    )  # fmt: skip


def advance(scene):
    services.advance(scene["operator"], scene["competition"], **TOLD)
    scene["competition"].refresh_from_db()


def judged(scene, entry, *totals):
    entry.refresh_from_db()
    entry = type(entry).objects.get(pk=entry.pk)
    for judge, safety in zip(scene["judges"], totals, strict=True):
        services.declare_interest(judge, entry, has_interest=False, **TOLD)
        services.score(judge, entry, FULL | {"safety": safety}, **TOLD)


def test_an_accepted_team_gets_the_data_for_the_period(scene):
    team = entered(scene)
    assert field_right(scene["bank"], scene["resource"], NOW).fields == frozenset()
    services.accept_team(scene["operator"], team, **TOLD)
    assert field_right(scene["bank"], scene["resource"], NOW).fields == {"name", "amount"}
    assert field_right(scene["bank"], scene["resource"], NOW + timedelta(days=91)).fields == frozenset()
    assert Grant.objects.get().team == team


def test_a_department_or_a_judges_agency_does_not_compete(scene):
    for person in (
        make_department("tax")[1],
        make_person(Role.BANK_MANAGER, agency=scene["judges"][0].agency),
    ):
        with pytest.raises(services.UnableToCompete):
            entered(scene, person, name="另一队")


def test_nobody_of_a_competing_agency_judges(scene):
    entered(scene)
    colleague = make_person(Role.BANK_OFFICER, agency=scene["bank"].agency)
    with pytest.raises(services.UnableToCompete, match="不能担任评委"):
        services.name_judge(scene["operator"], scene["competition"], colleague, origin=ORIGIN)


def test_steps_wait_for_their_stage(scene):
    team = with_entry(scene)
    with pytest.raises(services.UnableToCompete, match="开发阶段"):
        make_entry(scene, team)
    advance(scene)
    entry = make_entry(scene, team)
    assert entry.products == ["授信模型"]
    with pytest.raises(services.UnableToCompete, match="报名阶段"):
        entered(scene, name="迟到队")
    with pytest.raises(services.UnableToCompete, match="评审阶段"):
        services.score(scene["judges"][0], entry, FULL, **TOLD)


def test_a_sheet_needs_a_declaration_and_an_interest_forbids_it(scene):
    team = with_entry(scene)
    advance(scene)
    entry = make_entry(scene, team)
    advance(scene)
    entry = type(entry).objects.get(pk=entry.pk)
    judge = scene["judges"][0]
    with pytest.raises(services.UnableToCompete, match="声明"):
        services.score(judge, entry, FULL, **TOLD)
    services.declare_interest(judge, entry, has_interest=True, text="曾任该行顾问", **TOLD)
    with pytest.raises(services.UnableToCompete, match="回避"):
        services.score(judge, entry, FULL, **TOLD)
    with pytest.raises(services.UnableToCompete, match="不是本届"):
        services.declare_interest(scene["operator"], entry, has_interest=False, **TOLD)


@pytest.mark.parametrize("points", [{"use": 31}, {"use": -1}, {"use": "x"}, {"use": "NaN"}])
def test_points_stay_within_their_criterion(scene, points):
    team = with_entry(scene)
    advance(scene)
    entry = make_entry(scene, team)
    advance(scene)
    entry = type(entry).objects.get(pk=entry.pk)
    services.declare_interest(scene["judges"][0], entry, has_interest=False, **TOLD)
    with pytest.raises(services.UnableToCompete):
        services.score(scene["judges"][0], entry, FULL | points, **TOLD)


def test_the_ranking_is_the_mean_of_the_sheets_and_stands_on_the_page(scene):
    other = make_person(Role.BANK_MANAGER, agency=make_agency(AgencyKind.BANK))
    teams = [with_entry(scene), with_entry(scene, other, "观海队")]
    advance(scene)
    first, second = (make_entry(scene, team) for team in teams)
    advance(scene)
    judged(scene, first, 10, 11)
    with pytest.raises(services.UnableToCompete, match="不足 2 份"):
        advance(scene)
    judged(scene, second, 20, 15)
    assert "观海队作品" not in Client().get("/catalog/competition/").content.decode()
    advance(scene)
    first.refresh_from_db()
    second.refresh_from_db()
    assert [(e.rank, e.score, e.award) for e in (second, first)] == [
        (1, Decimal("97.50"), "一等奖"), (2, Decimal("90.50"), "二等奖"),
    ]  # fmt: skip
    page = Client().get("/catalog/competition/").content.decode()
    assert "观海队作品" in page and scene["dataset"].title in page
    assert "观海队作品" in Client().get(f"/catalog/datasets/{scene['dataset'].name}/").content.decode()


def test_the_pages_of_team_judge_and_organiser(scene):
    bank, judge, operator = (client_of(p) for p in (scene["bank"], scene["judges"][0], scene["operator"]))
    told = {
        "track": scene["competition"].tracks.get().pk,
        "name": "浪潮队",
        "members": "甲",
        "datasets": [scene["dataset"].pk],
    }
    assert bank.post("/catalog/competition/enter/", told).status_code == 302
    team = Team.objects.get()
    operator.post("/catalog/desk/competition/", {"action": "accept", "team": team.pk})
    operator.post("/catalog/desk/competition/", {"action": "advance"})
    work = {"title": "作品", "about": "以数据识别需求", "datasets": [scene["dataset"].pk]}
    assert bank.post(f"/catalog/competition/teams/{team.pk}/entry/", work).status_code == 302
    operator.post("/catalog/desk/competition/", {"action": "advance"})
    entry = Team.objects.get().entry
    judge.post("/catalog/competition/judging/", {"entry": entry.pk, "action": "declare", "has_interest": "0"})
    judge.post("/catalog/competition/judging/", {"entry": entry.pk, **FULL})
    assert entry.sheets.get().total == 100
    assert "已评" in judge.get("/catalog/competition/judging/").content.decode()
    assert operator.get("/catalog/competition/judging/").status_code == 404

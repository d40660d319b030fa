"""The demonstration's matters under way, raised through the services by invented people."""

import datetime as dt

import pytest

from accounts.roles import AgencyKind, Role
from catalog.demo import service, ways, years
from catalog.models import (
    Agreement,
    Appeal,
    Application,
    Competition,
    Dataset,
    Entry,
    Grant,
    GrantUse,
    Interest,
    KeyList,
    KeyListComment,
    KeyListEntry,
    Registration,
    Release,
    ScoreSheet,
    Team,
)
from catalog.opening_words import Progress
from catalog.services.publishers import ensure_publishers
from tests.people import make_agency, make_person

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 11, 23)
NEEDED = {"executed-case-labels", "nursing-homes", "grain-subsidy", "hightech-firms", "industrial-output"}
# Verbs that the demonstration calls once only.
CALLED = dict.fromkeys(("keylist.adopt", "grants.sign_agreement", "grants.appeal", "grants.report_use"), 1)
ROLES = {
    "operator": (Role.DATA_CENTRE_OPERATOR, AgencyKind.DATA_CENTRE, ""),
    "analyst": (Role.INDEX_ANALYST, AgencyKind.DATA_CENTRE, ""),
    "model": (Role.MODEL_MANAGER, AgencyKind.DATA_CENTRE, ""),
    "leader": (Role.LEADER, AgencyKind.DEPARTMENT, "finance"),
    "steward.court": (Role.DATA_STEWARD, AgencyKind.DEPARTMENT, "court"),
    "reviewer.court": (Role.DATA_REVIEWER, AgencyKind.DEPARTMENT, "court"),
    "bank.manager": (Role.BANK_MANAGER, AgencyKind.BANK, ""),
    "applicant": (Role.OUTSIDE_APPLICANT, AgencyKind.OUTSIDE, ""),
    "firm": (Role.ENTERPRISE_REP, AgencyKind.ENTERPRISE, ""),
}


def make_people():
    for username, (role, kind, code) in ROLES.items():
        make_person(role, agency=make_agency(kind, scope_code=code), username=username, is_demo=True)


@pytest.fixture
def few(monkeypatch):
    """Five of the datasets: those that are published before the rest comes."""
    chosen = [spec | {"rows": 30} for spec in service.definitions() if spec["name"] in NEEDED]
    monkeypatch.setattr(service, "definitions", lambda: chosen)


def states():
    return (
        sorted(Application.objects.values_list("state", flat=True)),
        sorted(Dataset.objects.exclude(state="published").values_list("state", flat=True)),
        sorted(KeyList.objects.values_list("year", "state")),
        sorted(Competition.objects.values_list("year", "stage")),
    )


def test_applications_drafts_key_lists_and_competitions_are_under_way(few):
    make_people()
    service.raise_demo(as_of=AS_OF, size="small")
    assert states() == (
        ["agreement", "department_review", "granted", "refused", "returned"],
        ["centre_review", "department_review", "draft", "scheduled"],
        [(2026, "adopted"), (2027, "consultation")],
        [(2026, "closed"), (2027, "registration")],
    )
    grant = Grant.objects.get(application__isnull=False)
    assert (grant.used, grant.uses.count(), grant.reports.count()) == (12, 12, 1)
    lines = KeyList.objects.get(year=2026).entries
    assert lines.filter(progress=Progress.DONE).count() == 3
    assert all(e.late_reason for e in lines.filter(due_on__lt=AS_OF).exclude(progress=Progress.DONE))
    assert [e.rank for e in Entry.objects.order_by("rank")] == [1, 2, 3]
    assert Registration.objects.filter(state="submitted").count() == 1


def test_a_second_raising_changes_nothing(few):
    make_people()
    service.raise_demo(as_of=AS_OF, size="small")
    before = states(), Grant.objects.count(), Entry.objects.count()
    service.raise_demo(as_of=AS_OF, size="small")
    assert (states(), Grant.objects.count(), Entry.objects.count()) == before


def test_without_sign_ins_there_are_datasets_only(few):
    ensure_publishers(service.moment(AS_OF))
    assert service.raise_demo(as_of=AS_OF, size="small") == 5
    assert not Application.objects.exists() and not KeyList.objects.exists()


class PowerCut(Exception):
    """The process ends in the middle of what it did."""


def whole():
    """Everything that the demonstration leaves behind, counted."""
    return states(), [
        model.objects.count()
        for model in (
            Registration, Application, Grant, GrantUse, KeyListEntry, KeyListComment, Team, Entry, Interest, ScoreSheet,
            Agreement, Appeal, Release,
        )
    ]  # fmt: skip


def test_a_run_cut_off_anywhere_is_completed_by_the_next(few, monkeypatch):
    make_people()
    service.raise_demo(as_of=AS_OF, size="small")
    expected = whole()
    for step in (
        "keylist.start_list", "keylist.save_entry", "keylist.comment", "keylist.reply", "keylist.adopt",
        "keylist.report_progress", "contest.start_competition", "contest.enter_team", "contest.accept_team",
        "contest.submit_entry", "contest.declare_interest", "contest.score",
    ):  # fmt: skip
        for model in (KeyList, Competition):
            wipe(model)
        with monkeypatch.context() as cut:
            cut_at(cut, years, step)
            with pytest.raises(PowerCut):
                service.raise_demo(as_of=AS_OF, size="small")
        service.raise_demo(as_of=AS_OF, size="small")
        assert whole() == expected, step


def test_applications_cut_off_anywhere_are_completed_by_the_next_run(few, monkeypatch):
    make_people()
    service.raise_demo(as_of=AS_OF, size="small")
    expected = whole()
    for step in (
        "applications.apply_for", "applications.review", "grants.offer_agreement", "grants.sign_agreement",
        "grants.appeal", "grants.use_grant", "grants.report_use",
    ):  # fmt: skip
        Grant.objects.filter(application__isnull=False).delete()
        Agreement.objects.all().delete()
        Application.objects.all().delete()
        with monkeypatch.context() as cut:
            cut_at(cut, ways, step)
            with pytest.raises(PowerCut):
                service.raise_demo(as_of=AS_OF, size="small")
        service.raise_demo(as_of=AS_OF, size="small")
        assert whole() == expected, step


def test_what_people_did_meanwhile_stays(few):
    make_people()
    service.raise_demo(as_of=AS_OF, size="small")
    KeyList.objects.filter(year=2027).update(is_demo=True, foreword="改过的说明")
    KeyListEntry.objects.filter(key_list__year=2027).first().delete()
    later = service.moment(AS_OF)
    returned = Application.objects.get(state="returned")
    returned.state = "department_review"
    returned.save()
    returned.steps.create(action="补正后重新提交", after="department_review", by=returned.made_by, at=later)
    service.raise_demo(as_of=AS_OF, size="small")
    returned.refresh_from_db()
    assert returned.state == "department_review"
    assert KeyListEntry.objects.filter(key_list__year=2027).count() == 7


def wipe(model):
    """As if it had never been raised."""
    if model is Competition:
        Grant.objects.filter(team__isnull=False).delete()
        Team.objects.all().delete()
    model.objects.all().delete()


def cut_at(monkeypatch, module, step):
    """The second call of a service's verb does its work, and then the process is gone."""
    name, verb = step.split(".")
    real = getattr(getattr(module, name), verb)
    calls = []

    def cut(*args, **told):
        calls.append(verb)
        done = real(*args, **told)
        if len(calls) == min(2, CALLED.get(step, 2)):
            raise PowerCut
        return done

    monkeypatch.setattr(getattr(module, name), verb, cut)

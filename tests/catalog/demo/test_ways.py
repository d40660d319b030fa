"""The demonstration's matters under way, raised through the services by invented people."""

import datetime as dt

import pytest

from accounts.roles import AgencyKind, Role
from catalog.demo import service
from catalog.models import Application, Competition, Dataset, Entry, Grant, KeyList, Registration
from catalog.opening_words import Progress
from catalog.services.publishers import ensure_publishers
from tests.people import make_agency, make_person

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 11, 23)
NEEDED = {"executed-case-labels", "nursing-homes", "grain-subsidy", "hightech-firms", "industrial-output"}
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

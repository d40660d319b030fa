"""Lists of the catalogue ask the database as often for many lines as for one."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import AgencyKind, Role
from catalog.models import (
    Application,
    Competition,
    Entry,
    Grant,
    GrantUse,
    KeyList,
    KeyListComment,
    KeyListEntry,
    Team,
    Track,
)
from tests.catalog.openings import NOW, make_applicant, make_department, make_operator, make_restricted
from tests.people import client_of

pytestmark = pytest.mark.django_db


def queries(browser, path):
    cache.clear()
    browser.get(path)  # what is asked once a process
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200, path
    return len(captured)


@pytest.fixture
def scene():
    publisher, steward, reviewer = make_department()
    return {
        "publisher": publisher, "steward": client_of(steward), "reviewer": client_of(reviewer),
        "operator": client_of(make_operator()), "applicant": make_applicant(AgencyKind.BANK, Role.BANK_MANAGER),
    }  # fmt: skip


def give(scene, number):
    """One more of everything the lists show."""
    dataset, resource = make_restricted(scene["publisher"])
    applicant, today = scene["applicant"], timezone.localdate()
    application = Application.objects.create(
        number=f"SX-{number}", registration=applicant.agency.catalog_registrations.get(), dataset=dataset,
        resource=resource, fields=["amount"], purpose="研究", scene="研究", quota=9, starts_on=today,
        ends_on=today + timedelta(days=9), security="三级", state="department_review", made_by=applicant, made_at=NOW,
        submitted_at=NOW,
    )  # fmt: skip
    grant = Grant.objects.create(
        agency=applicant.agency, resource=resource, fields=["amount"], way="both", quota=9, starts_on=today,
        ends_on=today, given_at=NOW, application=application,
    )  # fmt: skip
    GrantUse.objects.create(grant=grant, user=applicant, way="page", mark="0", at=NOW)
    key_list, _ = KeyList.objects.get_or_create(
        year=2031, defaults={"state": "adopted", "adopted_on": today, "made_at": NOW}
    )
    entry = KeyListEntry.objects.create(
        key_list=key_list, title=f"名录{number}", lane="sannong", publisher=scene["publisher"], due_on=date(2031, 1, 1),
        progress="done", dataset=dataset, done_on=today,
    )  # fmt: skip
    KeyListComment.objects.create(
        key_list=key_list, entry=entry, name="市民", text="意见", at=NOW, due_on=today, reply="已阅", is_public=True,
        accepted=True, replied_at=NOW,
    )  # fmt: skip
    competition, _ = Competition.objects.get_or_create(
        year=2031,
        defaults={
            "title": "大赛",
            "stage": "closed",
            "data_from": today,
            "data_to": today,
            "created_at": NOW,
        },
    )
    track, _ = Track.objects.get_or_create(competition=competition, code="a", name="赛道")
    team = Team.objects.create(
        competition=competition, track=track, agency=applicant.agency, name=f"队{number}", members="某人",
        leader=applicant, created_at=NOW, accepted_at=NOW,
    )  # fmt: skip
    work = Entry.objects.create(
        team=team,
        title=f"作品{number}",
        about="简介简介",
        submitted_at=NOW,
        rank=number,
        award="优秀奖",
        score=80,
    )
    work.datasets.add(dataset)


PAGES = [
    ("steward", "/catalog/desk/"), ("reviewer", "/catalog/desk/"), ("operator", "/catalog/desk/"),
    ("operator", "/catalog/applications/"), ("applicant", "/catalog/my/"), ("applicant", "/catalog/applications/"),
    ("nobody", "/catalog/keylist/2031/"), ("operator", "/catalog/desk/keylist/2031/"),
    ("nobody", "/catalog/competition/2031/"), ("operator", "/catalog/desk/competition/"), ("nobody", "/catalog/"),
    ("steward", "/catalog/drafts/"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_a_list_of_five_takes_as_many_queries_as_a_list_of_two(scene, who, path):
    browser = Client() if who == "nobody" else scene[who]
    browser = client_of(browser) if who == "applicant" else browser
    for number in (1, 2):
        give(scene, number)
    before = queries(browser, path)
    for number in (3, 4, 5):
        give(scene, number)
    assert queries(browser, path) == before <= 40

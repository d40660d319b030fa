"""The demonstration's table about persons: published by rule, with a proof that holds."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import AgencyKind, Role
from catalog.demo import persons, service
from catalog.models import Dataset, FieldRule, ReleaseProof
from catalog.services.publishers import ensure_publishers
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 11, 23)
NOW = service.moment(AS_OF)


@pytest.fixture
def people() -> dict[str, User]:
    ensure_publishers(NOW)
    court, centre = (
        make_agency(AgencyKind.DEPARTMENT, scope_code="court"),
        make_agency(AgencyKind.DATA_CENTRE),
    )
    return {
        "steward.court": make_person(Role.DATA_STEWARD, agency=court),
        "reviewer.court": make_person(Role.DATA_REVIEWER, agency=court),
        "operator": make_person(Role.DATA_CENTRE_OPERATOR, agency=centre),
    }


def test_it_is_published_with_five_alike_in_every_group(people: dict[str, User]) -> None:
    persons.raise_persons(NOW, AS_OF, people)
    dataset = Dataset.objects.get(name=persons.NAME)
    proof = ReleaseProof.objects.filter(release__resource__dataset=dataset).latest("pk")
    assert (dataset.state, dataset.is_demo) == ("published", True)
    assert proof.passed and proof.report["k"] >= 5
    assert all(check["passed"] for check in proof.report["checks"])


def test_what_leaves_is_what_the_rules_made(people: dict[str, User], client) -> None:
    persons.raise_persons(NOW, AS_OF, people)
    resource = Dataset.objects.get(name=persons.NAME).resources.get()
    told = client.get(
        "/api/3/action/datastore_search", {"resource_id": str(resource.uid), "limit": 100}
    ).json()
    rows = told["result"]["records"]
    assert {row["town"] for row in rows} <= {"东片", "中片", "西片", None}
    assert all(re.fullmatch(r"(20|40|60)-(39|59|79)", row["age"]) for row in rows if row["age"])
    assert all(float(row["amount"]) % 1000 == 0 for row in rows if row["amount"] is not None)
    assert all(re.fullmatch(r"\d{4}-\d{2}", row["granted_on"]) for row in rows if row["granted_on"])
    assert not any("person_no" in row for row in rows)


def test_what_never_leaves_is_not_offered_for_application(people: dict[str, User], client) -> None:
    persons.raise_persons(NOW, AS_OF, people)
    page = client.get(reverse("catalog:dataset", args=[persons.NAME])).content.decode()
    assert ("部分字段不予开放" in page, 'id="apply"' in page) == (True, False)


def test_the_desk_shows_its_rules_and_proof(people: dict[str, User]) -> None:
    persons.raise_persons(NOW, AS_OF, people)
    rule = FieldRule.objects.get(field__code="town", field__resource__dataset__name=persons.NAME)
    page = client_of(people["steward.court"])
    assert "东片" in page.get(reverse("catalog:desk_field", args=[rule.field_id])).content.decode()
    proof = ReleaseProof.objects.latest("pk")
    assert page.get(reverse("catalog:desk_proof", args=[proof.pk])).status_code == 200


def test_a_run_cut_off_is_completed_and_a_third_changes_nothing(people: dict[str, User], monkeypatch) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(persons, "assess", lambda *args, **told: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            persons.raise_persons(NOW, AS_OF, people)
    persons.raise_persons(NOW, AS_OF, people)
    first = Dataset.objects.get(name=persons.NAME)
    persons.raise_persons(NOW, AS_OF, people)
    assert Dataset.objects.get(name=persons.NAME).pk == first.pk
    assert first.state == "published"

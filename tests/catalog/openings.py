"""Departments, datasets and organisations for tests of opening by rule."""

import itertools
from datetime import UTC, datetime

from accounts.roles import AgencyKind, Role
from audit import Origin
from catalog.models import Dataset, Publisher, Registration, Resource, ResourceField
from catalog.opening_words import RegistrationState
from tests.people import make_agency, make_person

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, ten in the morning here
ORIGIN = Origin.system("tests")
CODES = ("913302821447871136", "91330282704801404R", "91330282750380356F")
_numbers = itertools.count(1)


def make_department(code="court"):
    """A department's agency, its publisher, a steward and a reviewer."""
    agency = make_agency(AgencyKind.DEPARTMENT, scope_code=code)
    publisher = Publisher.objects.create(code=code, name=f"{code} 局", agency=agency, created_at=NOW)
    steward = make_person(Role.DATA_STEWARD, agency=agency)
    reviewer = make_person(Role.DATA_REVIEWER, agency=agency)
    return publisher, steward, reviewer


def make_dataset(publisher, fields=(("name", "L1"),), **told):
    """A dataset with one table resource and its fields, given as (code, grade) or (code, grade, opening)."""
    number = next(_numbers)
    values = {
        "name": f"dataset-{number}",
        "title": f"数据集{number}",
        "created_at": NOW,
        "modified_at": NOW,
    } | told
    dataset = Dataset.objects.create(publisher=publisher, **values)
    resource = Resource.objects.create(dataset=dataset, name="数据表", created_at=NOW, modified_at=NOW)
    ResourceField.objects.bulk_create(
        ResourceField(
            resource=resource, position=place, code=code, title=code, grade=grade, opening=(*rest, "open")[0]
        )
        for place, (code, grade, *rest) in enumerate(fields)
    )
    return dataset, resource


def make_published(publisher, fields=(("name", "L1"),), **told):
    return make_dataset(publisher, fields, **{"state": "published", "published_at": NOW} | told)


def make_restricted(publisher, fields=(("name", "L1"), ("amount", "L3"))):
    """A published dataset under restricted opening."""
    return make_published(
        publisher, fields, opening="restricted", opening_reason="R1", opening_review_on="2027-11-22"
    )


def make_applicant(kind=AgencyKind.OUTSIDE, role=Role.OUTSIDE_APPLICANT, *, confirmed=True):
    """A person of an organisation that is registered."""
    person = make_person(role, agency=make_agency(kind))
    Registration.objects.create(
        credit_code=f"TEST{next(_numbers):014d}", name=person.agency.name, contact="某人", phone="", purpose="研究",
        agency=person.agency, submitted_at=NOW,
        state=RegistrationState.CONFIRMED if confirmed else RegistrationState.SUBMITTED,
    )  # fmt: skip
    return person


def make_operator():
    return make_person(Role.DATA_CENTRE_OPERATOR)

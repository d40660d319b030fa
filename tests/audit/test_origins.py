"""Who sent a request, and from where (how far an address is believed: tests/foundation/test_addresses.py)."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts.roles import Role
from audit import public as audit
from tests.people import make_person


def request(**user: object) -> object:
    made = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")
    made.user = user.get("user", AnonymousUser())  # type: ignore[attr-defined]
    return made


def test_a_visitor_has_an_address_and_no_name() -> None:
    origin = audit.origin_of(request())
    assert (origin.actor_id, origin.actor_name, origin.roles, origin.address) == (None, "", "", "10.0.0.1")


@pytest.mark.django_db
def test_a_user_is_told_by_user_name_roles_and_agency() -> None:
    user = make_person(Role.AUDITOR, username="chen", full_name="陈某某")
    origin = audit.origin_of(request(user=user))
    assert (origin.actor_id, origin.actor_name, origin.roles) == (user.pk, "chen", "auditor")
    assert origin.agency == user.agency.name
    assert "陈某某" not in str(origin)


def test_an_origin_travels_to_a_task_and_back() -> None:
    origin = audit.Origin(1, "chen", "auditor", "数据中心", "10.0.0.1", "r")
    assert audit.Origin(**origin.as_dict()) == origin


def test_the_system_is_told_by_name() -> None:
    assert audit.Origin.system("celery") == audit.Origin(actor_name="celery", roles="system")


def test_the_package_offers_its_front_door() -> None:
    import audit as package

    for name in package.__all__:
        assert getattr(package, name) is getattr(audit, name)
    with pytest.raises(AttributeError):
        _ = package.nothing_of_that_name

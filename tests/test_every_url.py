"""Every address of the portal, asked for by every role and by a visitor, answers as the table says.

The table is ``tests/url_expectations.py`` with each app's ``tests/<app>/expectations.py``; the former says how to add
a line.
"""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import ANYONE, SIGNED_IN
from accounts.models import Agency, User
from accounts.roles import Role
from accounts.url_map import Address, addresses
from tests.catalog.expectations import EXPECTATIONS as CATALOG
from tests.index.expectations import EXPECTATIONS as INDEX
from tests.people import client_of, make_person
from tests.url_expectations import TABLE as HOUSE
from tests.url_expectations import World
from tests.villages.expectations import EXPECTATIONS as VILLAGES

TABLE = HOUSE | INDEX | VILLAGES | CATALOG

ADDRESSES = {address.name: address for address in addresses() if address.name}


@pytest.fixture(scope="module")
def walkers(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[dict[Role, Client]]:
    """A signed-in client for each role, made once for the whole walk and taken away after it."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        people = {role: make_person(role, username=f"walker.{role.value}") for role in Role}
        clients = {role: client_of(user) for role, user in people.items()}
    yield clients
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        for client in clients.values():
            client.session.delete()
        agencies = [user.agency_id for user in people.values()]
        User.objects.filter(pk__in=[user.pk for user in people.values()]).delete()
        Agency.objects.filter(pk__in=agencies).delete()


@pytest.fixture
def world(walkers: dict[Role, Client], db: None) -> World:
    users = User.objects.select_related("agency").filter(username__startswith="walker.")
    return World({Role(user.username.removeprefix("walker.")): user for user in users})


def test_every_address_has_a_name() -> None:
    nameless = [address.route for address in addresses() if not address.name]
    assert nameless == [], "give these addresses a name in their urls.py"


def test_the_table_holds_no_address_that_is_gone() -> None:
    assert sorted(set(TABLE) - set(ADDRESSES)) == [], "take these lines out of tests/url_expectations.py"


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_role_gets_what_the_table_says(name: str, world: World, walkers: dict[Role, Client]) -> None:
    expectation = TABLE.get(name)
    if expectation is None:
        pytest.fail(
            f"tests/url_expectations.py lacks a line, for instance:\n    {suggestion(ADDRESSES[name])}"
        )
    url = reverse(name, kwargs=expectation.args(world) if expectation.args else None) + expectation.query
    answers = {role.value: walkers[role].get(url).status_code for role in Role}
    visitor = Client().get(url)
    wanted = {role.value: expectation.status_for(role) for role in Role}
    assert answers == wanted, f"{name} at {url}"
    assert visitor.status_code == expectation.visitor, f"{name} at {url} for a visitor"
    if expectation.visitor == 302:
        page = getattr(ADDRESSES[name].view, "sign_in_page", "accounts:sign_in")
        assert visitor["Location"].startswith(reverse(page))


def suggestion(address: Address) -> str:
    """A first draft of the missing line, from what the view declares."""
    is_api = hasattr(address.view, "cls")
    args = ", args=..." if "<" in address.route else ""
    if address.audience == ANYONE:
        call = f"public({args.removeprefix(', ')})"
    elif address.audience == SIGNED_IN:
        call = f"{'api_signed_in' if is_api else 'signed_in'}({args.removeprefix(', ')})"
    else:
        held = [role for role in Role if role in (address.audience or ())]
        roles = ", ".join(f"Role.{role.name}" for role in held)
        call = f"{'api' if is_api else 'allow'}({roles}{args})"
    return f'"{address.name}": {call},'

"""No page asks the database more often because a village has more people, entries or shops.

Every address of the app that answers a GET is asked for twice: with some thirty rows of everything it lists, and with
more than three hundred.
"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from tests.people import client_of
from tests.villages.crowd_pages import address, pages_of, person_of
from tests.villages.crowds import Crowd, make_crowd

FEW, MANY = 30, 300


# The time of the last request is written to the session once a minute, whichever page it meets.
NOT_THE_PAGES = ("django_session", "SAVEPOINT")


def count(client: Client, crowd: Crowd, names: list[str]) -> dict[str, int]:
    """Queries by address."""
    told = {}
    for name in names:
        url = address(name, crowd)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(url)
        assert answer.status_code == 200, f"{name} at {url}: {answer.status_code}"
        told[name] = sum(
            not any(word in query["sql"] for word in NOT_THE_PAGES) for query in asked.captured_queries
        )
    return told


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.VILLAGER, Role.VILLAGE_ADMIN, Role.TOWN_ADMIN, Role.SHOP_KEEPER])
def test_no_page_asks_more_often_for_three_hundred_rows_than_for_thirty(role: Role) -> None:
    crowd = make_crowd()
    client, names = client_of(person_of(role, crowd)), pages_of(role)
    crowd.grow(FEW)
    count(client, crowd, names)  # content types, rule books and the like are read once a process
    few = count(client, crowd, names)
    crowd.grow(MANY - FEW)
    many = count(client, crowd, names)
    assert {name: (few[name], many[name]) for name in names if few[name] != many[name]} == {}

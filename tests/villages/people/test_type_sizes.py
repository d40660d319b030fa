"""A villager chooses a size of type; every page keeps it."""

import pytest
from django.urls import reverse

from tests.people import client_of
from tests.villages.worlds import make_world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("size", "shown"),
    [("较大", 'class=" more"'), ("大（长辈版）", 'class="elder"'), ("特大", 'class="elder more"')],
)
def test_a_chosen_size_stays_on_every_page_until_another_is_chosen(size: str, shown: str) -> None:
    client, own = client_of(make_world().user), reverse("villages:my_self")
    assert client.post(own, {"size": size}).status_code == 302
    for name in ("villages:my", "villages:my_wallet", "villages:my_self"):
        assert shown in client.get(reverse(name)).content.decode()
    client.post(own, {"size": "标准"})
    assert 'class=""' in client.get(own).content.decode()


def test_a_size_that_is_none_changes_nothing() -> None:
    client = client_of(make_world().user)
    answer = client.post(reverse("villages:my_self"), {"size": "<b>"})
    assert "elder" not in answer.cookies and "text" not in answer.cookies

"""The catalogue and the desk as readers see them."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from datahub.engine.definitions import list_departments, list_items
from tests.datahub.services.conftest import CODES, freeze
from tests.people import client_of, make_person

from .conftest import csv_file, hand_in, last_batch


@pytest.fixture
def leader(db: None) -> Client:
    return client_of(make_person(Role.LEADER))


def text_of(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(f"datahub:{name}", args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_catalogue_lists_every_department_and_item(leader: Client) -> None:
    text = text_of(leader, "items")
    assert all(f">{department.name}</h2>" in text for department in list_departments())
    assert all(f"/data/items/{item.code}/" in text for item in list_items())


def test_the_catalogue_can_be_cut_to_a_department_and_a_supply(leader: Client) -> None:
    text = text_of(leader, "items", query="?department=hrss&supply=none")
    shown = {item.code for item in list_items() if f"/data/items/{item.code}/" in text}
    assert shown == {"hrss.insured", "hrss.insurance_arrears"}


@pytest.mark.parametrize("item", list_items(), ids=lambda item: item.code)
def test_every_item_has_its_page(leader: Client, item: Any) -> None:
    text = text_of(leader, "item", item.code)
    assert all(f"<code>{field.code}</code>" in text for field in item.fields)
    assert item.legal_basis in text


def test_a_gap_stands_on_the_items_own_page(leader: Client) -> None:
    assert "国家税务总局宁波市税务局" in text_of(leader, "item", "tax.arrears")
    assert "国家税务总局宁波市税务局" in text_of(leader, "gaps")


def test_an_unknown_item_does_not_exist(leader: Client) -> None:
    assert leader.get(reverse("datahub:item", args=["court.nothing"])).status_code == 404


@pytest.mark.parametrize("item", list_items(), ids=lambda item: item.code)
def test_a_template_is_a_header_the_reader_understands(leader: Client, item: Any) -> None:
    from datahub.engine.headers import match_headers

    answer = leader.get(reverse("datahub:item_template", args=[item.code]))
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (headers,) = csv.reader(io.StringIO(content))
    match = match_headers(item, headers)
    assert (set(match.columns), match.missing) == ({field.code for field in item.fields}, ())


@pytest.mark.usefixtures("town")
def test_a_reader_without_a_desk_gets_no_way_to_a_batch(
    leader: Client, steward: Client, work_off: Any
) -> None:
    hand_in(steward, csv_file([freeze(CODES[0], "（2026）浙0282执1号")]))
    work_off()
    link = f"/data/batches/{last_batch().pk}/"
    assert link in text_of(steward, "item", "court.equity_freeze")
    assert link not in text_of(leader, "item", "court.equity_freeze")


@pytest.mark.usefixtures("town")
def test_the_desk_shows_what_waits_and_asks_a_fixed_number_of_queries(
    steward: Client, work_off: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        rows = [
            freeze(CODES[0], f"（2026）浙0282执{number}号"),
            freeze(CODES[1], "（2026）浙0282执9号", amount="-1"),
        ]
        hand_in(steward, csv_file(rows))
        hand_in(steward, csv_file(["没有表头"], head=f"第 {number} 份"))
        work_off()
    with django_assert_max_num_queries(18):
        text = text_of(steward, "desk")
    assert "有退回的行" in text
    assert "未能读取的文件" in text
    with django_assert_max_num_queries(12):
        text_of(steward, "batches")


@pytest.mark.parametrize(("name", "most"), [("items", 10), ("gaps", 8), ("late", 8)])
def test_catalogue_pages_ask_few_questions(
    leader: Client, name: str, most: int, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(most):
        text_of(leader, name)

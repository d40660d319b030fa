"""What each reader sees, and that nothing leaks from what may not be shown."""

import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.roles import AgencyKind, Role
from audit.models import AuditEntry
from index.dashboard import REST
from tests.index.small_city import CALM, HIT, LAST, THIN
from tests.people import client_of, make_agency, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_city")]


def of(role: Role, **values: Any) -> Client:
    return client_of(make_person(role, **values))


def of_town(town: str) -> Client:
    return of(Role.TOWN_ADMIN, agency=make_agency(AgencyKind.TOWN, scope_code=town))


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_leader_opens_on_the_city_with_a_sentence_of_checked_numbers() -> None:
    text = text_of(of(Role.LEADER).get("/index/"))
    assert "全市中小微企业金融指数" in text
    said = re.search(r'id="sentence">([^<]+)<', text)
    assert said is not None
    assert f"{LAST.year} 年 {LAST.month} 月 {LAST.day} 日" in said[1]
    assert "比上日" in said[1]
    assert "暂定" in said[1]


def test_a_towns_staff_open_on_their_town_and_see_no_other() -> None:
    client = of_town(HIT)
    assert "附海镇金融指数" in text_of(client.get("/index/"))
    other = text_of(client.get(f"/index/?panel=sme/town={CALM}"))
    assert "桥头镇金融指数" not in other
    assert "已并入最近的可展示范围" in other


def test_a_permalink_of_the_analyst_shows_a_bank_what_a_bank_may_see() -> None:
    address = (
        f"/index/?panel=sme/town={HIT}&vs=sme/town={CALM}&since=2026-05-01&until=2026-06-10&by=indicator"
    )
    analyst, bank, town = (
        text_of(c.get(address)) for c in (of(Role.INDEX_ANALYST), of(Role.BANK_OFFICER), of_town(HIT))
    )
    for text in (analyst, bank):
        assert "附海镇金融指数" in text
        assert "桥头镇" in text
    assert "企业名单" in analyst
    assert "企业名单" not in bank
    assert "起草本时段简报" not in bank
    assert "有 1 个对比序列不在您的可见范围" in town


def test_a_bank_gets_no_list_of_firms_and_a_town_only_its_own() -> None:
    assert of(Role.BANK_OFFICER).get(f"/index/firms/?town={HIT}").status_code == 403
    town = of_town(HIT)
    assert town.get("/index/firms/").status_code == 403
    assert town.get(f"/index/firms/?town={CALM}").status_code == 403
    assert "慈溪演示第0电器有限公司" in text_of(town.get(f"/index/firms/?town={HIT}"))


def test_every_opening_of_a_list_of_firms_is_logged() -> None:
    before = AuditEntry.objects.filter(action="index.firms.viewed").count()
    of(Role.INDEX_ANALYST).get(f"/index/firms/?town={HIT}&section=C")
    entry = AuditEntry.objects.filter(action="index.firms.viewed").latest("seq")
    assert AuditEntry.objects.filter(action="index.firms.viewed").count() == before + 1
    assert entry.detail["town"] == HIT


def test_a_suppressed_town_rolls_up_and_says_so() -> None:
    text = text_of(of(Role.INDEX_ANALYST).get(f"/index/?panel=sme/town={THIN}"))
    assert "主体不足" in text
    assert "全市中小微企业金融指数" in text
    assert f'"sme/town={THIN}"' not in text


def test_a_waterfall_by_town_names_no_hidden_part_and_no_rest_of_one() -> None:
    client = of(Role.INDEX_ANALYST)
    answer = client.get("/api/v1/index/contributions/?by=town&since=2026-04-01&until=2026-06-10").json()
    names = [part["name"] for part in answer["parts"]]
    assert REST in names
    assert {"匡堰镇", "崇寿镇"}.isdisjoint(names)
    assert sum(part["points"] for part in answer["parts"]) == pytest.approx(answer["change"], abs=1e-9)


def test_exports_carry_every_day_without_a_limit() -> None:
    client = of(Role.INDEX_ANALYST)
    rows = text_of(client.get("/index/export/csv/")).strip().splitlines()
    assert len(rows) == 1 + (LAST - date(2025, 10, 1)).days + 1
    told = json.loads(client.get("/index/export/json/").content)
    assert told["data_version"]
    assert "编制定义 v1" in told["citation"]
    assert client.get("/index/export/xlsx/").content[:2] == b"PK"


def test_the_public_page_shows_the_city_and_nothing_else() -> None:
    text = text_of(Client().get("/index/public/"))
    assert "慈溪市中小企业金融指数" in text
    for word in ("附海镇", "企业名单", "预警", "加入对比"):
        assert word not in text


def test_the_method_page_lists_every_indicator_and_what_is_left_out() -> None:
    from index.basket import load_basket

    text = text_of(Client().get("/index/method/"))
    for one in load_basket().indicators:
        assert one.code in text
    assert "暂无接口" in text


def test_the_board_asks_the_database_a_fixed_number_of_times(django_assert_max_num_queries: Any) -> None:
    client = of(Role.INDEX_ANALYST)
    client.get("/index/")
    with django_assert_max_num_queries(40):
        client.get("/index/")


@pytest.mark.parametrize(
    "query",
    [
        "panel=nothing",
        "dim=99",
        "since=x&until=2026-13-01",
        "how=magic&by=luck&overlay=9",
        "since=2030-01-01",
    ],
)
def test_an_address_that_makes_no_sense_shows_the_default(query: str) -> None:
    assert of(Role.LEADER).get(f"/index/?{query}").status_code == 200

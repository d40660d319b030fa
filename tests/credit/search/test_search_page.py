"""The search page, its fragment, its export and the API behind a bank's own pages."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiToken
from accounts.roles import Role
from accounts.services.tokens import digest_of
from audit.models import AuditEntry
from credit.selectors.search_frequency import shares
from credit.services.search_index import refresh
from tests.credit.search.firms import register
from tests.people import client_of, make_person

pytestmark = pytest.mark.django_db
URL = "/credit/search/"
API = "/api/v1/enterprises/"
SECRET = "cxp_testtoken_for_the_search_0123456789abcdefgh"


@pytest.fixture
def officer():
    return client_of(make_person(Role.BANK_OFFICER))


def register_many(number):
    for one in range(number):
        register(f"慈溪市公牛{one}号电器厂", legal_person="阮立平")
    refresh()


def test_an_empty_page_shows_how_one_can_ask(officer):
    html = officer.get(URL).content.decode()
    assert "可以这样查" in html
    assert "找到" not in html


def test_the_name_is_marked_and_the_row_opens_the_profile(officer):
    firm = register("慈溪市公牛电器有限公司", legal_person="阮立平")
    refresh()
    html = officer.get(URL, {"q": "公牛"}).content.decode()
    assert "慈溪市<mark>公牛</mark>电器有限公司" in html
    assert f'data-href="/credit/enterprises/{firm.code}/"' in html
    assert "阮立平" in html
    assert "观海卫镇" in html


def test_a_former_name_is_told_below_the_name(officer):
    register("慈溪市公牛电器有限公司", "慈溪县插座厂")
    refresh()
    html = officer.get(URL, {"q": "插座"}).content.decode()
    assert "曾用名：慈溪县<mark>插座</mark>厂" in html


def test_typing_gets_the_results_alone(officer):
    register_many(1)
    answer = officer.get(URL, {"q": "公牛"}, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "公牛" in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_a_restored_history_entry_gets_the_whole_page(officer):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in officer.get(URL, {"q": "公牛"}, headers=headers).content.decode()


def test_what_is_typed_comes_back_harmless(officer):
    html = officer.get(URL, {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in html


def test_nothing_found_says_what_to_try(officer):
    html = officer.get(URL, {"q": "不存在的企业名"}).content.decode()
    assert "没有找到“不存在的企业名”" in html
    assert "曾用名或法定代表人" in html


def test_a_code_with_a_wrong_check_symbol_says_so(officer):
    html = officer.get(URL, {"q": "91110000600037341N"}).content.decode()
    assert "末位校验码按前 17 位推算应为 L" in html


def test_a_filter_stays_in_the_address_of_every_link_and_in_the_form(officer):
    register_many(25)
    html = officer.get(URL, {"q": "公牛", "town": "330282107"}).content.decode()
    assert '<input type="hidden" name="town" value="330282107">' in html
    assert "town=330282107&amp;page=2" in html


def test_senseless_parameters_are_passed_over(officer):
    register_many(1)
    answer = officer.get(URL, {"q": "公牛", "town": "x", "grade": "ZZZ", "sort": "drop", "page": "-1"})
    assert answer.status_code == 200
    assert "0号电器厂" in answer.content.decode()


def queries(client, **parameters):
    shares()
    with CaptureQueriesContext(connection) as captured:
        client.get(URL, parameters)
    return len(captured)


def test_the_number_of_queries_does_not_grow_with_the_hits(officer):
    register_many(6)
    few = queries(officer, q="公牛")
    register_many(60)
    assert queries(officer, q="公牛") == few
    assert few - queries(officer) == 1


def test_finding_nothing_costs_one_query_more(officer):
    register_many(6)
    many = queries(officer, q="公牛")
    assert queries(officer, q="公牛 99号") == many  # letters and digits have no near matches
    assert queries(officer, q="公牛电厂") == many + 1


def exported(client, **parameters):
    answer = client.get(f"{URL}export/", parameters)
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff统一社会信用代码,")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_export_holds_every_match_of_all_pages(officer, monkeypatch):
    monkeypatch.setattr("credit.selectors.search.EXPORT_BLOCK", 7)
    register_many(45)
    register("宁波慈星轴承有限公司")
    refresh()
    rows = exported(officer, q="公牛")
    assert len(rows) == len({row["统一社会信用代码"] for row in rows}) == 45
    assert {row["法定代表人"] for row in rows} == {"阮立平"}


def test_the_export_is_filtered_as_the_page_is(officer):
    register("慈溪市公牛电器有限公司", town_code="330282002")
    register_many(3)
    assert [row["镇街"] for row in exported(officer, q="公牛", town="330282002")] == ["宗汉街道"]


def test_the_export_stands_in_the_log_with_what_was_asked(officer):
    register_many(3)
    exported(officer, q="公牛", town="330282107")
    entry = AuditEntry.objects.latest("seq")
    assert entry.action == "credit.search.exported"
    assert entry.detail == {"query": "公牛", "filters": {"town": ["330282107"]}, "rows": 3}


def test_a_cell_that_looks_like_a_formula_is_disarmed(officer):
    register("=cmd|公牛")
    refresh()
    assert exported(officer, q="公牛")[0]["企业名称"] == "'=cmd|公牛"


def token(*scopes, role=Role.BANK_MANAGER):
    user, now = make_person(role), timezone.now()
    ApiToken.objects.create(
        agency=user.agency, user=user, name="信贷系统", prefix=SECRET[:8], digest=digest_of(SECRET),
        scopes=list(scopes), created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    return {"Authorization": f"Bearer {SECRET}"}


def test_the_api_answers_with_identity_grade_and_why(client):
    firm = register("慈溪市公牛电器有限公司", "慈溪县插座厂")
    refresh()
    body = client.get(API, {"q": "插座"}, headers=token("enterprises.read")).json()
    assert body["count"] == 1
    assert body["results"][0]["code"] == firm.code
    assert {"kind": "former", "label": "曾用名", "text": "慈溪县插座厂"} in body["results"][0]["matches"]


def test_the_api_gives_nothing_but_identity_and_grade(client):
    register_many(1)
    hit = client.get(API, {"q": "公牛"}, headers=token("enterprises.read")).json()["results"][0]
    assert set(hit) == {
        "code", "register_no", "name", "former_names", "state", "kind", "town_code", "industry_section", "size",
        "legal_person", "established_on", "grade", "word", "thin", "matches",
    }  # fmt: skip


def test_the_api_is_read_page_by_page(client):
    register_many(23)
    headers = token("enterprises.read")
    url, seen = f"{API}?q=公牛&page_size=10&size=small", []
    while url:
        body = client.get(url, headers=headers).json()
        seen += [hit["code"] for hit in body["results"]]
        url = body["next"]
    assert len(seen) == len(set(seen)) == 23


def test_a_token_without_the_scope_is_refused(client):
    assert client.get(API, {"q": "公牛"}, headers=token("deliveries.read")).status_code == 403


def test_only_those_who_may_search_see_the_field_in_the_top_bar():
    allowed, other = client_of(make_person(Role.LEADER)), client_of(make_person(Role.SHOP_KEEPER))
    assert "site-search" in allowed.get("/accounts/me/").content.decode()
    assert "site-search" not in other.get("/accounts/me/").content.decode()

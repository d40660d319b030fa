"""CKAN's reading actions over the test client: shapes, parameters, refusals."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.datasets import make_dataset, make_published, the_resource

pytestmark = pytest.mark.django_db
ACTION = "/api/3/action"


def get(name: str, **parameters: Any) -> Any:
    answer = Client().get(f"{ACTION}/{name}", parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()["result"]


def test_a_site_says_which_ckan_it_speaks() -> None:
    assert get("status_show")["ckan_version"].startswith("2.11.")
    assert get("site_read") is True
    assert Client().get("/api/3").json() == {"version": 3}


def test_an_answer_has_help_success_and_result_as_plain_json() -> None:
    answer = Client().get(f"{ACTION}/package_list")
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert set(answer.json()) == {"help", "success", "result"}
    assert answer.json()["help"].endswith("/api/3/action/help_show?name=package_list")


def test_a_dataset_is_shown_by_id_and_by_name() -> None:
    dataset = make_published(title="养老机构名录")
    by_name = get("package_show", id=dataset.name)
    assert by_name == get("package_show", id=str(dataset.uid))
    assert by_name["title"] == "养老机构名录"
    assert by_name["organization"]["name"] == "market"
    assert by_name["metadata_modified"] == "2026-11-20T02:00:00.000000"


def test_every_resource_has_the_twelve_keys_harvesters_require() -> None:
    dataset = make_published()
    resource = get("package_show", id=dataset.name)["resources"][0]
    names = "id position name description format mimetype size hash created last_modified url"
    wanted = [*names.split(), "resource_type"]
    assert set(wanted) <= set(resource)
    assert resource["url"].startswith("http://testserver/catalog/resources/")


def test_a_draft_is_nowhere_for_the_public() -> None:
    draft = make_dataset(title="内部草稿")
    answer = Client().get(f"{ACTION}/package_show", {"id": draft.name})
    assert answer.status_code == 404
    assert answer.json()["error"]["__type"] == "Not Found Error"
    assert get("package_list") == []
    assert get("package_search", q="内部草稿")["count"] == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps({"id": "wanted"}), "application/json"),
        ("id=wanted", "application/x-www-form-urlencoded"),
        (json.dumps({"id": "wanted"}), "application/x-www-form-urlencoded"),
    ],
)
def test_parameters_come_as_json_as_form_and_as_json_called_a_form(body: str, kind: str) -> None:
    make_published(name="wanted")
    answer = Client().post(f"{ACTION}/package_show", body, content_type=kind)
    assert answer.json()["result"]["name"] == "wanted"


def test_a_read_by_post_without_body_takes_the_query_string() -> None:
    make_published(name="wanted")
    answer = Client().post(f"{ACTION}/package_show?id=wanted", b"", content_type="application/json")
    assert answer.json()["success"] is True


@pytest.mark.parametrize(
    ("method", "name", "body"),
    [("get", "no_such_action", None), ("post", "package_show", "{broken"), ("get", "package_create", None)],
)
def test_what_cannot_be_understood_is_a_bare_string(method: str, name: str, body: str | None) -> None:
    client = Client()
    if method == "get":
        answer = client.get(f"{ACTION}/{name}")
    else:
        answer = client.post(f"{ACTION}/{name}", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json().startswith("Bad request")


def test_a_missing_parameter_is_a_validation_error() -> None:
    answer = Client().get(f"{ACTION}/package_show")
    assert answer.status_code == 409
    assert answer.json()["error"] == {"__type": "Validation Error", "id": ["Missing value"]}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("养老", 1), ("yl", 1), ("yanglao", 1), ("organization:hrss", 1), ("-organization:hrss", 1), ("*:*", 2),
        ("organization:hrss OR organization:market", 2), ("groups:elderly-care", 1), ("tags:民政", 1),
        ('tags:"民政" AND organization:hrss', 1), ("title:床位 养老", 1), ("res_format:csv", 2),
        ("metadata_modified:[2026-11-19T00:00:00Z TO *]", 2), ("metadata_modified:[2026-11-21T00:00:00Z TO *]", 0),
        ("groups:(elderly-care OR credit)", 1),
    ],
)  # fmt: skip
def test_datasets_are_found_in_the_language_of_harvesters(query: str, count: int) -> None:
    make_published("hrss", title="养老机构床位", lane="elderly-care", tags=["民政"])
    make_published("market", title="企业名录")
    assert get("package_search", fq=query)["count"] == count
    assert get("package_search", q=query)["count"] == count


@pytest.mark.parametrize(
    "query", ["nofield:x", "title:(", "a:[b", "metadata_modified:[x TO y]", '"open', "a:b:c"]
)
def test_a_filter_that_is_not_understood_is_refused(query: str) -> None:
    answer = Client().get(f"{ACTION}/package_search", {"fq": query})
    assert answer.status_code == 400
    assert answer.json()["error"]["__type"] == "Search Query Error"


def test_facets_carry_counts_and_titles() -> None:
    make_published("hrss", lane="elderly-care")
    make_published("hrss")
    found = get("package_search", **{"facet.field": '["organization", "groups"]', "rows": 0})
    assert found["results"] == []
    assert found["facets"]["organization"] == {"hrss": 2}
    item = found["search_facets"]["organization"]["items"][0]
    assert item == {"name": "hrss", "display_name": "慈溪市人力资源和社会保障局", "count": 2}


def test_a_search_of_many_takes_as_many_queries_as_one_of_few(django_assert_num_queries: Any) -> None:
    for _ in range(8):
        make_published()
    with django_assert_num_queries(5):
        get("package_search", rows=1, **{"facet.field": '["organization"]'})
    with django_assert_num_queries(5):
        get("package_search", rows=8, **{"facet.field": '["organization"]'})


def test_rows_are_read_with_filters_sort_and_fields() -> None:
    uid = str(the_resource(make_published()).uid)
    found = get(
        "datastore_search",
        resource_id=uid,
        filters='{"is_open": true}',
        sort="people desc",
        fields="name,people",
    )
    assert found["records"] == [{"name": "杜湖养老院", "people": 80}, {"name": "鸣鹤敬老院", "people": 45}]
    assert found["total"] == 2
    assert found["total_was_estimated"] is False


def test_fields_begin_with_the_row_number_and_carry_titles() -> None:
    uid = str(the_resource(make_published()).uid)
    found = get("datastore_search", resource_id=uid, limit=0)
    assert found["fields"][0] == {"id": "_id", "type": "int"}
    assert found["fields"][1]["info"]["label"] == "编号"
    assert found["records"] == []
    assert found["total"] == 4


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"town": ["匡堰镇", "桥头镇"]}, [1, 3]),
        ({"people": {"gte": 45}}, [1, 2]),
        ({"people": {"gt": 12, "lt": 80}}, [2]),
        ({"$or": [{"town": "桥头镇"}, {"people": {"gt": 70}}]}, [1, 3]),
        ({"$and": [{"is_open": True}, {"amount": None}]}, [2]),
        ({"_id": {"gt": 2}}, [3, 4]),
        ({"code": "0001"}, [1]),
    ],
)
def test_filters_compare_list_and_nest(filters: dict[str, Any], ids: list[int]) -> None:
    uid = str(the_resource(make_published()).uid)
    found = get("datastore_search", resource_id=uid, filters=json.dumps(filters))
    assert [record["_id"] for record in found["records"]] == ids


def test_pages_go_on_behind_the_last_row() -> None:
    uid = str(the_resource(make_published()).uid)
    first = get("datastore_search", resource_id=uid, limit=3, include_next_page=True)
    assert first["next_page"] == {"_id": {"gt": 3}}
    rest = get(
        "datastore_search",
        resource_id=uid,
        limit=3,
        filters=json.dumps(first["next_page"]),
        include_next_page=True,
    )
    assert [r["_id"] for r in rest["records"]] == [4]
    assert rest["next_page"] is None


@pytest.mark.parametrize(
    ("records_format", "start"), [("csv", "1,0001,杜湖养老院"), ("tsv", "1\t0001\t杜湖养老院")]
)
def test_records_come_as_text_when_asked(records_format: str, start: str) -> None:
    uid = str(the_resource(make_published()).uid)
    found = get("datastore_search", resource_id=uid, records_format=records_format)
    assert found["records"].startswith(start)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("filters", '{"nothing": 1}'), ("sort", "nothing"), ("fields", "nothing"), ("limit", "-1"), ("offset", "x"),
     ("filters", '{"people": "many"}'), ("records_format", "pdf"), ("sort", "name; DROP TABLE x")],
)  # fmt: skip
def test_what_a_table_does_not_have_is_a_validation_error(parameter: str, value: str) -> None:
    uid = str(the_resource(make_published()).uid)
    answer = Client().get(f"{ACTION}/datastore_search", {"resource_id": uid, parameter: value})
    assert answer.status_code == 409
    assert answer.json()["error"]["__type"] == "Validation Error"


def test_no_sql_is_taken() -> None:
    answer = Client().get(f"{ACTION}/datastore_search_sql", {"sql": "SELECT 1"})
    assert answer.status_code == 400


def test_a_harvester_walks_pages_until_one_is_empty() -> None:
    names = {make_published().name for _ in range(5)}
    seen: list[str] = []
    start = 0
    while page := get("package_search", rows=2, start=start, sort="id asc", fq="*:*")["results"]:
        seen += [one["name"] for one in page]
        start += 2
    assert sorted(seen) == sorted(names)
    assert len(seen) == len(set(seen))


def test_lists_of_the_rest_answer() -> None:
    make_published("hrss", lane="elderly-care", tags=["民政"])
    assert "hrss" in get("organization_list")
    assert get("organization_show", id="hrss", include_datasets=True)["packages"]
    assert "elderly-care" in get("group_list")
    assert get("group_show", id="elderly-care")["package_count"] == 1
    assert len(get("group_package_show", id="elderly-care")) == 1
    assert get("tag_list") == ["民政"]
    assert get("tag_show", id="民政")["name"] == "民政"
    assert get("license_list")
    assert get("user_list") == []
    assert Client().get(f"{ACTION}/help_show", {"name": "package_show"}).json()["result"]

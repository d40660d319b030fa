"""The table API, downloads and what must not leave by them."""

import io
import json
from typing import Any

import fastexcel
import pytest
from django.test import Client

from catalog.models import Dataset
from tests.datasets import COLUMNS, ROWS, make_published, make_release, the_resource

pytestmark = pytest.mark.django_db


def rows(uid: Any, **parameters: Any) -> Any:
    return Client().get(f"/api/v1/catalog/resources/{uid}/rows/", parameters).json()


def test_pages_by_cursor_give_every_row_once_in_any_order() -> None:
    many = [(f"{n:04d}", f"院{n % 7}", None, n % 5 if n % 3 else None, n % 11, None, None) for n in range(57)]
    uid = the_resource(make_published(rows=many)).uid
    for sort in ("", "amount", "-amount", "people,-name", "-people"):
        seen: list[str] = []
        answer = rows(uid, sort=sort, limit=10)
        while True:
            seen += [row["code"] for row in answer["rows"]]
            if not answer["next"]:
                break
            answer = Client().get(answer["next"]).json()
        assert sorted(seen) == [row[0] for row in many], sort
        assert answer["total"] == 57


def test_filters_fields_and_sort_of_an_address() -> None:
    uid = the_resource(make_published()).uid
    found = rows(uid, filter=["people:gte:45", "name:contains:养老"], fields="name,people", sort="-people")
    assert found["rows"] == [{"name": "杜湖养老院", "people": 80}]
    assert found["total"] == 1 and found["total_is_estimate"] is False


@pytest.mark.parametrize(
    "parameters",
    [{"filter": "nothing:eq:1"}, {"filter": "people"}, {"filter": "people:like:1"}, {"sort": "nothing"},
     {"cursor": "xyz"}, {"fields": "nothing"}, {"filters": "{"}],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_refused(parameters: dict[str, str]) -> None:
    uid = the_resource(make_published()).uid
    answer = Client().get(f"/api/v1/catalog/resources/{uid}/rows/", parameters)
    assert answer.status_code == 409
    assert answer.json()["error"]["fields"]


def whole(url: str) -> bytes:
    answer = Client().get(url)
    assert answer.status_code == 200, url
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_dump_has_every_row_in_each_format() -> None:
    uid = the_resource(make_published()).uid
    csv_lines = whole(f"/datastore/dump/{uid}?format=csv").decode().splitlines()
    assert csv_lines[0] == "_id,code,name,town,amount,people,opened_on,is_open"
    assert csv_lines[1] == "1,0001,杜湖养老院,匡堰镇,1200.50,80,2019-03-01,true"
    told = json.loads(whole(f"/datastore/dump/{uid}?format=json"))
    assert told["records"][2][2] == '=1+1,"引号"'
    listed = json.loads(whole(f"/api/v1/catalog/resources/{uid}/dump/?format=json"))
    assert [row["code"] for row in listed] == ["0001", "0002", "0003", "0004"]
    assert whole(f"/datastore/dump/{uid}?format=xml").decode().count("<row ") == 4
    book = fastexcel.read_excel(whole(f"/datastore/dump/{uid}?format=xlsx")).load_sheet(0).to_polars()
    assert book["code"].to_list() == ["0001", "0002", "0003", "0004"]
    assert book["amount"].to_list() == [1200.5, None, -3.25, 88.0]


def test_a_file_for_spreadsheets_has_a_mark_titles_and_no_formula() -> None:
    resource = the_resource(make_published())
    text = whole(f"/catalog/resources/{resource.uid}/download/data.csv?bom=1").decode()
    assert text.startswith("\ufeff编号,名称")
    assert "'=1+1" in text and "-3.25" in text


def test_a_workbook_goes_on_with_another_sheet_when_one_is_full() -> None:
    from catalog.engine.xlsx_stream import stream_workbook

    book = fastexcel.read_excel(b"".join(stream_workbook(["n"], ([n] for n in range(7)), sheet_rows=3)))
    assert [book.load_sheet(n).height for n in range(3)] == [3, 3, 1]
    assert io


SECRET = "330282199001011234"


def test_a_field_marked_l4_leaves_by_no_path() -> None:
    """Values, title and code of the field, on every address that speaks of the dataset."""
    told = (*COLUMNS, ("person_id", "身份证号码", "text"))
    many = [(*row, SECRET) for row in ROWS]
    dataset = make_published(
        rows=many, told=told, grades={"person_id": "L4"}, name="guarded", title="受护数据"
    )
    resource = the_resource(dataset)
    make_release(resource, [(*row, SECRET) for row in ROWS[:2]], told, fields={"person_id": {"grade": "L4"}})
    uid = resource.uid
    paths = [
        "/catalog/", "/catalog/?q=受护", f"/catalog/datasets/{dataset.name}/", "/catalog/statistics/",
        f"/catalog/datasets/{dataset.name}/resources/{uid}/", f"/catalog/datasets/{dataset.name}/datapackage.json",
        f"/api/3/action/package_show?id={dataset.name}", f"/api/3/action/datastore_search?resource_id={uid}",
        f"/api/3/action/datastore_info?id={uid}", "/api/3/action/package_search?q=受护",
        f"/datastore/dump/{uid}", f"/datastore/dump/{uid}?format=json", f"/datastore/dump/{uid}?format=xml",
        f"/catalog/resources/{uid}/download/a.csv?bom=1", f"/dataset/{dataset.name}.ttl", "/catalog.jsonld",
        f"/api/v1/catalog/datasets/{dataset.name}/", f"/api/v1/catalog/resources/{uid}/", "/sitemap.xml",
        f"/api/v1/catalog/resources/{uid}/rows/", f"/api/v1/catalog/resources/{uid}/profile/",
        f"/api/v1/catalog/resources/{uid}/dump/?format=json", "/api/v1/catalog/suggest/?q=受护",
    ]  # fmt: skip
    for path in paths:
        text = whole(path).decode()
        assert SECRET not in text and "身份证号码" not in text and "person_id" not in text, path
    assert Client().get("/api/v1/catalog/suggest/?q=身份证号码").json() == []
    for probe in ("filter=person_id:eq:1", "sort=person_id", "fields=person_id"):
        assert Client().get(f"/api/v1/catalog/resources/{uid}/rows/?{probe}").status_code == 409
    assert rows(uid, q=SECRET)["total"] == 0
    sheet = fastexcel.read_excel(whole(f"/datastore/dump/{uid}?format=xlsx")).load_sheet(0).to_polars()
    assert "person_id" not in sheet.columns


def test_another_departments_draft_is_nowhere() -> None:
    from accounts.roles import AgencyKind, Role
    from tests.datasets import make_dataset
    from tests.people import client_of, make_agency, make_person

    draft = make_dataset("health", name="hidden-draft", title="隐藏草稿")
    agency = make_agency(AgencyKind.DEPARTMENT, scope_code="market")
    stranger = client_of(make_person(Role.DATA_STEWARD, agency=agency))
    for path in (f"/catalog/datasets/{draft.name}/", f"/catalog/drafts/{draft.uid}/", f"/dataset/{draft.name}.ttl",
                 f"/api/v1/catalog/datasets/{draft.name}/", f"/catalog/datasets/{draft.name}/datapackage.json"):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    for path in (
        "/catalog/?q=隐藏",
        "/catalog/drafts/",
        "/catalog.ttl",
        "/sitemap.xml",
        "/api/v1/catalog/suggest/?q=隐藏",
    ):
        assert "隐藏草稿" not in stranger.get(path).content.decode(), path


def test_a_second_version_says_what_changed() -> None:
    from catalog.services.publish_tables import put_in_force
    from tests.datasets import NOW

    dataset = make_published()
    changed = [
        *ROWS[1:3],
        ("0004", "浒山居家中心", "浒山街道", "99", 12, "2024-05-06", None),
        ("0009", "新院", None, 1, 1, None, None),
    ]
    make_release(the_resource(dataset), changed)
    put_in_force(Dataset.objects.get(pk=dataset.pk), now=NOW)
    difference = the_resource(dataset).current.difference  # type: ignore[union-attr]
    assert {k: difference[k] for k in ("added", "removed", "changed", "by_key")} == {
        "added": 1, "removed": 1, "changed": 1, "by_key": True,
    }  # fmt: skip
    assert difference["changed_columns"] == [{"code": "amount", "title": "金额", "cells": 1}]


@pytest.mark.parametrize("bom", ["0", "1"])
def test_a_dump_for_spreadsheets_is_sorted_by_the_value_not_by_how_it_is_spelled(bom: str) -> None:
    many = [(text, "院", None, None, None, None, None) for text in ("=b", "%", "=a", "-c", "'z")]
    uid = the_resource(make_published(rows=many)).uid
    answer = Client().get(f"/datastore/dump/{uid}?sort=code&fields=code&bom={bom}")
    body = b"".join(answer.streaming_content).decode().lstrip("\ufeff")  # type: ignore[attr-defined]
    plain = Client().get(f"/api/v1/catalog/resources/{uid}/rows/?sort=code").json()["rows"]
    assert [line.lstrip("'") for line in body.split()[1:]] == [row["code"].lstrip("'") for row in plain]

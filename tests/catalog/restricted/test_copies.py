"""Every copy that leaves under a grant says whose it is, and a leaked one is traced back."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.roles import AgencyKind, Role
from accounts.services.tokens import issue_token
from catalog.models import Grant, GrantUse, ResourceField
from tests.catalog.openings import ORIGIN
from tests.datasets import make_published, the_resource
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
TOLD = (
    ("name", "名称", "text"),
    ("amount", "金额", "number"),
    ("day", "日期", "date"),
    ("open", "营业", "boolean"),
)
ROWS = [
    (f"企业{n:03d}", f"{n}.50", f"2026-0{n % 9 + 1}-1{n % 9}", n % 3 == 0) for n in range(1, 201)
]  # two hundred rows are a hundred pairs


@pytest.fixture
def scene():
    cache.clear()
    dataset = make_published("court", rows=ROWS, told=TOLD, name="guarded")
    resource = the_resource(dataset)
    ResourceField.objects.filter(resource=resource, code="amount").update(grade="L3", opening="restricted")
    holders = []
    for _ in range(3):
        bank = make_agency(AgencyKind.BANK)
        today = timezone.localdate()
        Grant.objects.create(
            agency=bank, resource=resource, fields=["amount"], way="both", quota=50, starts_on=today,
            ends_on=today + timedelta(days=9), given_at=timezone.now(),
        )  # fmt: skip
        holders.append(make_person(Role.BANK_MANAGER, agency=bank))
    return {
        "resource": resource,
        "holders": holders,
        "page": f"/catalog/datasets/guarded/resources/{resource.uid}/",
    }


def body_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def trace(path):
    out = io.StringIO()
    call_command("trace_copy", str(path), stdout=out)
    return json.loads(out.getvalue())


DOWNLOADS = [
    *(
        f"/catalog/resources/{{uid}}/download/data.{ending}"
        for ending in ("csv", "tsv", "json", "xml", "xlsx")
    ),
    "/catalog/resources/{uid}/download/data.csv?bom=1",
    *(f"/datastore/dump/{{uid}}?format={ending}" for ending in ("csv", "tsv", "json", "xml", "xlsx")),
    *(f"/api/v1/catalog/resources/{{uid}}/dump/?format={ending}" for ending in ("csv", "json")),
]
CALLS = [
    "/api/v1/catalog/resources/{uid}/rows/?limit=1000",
    "/api/3/action/datastore_search?resource_id={uid}&limit=1000",
    "/api/3/action/datastore_search?resource_id={uid}&limit=1000&records_format=lists",
]


@pytest.mark.parametrize("path", DOWNLOADS + CALLS)
def test_a_copy_leads_back_to_the_use_it_left_by(scene, path, tmp_path):
    answers = []
    for holder in scene["holders"]:
        browser = client_of(holder)
        headers = {}
        if "/action/" in path:
            secret = issue_token(
                holder, name="接口", scopes=["catalog.read"], days=30, now=timezone.now(), origin=ORIGIN
            )[1]
            headers = {"Authorization": secret}
        answers.append(browser.get(path.format(uid=scene["resource"].uid), headers=headers))
    leaked = answers[1]
    use = GrantUse.objects.get(grant__agency=scene["holders"][1].agency)
    assert leaked["X-Catalog-Mark"] == use.mark
    if "Content-Disposition" in leaked:
        assert use.mark in leaked["Content-Disposition"]
    file = tmp_path / "leak.bin"
    content = body_of(leaked)
    # What is written in words is struck out: only the order is left.
    if content[:2] != b"PK":
        content = content.replace(use.mark.encode(), b"")
    file.write_bytes(content)
    found = trace(file)
    assert [one["user"] for one in found["suspects"] if one["evidence"] == "order"] == [
        scene["holders"][1].username
    ]
    assert found["rows_matched"] == 200


def test_values_and_number_of_rows_are_untouched(scene):
    uid = scene["resource"].uid
    text = body_of(client_of(scene["holders"][0]).get(f"/datastore/dump/{uid}")).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert sorted(rows[1:], key=lambda row: int(row[0])) == [
        [str(n), name, amount, day, "true" if is_open else "false"]
        for n, (name, amount, day, is_open) in enumerate(ROWS, start=1)
    ]
    assert rows[1:] != sorted(rows[1:], key=lambda row: int(row[0]))


def test_a_third_of_the_rows_in_other_columns_is_enough(scene, tmp_path):
    uid = scene["resource"].uid
    text = body_of(client_of(scene["holders"][2]).get(f"/catalog/resources/{uid}/download/x.csv")).decode()
    rows = list(csv.reader(io.StringIO(text)))
    file = tmp_path / "part.csv"
    with file.open("w", newline="") as handle:
        csv.writer(handle, delimiter=";").writerows([row[1], row[0]] for row in [rows[0], *rows[60:150]])
    assert [one["user"] for one in trace(file)["suspects"]] == [scene["holders"][2].username]


def test_a_mark_in_words_is_enough(scene, tmp_path):
    uid = scene["resource"].uid
    answer = client_of(scene["holders"][0]).get(f"/catalog/resources/{uid}/download/x.csv?bom=1")
    last = body_of(answer).decode().splitlines()[-1]
    file = tmp_path / "note.csv"
    file.write_text(f"名称,金额\n别的,1\n{last}\n")
    (suspect,) = trace(file)["suspects"]
    assert suspect["evidence"] == "mark" and suspect["agency"] == scene["holders"][0].agency.name


def test_a_copy_nobody_was_given_leads_to_nobody(scene, tmp_path):
    body_of(client_of(scene["holders"][0]).get(f"/datastore/dump/{scene['resource'].uid}"))
    file = tmp_path / "open.csv"
    with file.open("w", newline="") as handle:
        csv.writer(handle).writerows([("name", "amount"), *((name, amount) for name, amount, *_ in ROWS)])
    with pytest.raises(CommandError, match="次序与任何一次使用都不符"):
        call_command("trace_copy", str(file), stdout=io.StringIO())


def test_pages_by_cursor_are_whole_and_marked(scene):
    browser, seen = client_of(scene["holders"][0]), []
    path = f"/api/v1/catalog/resources/{scene['resource'].uid}/rows/?limit=30"
    while path:
        answer = browser.get(path)
        told = answer.json()
        assert told["mark"] == answer["X-Catalog-Mark"]
        seen += [row["name"] for row in told["rows"]]
        path = told["next"]
    assert sorted(seen) == [row[0] for row in ROWS] and seen != sorted(seen)


def test_what_is_asked_for_in_an_order_comes_in_that_order(scene):
    browser = client_of(scene["holders"][0])
    told = browser.get(f"/api/v1/catalog/resources/{scene['resource'].uid}/rows/?sort=name&limit=100").json()
    names = [row["name"] for row in told["rows"]]
    assert names == sorted(names) and told["mark"]


def test_open_data_bears_no_mark(scene):
    uid = scene["resource"].uid
    for path in (f"/datastore/dump/{uid}", f"/api/v1/catalog/resources/{uid}/rows/"):
        assert "X-Catalog-Mark" not in Client().get(path)
    text = body_of(Client().get(f"/datastore/dump/{uid}")).decode()
    rows = [int(row[0]) for row in csv.reader(io.StringIO(text)) if row[0].isdigit()]
    assert rows == sorted(rows)


def test_a_look_at_granted_rows_is_a_use(scene):
    holder = scene["holders"][0]
    grant = Grant.objects.get(agency=holder.agency)
    page = client_of(holder).get(scene["page"]).content.decode()
    grant.refresh_from_db()
    assert grant.used == 1 and "剩余 49 次" in page and '"num">1.5<' in page
    assert grant.uses.get().way == "page"


def test_a_page_shows_nothing_granted_once_the_quota_is_gone(scene):
    holder = scene["holders"][0]
    Grant.objects.filter(agency=holder.agency).update(quota=2)
    pages = [client_of(holder).get(scene["page"]).content.decode() for _ in range(3)]
    assert ['"num">1.5<' in page for page in pages] == [True, True, False]
    assert "企业001" in pages[2]


def test_a_look_at_open_data_is_nobodys_use(scene):
    Client().get(scene["page"])
    assert not GrantUse.objects.exists()

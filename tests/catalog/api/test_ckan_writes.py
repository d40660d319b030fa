"""Writers by token: drafts only, grades no lower than they are due, refusals as CKAN words them."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.roles import AgencyKind, Role
from accounts.services.tokens import issue_token
from catalog.models import Dataset, Resource, ResourceField
from catalog.services.gating import ask_gate
from catalog.services.inheritance import known_fields
from catalog.services.publish_tables import put_in_force
from tests.catalog.openings import ORIGIN
from tests.datasets import make_dataset, make_published, the_resource
from tests.people import make_agency, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Any:
    cache.clear()
    make_dataset("court")  # the publishers
    steward = make_person(Role.DATA_STEWARD, agency=make_agency(AgencyKind.DEPARTMENT, scope_code="court"))
    secret = issue_token(
        steward,
        name="编目",
        scopes=["catalog.write", "catalog.read"],
        days=30,
        now=timezone.now(),
        origin=ORIGIN,
    )[1]

    def call(action: str, status: int = 200, **told: Any) -> Any:
        response = Client().post(
            f"/api/3/action/{action}", json.dumps(told), content_type="application/json",
            headers={"Authorization": secret},
        )  # fmt: skip
        assert response.status_code == status, response.content
        answer = response.json()
        return answer["result"] if status == 200 else answer["error"]

    return call


@pytest.fixture
def resource(writer: Any) -> Any:
    writer("package_create", name="written", title="写入", owner_org="court")
    return writer("resource_create", package_id="written", name="表")["id"]


def strict_title() -> tuple[str, str]:
    """A heading of the data hub whose strictest field is L4, and that grade."""
    return next((title, grade) for title, (_, _, grade) in sorted(known_fields().items()) if grade == "L4")


def grade_of(code: str) -> str:
    return ResourceField.objects.get(resource__dataset__name="written", code=code).grade


def test_a_column_inherits_the_grade_of_the_data_items_field_of_that_name(writer: Any, resource: str) -> None:
    title, grade = strict_title()
    writer(
        "datastore_create", resource_id=resource, fields=[{"id": "x", "info": {"label": title}}], records=[]
    )
    field = ResourceField.objects.get(resource__dataset__name="written", code="x")
    assert field.grade == grade and field.data_item


def test_a_column_without_a_label_inherits_by_its_own_name(writer: Any, resource: str) -> None:
    title, grade = strict_title()
    writer("datastore_create", resource_id=resource, records=[{title: "1"}])
    assert grade_of(title) == grade


def test_a_column_inherits_from_the_data_item_its_writer_names(writer: Any, resource: str) -> None:
    _, (item, field, grade) = next((t, f) for t, f in sorted(known_fields().items()) if f[2] == "L3")
    info = {"data_item": item, "item_field": field}
    writer("datastore_create", resource_id=resource, fields=[{"id": "x", "info": info}])
    assert grade_of("x") == grade
    told = {
        "resource_id": resource,
        "fields": [{"id": "x", "info": {"data_item": "no.item", "item_field": "y"}}],
    }
    assert "数据项" in writer("datastore_create", 409, **told)["fields"][0]


def test_a_writer_may_set_a_grade_higher_but_not_lower(writer: Any, resource: str) -> None:
    title, _ = strict_title()
    writer("datastore_create", resource_id=resource, fields=[{"id": "x", "info": {"grade": "L3"}}])
    assert grade_of("x") == "L3"
    for info in ({"grade": "L1"}, {"grade": "L2", "label": "另名"}):
        error = writer("datastore_create", 409, resource_id=resource, fields=[{"id": "x", "info": info}])
        assert error["__type"] == "Validation Error" and "另一人复核" in error["fields"][0]
    lower = [{"id": "y", "info": {"grade": "L1", "label": title}}]
    assert "不低于 L4" in writer("datastore_create", 409, resource_id=resource, fields=lower)["fields"][0]
    assert grade_of("x") == "L3"


def test_a_column_taken_out_and_put_back_is_no_lower(writer: Any, resource: str) -> None:
    writer(
        "datastore_create", resource_id=resource, fields=[{"id": "x", "info": {"grade": "L3"}}, {"id": "y"}]
    )
    writer("datastore_create", resource_id=resource, fields=[{"id": "y"}])
    writer("datastore_create", resource_id=resource, fields=[{"id": "x"}, {"id": "y"}])
    assert (grade_of("x"), grade_of("y")) == ("L3", "L1")


def test_a_new_table_in_the_place_of_a_published_one_is_no_way_round_its_grades(writer: Any) -> None:
    told = (("amount", "数额", "text"),)
    dataset = make_published("court", rows=[("1",)], told=told, grades={"amount": "L3"}, name="public-one")
    writer("package_update", id="public-one", name="public-one", title="改", resources=[{"name": "新表"}])
    revision = Dataset.objects.get(revises=dataset)
    new = Resource.objects.get(dataset=revision)
    assert new.revises is None
    fields = [{"id": "amount", "info": {"label": "随意"}}]
    writer("datastore_create", resource_id=str(new.uid), fields=fields, records=[{"amount": "1"}])
    found = [f for f in ask_gate(revision, timezone.localdate()) if f.code == "LOWERED"]
    assert [f.message for f in found] == ["分级应为 L3，降低须经另一人复核。"]


def test_writes_to_what_is_published_stay_in_a_revision(writer: Any) -> None:
    dataset = make_published("court", rows=[("甲",)], told=(("name", "名", "text"),), name="stays")
    uid = str(the_resource(dataset).uid)
    writer("datastore_upsert", resource_id=uid, records=[{"name": "乙"}], method="insert")
    writer("package_patch", id="stays", title="另题")
    shown = Client().get("/api/3/action/package_show?id=stays").json()["result"]
    rows = Client().get(f"/api/3/action/datastore_search?resource_id={uid}").json()["result"]["records"]
    assert shown["title"] == dataset.title and [row["name"] for row in rows] == ["甲"]


@pytest.mark.parametrize(
    ("action", "told", "status", "kind"),
    [
        ("package_create", {}, 409, "Validation Error"),
        ("package_create", {"name": "Bad Name", "owner_org": "court"}, 409, "Validation Error"),
        ("package_create", {"name": "ok-name", "owner_org": "nowhere"}, 409, "Validation Error"),
        ("package_create", {"name": "ok-name", "owner_org": "tax"}, 403, "Authorization Error"),
        ("package_update", {"id": "nothing"}, 404, "Not Found Error"),
        ("package_patch", {}, 409, "Validation Error"),
        ("package_delete", {"id": "nothing"}, 404, "Not Found Error"),
        ("resource_create", {"package_id": "nothing"}, 404, "Not Found Error"),
        ("resource_create", {}, 409, "Validation Error"),
        ("resource_delete", {"id": "nothing"}, 404, "Not Found Error"),
        ("datastore_create", {"resource_id": "nothing", "fields": []}, 404, "Not Found Error"),
        ("datastore_upsert", {"method": "replace"}, 409, "Validation Error"),
        ("organization_create", {"name": "new-one"}, 403, "Authorization Error"),
        ("organization_update", {"id": "tax", "description": "x"}, 403, "Authorization Error"),
    ],
)
def test_refusals_are_worded_and_numbered_as_in_ckan(
    writer: Any, action: str, told: dict[str, Any], status: int, kind: str
) -> None:
    assert writer(action, status, **told)["__type"] == kind


def test_a_name_that_is_taken_is_a_validation_error_of_the_name(writer: Any, resource: str) -> None:
    error = writer("package_create", 409, name="written", owner_org="court", title="又一")
    assert list(error) == ["__type", "name"] or set(error) == {"__type", "name"}


def test_a_draft_in_review_takes_no_rows_from_a_file_that_waited(writer: Any) -> None:
    """What the reviewers saw is what is published."""
    from django.core.files.base import ContentFile

    from catalog.services import intake

    dataset = make_published("court", rows=[("甲",)], told=(("name", "名", "text"),), name="in-review")
    kept = the_resource(dataset)
    waiting = intake.receive_file(
        kept, ContentFile("名\n乙\n".encode()), "a.csv", editor=None, now=timezone.now(), origin=ORIGIN
    )
    with pytest.raises(intake.UnableToTakeFile, match="只有草稿可以入表"):
        intake.take_rows(waiting, now=timezone.now(), origin=ORIGIN)
    put_in_force(dataset, now=timezone.now())
    assert the_resource(dataset).current.row_count == 1

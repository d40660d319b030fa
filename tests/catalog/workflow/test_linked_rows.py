"""Tables made of delivered data items and of the index's published series."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from accounts.roles import AgencyKind, Role
from catalog.models import Dataset
from catalog.selectors.rights import field_right
from catalog.services import linked_rows, workflow
from catalog.services.desensitise import read_frame
from catalog.services.linked_rows import UnableToLinkRows, link_rows, list_sources
from datahub.public import item_rows
from index.contracts import PublicPoint, PublicSeries
from tests.catalog.openings import ORIGIN
from tests.datasets import make_dataset
from tests.firms import CODES, NOW, register_firms
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db


def told() -> dict[str, Any]:
    """The data hub knows a record from the moment it was promoted, by the clock."""
    return {"now": timezone.now(), "origin": ORIGIN}


@pytest.fixture
def scene(settings, tmp_path):
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path)}
    register_firms()
    agency = make_agency(AgencyKind.DEPARTMENT, scope_code="market")
    return {"steward": make_person(Role.DATA_STEWARD, agency=agency), "dataset": make_dataset("market")}


def test_a_departments_delivered_items_are_offered_and_no_other_ones(scene):
    codes = {source.code for source in list_sources(scene["dataset"], timezone.now())}
    assert codes == {"market.registration", "market.annual_assets"}
    assert list_sources(make_dataset("court"), timezone.now()) == []


def test_rows_come_with_types_titles_and_the_grades_of_their_item(scene):
    release = link_rows(scene["steward"], scene["dataset"], "market.annual_assets", **told())
    assert release.row_count == 3 and release.state == "sealed"
    fields = {f.code: f for f in release.resource.fields.all()}
    frame = read_frame(release, list(fields))
    uscc = next(code for code, f in fields.items() if f.title == "统一社会信用代码")
    assert sorted(frame[uscc]) == sorted(CODES)
    assert {f.data_item for f in fields.values()} == {"market.annual_assets"}
    assert {c["type"] for c in release.columns} >= {"text", "number"}
    assert any(f.grade > "L1" for f in fields.values())


def test_what_is_graded_stays_behind_the_gate_until_rules_allow_it(scene):
    release = link_rows(scene["steward"], scene["dataset"], "market.annual_assets", **told())
    with pytest.raises(workflow.UnableToMoveDataset):
        workflow.submit(scene["steward"], Dataset.objects.get(pk=scene["dataset"].pk), **told())
    assert field_right(make_person(Role.LEADER), release.resource, timezone.now()).fields == frozenset()


def test_personal_identifiers_are_not_copied(scene):
    for source in list_sources(scene["dataset"], timezone.now()):
        link_rows(scene["steward"], Dataset.objects.get(pk=scene["dataset"].pk), source.code, **told())
    grades = {f.grade for r in scene["dataset"].resources.all() for f in r.fields.all()}
    assert "L4" not in grades


def test_another_departments_item_and_a_strangers_hand_are_refused(scene):
    with pytest.raises(UnableToLinkRows):
        link_rows(scene["steward"], scene["dataset"], "court.equity_freeze", **told())
    other = make_person(Role.DATA_STEWARD, agency=make_agency(AgencyKind.DEPARTMENT, scope_code="tax"))
    with pytest.raises(UnableToLinkRows):
        link_rows(other, scene["dataset"], "market.registration", **told())
    assert scene["dataset"].resources.count() == 0


def test_rows_are_those_known_at_the_instant(scene):
    assert len(list(item_rows("market.registration", timezone.now()))) == 3
    assert list(item_rows("market.registration", timezone.now() - dt.timedelta(days=1))) == []
    with pytest.raises(KeyError):
        list(item_rows("market.nothing", timezone.now()))


def test_the_data_centre_publishes_the_index_series(scene, monkeypatch):
    series = PublicSeries(
        "all/total", "全市", "total", "总指数", "2025 年均值 = 100", "v1", "d1", NOW,
        tuple(PublicPoint(dt.date(2026, 11, n), 100 + n * 1.25, 55.5, 320, n == 2) for n in (1, 2)),
    )  # fmt: skip
    monkeypatch.setattr(linked_rows, "public_series", lambda: (series,))
    operator = make_person(Role.DATA_CENTRE_OPERATOR)
    dataset = make_dataset("data-centre")
    assert [one.code for one in list_sources(dataset, timezone.now())] == ["index"]
    release = link_rows(operator, dataset, "index", **told())
    assert read_frame(release, ["name", "day", "value"]).rows()[0] == ("全市", "2026-11-01", "101.25")
    with pytest.raises(UnableToLinkRows):
        link_rows(operator, scene["dataset"], "index", **told())


def test_the_page_offers_the_sources_and_makes_the_table(scene):
    browser, path = client_of(scene["steward"]), f"/catalog/drafts/{scene['dataset'].uid}/"
    assert "从平台数据生成" in browser.get(path).content.decode()
    answer = browser.post(f"{path}link/", {"source": "market.registration"}, follow=True)
    assert "已生成数据表，共 3 行" in answer.content.decode()
    assert "请选择本单位" in browser.post(f"{path}link/", {"source": "x"}, follow=True).content.decode()

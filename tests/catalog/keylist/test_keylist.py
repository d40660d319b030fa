"""The yearly list from draft to the last line opened."""

from datetime import date, timedelta

import pytest
from django.test import Client

from catalog.models import KeyList
from catalog.services import keylist as services
from foundation.calendar import add_working_days
from tests.catalog.openings import NOW, ORIGIN, make_department, make_operator, make_published
from tests.people import client_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
TOLD = {"now": NOW, "origin": ORIGIN}
LATER = {"now": NOW + timedelta(days=60), "origin": ORIGIN}


@pytest.fixture
def scene():
    publisher, steward, _ = make_department("agriculture")
    operator = make_operator()
    key_list = services.start_list(operator, 2026, "依据条例编制", **TOLD)
    values = {
        "lane": "sannong", "title": "种植大户名录", "content": "名称、面积", "publisher": publisher, "opening": "open",
        "due_on": TODAY + timedelta(days=90), "position": 1,
    }  # fmt: skip
    entry = services.save_entry(operator, key_list, values, origin=ORIGIN)
    return {"operator": operator, "publisher": publisher, "steward": steward, "list": key_list, "entry": entry,
            "values": values}  # fmt: skip


def adopted(scene):
    services.open_consultation(scene["operator"], scene["list"], **TOLD)
    services.adopt(scene["operator"], scene["list"], **LATER)
    scene["entry"].refresh_from_db()
    return scene["entry"]


def test_the_consultation_lasts_twenty_working_days(scene):
    with pytest.raises(services.UnableToKeepList, match="20 个工作日"):
        services.open_consultation(scene["operator"], scene["list"], until=TODAY + timedelta(days=5), **TOLD)
    services.open_consultation(scene["operator"], scene["list"], **TOLD)
    assert scene["list"].consultation_to == add_working_days(TODAY, 20)


def test_an_empty_list_is_not_put_to_the_public(scene):
    empty = services.start_list(scene["operator"], 2027, **TOLD)
    with pytest.raises(services.UnableToKeepList, match="没有条目"):
        services.open_consultation(scene["operator"], empty, **TOLD)


def test_a_draft_is_nobodys_but_the_centres(scene):
    assert Client().get("/catalog/keylist/2026/").status_code == 404
    assert Client().get("/catalog/keylist/2026.csv").status_code == 404


def test_anybody_comments_while_it_is_open_and_is_shown_once_answered(scene):
    services.open_consultation(scene["operator"], scene["list"], **TOLD)
    services.comment(scene["list"], name="", text="希望加入农机补贴数据", **TOLD)
    said = scene["list"].comments.get()
    assert (said.name, said.due_on) == ("市民", add_working_days(TODAY, 15))
    assert "农机补贴" not in Client().get("/catalog/keylist/2026/").content.decode()
    services.reply(scene["operator"], said, "已列入明年计划", accepted=True, public=True, **TOLD)
    page = Client().get("/catalog/keylist/2026/").content.decode()
    assert "农机补贴" in page and "已列入明年计划" in page


def test_comments_end_with_the_consultation(scene):
    with pytest.raises(services.UnableToKeepList):
        services.comment(scene["list"], name="", text="希望加入农机补贴数据", **TOLD)
    services.open_consultation(scene["operator"], scene["list"], **TOLD)
    with pytest.raises(services.UnableToKeepList):
        services.comment(scene["list"], name="", text="希望加入农机补贴数据", **LATER)


def test_it_is_adopted_after_its_days_with_every_comment_answered(scene):
    services.open_consultation(scene["operator"], scene["list"], **TOLD)
    said = services.comment(scene["list"], name="甲", text="希望加入农机补贴数据", **TOLD)
    with pytest.raises(services.UnableToKeepList, match="期满"):
        services.adopt(scene["operator"], scene["list"], **TOLD)
    with pytest.raises(services.UnableToKeepList, match="没有答复"):
        services.adopt(scene["operator"], scene["list"], **LATER)
    services.reply(scene["operator"], said, "暂不列入", accepted=False, public=False, **LATER)
    services.adopt(scene["operator"], scene["list"], **LATER)
    assert KeyList.objects.get().state == "adopted"
    with pytest.raises(services.UnableToKeepList, match="已印发"):
        services.save_entry(scene["operator"], KeyList.objects.get(), scene["values"], origin=ORIGIN)


def test_done_needs_a_published_dataset_of_the_department(scene):
    entry = adopted(scene)
    other = make_published(make_department("tax")[0])[0]
    for dataset in (None, other):
        with pytest.raises(services.UnableToKeepList, match="已发布"):
            services.report_progress(scene["steward"], entry, progress="done", dataset=dataset, **LATER)
    own = make_published(scene["publisher"])[0]
    done = services.report_progress(scene["steward"], entry, progress="done", dataset=own, **LATER)
    assert done.done_on is not None


def test_what_is_late_needs_a_reason_that_everybody_reads(scene):
    entry = adopted(scene)
    late = {"now": NOW + timedelta(days=120), "origin": ORIGIN}
    with pytest.raises(services.UnableToKeepList, match="逾期理由"):
        services.report_progress(scene["steward"], entry, progress="doing", **late)
    services.report_progress(scene["steward"], entry, progress="doing", late_reason="系统改造", **late)
    assert services.is_late(entry, TODAY + timedelta(days=120))
    assert not services.is_late(entry, TODAY)


def test_a_department_reports_its_own_lines_only(scene):
    entry = adopted(scene)
    stranger = make_department("tax")[1]
    with pytest.raises(services.UnableToKeepList, match="本部门"):
        services.report_progress(stranger, entry, progress="doing", **LATER)
    assert client_of(stranger).get(f"/catalog/desk/keylist/entries/{entry.pk}/").status_code == 404


def test_only_the_centre_keeps_the_list(scene):
    with pytest.raises(services.UnableToKeepList):
        services.start_list(scene["steward"], 2028, **TOLD)
    with pytest.raises(services.UnableToKeepList, match="已经建立"):
        services.start_list(scene["operator"], 2026, **TOLD)


def test_the_export_holds_every_line_and_no_formula(scene):
    services.save_entry(scene["operator"], scene["list"], scene["values"] | {"title": "=1+1"}, origin=ORIGIN)
    services.open_consultation(scene["operator"], scene["list"], **TOLD)
    text = Client().get("/catalog/keylist/2026.csv").content.decode("utf-8-sig")
    assert len(text.splitlines()) == 3
    assert "'=1+1" in text and "种植大户名录" in text


def test_the_desk_is_worked_by_the_centre(scene):
    client = client_of(scene["operator"])
    client.post("/catalog/desk/keylist/2026/", {"action": "consult"})
    assert KeyList.objects.get().state == "consultation"
    assert client.get("/catalog/desk/keylist/").status_code == 200
    steward = client_of(scene["steward"])
    assert "种植大户名录" in steward.get("/catalog/desk/keylist/2026/").content.decode()
    assert (
        "种植大户名录"
        not in client_of(make_department("tax")[1]).get("/catalog/desk/keylist/2026/").content.decode()
    )

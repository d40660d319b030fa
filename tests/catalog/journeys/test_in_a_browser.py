"""The catalogue's journeys in a real browser, each person on their own page: publish, apply, consult, compete."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.roles import AgencyKind, Role
from catalog.models import Application, Competition, Dataset, KeyList, Publisher, Registration, ResourceField
from catalog.opening_words import RegistrationState
from catalog.selectors.tracing import trace_copy
from catalog.services import competition as contest
from tests.catalog.openings import ORIGIN
from tests.datasets import make_published, the_resource
from tests.people import client_of, make_agency, make_person

if TYPE_CHECKING:
    from tests.browsing import Chromium
    from tests.running import Web

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Desk:
    """Who is signed in where: one browser context a person."""

    def __init__(self, browser: "Chromium", web: "Web") -> None:
        self.browser, self.url = browser, web.url

    def page(self, person: Any = None, path: str = "", *, phone: bool = False) -> Any:
        context = self.browser.context(phone=phone, accept_downloads=True)
        if person is not None:
            name, morsel = next(iter(client_of(person).cookies.items()))
            context.add_cookies([{"name": name, "value": morsel.value, "url": self.url}])
        page = context.new_page()
        page.goto(f"{self.url}{path}")
        return page


@pytest.fixture
def desk(live_portal: "Web", browser: "Chromium", settings: Any, tmp_path: Path) -> Desk:
    cache.clear()
    return Desk(browser, live_portal)


def agree(page: Any) -> None:
    """Yes to the question that stands before the page."""
    page.click("dialog .btn-primary")


def wide_enough(page: Any) -> bool:
    """Nothing sticks out sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def department(code: str = "court") -> tuple[Any, Any]:
    publisher = Publisher.objects.get(code=code)
    agency = make_agency(AgencyKind.DEPARTMENT, scope_code=code, name=publisher.name)
    return make_person(Role.DATA_STEWARD, agency=agency), make_person(Role.DATA_REVIEWER, agency=agency)


def test_a_file_becomes_a_published_dataset(desk: Desk, tmp_path: Path) -> None:
    make_published("market")  # publishers stand
    steward, reviewer = department()
    operator = make_person(Role.DATA_CENTRE_OPERATOR)
    file = tmp_path / "排期.csv"
    file.write_bytes(
        "编号,开庭日期,法庭\n0001,2026-11-02,第一法庭\n0002,2026-11-03,第二法庭\n".encode("gb18030")
    )

    page = desk.page(steward, "/catalog/drafts/new/")
    page.fill("#id_title", "开庭排期")
    page.fill("#id_name", "court-days")
    page.fill("#id_notes", "按法庭公布的开庭排期，供当事人与律师查询，每日更新，来源为审判管理系统。")
    page.click("button:has-text('建立草稿')")
    page.set_input_files("#id_file", file)
    page.click("button:has-text('上传')")
    assert page.input_value("[name=title-0]") == "编号"
    page.click("button:has-text('确认并入表')")
    page.goto(f"{desk.url}/catalog/drafts/{Dataset.objects.get(name='court-days').uid}/")
    page.click("text=分级、脱敏与提交审核")
    page.click("button:has-text('提交部门审核')")
    assert "部门审核" in page.inner_text(".lead")

    for person, button in ((reviewer, "审核通过"), (operator, "审核通过并发布")):
        page = desk.page(person, "/catalog/desk/", phone=person is reviewer)
        assert wide_enough(page)
        page.click("text=开庭排期 >> nth=0")
        page.click(f"button:has-text('{button}')")
    page = desk.page(None, "/catalog/?q=ktpq")
    page.click("main a:has-text('开庭排期')")
    assert "第二法庭" in page.inner_text("#preview")
    assert "0001" in page.inner_text("#preview")


def test_a_bank_applies_is_granted_downloads_and_its_copy_is_traced(desk: Desk, tmp_path: Path) -> None:
    rows = [(f"演示{n}公司", str(n * 100)) for n in range(120)]
    told = (("name", "名称", "text"), ("amount", "金额", "number"))
    dataset = make_published("court", rows=rows, told=told, name="loans", title="贷款明细")
    resource = the_resource(dataset)
    ResourceField.objects.filter(resource=resource, code="amount").update(grade="L3", opening="restricted")
    _, reviewer = department()
    operator = make_person(Role.DATA_CENTRE_OPERATOR)
    bank = make_agency(AgencyKind.BANK)
    manager = make_person(Role.BANK_MANAGER, agency=bank)
    Registration.objects.create(
        credit_code="91330282704801404R", name=bank.name, contact="某人", phone="", purpose="授信", agency=bank,
        submitted_at=timezone.now(), state=RegistrationState.CONFIRMED,
    )  # fmt: skip

    own = desk.page(manager, "/catalog/datasets/loans/")
    own.click("text=申请受限开放数据")
    own.check("input[name=fields_wanted][value=amount]")
    own.fill("#id_purpose", "小微企业授信")
    own.fill("#id_scene", "贷前审查模型，由风险部使用")
    own.select_option("#id_way", "both")
    own.fill("#id_security", "等级保护三级，专人专机")
    own.check("#id_committed")
    own.click("main form button.btn-primary")
    path = f"/catalog/applications/{Application.objects.get().number}/"
    for person in (reviewer, operator):
        desk.page(person, path).click("button:has-text('通过') >> nth=0")
    page = desk.page(operator, path)
    page.click("button:has-text('出具协议')")
    own.goto(f"{desk.url}{path}")
    own.click("button:has-text('签署协议')")
    agree(own)
    own.wait_for_selector("text=协议已签，授权生效")
    own.goto(f"{desk.url}/catalog/datasets/loans/")
    assert "水印编号" in own.inner_text("#preview")
    with own.expect_download() as coming:
        own.click("#preview .downloads a >> nth=0")
    copy = tmp_path / coming.value.suggested_filename
    coming.value.save_as(copy)
    assert manager.username in trace_copy(copy).suspects[0].use.user.username


def test_a_citizen_speaks_on_the_key_list_and_is_answered(desk: Desk) -> None:
    make_published("market")
    operator = make_person(Role.DATA_CENTRE_OPERATOR)
    page = desk.page(operator, "/catalog/desk/keylist/")
    page.click("button:has-text('编制')")
    page.fill("#id_title", "养老机构名录")
    page.fill("#id_due_on", f"{KeyList.objects.get().year}-06-30")
    page.select_option("#id_publisher", index=1)
    page.click("button:has-text('加入清单')")
    page.click("button:has-text('公开征求意见')")
    citizen = desk.page(None, "/catalog/keylist/", phone=True)
    assert wide_enough(citizen)
    citizen.fill("#id_text", "希望加上护理员人数")
    citizen.click("button:has-text('提交意见')")
    assert "希望加上护理员人数" not in desk.page(None, "/catalog/keylist/").inner_text("main")
    page.reload()
    page.fill("textarea[name=reply]", "已列入下一次更新")
    page.click("article button:has-text('答复')")
    assert "已列入下一次更新" in desk.page(None, "/catalog/keylist/").inner_text("main")


def test_a_team_enters_judges_score_apart_and_the_result_is_shown(desk: Desk) -> None:
    dataset = make_published("market", name="homes", title="养老机构")
    operator = make_person(Role.DATA_CENTRE_OPERATOR)
    today = timezone.localdate()
    competition = contest.start_competition(
        operator, year=today.year, title="数据大赛", about="用公共数据解决身边的问题。", tracks=[("living", "民生", "")],
        data_from=today, data_to=today + timedelta(days=60), now=timezone.now(), origin=ORIGIN,
    )  # fmt: skip
    contest.advance(operator, competition, now=timezone.now(), origin=ORIGIN)
    leader = make_person(Role.BANK_MANAGER, agency=make_agency(AgencyKind.BANK, name="某银行"))
    judges = [make_person(Role.LEADER), make_person(Role.INDEX_ANALYST)]

    team = desk.page(leader, "/catalog/competition/")
    team.click("text=报名参赛")
    team.select_option("#id_track", index=1)
    team.fill("#id_name", "浪潮队")
    team.fill("#id_members", "甲、乙")
    choose(team, dataset)
    team.click("button:has-text('提交报名')")
    page = desk.page(operator, "/catalog/desk/competition/")
    page.click("button:has-text('通过并授权数据')")
    for judge in judges:
        page.fill("#id_username", judge.username)
        page.click("button:has-text('聘为评委')")
    move_on(page)
    team.goto(f"{desk.url}/catalog/competition/")
    team.click("text=提交或修改作品")
    team.fill("#id_title", "养老地图")
    team.fill("#id_about", "按步行十五分钟查找养老机构")
    choose(team, dataset)
    team.click("button:has-text('提交作品')")
    move_on(page)
    for judge, points in zip(judges, (18, 12), strict=True):
        sheet = desk.page(judge, "/catalog/competition/judging/", phone=judge is judges[0])
        assert wide_enough(sheet)
        sheet.click("button:has-text('声明没有利益关系')")
        assert sheet.input_value("[name=use]") == ""  # nobody sees another judge's points
        for code in ("use", "novelty", "value", "safety"):
            sheet.fill(f"[name={code}]", str(points))
        sheet.click("button:has-text('保存评分')")
    move_on(page)
    assert Competition.objects.get().stage == "closed"
    shown = desk.page(None, "/catalog/competition/", phone=True)
    assert wide_enough(shown)
    assert "一等奖" in shown.inner_text("main") and "60.00" in shown.inner_text("main")
    assert "养老地图" in desk.page(None, "/catalog/datasets/homes/").inner_text("#winners")


def choose(page: Any, dataset: Dataset) -> None:
    """The dataset in the form's list, whichever control shows it."""
    boxes = page.locator(f"input[name=datasets][value='{dataset.pk}']")
    if boxes.count():
        boxes.check()
    else:
        page.select_option("#id_datasets", str(dataset.pk))


def move_on(page: Any) -> None:
    page.click("button:has-text('进入“')")
    with (
        page.expect_navigation()
    ):  # the page that is open has loaded long ago: waiting for that waits for nothing
        agree(page)

"""The morning page in a real browser, on the desk and on the phone; the shock found, decomposed and briefed."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from accounts.roles import AgencyKind, Role
from index.models import Alert, AlertState, Bulletin
from index.selectors.standing import find_standing
from index.services import alerts
from tests.firms import NOW
from tests.index.small_city import HIT, THIN, raise_facts, raise_index
from tests.people import client_of, make_agency, make_person

if TYPE_CHECKING:
    from tests.browsing import Chromium
    from tests.running import Web

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city(settings: Any, tmp_path: Any, transactional_db: None) -> Iterator[None]:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path)}
    raise_facts()
    raise_index()
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE datahub_record")  # no table of the ORM's: the flush leaves it


def signed_in(browser: "Chromium", web: "Web", user: Any, *, phone: bool = False) -> Any:
    client = client_of(user)
    context = browser.context(phone=phone)
    name, morsel = next(iter(client.cookies.items()))
    context.add_cookies([{"name": name, "value": morsel.value, "url": web.url}])
    return context.new_page()


def drawn(page: Any, chart: str) -> None:
    page.wait_for_selector(f'#{chart}[data-drawn="yes"]', timeout=20_000)


def raise_an_alert(monkeypatch: pytest.MonkeyPatch) -> Alert:
    """The town that was hit, alerting; half a year of history is enough here."""
    real = alerts.signals_of
    monkeypatch.setattr(
        alerts, "signals_of",
        lambda days, values, late, first, **more: real(days, values, late, first, 150, **more),
    )  # fmt: skip
    standing = find_standing()
    assert standing is not None
    alerts.evaluate_alerts(standing, now=NOW, whole_history=True)
    one = Alert.objects.get(panel__town=HIT, dimension=0, direction=-1)
    one.state, one.closed_on = AlertState.ALERTING, None
    one.save()
    return one


def test_an_alert_is_found_acknowledged_assigned_and_closed_and_others_only_read_it(
    city: None, live_portal: "Web", browser: "Chromium", monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = raise_an_alert(monkeypatch)
    analyst, colleague = (make_person(Role.INDEX_ANALYST, full_name=name) for name in ("方甲", "方乙"))
    page = signed_in(browser, live_portal, analyst)
    page.goto(f"{live_portal.url}/index/alerts/")
    page.click("td a:has-text('附海镇')")
    drawn(page, "evidence")
    assert "用电量" in page.inner_text(".part-grid")
    page.click("text=确认收到")
    assert "方甲" in page.inner_text("main")
    page.select_option("#assignee", label="方乙")
    page.click("button:has-text('指派')")
    page.fill("#reason", "企业停产检修，已走访核实")
    page.click("button:has-text('关闭预警')")
    page.wait_for_selector("h2:has-text('关闭原因')")
    assert page.inner_text("#alert-state") == "已关闭"
    assert page.locator("#reason").count() == 0
    alert.refresh_from_db()
    assert (alert.state, alert.assignee, alert.closed_by) == (AlertState.CLOSED, colleague, analyst)
    told = [one.inner_text() for one in page.locator(".timeline .title").all()]
    assert told[-3:] == ["确认", "指派", "关闭"]
    leader = signed_in(browser, live_portal, make_person(Role.LEADER))
    leader.goto(f"{live_portal.url}/index/alerts/{alert.pk}/")
    assert "企业停产检修，已走访核实" in leader.inner_text("main")
    assert leader.locator("form[action*='/close/']").count() == 0
    bank = signed_in(browser, live_portal, make_person(Role.BANK_OFFICER))
    assert bank.goto(f"{live_portal.url}/index/alerts/{alert.pk}/").status == 403


def test_the_drill_ends_at_the_firms_and_shows_nothing_of_what_is_hidden(
    city: None, live_portal: "Web", browser: "Chromium"
) -> None:
    """City, town, industry, size, firms, each by a click."""
    page = signed_in(browser, live_portal, make_person(Role.INDEX_ANALYST))
    page.goto(f"{live_portal.url}/index/")
    page.click("svg.tiles a[aria-label^='附海镇']")
    page.click("#drill-section a:has-text('制造业')")
    assert page.inner_text("h1") == "附海镇 · 制造业金融指数"
    page.click("#drill-size a:has-text('微型')")
    assert page.inner_text("h1") == "附海镇 · 制造业 · 微型金融指数"
    page.click("#drill-firms a")
    assert "慈溪演示第0电器有限公司" in page.inner_text("table")
    # five firms of the thin town: no row, no number, no waterfall part, whatever the address asks for
    for query in ("", "&by=town", "&by=section&since=2026-05-01&until=2026-06-01"):
        page.goto(f"{live_portal.url}/index/?panel=sme/town={THIN}/section=C/size=micro{query}")
        assert "不单独展示" in page.inner_text("#rolled")
        named = [row.inner_text() for row in page.locator("#parts-table tbody tr").all()]
        assert not any("匡堰镇" in row for row in named)
    assert page.locator(f"a[href*='town={THIN}']").count() == 0


def test_the_morning_page_the_shock_and_what_others_see_of_it(
    city: None, live_portal: "Web", browser: "Chromium"
) -> None:
    analyst = make_person(Role.INDEX_ANALYST)
    page = signed_in(browser, live_portal, analyst)
    page.goto(f"{live_portal.url}/index/")
    drawn(page, "main")
    assert re.search(r"指数为 \d+\.\d\d 点", page.inner_text("#sentence"))
    # to the town that fell, the window around its fall, and what made it fall
    page.goto(f"{live_portal.url}/index/?panel=sme/town={HIT}&since=2026-05-05&until=2026-05-20&by=indicator")
    drawn(page, "waterfall")
    assert "用电量" in page.inner_text("#parts-table")
    page.locator("#range-from").evaluate(
        "e => { e.value = 200; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')); }"
    )
    assert "since=2026-04-19" in page.url
    with page.expect_download() as saved:
        page.click("#save-svg")
    assert saved.value.suggested_filename.endswith(".svg")
    address = page.url
    page.click("text=起草本时段简报")
    page.wait_for_selector("#bulletin-table")
    assert "附海镇" in page.inner_text("h1")
    assert Bulletin.objects.count() == 1
    # a hidden town rolls up and says so
    page.goto(f"{live_portal.url}/index/?panel=sme/town={THIN}")
    assert "主体不足" in page.inner_text("#rolled")
    # the same address, opened by another town's staff, shows what they may see
    town = make_person(Role.TOWN_ADMIN, agency=make_agency(AgencyKind.TOWN, scope_code="330282109"))
    other = signed_in(browser, live_portal, town)
    other.goto(address)
    assert "附海镇金融指数" not in other.inner_text("h1")
    # on the phone nothing is wider than the screen
    phone = signed_in(browser, live_portal, analyst, phone=True)
    phone.goto(f"{live_portal.url}/index/")
    drawn(phone, "main")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

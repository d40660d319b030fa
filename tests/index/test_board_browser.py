"""The morning page in a real browser, on the desk and on the phone; the shock found, decomposed and briefed."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from accounts.roles import AgencyKind, Role
from index.models import Bulletin
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
